"""Where the questions of one kind are asked and judged: a zygote, from which student code is forked, and the oracle, which alone knows
the reference.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from ..course import Course
from ..sandbox.errors import GraderError
from ..sandbox.footing import CONFINED, Client, Footing
from . import oracle

Kind = Literal["numpy", "torch"]
TRIES = 2
"""Oracles that one question is put to."""
JUDGING_SECONDS = 100.0


class Room:
    """Where questions of one kind are asked and judged: a zygote, and the oracle forked from it, which ends when the zygote does."""

    def __init__(self, course: Course, kind: Kind, footing: Footing = CONFINED) -> None:
        self.reference = course.reference
        self.zygote: Client = footing.client(kind, allowed(course, kind), hidden(course))
        try:
            self._judge = Judge(self.zygote, self.reference)
        except BaseException:
            self.zygote.close()
            raise

    def judge(self, ask: oracle.Ask) -> oracle.Judged:
        """Judged by the oracle; by a new one where that is gone. What no oracle survives is a fault of the grader."""
        for _ in range(TRIES):
            try:
                return self._judge.judge(ask)
            except Gone as gone:
                why = str(gone)
                self._judge.close()
                self._judge = Judge(self.zygote, self.reference)
        return oracle.Judged(fault=f"the process that judges {why}")

    def close(self) -> None:
        self._judge.close()
        self.zygote.close()


class Gone(Exception):
    """The oracle ended, or does not come to an end."""


def allowed(course: Course, kind: Kind) -> list[str]:
    """Packages that student code may import in questions of one kind; torch only where a question needs it."""
    parts = {q.part for q in course.assignment.asked() if q.needs_torch == (kind == "torch")}
    named = {name for part in parts for name in course.assignment.parts[str(part)].imports}
    return sorted(named if kind == "torch" else named - {"torch"})


def offered_to(course: Course) -> dict[str, list[str]]:
    """By file what its questions' code may import; under "" what a file of the student's own may."""
    by_file = {q.file: allowed(course, "torch" if q.needs_torch else "numpy") for q in course.assignment.asked()}
    return by_file | {"": sorted({name for names in by_file.values() for name in names})}


def hidden(course: Course) -> list[str]:
    """What no worker should be able to read."""
    near = Path(__file__).parents[1] / "misconceptions"  # each is one line away from a solution
    return [str(course.toml.parent / "secret"), *(str(folder / "__init__.py") for folder in (course.reference, near))]


class Judge:
    """The grader's end of the oracle."""

    def __init__(self, zygote: Client, reference: Path) -> None:
        self.connection = zygote.oracle("autograder.grading.oracle:serve")
        self.connection.settimeout(JUDGING_SECONDS)
        try:
            self._said(str(reference).encode())
        except Gone:
            self.close()
            raise GraderError(f"the process that judges does not start; is the reference in {reference} whole?") from None

    def judge(self, ask: oracle.Ask) -> oracle.Judged:
        """Raises Gone."""
        return msgspec.msgpack.decode(self._said(msgspec.msgpack.encode(ask)), type=oracle.Judged)

    def _said(self, data: bytes) -> bytes:
        try:
            oracle.send(self.connection, data)
            reply = oracle.receive(self.connection)
        except TimeoutError:
            raise Gone(f"took longer than {JUDGING_SECONDS:g} s") from None
        except OSError:
            raise Gone("ended early") from None
        if not reply:
            raise Gone("ended early")
        return reply

    def close(self) -> None:
        self.connection.close()
