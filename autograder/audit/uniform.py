"""Are the tail probabilities of random items what they claim? Exact ones are uniform over seeds, bounds are not smaller than uniform.

A judge of random draws fails honest ones with a stated probability. That number is only as good as the law that each statistic is held
against: where the law is right, the probability p of a deviation at least as large as the one seen is uniform on [0, 1] over seeds (an
upper bound of it is larger). Kolmogorov and Smirnov's test compares the p of many seeds with that: on both sides where they are exact
for the reference's normal draws, else on the side that matters, too many small ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..check.question import Question
from ..check.recording import Recording
from ..check.verdict import Failure
from .report import Audit, Finding, PValues
from .runs import seed_of

LEAST = 1e-6
"""Of Kolmogorov and Smirnov's own p: a sound audit makes some 1,000 such tests, and once in a thousand audits one is below."""
FEW = 20
"""Seeds below which nothing is tested."""


class Samples:
    """The p-values of every random item of one right answer; none where the question has no random items.

    exact: this is the reference, whose draws have the law that exact probabilities are computed for.
    """

    def __init__(self, question: Question, subject: str, exact: bool) -> None:
        self.question = question
        self.subject = subject
        self.exact = exact
        self.values: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.two_sided: dict[tuple[str, str], bool] = {}

    def add(self, got: Recording) -> None:
        """Those of one run. An item that failed has none: it is told as a false failure."""
        for name, judge in got.judges.items():
            item = got.items[name]
            if judge.tails is None or isinstance(item, Failure):
                continue
            for statistic, tail in judge.tails(item).items():
                self.values[name, statistic].append(float(tail.p))
                self.two_sided[name, statistic] = tail.exact and self.exact

    def audit(self) -> Audit:
        tests = [(key, values) for key, values in self.values.items() if len(values) >= FEW]
        rows = tuple(tested(self.question.id, self.subject, *key, values, self.two_sided[key]) for key, values in tests)
        return Audit(p_values=rows, findings=tuple(f for row in rows for f in doubts(row)))


def tested(question: str, subject: str, item: str, statistic: str, values: list[float], exact: bool) -> PValues:
    from scipy import stats

    p = float(stats.kstest(values, "uniform", alternative="two-sided" if exact else "greater").pvalue)
    return PValues(question, subject, item, statistic, len(values), exact, min(values), p)


def doubts(row: PValues) -> Iterator[Finding]:
    if not row.p >= LEAST:
        what = "are not uniform" if row.exact else "are smaller than uniform ones"
        says = f"the p-values of {row.statistic} over {row.seeds} seeds {what} (p = {row.p:.2g}): the limit is not what it claims"
        yield Finding("not uniform", row.question, row.subject, f"{seed_of(0).decode()} …", row.item, says)
