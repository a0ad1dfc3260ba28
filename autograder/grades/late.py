"""How late a submission is, and what is left of its points: whole days by the wall clock where the course is.

A day late ends at the same wall-clock time a day later, also when the clock was changed in between; grace is real minutes after that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from ..assignment import Assignment, AssignmentError, Grades, fraction
from .record import GradesError, Record
from .table import rows_of


@dataclass(frozen=True)
class Extension:
    """One student's. due: instead of the assignment's. days: whole days added to what is due. late_days: more of them for nothing."""

    due: datetime | None = None
    days: int = 0
    late_days: int = 0


@dataclass(frozen=True)
class Lateness:
    """due: of this student. days: begun after it. free: late days used up. lost: the share of the points that is lost."""

    due: datetime | None
    days: int = 0
    free: int = 0
    lost: Fraction = Fraction(0)


@dataclass(frozen=True)
class Policy:
    """The assignment's rules, and each student's extension by name (id, student number or address, in small letters)."""

    rules: Grades
    zone: ZoneInfo
    due: datetime | None
    extensions: dict[str, Extension]

    def lateness(self, record: Record) -> Lateness:
        """Without a time nothing is late."""
        extension = self.extension(record)
        due = extension.due or self.due
        if due is not None:
            due = days_after(due, extension.days)
        if due is None or record.submitted is None:
            return Lateness(due)
        days = days_late(record.submitted, due, self.rules.grace_minutes)
        free = min(days, self.rules.late_days + extension.late_days)
        lost = min(Fraction(1), (days - free) * fraction(self.rules.penalty))
        beyond = self.rules.most_days is not None and days > self.rules.most_days + extension.late_days
        return Lateness(due, days, free, Fraction(1) if beyond else lost)

    def extension(self, record: Record) -> Extension:
        return next((self.extensions[name] for name in sorted(record.names) if name in self.extensions), Extension())


def days_after(due: datetime, days: int) -> datetime:
    """The same wall-clock time so many days later (arithmetic on an aware datetime is the wall clock's)."""
    return due + timedelta(days=days)


def days_late(submitted: datetime, due: datetime, grace_minutes: float) -> int:
    """Days begun after `due`; within the grace of a day's end that day is the last."""
    grace = timedelta(minutes=grace_minutes)
    moment = submitted.astimezone(timezone.utc)
    days = max(0, (submitted - due - grace).days - 1)
    while moment > days_after(due, days).astimezone(timezone.utc) + grace:
        days += 1
    return days


def policy_of(assignment: Assignment, extensions: dict[str, Extension]) -> Policy:
    return Policy(assignment.grades, zone_of(assignment), due_of(assignment), extensions)


def zone_of(assignment: Assignment) -> ZoneInfo:
    """Raises AssignmentError."""
    name = assignment.grades.timezone
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        hint = "a name of the IANA database, such as America/Los_Angeles (on Windows: python -m pip install tzdata)"
        raise AssignmentError(f"assignment.toml: grades.timezone is {name!r}, expected {hint}.") from None


def due_of(assignment: Assignment) -> datetime | None:
    """Raises AssignmentError."""
    text, zone = assignment.grades.due, zone_of(assignment)
    try:
        return local(text, zone) if text else None
    except ValueError:
        raise AssignmentError(f"assignment.toml: grades.due is {text!r}, expected a local time such as 2026-11-20T23:59.") from None


def local(text: str, zone: ZoneInfo) -> datetime:
    """A local time; one with a zone of its own is that moment. Raises ValueError, also for a day alone: that would be its first second."""
    if len(text.strip()) <= len("2026-11-20"):
        raise ValueError("a day without a time")
    time = datetime.fromisoformat(text.strip())
    return time.astimezone(zone) if time.tzinfo else time.replace(tzinfo=zone)


def read_extensions(path: Path, zone: ZoneInfo) -> dict[str, Extension]:
    """A CSV with `student` and any of `due` (a local time), `days`, `late_days`; other columns are for people. Raises GradesError."""
    rows = rows_of(path)
    if rows and "student" not in rows[0]:
        raise GradesError(f"{path} needs a first line with the column student, and any of due, days, late_days.")
    found: dict[str, Extension] = {}
    for number, row in enumerate(rows, 2):
        name = (row.get("student") or "").strip().casefold()
        if not name:
            continue
        try:
            due = local(row["due"], zone) if (row.get("due") or "").strip() else None
            days, more = (int(row.get(column) or 0) for column in ("days", "late_days"))
        except ValueError:
            raise GradesError(
                f"{path}, line {number}: due is a local time such as 2026-11-22T23:59, days and late_days are whole."
            ) from None
        if name in found:
            raise GradesError(f"{path}, line {number}: {row['student']} has a line already; one a student.")
        found[name] = Extension(due, days, more)
    return found
