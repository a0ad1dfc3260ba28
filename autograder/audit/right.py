"""Right answers: nothing may fail, and errors stay far below what is allowed."""

from __future__ import annotations

from typing import Any

from ..check.question import REGISTRY, Question
from .inputs import audit_inputs
from .report import MARGIN, REFERENCE, Audit, Finding, finding
from .runs import judged, reference, wanted


def audit_right(question: Question, package: Any, subject: str, seeds: int) -> Audit:
    """The reference or another right answer, on so many seeds."""
    found: list[Finding] = []
    margin, undecided = 0.0, False
    for number in range(seeds):
        for row in judged(question, package, number):
            if row.verdict.undecided:
                undecided = True
                found.append(finding("grey", question.id, subject, number, row, "a right answer could not be decided"))
            elif not row.verdict.passed:
                found.append(finding("false failure", question.id, subject, number, row, "a right answer fails"))
            elif row.verdict.ratio > margin and not wanted(question.id, number).judges[row.item].chance:
                margin = row.verdict.ratio
                if margin > MARGIN:
                    found.append(finding("margin", question.id, subject, number, row, f"error/tolerance is {margin:.2g}"))
    failed = any(f.kind == "false failure" for f in found)
    return Audit(false_failures=int(failed), margin=margin, grey=int(undecided), findings=tuple(found))


def audit_question(id: str, seeds: int) -> Audit:
    """The reference itself, and whether everything it asks is drawn."""
    question = REGISTRY[id]
    return Audit(questions=1) + audit_right(question, reference(), REFERENCE, seeds) + audit_inputs(question, reference())
