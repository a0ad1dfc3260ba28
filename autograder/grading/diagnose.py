"""Which known mistake is this? A cause is named only when its recording is the student's, on two unrelated sets of inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..check import scoring
from ..check.agreement import TOLERANCE, relative_error
from ..check.draw import Draw
from ..check.question import Question
from ..check.recording import Item, Recording, record
from ..check.verdict import Array, Failure
from ..misconceptions import Misconception, load_catalog
from ..misconceptions.overlay import overlay


@dataclass(frozen=True)
class Run:
    """One run of the student's code, and the reference's on the same inputs."""

    level: int | None
    seed: bytes
    want: Recording
    items: Mapping[str, Item]
    ended: Failure | None


@dataclass(frozen=True)
class Diagnosis:
    """misconception: the catalogued mistake whose results these are, if any. groups: those it explains.

    consistent: groups that are wrong only because of it: the true derivative of its wrong forward.
    """

    misconception: Misconception | None = None
    groups: frozenset[str] = frozenset()
    consistent: frozenset[str] = frozenset()


def diagnose(question: Question, reference: Path, runs: list[Run]) -> Diagnosis:
    """Compare the failed groups with every catalogued mistake of this question; the one that explains most groups wins."""
    failed = [failed_groups(run) for run in runs]
    groups = set.intersection(*failed) if failed else set()
    best = Diagnosis()
    for known in load_catalog().values():
        if known.question != question.id or known.equivalent:
            continue
        explained = explained_groups(question, overlay(reference, {known.name: known.build}), runs, groups)
        if len(explained.groups) > len(best.groups):
            best = Diagnosis(known, explained.groups, explained.consistent)
            if best.groups == groups:
                break
    return best


def failed_groups(run: Run) -> set[str]:
    rows = scoring.judge(run.want, run.items, run.ended)
    return {r.group for r in rows if not r.verdict.passed} - {scoring.GRADIENT_CHECK, scoring.CONDUCT} or {
        r.group for r in rows if not r.verdict.passed
    } - {scoring.GRADIENT_CHECK}


def explained_groups(question: Question, wrong: object, runs: list[Run], groups: set[str]) -> Diagnosis:
    """The groups in which a wrong package yields, in every run, exactly what the student's code did."""
    explained, consistent = set(groups), True
    for run in runs:
        theirs = record(question, wrong, Draw(run.seed, run.level))
        explained = {g for g in explained if same_group(g, run, theirs)}
        if not explained:
            return Diagnosis()
        consistent &= is_true_pair(theirs)
    derivative = {"backward", "gradients"} & explained if consistent and "forward" in explained else set()
    return Diagnosis(None, frozenset(explained), frozenset(derivative))


def is_true_pair(theirs: Recording) -> bool:
    """Whether a wrong forward's backward is its true derivative: it passes the gradient check and is finite everywhere."""
    checks = {n: i for n, i in theirs.items.items() if n.split(",")[0] == scoring.GRADIENT_CHECK}
    arrays = [a for n, i in theirs.items.items() if n not in checks and not isinstance(i, Failure) for a in i.values()]
    return bool(checks) and all(theirs.judges[n](i, {}).passed for n, i in checks.items()) and all(np.isfinite(a).all() for a in arrays)


def same_group(group: str, run: Run, theirs: Recording) -> bool:
    names = [n for n in run.want.items if n.split(",")[0] == group]
    return all(same(run.items.get(n), theirs.items.get(n)) for n in names)


def same(got: Item | None, theirs: Item | None) -> bool:
    """The same arrays within rounding (NaN equal to NaN), or the same kind of failure."""
    if got is None or theirs is None:
        return got is theirs
    if isinstance(got, Failure) or isinstance(theirs, Failure):
        return isinstance(got, Failure) and isinstance(theirs, Failure) and (got.kind, head(got)) == (theirs.kind, head(theirs))
    if set(got) != set(theirs) or any(got[p].shape != theirs[p].shape or got[p].dtype != theirs[p].dtype for p in got):
        return False
    return all(close(got[p], theirs[p]) for p in got)


def close(got: Array, theirs: Array) -> bool:
    a, b = np.asarray(got, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    odd = ~np.isfinite(a)
    if not np.array_equal(odd, ~np.isfinite(b)) or not np.array_equal(a[odd], b[odd], equal_nan=True):
        return False
    return relative_error(np.where(odd, 0.0, a), np.where(odd, 0.0, b)) <= TOLERANCE


def head(failure: Failure) -> str:
    """The kind of exception, without the message and the line."""
    return failure.says.split(":")[0].split("(")[0].strip()
