"""What counts in the end: points by part, capped, less what lateness takes. Computed at export, stored nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..assignment import Assignment, fraction
from .late import Lateness, Policy
from .record import Points, Record

NOTHING = Points(Fraction(0), Fraction(0))


@dataclass(frozen=True)
class Grade:
    """One student, ready to be written. points: earned. counted: after the caps. score: after lateness. most: that there are."""

    record: Record
    lateness: Lateness
    points: Fraction
    counted: Fraction
    score: Fraction
    most: Fraction


def grade_of(record: Record, policy: Policy, assignment: Assignment) -> Grade:
    """By questions where they are known; a whole of the autograder's counts where none of its questions is, and no cap applies to it."""
    lateness = policy.lateness(record)
    parts = by_part(record)
    if record.whole is not None and not any(part.isdecimal() for part in parts):
        parts[""] = record.whole
    points, most = (sum(sums, Fraction(0)) for sums in zip(*((p.earned, p.most) for p in [*parts.values(), NOTHING]), strict=True))
    counted = sum((capped(part, own.earned, assignment) for part, own in parts.items()), Fraction(0))
    return Grade(record, lateness, points, counted, counted * (1 - lateness.lost), most)


def by_part(record: Record) -> dict[str, Points]:
    """Sums by part; what belongs to no part stands under its own name."""
    parts: dict[str, Points] = {}
    for name, points in record.questions.items():
        part = name.partition(".")[0]
        had = parts.get(part, NOTHING)
        parts[part] = Points(had.earned + points.earned, had.most + points.most)
    return parts


def capped(part: str, earned: Fraction, assignment: Assignment) -> Fraction:
    cap = assignment.grades.caps.get(part)
    return earned if cap is None else min(earned, fraction(cap))
