"""What a class grader does with one submission: grade it, store the result, say what came of it. The same on a pool and on a cluster."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from .. import adopt
from ..course import ENGINE, Course
from ..frontends.collect import Handed
from ..grading.grade import Grader
from ..grading.intake import IntakeError
from ..grading.result import encode, write_atomically
from ..sandbox.footing import Footing
from ..training.question import ID as TRAINING
from .reading import gathered


class Settings(msgspec.Struct, frozen=True):
    """How a class is graded. course: its folder. only: the questions; all where empty. simple: without confinement."""

    course: str
    only: frozenset[str] = frozenset()
    simple: bool = False


class Task(msgspec.Struct, frozen=True):
    """One submission to grade. source or files: what was handed in. result: the file to write."""

    id: str
    source: str | None
    files: dict[str, str]
    result: str

    @property
    def handed(self) -> Handed:
        return Handed(self.id, Path(self.source) if self.source else None, {name: Path(path) for name, path in self.files.items()})


class Done(msgspec.Struct, frozen=True):
    """What came of a task. trouble: a sentence where there is no result. seconds: of CPU, in the grader and what it started."""

    id: str
    trouble: str = ""
    seconds: float = 0.0


def task(handed: Handed, result: Path) -> Task:
    source = str(handed.source.resolve()) if handed.source is not None else None
    return Task(handed.name, source, {name: str(path.resolve()) for name, path in handed.files.items()}, str(result.resolve()))


class ClassGrader:
    """Keeps its zygotes from one submission to the next."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        if Path(settings.course) != ENGINE:  # on another machine nobody has done so
            adopt(Path(settings.course))
        self.grader = Grader(Course(Path(settings.course)), keep=True, footing=Footing(settings.simple))

    def grade(self, task: Task) -> Done:
        """Raises GraderError and AssignmentError, which concern every submission alike."""
        began = cpu()
        only = set(self.settings.only) or None
        try:
            with gathered(task.handed) as source:
                result = self.grader.grade(source, only=only)
        except IntakeError as error:
            return Done(task.id, str(error), cpu() - began)
        left = {q.id for q in result.questions if q.status == "not reached"}
        if left - {TRAINING}:
            return Done(task.id, "its grading did not come to an end in the time that assignment.toml gives.", cpu() - began)
        if left and only == {TRAINING}:
            return Done(task.id, "its training run has no stored result yet; `autograder train` makes one.", cpu() - began)
        write_atomically(Path(task.result), encode(result))
        return Done(task.id, "", cpu() - began)

    def close(self) -> None:
        self.grader.close()


def cpu() -> float:
    """Seconds of this process and of the children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
