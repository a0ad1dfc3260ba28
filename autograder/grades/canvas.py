"""A CSV that Canvas's gradebook imports, made from its own export.

As Canvas writes it (instructure/canvas-lms, lib/gradebook_exporter.rb): Student (or LastName, FirstName), ID, then as the account is
set SIS User ID, SIS Login ID, Integration ID, Root Account, then Section, columns of notes, "Title (id)" for each assignment and
read-only totals. Below that a line with "Manual Posting" where an assignment has it, then "    Points Possible" with "(read only)" under
totals. A grade is a number, "EX" (excused) or "N/A" (not assigned). The import (lib/gradebook_importer.rb) finds students by ID, needs
Section as the last column about them, and takes an empty cell for a grade that is to be removed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from ..grading.result import rounded
from .record import GradesError, number
from .score import Grade
from .table import lines
from .write import table

STUDENT = ("Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
"""The columns about a student, all of which go back as they came."""
KNOWN_BY = ("SIS User ID", "SIS Login ID", "Integration ID")
POSSIBLE = "Points Possible"
READ_ONLY = "(read only)"
KEPT = ("EX", "N/A")
"""Cells that are no grade to write over."""


@dataclass
class Import:
    """data: the file. says: sentences about the column, where Canvas will make it or has other points for it.

    empty: names in Canvas that have no grade here. unknown: of ours, not in Canvas. excused: names left as they are.
    """

    data: bytes = b""
    says: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Template:
    """Canvas's export. kept: its columns about students. place: the assignment's column, None where Canvas is to make it by `title`."""

    rows: list[list[str]]
    kept: list[int]
    id: int
    place: int | None
    title: str
    delimiter: str

    def cell(self, row: list[str]) -> str:
        """What stands in the assignment's column."""
        return row[self.place] if self.place is not None and self.place < len(row) else ""

    def possible(self) -> Fraction | None:
        """Canvas's points of the assignment, where they are a number."""
        cells = [self.cell(row).replace(",", ".") for row in self.rows[1:4] if row[:1] and POSSIBLE in row[0]]
        try:
            return Fraction(cells[0].strip()) if cells and cells[0].strip() else None
        except ValueError:
            return None

    def about(self, row: list[str]) -> list[str]:
        return [row[i] if i < len(row) else "" for i in self.kept]

    def names(self, row: list[str]) -> list[str]:
        """What the student may be known by here. Canvas's own ID is no student number, a section no name."""
        places = (self.rows[0].index(name) for name in KNOWN_BY if name in self.rows[0])
        return [row[i].strip().casefold() for i in places if i < len(row) and row[i].strip()]

    def is_header(self, row: list[str]) -> bool:
        """Between the names of the columns and the students: "Manual Posting", and the points; they have no ID."""
        return not (len(row) > self.id and row[self.id].strip())


def canvas(grades: list[Grade], file: Path, columns: Sequence[str]) -> Import:
    """Canvas's header lines and ids as they are, and one column of scores.

    columns: what the assignment may be called there; the number that Canvas puts after it may be left out. Where we have no grade,
    what Canvas has stays. Raises GradesError.
    """
    template = read(file, columns)
    most = max((grade.most for grade in grades), default=None)
    by_name = {name: grade for grade in grades for name in grade.record.names}
    made, out, found = [[*template.about(template.rows[0]), template.title]], Import(), set()
    for row in template.rows[1:]:
        about, cell = template.about(row), template.cell(row)
        if template.is_header(row):
            new = template.place is None and most is not None and any(POSSIBLE in text for text in row[:1])
            made.append([*about, number(rounded(most)) if new and most is not None else cell])
            continue
        grade = next((by_name[name] for name in template.names(row) if name in by_name), None)
        if grade is not None:
            found.add(id(grade))
        if grade is None or cell.strip().upper() in KEPT:
            (out.empty if grade is None else out.excused).append(about[0])
            made.append([*about, cell])
        else:
            made.append([*about, number(rounded(grade.score))])
    out.data = table(made, template.delimiter)
    if template.place is None:
        out.says.append(f"Canvas has no column {template.title!r} and makes one on import; another name is said with --column.")
    elif most is not None and (there := template.possible()) is not None and there != most:
        out.says.append(
            f"Canvas has {template.title} out of {number(rounded(there))} points, and here it is out of {number(rounded(most))}."
        )
    out.unknown = [grade.record.member.id for grade in grades if id(grade) not in found]
    return out


def read(file: Path, columns: Sequence[str]) -> Template:
    rows, delimiter = lines(file)  # which of both signs separates is an option of the account; the import understands either
    head = [name.strip() for name in rows[0]] if rows else []
    if not head or head[0] not in ("Student", "LastName") or "ID" not in head or "Section" not in head:
        raise GradesError(f"{file} is no gradebook of Canvas: export it there (Grades, Export) and name that file.")
    kept = [i for i, name in enumerate(head[: head.index("Section") + 1]) if name in STUDENT]
    named = [column_of(head, column, file) for column in columns]
    place, title = next((found for found in named if found[0] is not None), named[0])
    if place is not None and any(row[0:1] and POSSIBLE in row[0] and row[place : place + 1] == [READ_ONLY] for row in rows[1:4]):
        raise GradesError(f"{title!r} is a column that Canvas computes; name an assignment with --column.")
    return Template(rows, kept, head.index("ID"), place, title, delimiter)


def column_of(head: list[str], column: str, file: Path) -> tuple[int | None, str]:
    """The column of the assignment, with Canvas's number in its name; where it is new there, Canvas makes it on import."""
    named = re.compile(rf"{re.escape(column)}( \(\d+\))?", re.IGNORECASE)
    places = [i for i, name in enumerate(head) if named.fullmatch(name)]
    if len(places) > 1:
        raise GradesError(f"{file} has {len(places)} columns called {column}; name one with its number, as in {head[places[0]]!r}.")
    return (places[0], head[places[0]]) if places else (None, column)
