"""Is one recorded item what another one is? Numbers agree within rounding; random draws agree as distributions."""

from __future__ import annotations

import numpy as np

from ..check.agreement import FLOOR, TOLERANCE, relative_error
from ..check.recording import Item
from ..check.verdict import Array, Failure, Judge, Parts

DEVIATIONS = 4.5
"""Standard errors by which the moments of two samples of one distribution may differ: less than 1e-5 of all pairs do by more."""
KOLMOGOROV = 2.4
"""√n times the distance of two samples' distribution functions, over √2: exceeded with probability 2e-5."""
LEAST = 256
"""Numbers below which samples are too small to tell distributions apart."""


def alike(got: Item | None, theirs: Item | None, judge: Judge | None = None) -> bool:
    """The same within rounding; of several right results another; where a judge needs no right value (draws), the same distribution."""
    if same(got, theirs):
        return True
    if judge is None or not isinstance(got, dict) or not isinstance(theirs, dict):
        return False
    return (judge.free and judge(got, theirs).passed) or (judge.alone and same_law(got, theirs))


def same(got: Item | None, theirs: Item | None) -> bool:
    """The same arrays within rounding (NaN equal to NaN), or the same kind of failure."""
    if got is None or theirs is None:
        return got is theirs
    if isinstance(got, Failure) or isinstance(theirs, Failure):
        return isinstance(got, Failure) and isinstance(theirs, Failure) and (got.kind, head(got)) == (theirs.kind, head(theirs))
    if not same_form(got, theirs):
        return False
    return all(close(got[p], theirs[p]) for p in got)


def same_form(got: Parts, theirs: Parts) -> bool:
    return set(got) == set(theirs) and all(got[p].shape == theirs[p].shape and got[p].dtype == theirs[p].dtype for p in got)


def close(got: Array, theirs: Array) -> bool:
    a, b = (np.asarray(array, np.float64).ravel() for array in (got, theirs))
    with np.errstate(all="ignore"):
        gap = a - b
        error = float(gap @ gap)
    if np.isfinite(error):  # the quick way: the whole catalog is compared
        return error <= TOLERANCE**2 * max(float(b @ b), FLOOR**2 * b.size)
    odd = ~np.isfinite(a)
    if not np.array_equal(odd, ~np.isfinite(b)) or not np.array_equal(a[odd], b[odd], equal_nan=True):
        return False
    return relative_error(np.where(odd, 0.0, a), np.where(odd, 0.0, b)) <= TOLERANCE


def head(failure: Failure) -> str:
    """The kind of exception, without the message and the line."""
    return failure.says.split(":")[0].split("(")[0].strip()


# ---- draws


def same_law(got: Parts, theirs: Parts) -> bool:
    """Whether two recordings of random arrays come from one distribution, as far as their numbers can tell, and repeat alike."""
    if not same_form(got, theirs) or not any(a.size >= LEAST for a in got.values()):
        return False
    large = [p for p in sorted(got, key=lambda p: got[p].size) if got[p].size >= LEAST]
    return all(same_sample(got[p], theirs[p]) for p in large) and equal_parts(got) == equal_parts(theirs)


def equal_parts(parts: Parts) -> set[tuple[str, str]]:
    """Which of the recorded draws begin with the same numbers: the sign of a fixed seed, or of a generator that is not used."""
    heads = {p: np.ravel(a)[:8] for p, a in parts.items()}
    return {(p, q) for p in heads for q in heads if p < q and np.array_equal(heads[p], heads[q])}


def same_sample(a: Array, b: Array) -> bool:
    """Two samples of equal size: means, deviations, share of distinct numbers, direction of dependence, distribution functions."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    n, (one, other) = a.size, (float(a.std()), float(b.std()))
    if min(one, other) == 0:
        return bool(np.array_equal(a, b))
    if abs(np.log(one / other)) > DEVIATIONS / np.sqrt(n):  # the cheap ones first: most mistakes are told apart by their deviation
        return False
    if abs(float(a.mean()) - float(b.mean())) > DEVIATIONS * max(one, other) * np.sqrt(2 / n):
        return False
    x, y = np.sort(a.ravel()), np.sort(b.ravel())
    distinct = abs(np.unique(x).size - np.unique(y).size) <= 0.05 * n
    return bool(distinct and distance(x, y) <= KOLMOGOROV * np.sqrt(2 / n) and same_dependence(a, b))


def distance(x: Array, y: Array) -> float:
    """sup |F − G| of two sorted samples."""
    both = np.concatenate([x, y])
    steps = np.searchsorted(x, both, "right") / x.size - np.searchsorted(y, both, "right") / y.size
    return float(np.max(np.abs(steps)))


def same_dependence(a: Array, b: Array) -> bool:
    """Rows or columns that repeat have a far larger largest singular value than independent ones."""
    if a.ndim < 2:
        return True
    one, other = (float(np.linalg.norm(m.reshape(len(m), -1), 2)) for m in (a, b))
    return abs(one - other) <= 0.1 * max(one, other)
