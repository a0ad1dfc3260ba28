"""Grades as a CSV with everything. No cell is a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from ..grading.result import rounded
from .record import number
from .score import Grade
from .sources import in_order

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def harmless(text: str) -> str:
    """A spreadsheet runs what begins like a formula, unless it is a number; full-width signs are taken for the plain ones in some."""
    return "'" + text if text.startswith(FORMULA) and not NUMBER.fullmatch(text) else text


def table(rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def generic(grades: list[Grade]) -> bytes:
    """Everything, a line a student: who, when, how late, each question, what counts."""
    found = {name: points for grade in reversed(grades) for name, points in grade.record.questions.items()}
    questions = [name for name, _ in sorted(found.items(), key=in_order)]
    head = ["student", "name", "email", "sid", "source", "submitted", "due", "days late", "late days used", "penalty %"]
    head += [f"{name} ({number(rounded(found[name].most))})" for name in questions]
    head += ["points", "after caps", "score", "of", "remarks"]
    return table([head, *(line(grade, questions) for grade in grades)])


def line(grade: Grade, questions: list[str]) -> list[str]:
    record, late = grade.record, grade.lateness
    who = record.member
    zone = late.due.tzinfo if late.due else record.submitted.tzinfo if record.submitted else None
    times = [time.astimezone(zone).isoformat(sep=" ") if time else "" for time in (record.submitted, late.due)]
    days = [str(late.days), str(late.free), number(rounded(100 * late.lost))]
    earned = [number(rounded(record.questions[q].earned)) if q in record.questions else "" for q in questions]
    sums = [number(rounded(value)) for value in (grade.points, grade.counted, grade.score, grade.most)]
    return [who.id, who.name, who.email, who.sid, record.source, *times, *days, *earned, *sums, " ".join(record.remarks)]
