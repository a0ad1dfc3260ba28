"""The run inside a whole grading: a stored result where there is one, a run here where the profile allows it, a sentence otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from ..course import Course
from ..grading.result import QuestionResult
from ..sandbox.errors import GraderError
from . import question, store
from .judging import Judging, Submission
from .profiles import chosen, machine
from .settings import STORED

PACKED = "training"
"""The folder beside assignment.toml in which results from elsewhere lie."""


def judge(course: Course, folder: Path, digest: str, earlier: Iterable[QuestionResult]) -> tuple[QuestionResult, Fraction, list[str]]:
    """The question's result, its exact points, and sentences for staff. Never raises for a fault of the machine."""
    assignment = course.assignment
    earlier, staff = list(earlier), list[str]()
    try:
        record = store.find(course.toml.parent / PACKED, digest, course.secret, assignment.training.profiles)
    except store.StoreError as refused:
        record, staff = None, [str(refused)]
    if record is None and assignment.training.profile == STORED:
        says = "has not been run yet: it runs on another machine, and its result appears with a later grading."
        return question.unreached(assignment, says), Fraction(0), staff
    if record is None:
        try:
            here = machine()
            name, profile = chosen(assignment.training, assignment.training.profile, here)
            record, _ = Judging(course, name, profile, here).run(Submission(folder, digest))
        except GraderError as fault:
            return question.faulty(assignment, str(fault)), Fraction(0), [*staff, str(fault)]
    result, points = question.graded(assignment, record, earlier)
    if record.verdict == "not judged":
        staff.append(f"the training run was not judged: {record.says}")
    return result, points, staff
