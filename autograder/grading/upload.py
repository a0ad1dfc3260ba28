"""What a student uploaded, as a mapping that reads on demand and trusts no word of it.

Here: names, bounds and what is no plain file. archive.py fills it from a zip, folder.py from a folder.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator, Mapping

from ..check.source import printable

MOST_FILES = 2_000  # after what editors and systems leave behind; a submission has about 20
MOST_RECORDS = 20_000  # entries of a zip or of one folder in all, counted before any is looked at
AGAIN = "make the zip again with `python -m ps2check submit`."


class IntakeError(ValueError):
    """The submission cannot be taken; its text is one sentence for the student, with the remedy (and, where it helps, the tree found)."""


class Upload(Mapping[str, bytes]):
    """Name (posix, relative) → bytes, read on demand; at most LARGEST_FILE + 1 bytes, so that a file too large is seen to be so.

    `links`: name → what it is ("a symbolic link", …), for entries that are no plain files; reading one raises IntakeError.
    """

    def __init__(self) -> None:
        self._readers: dict[str, Callable[[], bytes]] = {}
        self.links: dict[str, str] = {}
        self.twice: set[str] = set()

    def add(self, name: str, reader: Callable[[], bytes]) -> None:
        if name in self._readers or name in self.links:
            self.twice.add(name)
        self._readers[name] = reader
        self._bound()

    def add_link(self, name: str, kind: str) -> None:
        self.links[name] = kind
        self._bound()

    def _bound(self) -> None:
        if len(self._readers) + len(self.links) > MOST_FILES:
            raise too_many(f"{MOST_FILES:,} files")

    def __getitem__(self, name: str) -> bytes:
        if name in self.links:
            raise IntakeError(about_link(name, self.links[name]))
        if name in self.twice:
            raise IntakeError(f"the upload holds '{printable(name)}' twice, and the two may differ; {AGAIN}")
        return self._readers[name]()

    def __contains__(self, name: object) -> bool:  # Mapping's own would read the file
        return name in self._readers or name in self.links

    def __iter__(self) -> Iterator[str]:
        yield from self._readers
        yield from self.links.keys() - self._readers.keys()

    def __len__(self) -> int:
        return len(self._readers.keys() | self.links.keys())


def too_many(what: str) -> IntakeError:
    return IntakeError(
        f"the upload holds more than {what}, a submission about 20 files; "
        "leave out data, virtual environments and the like, or use `python -m ps2check submit`."
    )


def about_link(name: str, kind: str) -> str:
    return f"'{printable(name)}' is {kind}, not a file of its own; put the file itself in its place and submit again."


def clean(name: str) -> str | None:
    """A name of an archive or folder as a relative posix path; None for the root. Raises IntakeError when it leads outside."""
    path = name.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    outside = path.startswith("/") or ".." in parts or bool(re.match(r"[A-Za-z]:/", path))
    if outside or "\0" in name:
        why = "holds a null character" if not outside else "leads outside of the upload"
        raise IntakeError(f"the name '{printable(name)}' in the upload {why}; {AGAIN}")
    return "/".join(parts) or None


def reason(error: Exception) -> str:
    return (error.strerror or "unknown reason").lower() if isinstance(error, OSError) else "no valid name"


def kind_of(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        return "a device"
    return "a pipe or socket"
