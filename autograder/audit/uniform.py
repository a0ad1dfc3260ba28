"""Are the tail probabilities of random items what they claim? Exact ones are uniform over seeds, bounds are not smaller than uniform.

A judge of random draws fails honest ones with a stated probability. That number is only as good as the law that each statistic is held
against: where the law is right, the probability p of a deviation at least as large as the one seen is uniform on [0, 1] over seeds (an
upper bound of it is larger). Kolmogorov and Smirnov's test compares the p of many seeds with that: on both sides where they are exact
for the reference's normal draws, else on the side that matters, too many small ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..check.question import Question
from ..check.recording import record
from ..check.verdict import Failure, Judge
from .report import Audit, Finding, PValues
from .runs import draw_of, reference, seed_of

LEAST = 1e-6
"""Of Kolmogorov and Smirnov's own p: a sound audit makes some 1,000 such tests, and once in a thousand audits one is below."""
FEW = 20
"""Seeds below which nothing is tested."""


def audit_uniform(question: Question, package: Any, subject: str, seeds: int) -> Audit:
    """The p-values of every random item of a right answer, on so many seeds. Nothing where the question has no random items."""
    samples: dict[tuple[str, str], list[float]] = defaultdict(list)
    exact: dict[tuple[str, str], bool] = {}
    for number in range(seeds if is_random(question) else 0):
        for name, judge, item in random_items(question, package, number):
            if isinstance(item, Failure) or not judge.tails:
                continue  # a right answer that fails is found by audit_right
            for statistic, tail in judge.tails(item).items():
                samples[name, statistic].append(float(tail.p))
                exact[name, statistic] = tail.exact and package is reference()
    rows = tuple(tested(question.id, subject, *key, values, exact[key]) for key, values in samples.items() if len(values) >= FEW)
    return Audit(p_values=rows, findings=tuple(f for row in rows for f in doubts(row)))


def is_random(question: Question) -> bool:
    return any(judge.tails for _, judge, _ in random_items(question, reference(), 0))


def random_items(question: Question, package: Any, number: int) -> Iterator[tuple[str, Judge, Any]]:
    """(name, judge, value) of the items whose judge knows tail probabilities; nothing else is evaluated."""
    with np.errstate(all="ignore"):
        got = record(only_random(question), package, draw_of(question.id, number))
    return ((name, judge, got.items[name]) for name, judge in got.judges.items() if judge.tails)


def only_random(question: Question) -> Question:
    """`question` without the work of the other items, which are then empty."""

    def probe(ps2: Any, draw: Any) -> Iterator[tuple[Any, ...]]:
        for name, value, *judge in question.probe(ps2, draw):
            yield name, value if judge and judge[0].tails else {}, *judge

    return replace(question, probe=probe)


def tested(question: str, subject: str, item: str, statistic: str, values: list[float], exact: bool) -> PValues:
    from scipy import stats

    p = float(stats.kstest(values, "uniform", alternative="two-sided" if exact else "greater").pvalue)
    return PValues(question, subject, item, statistic, len(values), exact, min(values), p)


def doubts(row: PValues) -> Iterator[Finding]:
    if not row.p >= LEAST:
        what = "are not uniform" if row.exact else "are smaller than uniform ones"
        says = f"the p-values of {row.statistic} over {row.seeds} seeds {what} (p = {row.p:.2g}): the limit is not what it claims"
        yield Finding("not uniform", row.question, row.subject, f"{seed_of(0).decode()} …", row.item, says)
