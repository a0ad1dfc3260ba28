"""Where points come from: a class run, Gradescope's CSV, nbgrader's gradebook. Each becomes a list of records."""

from __future__ import annotations

import csv
import re
import warnings
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..classroom.export import iso
from ..classroom.index import Entry, Member, Store, the_index
from ..frontends.collect import fit
from .record import GradesError, Points, Record, exact

QUESTION = re.compile(r"^(?:\d+: )?(\d+\.\d+)\b.*\(([\d.]+) pts?\)$")
WHO = ("SID", "Email", "Name", "First Name")


def of_class(out: Path) -> list[Record]:
    """One record a student of a class run, groups taken apart. Raises IntakeError where there is none."""
    store = Store(out)
    return [record for entry in the_index(out).entries for record in of_entry(entry, store)]


def of_entry(entry: Entry, store: Store) -> list[Record]:
    result = store.read(entry.key) if entry.key else None
    questions = {q.id: Points(exact(q.points), exact(q.max_points)) for q in result.questions} if result else {}
    remarks = [entry.trouble] if entry.trouble else []
    unsettled = [q.id for q in result.questions if q.status in ("fault", "not reached")] if result else []
    if unsettled:
        remarks.append(f"{', '.join(unsettled)} could not be graded and counts 0 here: grade this submission again.")
    submitted = datetime.fromisoformat(entry.submitted) if entry.submitted else None
    return [Record(member, "class run", submitted, questions, remarks=tuple(remarks)) for member in entry.members]


def of_gradescope(path: Path) -> list[Record]:
    """Gradescope's "Download Grades" of the assignment. A column of a question counts where its name begins with the question's number.

    Raises GradesError.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0]) if rows else []
    if "Total Score" not in columns or not set(WHO) & set(columns):
        raise GradesError(f"{path} is no CSV of Gradescope's grades: it needs Total Score and one of {', '.join(WHO)}.")
    asked = {column: match for column in columns if (match := QUESTION.match(column or ""))}
    return [of_row(row, asked, f"{path}, line {number}") for number, row in enumerate(rows, 2)]


def of_row(row: dict[str, str], asked: dict[str, re.Match[str]], place: str) -> Record:
    name = row.get("Name") or " ".join(filter(None, [row.get("First Name"), row.get("Last Name")]))
    sid, email = (row.get("SID") or "").strip(), (row.get("Email") or "").strip()
    member = Member(fit(sid or email.partition("@")[0] or name), name, email, sid)
    total = (row.get("Total Score") or "").strip()
    if not total:  # nothing was submitted
        return Record(member, "Gradescope", None)
    try:
        questions = {match[1]: Points(exact(row.get(column) or "0"), exact(match[2])) for column, match in asked.items()}
        whole = Points(exact(total), exact(row.get("Max Points") or "0"))
    except ValueError:
        raise GradesError(f"{place}: the points of {name or sid} are no numbers.") from None
    time = iso(row.get("Submission Time") or "")
    apart = whole.earned - sum((points.earned for points in questions.values()), Fraction(0))
    if questions and apart:  # a rubric or an adjustment beside the questions
        questions["adjustment"] = Points(apart, whole.most - sum((points.most for points in questions.values()), Fraction(0)))
    return Record(member, "Gradescope", datetime.fromisoformat(time) if time else None, questions, whole)


def of_nbgrader(folder: Path) -> list[Record]:
    """The gradebook of a course folder: the questions' points, and the written answers as graded by hand. Needs nbgrader.

    nbgrader's own late penalty is left out: lateness is the export's. Raises GradesError and CourseFolderError.
    """
    try:
        from nbgrader.api import Gradebook
    except ImportError:
        raise GradesError("the gradebook needs nbgrader, which is missing here: python -m pip install -e '.[nbgrader]'") from None
    from ..frontends.nbgrader.course_folder import open_course
    from ..publish.notebook import ASSIGNMENT

    warnings.filterwarnings("ignore", module="nbgrader")  # SQLAlchemy's about nbgrader's own tables
    api = open_course(folder)
    with Gradebook(api.coursedir.db_url, api.coursedir.course_id) as gradebook:
        return [of_submission(submission) for submission in gradebook.assignment_submissions(ASSIGNMENT)]


def of_submission(submission: Any) -> Record:
    from ..publish.notebook import question_of

    student = submission.student
    name = " ".join(filter(None, [student.first_name, student.last_name]))
    questions, waiting = {}, []
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            column = question_of(grade.name) or grade.name.replace("answer-", "answer ")
            questions[column] = Points(exact(grade.score or 0.0), exact(grade.max_score or 0.0))
            waiting += [column] if grade.needs_manual_grade else []
    remarks = (f"{', '.join(sorted(waiting, key=natural))} wait for a grade by hand.",) if waiting else ()
    time = submission.timestamp.replace(tzinfo=timezone.utc) if submission.timestamp else None  # nbgrader's times are UTC without saying so
    member = Member(fit(student.id), name, student.email or "", student.id)
    return Record(member, "nbgrader", time, dict(sorted(questions.items(), key=in_order)), remarks=remarks)


def in_order(item: tuple[str, Points]) -> tuple[list[int], str]:
    return natural(item[0])


def natural(name: str) -> tuple[list[int], str]:
    """Questions by number, then the rest by name."""
    numbers = re.fullmatch(r"(\d+)\.(\d+)", name)
    return ([int(numbers[1]), int(numbers[2])] if numbers else [1 << 30], name)
