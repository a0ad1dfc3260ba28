"""Judges that compare with the reference's value."""

from __future__ import annotations

from math import sqrt

import numpy as np

from .verdict import Array, Judge, Parts, Verdict, within

TOLERANCE = 1e-9
FLOOR = 1e-3
"""Natural size of an entry below which errors are not measured relative to the value."""


def agrees(tolerance: float = TOLERANCE, floor: float = FLOOR) -> Judge:
    """‖got − want‖ ≤ tolerance · max(‖want‖, floor·√entries), for each part.

    A norm, because honest gradients differ by rounding in single tiny entries (1e-7 relative) but not in norm (8e-12). float32
    arithmetic is off by 6e-8 and fails.
    """

    def rule(got: Parts, want: Parts) -> Verdict:
        worst = max((relative_error(got[p], want[p], floor) for p in want), key=nan_last, default=0.0)
        return within(worst / tolerance, f"differs by {worst:.2g} of its size")

    return Judge(rule, allowed=f"{tolerance:.0e} of its size")


def each_entry(tolerance: float = TOLERANCE, floor: float = FLOOR) -> Judge:
    """|got − want| ≤ tolerance · max(|want|, floor) for every entry: for arrays that mix 1000 with 0."""

    def rule(got: Parts, want: Parts) -> Verdict:
        worst = max((entry_error(got[p], want[p], floor) for p in want), key=nan_last, default=0.0)
        return within(worst / tolerance, f"an entry differs by {worst:.2g} of its size")

    return Judge(rule, allowed=f"{tolerance:.0e} of each entry's size")


def equal() -> Judge:
    """Exactly the same numbers."""

    def rule(got: Parts, want: Parts) -> Verdict:
        same = all(np.array_equal(got[p], want[p]) for p in want)
        return within(0.0 if same else float("inf"), "is not the same")

    return Judge(rule, allowed="none")


def unchanged(what: str, remedy: str = "work on a copy instead", shown: bool = True) -> Judge:
    """For conduct: the probe yields an array after student code ran, and it must still be the array that was drawn.

    shown: whether a student learns something from the array before and after.
    """

    def rule(got: Parts, want: Parts) -> Verdict:
        verdict = agrees().rule(got, want)
        return Verdict(verdict.passed, verdict.ratio, "" if verdict.passed else f"{what} was changed; {remedy}")

    return Judge(rule, allowed="none", shown=shown)


def relative_error(got: Array, want: Array, floor: float = FLOOR) -> float:
    """‖got − want‖ / max(‖want‖, floor·√entries), in float64; NaN where a value is NaN."""
    if want.size == 0:
        return 0.0
    with np.errstate(all="ignore"):
        a, b = want.ravel().astype(np.float64, copy=False), got.ravel().astype(np.float64, copy=False)
        difference = b - a
        return sqrt(difference @ difference) / max(sqrt(a @ a), floor * sqrt(a.size))


def entry_error(got: Array, want: Array, floor: float = FLOOR) -> float:
    """The largest |got − want| / max(|want|, floor); NaN where a value is NaN."""
    if want.size == 0:
        return 0.0
    with np.errstate(all="ignore"):
        return float(np.max(np.abs(got.astype(np.float64) - want) / np.maximum(np.abs(want), floor)))


def nan_last(value: float) -> float:
    """A key under which NaN counts as the largest error."""
    return value if value == value else float("inf")
