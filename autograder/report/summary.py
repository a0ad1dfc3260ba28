"""What a class's results come to: pure counting, no text."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field

from ..classroom.index import Entry
from ..grading.result import QuestionResult, Result

SLOW_SHARE = 0.5
"""A question is slow when one submission in twenty takes more than this share of its limit."""


@dataclass(frozen=True)
class QuestionSummary:
    """share: of its points, on average. counts: by status. seconds: median and 95th percentile of those that ran. limit: seconds.

    unsteady: what was said of verdicts that hung on when they were asked, by how many submissions.
    """

    id: str
    title: str
    max_points: float
    share: float
    counts: Counter[str]
    median: float
    slowest: float
    limit: float | None = None
    unsteady: Counter[str] = field(default_factory=Counter)

    @property
    def flaky(self) -> bool:
        return bool(self.unsteady)

    @property
    def slow(self) -> bool:
        return self.limit is not None and self.slowest > SLOW_SHARE * self.limit

    @property
    def unsettled(self) -> int:
        """Submissions whose verdict is missing: a fault of the grader, or no time."""
        return self.counts["fault"] + self.counts["not reached"]


@dataclass(frozen=True)
class ClassSummary:
    """entries: with a result, and it. troubles: without one. causes: known mistakes by how many submissions have them."""

    assignment: str
    graded: list[tuple[Entry, Result]]
    troubles: list[Entry]
    totals: list[float]
    max_total: float
    questions: list[QuestionSummary]
    causes: Counter[str]

    @property
    def students(self) -> int:
        return sum(len(entry.members) for entry in [*(e for e, _ in self.graded), *self.troubles])


def summarize(
    assignment: str, graded: list[tuple[Entry, Result]], troubles: list[Entry], limits: dict[str, float] | None = None
) -> ClassSummary:
    """limits: wall-clock seconds of each question."""
    by_question: dict[str, list[QuestionResult]] = {}
    for _, result in graded:
        for question in result.questions:
            by_question.setdefault(question.id, []).append(question)
    return ClassSummary(
        assignment,
        graded,
        troubles,
        [result.total for _, result in graded],
        max((result.max_total for _, result in graded), default=0.0),
        [of_question(listed, (limits or {}).get(id)) for id, listed in by_question.items()],
        Counter(cause for _, result in graded for question in result.questions for cause in set(question.causes)),
    )


def of_question(listed: list[QuestionResult], limit: float | None) -> QuestionSummary:
    first = listed[-1]
    shares = [q.points / q.max_points if q.max_points else 1.0 for q in listed]
    ran = sorted(q.seconds for q in listed if q.status != "not reached")
    return QuestionSummary(
        first.id,
        first.title,
        first.max_points,
        statistics.fmean(shares),
        Counter(q.status for q in listed),
        statistics.median(ran) if ran else 0.0,
        ran[min(len(ran) - 1, int(0.95 * len(ran)))] if ran else 0.0,
        limit,
        Counter(q.unsteady for q in listed if q.unsteady),
    )


def attention(found: ClassSummary) -> list[tuple[str, str]]:
    """What staff should not overlook, as (question or submission, what about it): no verdict, flaky, slow, no result."""
    said = []
    for q in found.questions:
        name = f"{q.id} {q.title}"
        if q.unsettled:
            said.append((name, f"{q.unsettled} without a verdict; grade those submissions again"))
        if q.flaky:
            told = "; ".join(f"{count} {what}" for what, count in q.unsteady.most_common())
            said.append((name, f"flaky, of {sum(q.counts.values())} submissions {told}"))
        if q.slow:
            said.append((name, f"slow, one in twenty takes more than {q.slowest:.1f} of {q.limit:g} s"))
    return said + [(entry.named, entry.trouble) for entry in found.troubles]


def histogram(totals: list[float], most: float, bins: int = 20) -> list[int]:
    """Counts in equal bins of [0, most]; full marks are in the last."""
    counts = [0] * bins
    for total in totals:
        counts[min(bins - 1, int(bins * max(total, 0.0) / most)) if most else 0] += 1
    return counts
