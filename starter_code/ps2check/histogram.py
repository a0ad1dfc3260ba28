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
    """edges: (BINS + 1). yours, theory: (BINS,) shares of all values; what lies outside the edges is in neither."""

    title: str
    edges: list[float]
    yours: list[float]
    theory: list[float]


def histogram(title: str, values: Array, theory: Array, weights: Array, low: float, high: float) -> Histogram:
    """theory: points of the expected distribution, each with its weight."""
    edges = np.linspace(low, high, BINS + 1)
    yours, _ = np.histogram(values, edges)
    expected, _ = np.histogram(theory, edges, weights=weights)
    return Histogram(title, numbers(edges, 12), numbers(yours / max(1, values.size)), numbers(expected / weights.sum()))


def numbers(array: Array, digits: int = DIGITS) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in array.tolist()]
