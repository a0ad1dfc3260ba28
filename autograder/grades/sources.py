"""Where points come from: a class run, nbgrader's gradebook (Gradescope's CSV: gradescope.py). Each becomes a list of records."""

from __future__ import annotations

import re
import warnings
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..classroom.index import Entry, Member, Store, the_index
from ..frontends.collect import fit
from .record import GradesError, Points, Record, exact


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
