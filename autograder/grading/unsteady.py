"""Whether a verdict hung on when it was asked: what staff should know of a question before they defend it.

Two things are seen in one grading: an answer that did not come at first and then did, and one that failed beside the other questions of its
file and passed alone. What counts is the second in either case.
"""

from __future__ import annotations

from ..check.scoring import GRADIENT_CHECK
from ..sandbox.answer import Answer
from .oracle import Judged

HUNG = "hung, or lost its worker, and answered when it was asked again"
ALONE = "failed beside the other questions of its file and passed alone"


def unsteady(early: Judged | None, answer: Answer, judged: Judged) -> str:
    """What is to be said, or "". early: of the first look. answer, judged: what counts."""
    if answer.retried and not answer.hung:
        return HUNG
    if early is None or early.fault or judged.fault:
        return ""
    checks = (row for row in early.rows if row.item.partition(",")[0] != GRADIENT_CHECK)  # which a look may leave out
    failed = {row.item for row in checks if not row.passed}
    return ALONE if any(row.passed and row.item in failed for row in judged.rows) else ""
