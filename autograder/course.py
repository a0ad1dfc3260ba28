"""Where a course keeps what it grades with: assignment, reference solution, secret."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from .assignment import Assignment, AssignmentError, load_assignment


@dataclass(frozen=True)
class Course:
    """The folder that holds `assignment/`, `solutions/` and `autograder/`: a checkout, or Gradescope's `source/`."""

    root: Path

    @property
    def toml(self) -> Path:
        return self.root / "assignment" / "assignment.toml"

    @property
    def reference(self) -> Path:
        """The reference package."""
        return self.root / "solutions" / "ps2"

    @functools.cached_property
    def assignment(self) -> Assignment:
        return load_assignment(self.toml)

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
    """The course that this package lies in."""
    return Course(Path(__file__).resolve().parent.parent)
