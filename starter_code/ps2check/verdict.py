"""What a judge is and what it says: the small types that every other file here speaks in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .histogram import Histogram

Array = NDArray[Any]
Parts = dict[str, Array]
"""One item's value: named arrays judged together. A lone array has the name ""."""


@dataclass(frozen=True)
class Failure:
    """An item that has no value to judge.

    kind: "raised" (the student's code raised), "stub" (it raised NotImplementedError), "type" (not an array of numbers),
    "missing" (never arrived). says: one sentence.
    """

    kind: str
    says: str


class Unfit(Exception):
    """Raised by a check's own helper about a student's object that cannot be asked further. Its text goes on after the item's name:
    "has no parameter …"."""


@dataclass(frozen=True)
class Verdict:
    """One item's judgement. `ratio` is error / tolerance: at most 1 passes, NaN never does."""

    passed: bool
    ratio: float = 0.0
    says: str = ""
    undecided: bool = False


def within(ratio: float, says: str) -> Verdict:
    """The verdict of a comparison: passed exactly when `ratio <= 1` (so NaN fails)."""
    passed = bool(ratio <= 1)
    return Verdict(passed, float(ratio), "" if passed else says)


def fails(says: str) -> Verdict:
    """A verdict for what cannot be compared at all."""
    return Verdict(False, float("inf"), says)


@dataclass(frozen=True)
class Tail:
    """How likely honest draws are to be at least as far off as these.

    p: in [0, 1]. exact: it is that probability itself for normal draws, so that p is uniform over seeds; else an upper bound of it.
    """

    p: float
    exact: bool


Rule = Callable[[Parts, Parts], Verdict]
Tails = Callable[[Parts], dict[str, Tail]]


@dataclass(frozen=True)
class Judge:
    """Judges one item: types and shapes first (never by broadcasting), then `rule(got, want)`.

    alone: the rule needs no reference value; the trusted run then skips computing it and `want` is {}.
    free: several results are equally right (signs are free), so that whether two results are the same is for this judge to say.
    chance: random draws are judged, whose ratio scatters up to 1 and exceeds it with a stated probability; right answers keep no margin.
    tails: of random draws, each statistic's tail probability, where there is one: what the audit proves to be uniform.
    allowed: the permitted difference in words, for the sentence a student reads.
    shown: whether the values beside each other teach a student anything.
    histograms: of values that failed, for reports; [] where they have not the form that it takes to draw them.
    """

    rule: Rule
    alone: bool = False
    free: bool = False
    chance: bool = False
    allowed: str = ""
    shown: bool = True
    tails: Tails | None = None
    histograms: Callable[[Parts], list[Histogram]] | None = None

    def __call__(self, got: Parts | Failure, want: Parts) -> Verdict:
        if isinstance(got, Failure):
            return fails(got.says)
        if not self.alone:
            mismatch = form_mismatch(got, want)
            if mismatch:
                return fails(mismatch)
        return self.rule(got, want)


def form_mismatch(got: Parts, want: Parts) -> str:
    """The first difference in names, shapes or kinds of number, as a sentence; "" where there is none."""
    if set(got) != set(want):
        if set(want) == {""}:
            return f"is a dict with the entries {names(got)}, expected a numpy array"
        return (
            f"is one array, expected the entries {names(want)}"
            if set(got) == {""}
            else f"has the entries {names(got)}, expected {names(want)}"
        )
    for part, expected in want.items():
        label = f"{part} " if part else ""
        if got[part].shape != expected.shape:
            return f"{label}has shape {got[part].shape}, expected {expected.shape}"
        if not same_kind(got[part].dtype, expected.dtype):
            return f"{label}has dtype {got[part].dtype}, expected {expected.dtype}"
    return ""


def names(parts: Parts) -> str:
    return "[" + ", ".join(repr(p) for p in sorted(parts)) + "]"


def same_kind(got: np.dtype[Any], want: np.dtype[Any]) -> bool:
    """float64 must be float64; any width of integer stands for an integer (Windows' default is 32 bits)."""
    if want.kind == "f":
        return got == want
    return (got.kind in "iu") if want.kind in "iu" else got.kind == want.kind
