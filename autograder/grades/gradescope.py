"""Gradescope's "Download Grades" of one assignment, as CSV.

Its columns: First Name and Last Name (or Name), SID, Email, Sections, Total Score, Max Points, Status (Graded, Ungraded, Missing),
Submission ID, Submission Time (2022-06-25 13:16:26 -0600), Lateness (H:M:S), View Count, Submission Count, and then one for each
question *as Gradescope numbers them*: "1: Autograder (86.0 pts)", "2.1: Derivation (4.0 pts)", without a title "3 (2.0 pts)". The
tests of an autograder have no columns of their own. Gradescope documents the download (guides.gradescope.com, "Exporting Grades,
Evaluations, and Submissions") and not its columns, which are here as in the rows that the tests of a dozen public programs hold; that
the autograder's column is called so is from a single one of them.
"""

from __future__ import annotations

import re
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from ..classroom.export import iso
from ..classroom.index import Member
from ..frontends.collect import fit
from .record import GradesError, Points, Record, exact
from .table import rows_of

COLUMN = re.compile(r"(?P<number>\d+(?:\.\d+)*)(?:: (?P<title>.*))? \((?P<most>[\d.]+) pts?\)")
OURS = re.compile(r"(\d+\.\d+)\b")
"""A title that begins with the number of one of our questions: made by hand for a question graded by hand."""
AUTOGRADER = "Autograder"
WHO = ("SID", "Email", "Name", "First Name")


def of_gradescope(path: Path) -> list[Record]:
    """One record a line. What the autograder gave is the record's `whole`; every other question of Gradescope's is one of its questions.

    Raises GradesError.
    """
    rows = rows_of(path)
    columns = list(rows[0]) if rows else []
    if "Total Score" not in columns or not set(WHO) & set(columns):
        hint = "; the course's download has other columns: take the assignment's (Review Grades, Download Grades)"
        raise GradesError(f"{path} is no CSV of an assignment's grades: it needs Total Score and one of {', '.join(WHO)}{hint}.")
    asked = {column: match for column in columns if (match := COLUMN.fullmatch(column))}
    return [of_row(row, asked, f"{path}, line {number}") for number, row in enumerate(rows, 2)]


def of_row(row: dict[str, str], asked: dict[str, re.Match[str]], place: str) -> Record:
    name = row.get("Name") or " ".join(filter(None, [row.get("First Name"), row.get("Last Name")]))
    sid, email = (row.get("SID") or "").strip(), (row.get("Email") or "").strip()
    member = Member(fit(sid or email.partition("@")[0] or name), name, email, sid)
    total = (row.get("Total Score") or "").strip()
    try:
        points = {column: Points(exact(row.get(column) or "0"), exact(match["most"])) for column, match in asked.items()}
        all_of_it = Points(exact(total or "0"), exact(row.get("Max Points") or "0"))
    except ValueError:
        raise GradesError(f"{place}: the points of {name or sid} are no numbers.") from None
    if not total:  # nothing was submitted, or nothing of it is graded
        return Record(member, "Gradescope", None, {}, all_of_it, unfinished(row))
    time = iso(row.get("Submission Time") or "")
    whole, questions = apart(points, asked, all_of_it)
    return Record(member, "Gradescope", datetime.fromisoformat(time) if time else None, questions, whole, unfinished(row))


def apart(points: dict[str, Points], asked: dict[str, re.Match[str]], total: Points) -> tuple[Points | None, dict[str, Points]]:
    """What is the autograder's, and the rest by name. An adjustment that stands in no column is one of the rest."""
    questions, whole = {}, None
    for column, match in asked.items():
        if match["title"] == AUTOGRADER and whole is None:
            whole = points[column]
        else:
            ours = OURS.match(match["title"] or "")
            questions[ours[1] if ours else f"Gradescope {match['number']}"] = points[column]
    if not points:
        return total, {}
    missing = total.earned - sum((p.earned for p in points.values()), Fraction(0))
    if missing:
        questions["adjustment"] = Points(missing, max(Fraction(0), total.most - sum((p.most for p in points.values()), Fraction(0))))
    return whole, questions


def unfinished(row: dict[str, str]) -> tuple[str, ...]:
    return ("Gradescope has not graded all of it.",) if (row.get("Status") or "").strip() == "Ungraded" else ()
