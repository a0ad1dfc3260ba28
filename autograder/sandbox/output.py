"""What a worker printed: the beginning and the end of it are kept, the rest is counted."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence

KEPT = 2000  # bytes at either end
ROOM = 1 << 16  # bytes up to which all is kept until it is told apart
MOST = 20 << 20  # bytes after which a worker is stopped


class Output:
    """Bounded capture of stdout and stderr."""

    def __init__(self) -> None:
        self.size = 0
        self._head = b""
        self._tail = b""

    def feed(self, data: bytes) -> None:
        self.size += len(data)
        self._head += data[: ROOM - len(self._head)]
        self._tail = (self._tail + data)[-KEPT:]

    @property
    def flood(self) -> bool:
        return self.size > MOST

    def split(self, ends: Sequence[int]) -> list[str] | None:
        """The text between these places, the last of which must be the end; None where they are not, or where not everything was kept."""
        places = [0, *ends]
        if self.size > ROOM or places[-1] != self.size or any(a > b for a, b in itertools.pairwise(places)):
            return None
        return [shortened(self._head[a:b], self._head[a:b], b - a) for a, b in itertools.pairwise(places)]

    def text(self) -> str:
        """Printable text; what was left out is said where it was."""
        return shortened(self._head, self._tail, self.size)


def shortened(head: bytes, tail: bytes, size: int) -> str:
    """Of `size` bytes that begin with `head` and end with `tail`."""
    left_out = size - 2 * KEPT
    if left_out <= 0:
        return printable(head)
    return printable(head[:KEPT]) + f"\n… {left_out} bytes left out …\n" + printable(tail[-KEPT:])


def printable(data: bytes) -> str:
    """UTF-8 with replacement, without control characters other than line ends and tabs."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")
