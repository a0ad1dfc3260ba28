"""Values of a failed item as bars, and what theory expects in each: for reports, where a picture says more than a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

BINS = 25
DIGITS = 4


@dataclass(frozen=True)
class Histogram:
    """yours, theory: (BINS,) shares of all values in equal bins of [low, high]; what lies outside is in neither."""

    title: str
    low: float
    high: float
    yours: list[float]
    theory: list[float]

    @property
    def edges(self) -> list[float]:
        """One more than there are bins."""
        count = len(self.yours)
        return [self.low + (self.high - self.low) * i / count for i in range(count + 1)]


def histogram(title: str, values: Array, theory: Array, weights: Array, low: float, high: float) -> Histogram:
    """theory: points of the expected distribution, each with its weight."""
    yours, _ = np.histogram(values, BINS, (low, high))
    expected, _ = np.histogram(theory, BINS, (low, high), weights=weights)
    return Histogram(title, float(low), float(high), numbers(yours / max(1, values.size)), numbers(expected / weights.sum()))


def numbers(array: Array) -> list[float]:
    return [float(f"{value:.{DIGITS}g}") for value in array.tolist()]
