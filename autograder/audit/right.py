"""Right answers: nothing may fail, and errors stay far below what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..check.question import REGISTRY, Question
from ..check.scoring import Row
from ..misconceptions import Build
from .inputs import audit_inputs
from .report import MARGIN, REFERENCE, Audit, Finding, finding
from .runs import KEPT, answered, forget, judged_from, reference, replaced, wanted
from .uniform import Samples


class RightAnswer:
    """What the runs of one right answer have come to."""

    def __init__(self, question: Question, subject: str, samples: Samples | None = None) -> None:
        self.question = question
        self.subject = subject
        self.samples = samples
        self.findings: list[Finding] = []
        self.margin = 0.0

    def run(self, package: Any, number: int) -> None:
        got = answered(self.question, package, number)
        for row in judged_from(self.question, got, number):
            self.note(row, number)
        if self.samples is not None:
            self.samples.add(got)

    def note(self, row: Row, number: int) -> None:
        if row.verdict.undecided:
            self.found("grey", row, number, "a right answer could not be decided")
        elif not row.verdict.passed:
            self.found("false failure", row, number, "a right answer fails")
        elif row.verdict.ratio > self.margin and not wanted(self.question.id, number).judges[row.item].chance:
            self.margin = row.verdict.ratio
            if self.margin > MARGIN:
                self.found("margin", row, number, f"error/tolerance is {self.margin:.2g}")

    def found(self, kind: str, row: Row, number: int, says: str) -> None:
        self.findings.append(finding(kind, self.question.id, self.subject, number, row, says))

    def audit(self) -> Audit:
        kinds = {f.kind for f in self.findings}
        failed, undecided = int("false failure" in kinds), int("grey" in kinds)
        piece = Audit(false_failures=failed, margin=self.margin, grey=undecided, findings=tuple(self.findings))
        return piece if self.samples is None else piece + self.samples.audit()


def audit_right(question: Question, package: Any, subject: str, seeds: int) -> Audit:
    """The reference or another right answer, on so many seeds."""
    answer = RightAnswer(question, subject)
    for number in range(seeds):
        answer.run(package, number)
    return answer.audit()


def audit_question(id: str, seeds: int) -> Audit:
    """The reference itself, and whether everything it asks is drawn."""
    question = REGISTRY[id]
    return Audit(questions=1) + audit_right(question, reference(), REFERENCE, seeds) + audit_inputs(question, reference())


def audit_right_thoroughly(id: str, builds: Mapping[str, Mapping[str, Build]], seeds: int) -> Audit:
    """Right answers on very many seeds, and whether their random items have the p-values they claim.

    builds: of each subject, what replaces which names of the reference; nothing for the reference itself. The answers take turns, so that
    what a run asks and what the reference says to it, half of the work, is computed once for all.
    """
    question = REGISTRY[id]
    answers = {subject: RightAnswer(question, subject, Samples(question, subject, exact=not names)) for subject, names in builds.items()}
    for first in range(0, seeds, KEPT):
        for subject, names in builds.items():
            with replaced(names) as package:
                for number in range(first, min(first + KEPT, seeds)):
                    answers[subject].run(package, number)
        forget()
    return sum((answer.audit() for answer in answers.values()), Audit())
