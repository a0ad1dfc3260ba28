"""From measured runs to a threshold that honest work passes, and from an accuracy to points."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy import special, stats

PASSING = 0.999  # the share of honest runs that must reach the threshold …
CONFIDENCE = 0.95  # … with this confidence
LEAST_RUNS = 10  # below that a threshold would be a guess


def tolerance_factor(n: int) -> float:
    """k such that mean − k·s lies below PASSING of a normal population with CONFIDENCE, from n values: 4.32 (20), 4.02 (30), 3.77 (50)."""
    return float(stats.nct.ppf(CONFIDENCE, n - 1, special.ndtri(PASSING) * np.sqrt(n)) / np.sqrt(n))


def threshold(accuracies: Sequence[float]) -> float:
    """The accuracy that honest runs reach, on the logit scale, where accuracies are about normal. Raises ValueError for too few runs.

    Each run was measured on hidden images of its own, so that their sampling noise is in the spread.
    """
    n = len(accuracies)
    if n < LEAST_RUNS:
        raise ValueError(f"{n} runs are too few for a threshold; measure at least {LEAST_RUNS}")
    logits = special.logit(np.asarray(accuracies, dtype=np.float64))
    return float(special.expit(logits.mean() - tolerance_factor(n) * logits.std(ddof=1)))


def normality(accuracies: Sequence[float]) -> float:
    """The p-value of Shapiro and Wilk's test on the logits."""
    return float(stats.shapiro(special.logit(np.asarray(accuracies, dtype=np.float64))).pvalue)


def lowerings(errors: Sequence[float], patience: int) -> int:
    """How often a PlateauSchedule lowers the rate for these validation errors; the committed profiles are chosen so that it does twice."""
    best, failures, count = float("inf"), 0, 0
    for error in errors:
        failures = 0 if error < best else failures + 1
        best = min(best, error)
        if failures > patience:
            failures, count = 0, count + 1
    return count


def share(accuracy: float, zero: float, full: float) -> Fraction:
    """The earned part of the points: none at `zero`, all from `full` on, in between in proportion."""
    if full <= zero:
        return Fraction(int(accuracy >= full))
    part = Fraction(accuracy).limit_denominator(10**6) - Fraction(str(zero))
    return min(Fraction(1), max(Fraction(0), part / (Fraction(str(full)) - Fraction(str(zero)))))
