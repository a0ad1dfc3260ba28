"""What a worker printed: the beginning and the end of it are kept, the rest is counted."""

from __future__ import annotations

import unicodedata

KEPT = 2000  # bytes at either end
MOST = 20 << 20  # bytes after which a worker is stopped


class Output:
    """Bounded capture of stdout and stderr."""

    def __init__(self) -> None:
        self.size = 0
        self._head = b""
        self._tail = b""

    def feed(self, data: bytes) -> None:
        self.size += len(data)
        room = KEPT - len(self._head)
        self._head += data[:room]
        self._tail = (self._tail + data[room:])[-KEPT:]

    @property
    def flood(self) -> bool:
        return self.size > MOST

    def text(self) -> str:
        """Printable text; what was left out is said where it was."""
        left_out = self.size - len(self._head) - len(self._tail)
        gap = f"\n… {left_out} bytes left out …\n" if left_out else ""
        return printable(self._head) + gap + printable(self._tail) if gap else printable(self._head + self._tail)


def printable(data: bytes) -> str:
    """UTF-8 with replacement, without control characters other than line ends and tabs."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")
