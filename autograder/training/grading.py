"""The run inside a whole grading: a stored result where there is one, a run here where the profile allows it, a sentence otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import msgspec

from ..course import Course
from ..grading.result import QuestionResult
from ..sandbox.errors import GraderError
from . import open_track as opening
from . import question, store
from .judging import Judging, Submission
from .profiles import chosen, machine
from .question import Judged
from .settings import STORED

PACKED = "training"
"""The folder beside assignment.toml in which results from elsewhere lie."""


def judge(course: Course, folder: Path, digest: str, earlier: Iterable[QuestionResult]) -> Judged:
    """The judged run. Never raises for a fault of the machine."""
    assignment = course.assignment
    earlier, staff = list(earlier), list[str]()
    try:
        record = store.find(course.toml.parent / PACKED, digest, course.secret, assignment.training.profiles)
    except store.StoreError as refused:
        record, staff = None, [str(refused)]
    if record is None and assignment.training.profile == STORED:
        says = "has not been run yet: it runs on another machine, and its result appears with a later grading."
        return Judged(question.unreached(assignment, says), Fraction(0), staff)
    if record is None:
        try:
            record, _ = here(course).run(Submission(folder, digest))
        except GraderError as fault:
            return Judged(question.faulty(assignment, str(fault)), Fraction(0), [*staff, str(fault)])
    result, points = question.graded(assignment, record, earlier)
    if record.verdict == "not judged":
        staff.append(f"the training run was not judged: {record.says}")
    return Judged(result, points, staff, question.standings(assignment.training, record), record)


def open_track(course: Course, folder: Path, digest: str, done: Judged) -> Judged:
    """The open track after the judged run: the same result with one sentence and two columns of the leaderboard more, never more points."""
    training, record = course.assignment.training, done.record
    if record is None or not opening.entered(training, folder):
        return done
    staff: list[str] = []
    if record.open is None and training.profile != STORED:
        try:
            record = msgspec.structs.replace(record, open=opening.run(here(course), Submission(folder, digest)))
        except GraderError as fault:
            staff = [f"the open track: {fault}"]
    told = [*done.result.sentences, question.about_open(training, record.open)]
    result = msgspec.structs.replace(done.result, sentences=told)
    return Judged(result, done.points, staff, question.standings(training, record), record)


def here(course: Course) -> Judging:
    """What this machine can run. Raises GraderError."""
    found = machine()
    name, profile = chosen(course.assignment.training, course.assignment.training.profile, found)
    return Judging(course, name, profile, found)
