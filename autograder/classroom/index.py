"""What a class run knows: who handed in what, and which stored result belongs to it. `index.json` in the results' folder.

Every field can be made anew from the submissions and the stored results; the index is what reports and exports read.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..grading.intake import IntakeError
from ..grading.result import Result, decode, write_atomically

INDEX, BEFORE, RESULTS = "index.json", "index.before.json", "results"


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """A student. id: fit for a file name; the student number where the export says one. name, email, sid: as the export says them."""

    id: str
    name: str = ""
    email: str = ""
    sid: str = ""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One submission of one student or group.

    id: its folder or zip, fit for a file name. submitted: ISO time with zone, "" where nobody says. digest: of the student's files.
    key: of its stored result, "" until there is one. trouble: a sentence where nothing could be graded.
    """

    id: str
    members: list[Member]
    submitted: str = ""
    digest: str = ""
    key: str = ""
    total: float = 0.0
    max_total: float = 0.0
    trouble: str = ""

    @property
    def who(self) -> str:
        """Its members' names; a name may have a comma in it."""
        return "; ".join(member.name or member.id for member in self.members)

    @property
    def named(self) -> str:
        """Its members, and its folder where that is called otherwise."""
        return self.who if self.who == self.id else f"{self.who} ({self.id})"


class Index(msgspec.Struct, frozen=True, omit_defaults=True):
    """A class. grader: which grader, and which questions where not all, the results are of."""

    grader: str
    entries: list[Entry]
    assignment: str = ""


def encode(index: Index) -> bytes:
    return msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n"


def read_index(out: Path, name: str = INDEX) -> Index | None:
    """The index in a results' folder; None where there is none. Raises IntakeError where it cannot be understood."""
    try:
        return msgspec.json.decode((out / name).read_bytes(), type=Index)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        raise IntakeError(f"{out / name} is damaged; remove it and run `autograder class` again: no submission is graded twice.") from None


def the_index(out: Path) -> Index:
    """The index of a finished or interrupted run. Raises IntakeError where there is none."""
    index = read_index(out)
    if index is None:
        raise IntakeError(f"{out} holds no class run (no {INDEX}); make one with `autograder class SUBMISSIONS --out {out}`.")
    return index


class Store:
    """The results of a class, one JSON file a key, each written whole or not at all."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out / RESULTS

    def path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def has(self, key: str) -> bool:
        return bool(key) and self.path(key).is_file()

    def read(self, key: str) -> Result:
        """Raises IntakeError where the file is missing or no result."""
        try:
            return decode(self.path(key).read_bytes())
        except (OSError, msgspec.MsgspecError):
            raise IntakeError(f"{self.path(key)} is missing or damaged; remove it and run `autograder class` again.") from None

    def write_index(self, index: Index, name: str = INDEX) -> None:
        write_atomically(self.out / name, encode(index))
