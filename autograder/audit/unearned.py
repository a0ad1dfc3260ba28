"""Answers that deserve nothing: no share of the points, and nothing by way of a consistent backward either."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..check import scoring
from ..check.question import REGISTRY, Question
from ..check.recording import Item, Recording, record
from ..check.scoring import CONDUCT, GRADIENT_CHECK, Row, unchecked
from ..grading.diagnose import diagnose
from ..grading.likeness import same as same_item
from ..grading.replay import Run, group_of
from ..misconceptions import CATALOG, Misconception
from .lazy import KEEP_THE_LAW, LAZY, Build, forgeries
from .report import Audit, Finding, finding
from .runs import diagnosed, draw_of, judged_until, reference, replaced, right, seed_of, wanted

LAZY_SEEDS = 4
"""Seeds on which lazy code is run; lazy recordings, which cost nothing, meet all of them."""


def audit_lazy(id: str, seeds: int) -> Audit:
    """Every lazy answer to one question: no share, and nothing by way of a consistent backward either."""
    question, total = REGISTRY[id], Audit()
    pairs = consistent_pairs(question)
    for name, build in LAZY.items():
        if all(build(getattr(reference(), stub)) is not None for stub in question.names):
            total += lazy_code(question, name, build, min(seeds, LAZY_SEEDS), pairs)
    runs: dict[str, list[dict[str, Item]]] = {}
    for number in range(seeds):
        for name, items in forgeries(question, reference(), wanted(id, number), right(id, number).items).items():
            runs.setdefault(name, []).append(items)
    for name, many in runs.items():
        earned = [found for number, items in enumerate(many) for found in earning(question, name, number, rows_of(question, number, items))]
        total += judged_lazy(question, name, earned, many, pairs)
    return total


def lazy_code(question: Question, name: str, build: Build, seeds: int, pairs: list[Recording]) -> Audit:
    """A lazy answer that is run; whole runs only where its forward may be a known one, else up to the failure of the last group."""
    whole: list[dict[str, Item]] = []
    earned: list[Finding] = []
    with replaced(dict.fromkeys(question.names, build)) as package:
        for number in range(seeds):
            if pairs and number < 2:
                with np.errstate(all="ignore"):
                    got = record(unchecked(question), package, draw_of(question.id, number))
                whole.append(got.items)
                rows = rows_of(question, number, got.items)
            else:
                rows, _ = judged_until(unchecked(question), package, number, partial(hopeless, value_groups(question, number)))
            earned += earning(question, name, number, rows)
    return judged_lazy(question, name, earned, whole, pairs)


def judged_lazy(question: Question, name: str, earned: list[Finding], answers: list[dict[str, Item]], pairs: list[Recording]) -> Audit:
    paid = paid_as_consistent(question, answers, pairs) if answers else ""
    if paid:
        says = f"is paid for {paid} as the true derivative of a known wrong forward"
        earned = [*earned, finding("unearned", question.id, name, 0, None, says)]
    return Audit(unearned=int(bool(earned)), findings=tuple(earned))


def rows_of(question: Question, number: int, items: dict[str, Item]) -> list[Row]:
    with np.errstate(all="ignore"):
        return scoring.judge(wanted(question.id, number), items, None)


def value_groups(question: Question, number: int) -> frozenset[str]:
    """The groups that earn by themselves."""
    return frozenset(map(group_of, wanted(question.id, number).items)) - {CONDUCT, GRADIENT_CHECK}


def hopeless(groups: frozenset[str], rows: list[Row]) -> bool:
    """Whether every group has failed already."""
    return groups <= {row.group for row in rows if not row.verdict.passed}


def earning(question: Question, name: str, number: int, rows: list[Row]) -> list[Finding]:
    """The finding that these rows earn something, if they do; a group of random draws is no proof where their law was kept."""
    if name in KEEP_THE_LAW:
        judges = wanted(question.id, number).judges
        lawful = {row.group for row in rows if row.item in judges and judges[row.item].chance}
        rows = [row for row in rows if row.group not in lawful | {CONDUCT}]
    share = scoring.share(rows, {})
    if not share:
        return []
    passed = {group for group, ok in scoring.groups_of(rows).items() if ok}
    return [finding("unearned", question.id, name, number, next(r for r in rows if r.group in passed), f"earns {share} of the points")]


def consistent_pairs(question: Question) -> list[Recording]:
    """What the catalogued mistakes with a true derivative of their own answer for the first seed: `consistent_backward` pays for them."""
    recordings = []
    for mistake in CATALOG.values():
        if mistake.question == question.id and "forward" in {f.split(",")[0] for f in mistake.fails}:
            recordings.append(diagnosed(question.id, mistake.id, 0) or recorded(question, mistake))
    return recordings


def recorded(question: Question, mistake: Misconception) -> Recording:
    with replaced({mistake.name: mistake.build}) as package, np.errstate(all="ignore"):
        return record(unchecked(question), package, draw_of(question.id, 0))


def paid_as_consistent(question: Question, answers: list[dict[str, Item]], pairs: list[Recording]) -> str:
    """The groups that the grader would pay in part. Its diagnosis is slow, so it is asked only where a forward is a catalogued one."""
    runs = [Run(None, seed_of(number), wanted(question.id, number), items, None) for number, items in enumerate(answers[:2])]
    if not any(same_forward(runs[0], pair) for pair in pairs):
        return ""
    with np.errstate(all="ignore"):
        return ", ".join(sorted(diagnose(question, reference(), runs).consistent))


def same_forward(run: Run, pair: Recording) -> bool:
    return all(same_item(run.items.get(n), pair.items.get(n)) for n in run.want.items if group_of(n) == "forward")
