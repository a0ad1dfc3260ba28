"""Where a course keeps what it grades with: assignment, reference solution, secret."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from . import VARIABLE
from .assignment import Assignment, AssignmentError, load_assignment

ENGINE = Path(__file__).resolve().parent.parent
"""The folder that this package lies in: a checkout, or Gradescope's `source/`. PS2 itself is the course there."""


@dataclass(frozen=True)
class Course:
    """The folder that holds `assignment/` and `solutions/`, and, where it is not PS2, its own `checks/`, `misconceptions/`, `variants/`."""

    root: Path

    @property
    def toml(self) -> Path:
        return self.root / "assignment" / "assignment.toml"

    @property
    def reference(self) -> Path:
        """The reference package."""
        return self.root / "solutions" / "ps2"

    @property
    def checks(self) -> Path:
        """The folder with the questions, `partN_*.py`."""
        own = self.root / "checks"
        return own if own.is_dir() else ENGINE / "autograder" / "check"

    @property
    def misconceptions(self) -> Path:
        """The folder with the known mistakes, `partN.py`."""
        own = self.root / "misconceptions"
        return own if own.is_dir() else ENGINE / "autograder" / "misconceptions"

    @property
    def variants(self) -> Path:
        """The folder with the honest other ways, `partN.py`."""
        own = self.root / "variants"
        return own if self.checks == self.root / "checks" else ENGINE / "tests" / "variants"

    @functools.cached_property
    def assignment(self) -> Assignment:
        return load_assignment(self.toml)

    def only(self, *parts: int) -> Course:
        """This course with no other parts asked."""
        chosen = {part: msgspec.structs.replace(settings, on=int(part) in parts) for part, settings in self.assignment.parts.items()}
        course = Course(self.root)
        course.__dict__["assignment"] = msgspec.structs.replace(self.assignment, parts=chosen)
        return course

    @functools.cached_property
    def secret(self) -> bytes:
        """The course's key: from it come the seeds of every submission. Raises AssignmentError where it is missing or short."""
        path = self.root / "assignment" / "secret"
        try:
            key = path.read_bytes().strip()
        except OSError:
            raise AssignmentError(
                f"{path} is missing or unreadable; `make setup` creates it once (keep it: the seeds come from it)."
            ) from None
        if len(key) < 32:
            raise AssignmentError(f"{path} holds {len(key)} characters, expected at least 32; delete it and run `make setup`.")
        return key


def this_course() -> Course:
    """The course in use: the one that was adopted, else the one that this package lies in."""
    return Course(Path(os.environ.get(VARIABLE) or ENGINE))


def part_files(folder: Path) -> list[Path]:
    """The modules in `folder` that belong to an assignment rather than to the engine."""
    return sorted(folder.glob("part[0-9]*.py"))
