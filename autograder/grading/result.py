"""The one result of grading one submission. Front ends render it; nothing else is ever stored.

Points are exact fractions inside and are rounded once, here, when a result is made: full marks are equal to the maximum.
"""

from __future__ import annotations

import os
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Literal

import msgspec

from ..check.histogram import Histogram

Status = Literal["passed", "partial", "failed", "empty", "not reached", "fault"]
"""passed: every item. partial: some points. failed: none. empty: the stub is untouched. not reached: the grading ended before.
fault: the grader could not judge (never the student's loss to keep: staff must look)."""

DIGITS = 4
"""Decimal places of points."""


class ItemResult(msgspec.Struct, frozen=True):
    """One item: whether it passed and error / tolerance (None where that is no number)."""

    name: str
    passed: bool
    ratio: float | None = None


class QuestionResult(msgspec.Struct, frozen=True):
    """One question, graded. sentences: what the student reads, most important first. output: what the student's code printed.

    causes: known mistakes that explain it, by their ids in the catalog; for staff. unsteady: for staff, where the verdict hung on when
    it was asked. histograms: of what failed, beside what theory expects.
    """

    id: str
    part: int
    title: str
    points: float
    max_points: float
    status: Status
    items: list[ItemResult] = []
    seconds: float = 0.0
    sentences: list[str] = []
    output: str = ""
    causes: list[str] = []
    unsteady: str = ""
    histograms: list[Histogram] = []


class Standing(msgspec.Struct, frozen=True):
    """One column of a leaderboard. lower: whether lower is better."""

    name: str
    value: float
    lower: bool = False


class Result(msgspec.Struct, frozen=True):
    """One submission, graded.

    staff: sentences for those who run the grader, never shown to students.
    layers: what kept the student's code in, by name, each "active" or why not. remarks: sentences about the upload as a whole.
    seed_digest: tells two gradings with the same inputs apart from others without telling the seed.
    """

    submission_digest: str
    kit_version: str
    grader_version: str
    seed_digest: str
    total: float
    max_total: float
    layers: dict[str, str]
    questions: list[QuestionResult]
    remarks: list[str] = []
    staff: list[str] = []
    assignment: str = ""
    seconds: float = 0.0
    finished: bool = True
    leaderboard: list[Standing] = []


def rounded(points: Fraction) -> float:
    """Points as a number: a whole when they are whole, else DIGITS places, rounded down so that a part never shows as the whole."""
    scale = 10**DIGITS
    return int(points) if points.denominator == 1 else (points.numerator * scale // points.denominator) / scale


def total_of(questions: list[QuestionResult], exact: dict[str, Fraction]) -> float:
    """The sum of the exact points."""
    return rounded(sum((exact.get(q.id, Fraction(0)) for q in questions), Fraction(0)))


def encode(result: Result) -> bytes:
    """The result as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"


def decode(data: bytes) -> Result:
    """The result from its JSON. Raises msgspec.ValidationError."""
    return msgspec.json.decode(data, type=Result)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data` at once: whoever reads sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
