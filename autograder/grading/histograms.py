"""What of a failed question is worth a picture: of each kind that its judges can draw, the first item that failed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from ..check.histogram import Histogram
from ..check.scoring import Row
from ..check.verdict import Failure
from .replay import Run


def histograms_of(rows: Sequence[Row], graded: Run) -> list[Histogram]:
    """Kinds are told apart by what an item's arrays are called: some weights, or the layers of a stack."""
    made: dict[frozenset[str], list[Histogram]] = {}
    for row in rows:
        judge, got = graded.want.judges.get(row.item), graded.items.get(row.item)
        if row.verdict.passed or judge is None or judge.histograms is None or got is None or isinstance(got, Failure):
            continue
        if not made.get(frozenset(got)):
            with contextlib.suppress(ValueError, OverflowError):  # numbers that no axis can hold: a picture never costs a verdict
                made[frozenset(got)] = judge.histograms(got)
    return [one for drawn in made.values() for one in drawn]
