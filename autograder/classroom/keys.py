"""What makes two gradings the same: the same files, the same grader, the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import msgspec

from .. import assignment as settings
from ..course import ENGINE, Course
from .reading import seed_of

GRADING = ("check", "grading", "sandbox", "misconceptions", "training")
"""The rooms that a verdict or a sentence depends on."""


def grader_digest(course: Course) -> str:
    """16 hex digits over the code that grades, the reference and the assignment. What `[grades]` says is no part of it."""
    folders = [*(ENGINE / "autograder" / room for room in GRADING), course.reference, course.checks, course.misconceptions]
    files = [path for folder in dict.fromkeys(folders) for path in sorted(folder.rglob("*.py"))]
    total = hashlib.sha256()
    for data in (asked(course), *(read(path) for path in files)):
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:16]


def asked(course: Course) -> bytes:
    plain = msgspec.structs.replace(course.assignment, grades=settings.Grades())
    return msgspec.json.encode(plain, order="sorted")


def read(path: Path) -> bytes:
    return path.name.encode() + b"\0" + path.read_bytes()


def grader_of(course: Course, only: Collection[str] | None) -> str:
    """The grader and, where not all are graded, the questions."""
    return "-".join([grader_digest(course), *sorted(only or ())])


def key_of(course: Course, digest: str, grader: str) -> str:
    """The name of the stored result."""
    seed = hashlib.sha256(seed_of(course, digest)).hexdigest()[:16]
    return f"{digest[:24]}-{grader}-{seed}"
