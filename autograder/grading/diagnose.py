"""Which known mistakes are these? A cause is named only when its recording is the student's, on unrelated sets of inputs.

First the catalog; for what no catalogued mistake explains, the simple relations of check/transformations.py.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from ..check import scoring
from ..check.arguments import arguments_of
from ..check.package import Package
from ..check.question import Question
from ..check.recording import Item, Recording
from ..check.report import telling
from ..check.scoring import CONDUCT, GRADIENT_CHECK
from ..check.transformations import Evidence, recognised
from ..check.verdict import Failure
from ..misconceptions import Misconception
from .likeness import alike
from .replay import Run, build, group_of, known_mistakes, mistaken, replayed

MOST_COMPOSED = 64
"""Pairs of mistakes that are tried where no single one explains anything."""
MOST_CAUSES = 2
"""Causes that are named; a student with more mends these first."""
LEAST = 4
"""Entries that items must have together to be told as explained without the rest of their group."""


@dataclass(frozen=True)
class Cause:
    """A catalogued mistake and the groups it explains; or, where it explains none of them whole, the items.

    together: only with the other cause of the same diagnosis.
    """

    misconception: Misconception
    groups: frozenset[str]
    items: frozenset[str]
    together: bool = False


@dataclass(frozen=True)
class Diagnosis:
    """causes: the catalogued mistakes whose results these are, the one that explains most first. relations: for groups that they leave,
    the sentence about how the result relates to the right one.

    consistent: groups that are wrong only because of the first cause: the true derivative of its wrong forward.
    """

    causes: tuple[Cause, ...] = ()
    relations: Mapping[str, str] = field(default_factory=dict)
    consistent: frozenset[str] = frozenset()


def diagnose(question: Question, reference: Package, runs: list[Run], small: Run | None = None, *, paying: bool = True) -> Diagnosis:
    """What explains the failures that all of `runs` (at least two, at full size, with unrelated inputs) have in common.

    small: a run of the ladder, on which most of the catalog is ruled out cheaply. paying: whether `consistent` is asked for, which takes
    a numerical gradient check of the cause.
    """
    failed = failed_items(runs[0])
    for run in runs[1:]:
        failed = still_failed(run, failed)
    if not failed:
        return Diagnosis()
    causes = named(question, reference, runs, small, failed)
    left = {group_of(item) for item in failed} - frozenset().union(*(c.groups for c in causes))
    relations: Mapping[str, str] = {}
    if left:
        relations = {group: says for group, says in related(question, reference, runs, small).items() if group in left}
    if not causes and not relations:
        causes = together(question, reference, cheapest_first(runs, small), left)
    return Diagnosis(tuple(causes), relations, consistent_groups(question, reference, runs, causes) if paying else frozenset())


def failed_items(run: Run) -> set[str]:
    """The failed items that can be explained: of conduct those that are no mere consequence of another failure."""
    passed = scoring.groups_of(run.rows)
    rows = [r for r in run.rows if not r.verdict.passed and r.group != GRADIENT_CHECK]
    return {r.item for r in rows if telling(r, run.items.get(r.item), passed)} or {r.item for r in rows}


def still_failed(run: Run, failed: set[str]) -> set[str]:
    """Those that fail here as well. What is judged as a distribution does so whatever the seed, and is not judged again."""
    surely = {item for item in failed if item in run.want.judges and run.want.judges[item].chance}
    want = Recording({name: item for name, item in run.want.items.items() if name in failed - surely}, run.want.judges)
    rows = scoring.judge(want, {name: item for name, item in run.items.items() if name in failed - surely}, run.ended)
    return surely | {row.item for row in rows if not row.verdict.passed}


# ---- the catalog


def cheapest_first(runs: list[Run], small: Run | None) -> list[Run]:
    """The small run first; the graded one last, whose inputs no other submission has: of the others is kept what mistakes yield."""
    return [*([] if small is None else [small]), *reversed(runs)]


def named(question: Question, reference: Package, runs: list[Run], small: Run | None, failed: set[str]) -> list[Cause]:
    """Of the catalogued mistakes the one that explains most groups; then the one that explains most of what is left."""
    groups = {group_of(item) for item in failed}
    possible = [known for known in known_mistakes(question) if all(f in failed or f in groups for f in own(known))]
    every = cheapest_first(runs, small)
    causes: list[Cause] = []
    left = set(groups)
    candidates, struck = whole(question, reference, every, possible, groups)
    while left and len(causes) < MOST_CAUSES:
        best = max(candidates, key=lambda c: (len(c.groups & left), -extra(c.misconception, groups)), default=None)
        if best is None or not best.groups & left:
            break
        causes.append(Cause(best.misconception, frozenset(best.groups & left), frozenset()))
        left -= best.groups
    items = {item for item in failed if group_of(item) in left}
    if len(causes) < MOST_CAUSES and enough(items, runs):
        partly = in_part(question, reference, every, {known: items - struck[known.id] for known in possible})
        if partly is not None and enough(partly.items, runs) and partly.misconception not in [c.misconception for c in causes]:
            causes.append(partly)
    return causes


def whole(
    question: Question, reference: Package, runs: list[Run], possible: list[Misconception], groups: set[str]
) -> tuple[list[Cause], dict[str, set[str]]]:
    """The mistakes that explain whole groups, up to the first that explains all: no later one explains more, or fails less besides.

    Then by mistake the items that it was seen not to explain.
    """
    found: list[Cause] = []
    struck: dict[str, set[str]] = {}
    for known in sorted(possible, key=lambda known: extra(known, groups)):
        left = left_of(question, reference, runs, known, Left(set(groups), set()))
        struck[known.id] = left.struck
        if left.groups:
            found.append(Cause(known, frozenset(left.groups), frozenset()))
        if left.groups == groups:
            break
    return found, struck


def in_part(question: Question, reference: Package, runs: list[Run], possible: Mapping[Misconception, set[str]]) -> Cause | None:
    """The mistake that explains most items; possible: what each may still explain."""
    best: Cause | None = None
    for known, items in possible.items():
        least = len(best.items) + 1 if best else 1
        left = left_of(question, reference, runs, known, Left(set(), set(items), least)) if len(items) >= least else None
        if left is not None and left.items:
            best = Cause(known, frozenset(), frozenset(left.items))
    return best


def predicted(known: Misconception) -> set[str]:
    """The groups that a mistake fails: of two that explain the same, the one that fails nothing else is the student's."""
    return {group_of(item) for item in known.fails}


def extra(known: Misconception, groups: set[str]) -> int:
    """How many other groups it fails."""
    return len(predicted(known) - groups)


def own(known: Misconception) -> set[str]:
    """The groups and items that a mistake fails by its values."""
    return {name for name in known.fails if group_of(name) not in (CONDUCT, GRADIENT_CHECK)}


def together(question: Question, reference: Package, runs: list[Run], groups: set[str]) -> list[Cause]:
    """Two catalogued mistakes that explain every failed group only when both are made; at most MOST_COMPOSED pairs are tried."""
    fitting = [known for known in known_mistakes(question) if predicted(known) <= groups | {CONDUCT}]
    pairs = [p for p in combinations(fitting, 2) if groups - {CONDUCT} <= predicted(p[0]) | predicted(p[1])]
    pairs += [(other, one) for one, other in pairs]  # the order matters where one mistake is made upon the other
    for pair in pairs[:MOST_COMPOSED]:
        if can_be_built(pair, reference) and all(composed(question, reference, run, pair, groups) for run in runs):
            return [Cause(known, frozenset(groups), frozenset(), together=True) for known in pair]
    return []


@functools.lru_cache(maxsize=4096)
def can_be_built(pair: tuple[Misconception, ...], reference: Package) -> bool:
    """Not where a mistake made by editing text meets one that has none."""
    try:
        return bool(build(pair, reference))
    except Exception:
        return False


def composed(question: Question, reference: Package, run: Run, pair: tuple[Misconception, ...], groups: set[str]) -> bool:
    """Whether both at once give exactly the student's answers in these groups."""

    def compare(name: str, theirs: Item) -> None:
        if group_of(name) in groups and not alike(run.items.get(name), theirs, run.want.judges.get(name)):
            raise RuledOut

    try:
        replayed(question, reference, pair, run, compare)
    except RuledOut:
        return False
    return True


class RuledOut(Exception):
    """Nothing is left that a mistake could explain; the rest of its run is not needed."""


@dataclass
class Left:
    """The groups and items that a mistake may still explain; of items, fewer than `least` are as good as none. struck: items ruled out."""

    groups: set[str]
    items: set[str]
    least: int = 1
    struck: set[str] = field(default_factory=set)

    def holds(self, name: str) -> bool:
        return name in self.items or group_of(name) in self.groups

    def compare(self, run: Run, name: str, theirs: Item | None) -> None:
        """Strike what one item of the mistake's run rules out. Raises RuledOut when too little is left."""
        if self.holds(name) and not alike(run.items.get(name), theirs, run.want.judges.get(name)):
            self.groups.discard(group_of(name))
            self.items.discard(name)
            self.struck.add(name)
            if not self.groups and len(self.items) < self.least:
                raise RuledOut


def left_of(question: Question, reference: Package, runs: list[Run], known: Misconception, left: Left) -> Left:
    """Of `left` that in which the mistake yields, in every run, exactly what the student's code did."""
    try:
        for run in runs:
            theirs = replayed(question, reference, (known,), run, functools.partial(left.compare, run))
            for name in run.want.items.keys() - theirs.items.keys():
                left.compare(run, name, None)
    except RuledOut:
        return Left(set(), set(), struck=left.struck)
    return left


def enough(items: Collection[str], runs: list[Run]) -> bool:
    """Whether the items hold enough numbers that agreeing on them is no coincidence: an exception or a NaN has many causes."""
    values = [run.items.get(item) for run in runs for item in items]
    arrays = [a for value in values if value is not None and not isinstance(value, Failure) for a in value.values()]
    return sum(int(np.isfinite(a).sum()) for a in arrays if a.dtype.kind == "f") >= LEAST * len(runs)


def consistent_groups(question: Question, reference: Package, runs: list[Run], causes: list[Cause]) -> frozenset[str]:
    """The gradients that are the true derivative of the first cause's wrong forward (of both, where only both explain), by the cause's own
    gradient check."""
    if not causes or "forward" not in causes[0].groups:
        return frozenset()
    gradients = causes[0].groups & {"backward", "gradients"}
    made = [cause.misconception for cause in causes if cause.together] or [causes[0].misconception]
    if not gradients or not is_true_pair(mistaken(question, reference, made, runs[0])):
        return frozenset()
    return frozenset(gradients)


def is_true_pair(theirs: Recording) -> bool:
    """Whether a wrong forward's backward is its true derivative: it passes the gradient check and is finite everywhere."""
    checks = {n: i for n, i in theirs.items.items() if group_of(n) == GRADIENT_CHECK}
    arrays = [a for n, i in theirs.items.items() if n not in checks and not isinstance(i, Failure) for a in i.values()]
    return bool(checks) and all(theirs.judges[n](i, {}).passed for n, i in checks.items()) and all(np.isfinite(a).all() for a in arrays)


# ---- simple relations


def related(question: Question, reference: Package, runs: list[Run], small: Run | None) -> Mapping[str, str]:
    """The relation of each group; where none holds for the first run, the small one, nothing else is run."""
    first = evidence(question, reference, runs[0] if small is None else small)
    if not recognised([first, first]):
        return {}
    if small is None:
        return recognised([first, evidence(question, reference, runs[1])])
    return recognised([evidence(question, reference, runs[0]), first])


def evidence(question: Question, reference: Package, run: Run) -> Evidence:
    if not run.arguments:
        run.arguments.update(arguments_of(question, reference, run.draw()))
    return Evidence(run.rows, run.items, run.want.items, run.arguments)
