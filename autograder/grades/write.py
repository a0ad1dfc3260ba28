"""Grades as CSV files: a generic one with everything, and one that Canvas imports. No cell is a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from ..grading.result import rounded
from .record import GradesError
from .score import Grade
from .sources import in_order

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
"""The columns of Canvas's own gradebook export that its import needs."""
POSSIBLE = "Points Possible"


def harmless(text: str) -> str:
    """A spreadsheet runs what begins like a formula, unless it is a number; full-width signs are taken for the plain ones in some."""
    return "'" + text if text.startswith(FORMULA) and not NUMBER.fullmatch(text) else text


def table(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
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


def number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def canvas(grades: list[Grade], template: Path, column: str) -> tuple[bytes, list[str], list[str]]:
    """A file for Canvas's import, made from its own export: its header lines and ids as they are, and one column of scores.

    column: the assignment's name there; the number that Canvas puts after it may be left out. Also returns who in Canvas has no grade here,
    and who of ours is not in Canvas. Raises GradesError.
    """
    with open(template, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    if not rows or rows[0][:1] != ["Student"] or "ID" not in rows[0]:
        raise GradesError(f"{template} is no gradebook of Canvas: export it there (Grades, Export) and name that file.")
    head = rows[0]
    kept = [head.index(name) for name in CANVAS if name in head]
    place, title = column_of(head, column, template)
    by_name = {name: grade for grade in grades for name in grade.record.names}
    made, empty, found = [[*(head[i] for i in kept), title]], [], set()
    for row in rows[1:]:
        cells = [row[i] if i < len(row) else "" for i in kept]
        if is_header(row):
            most = max((grade.most for grade in grades), default=None)
            possible = number(rounded(most)) if place is None and most is not None and POSSIBLE in row[0] else ""
            made.append([*cells, row[place] if place is not None and place < len(row) else possible])
            continue
        grade = next((by_name[cell.casefold()] for cell in cells[1:] if cell and cell.casefold() in by_name), None)
        if grade is None:
            empty.append(cells[0])
        else:
            found.add(id(grade))
        made.append([*cells, number(rounded(grade.score)) if grade else ""])
    return table(made), empty, [grade.record.member.id for grade in grades if id(grade) not in found]


def is_header(row: list[str]) -> bool:
    """The lines between the names of the columns and the students: "Manual Posting", and the points, which have no ID."""
    return not (row[1:2] and row[1].strip())


def column_of(head: list[str], column: str, template: Path) -> tuple[int | None, str]:
    """The column of the assignment, with Canvas's number in its name; where it is new there, Canvas makes it on import."""
    named = re.compile(rf"{re.escape(column)}( \(\d+\))?", re.IGNORECASE)
    places = [i for i, name in enumerate(head) if named.fullmatch(name)]
    if len(places) > 1:
        raise GradesError(f"{template} has {len(places)} columns called {column}; name one with its number, as in {head[places[0]]!r}.")
    return (places[0], head[places[0]]) if places else (None, column)
