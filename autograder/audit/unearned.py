"""Answers that deserve nothing: no share of the points, and nothing by way of a consistent backward either."""

from __future__ import annotations

import numpy as np

from ..check import scoring
from ..check.draw import Draw
from ..check.question import REGISTRY, Question
from ..check.recording import Item, Recording, record
from ..check.scoring import unchecked
from ..grading.diagnose import Run, diagnose, group_of
from ..grading.likeness import same as same_item
from ..misconceptions import CATALOG
from ..misconceptions.overlay import overlay
from .lazy import LAZY, forgeries
from .report import Audit, finding
from .runs import reference, reference_folder, seed_of, wanted


def audit_lazy(id: str, seeds: int) -> Audit:
    """Every lazy answer to one question: no share, and nothing by way of a consistent backward either."""
    question, total = REGISTRY[id], Audit()
    runs: dict[str, list[dict[str, Item]]] = {}
    for name, build in LAZY.items():
        if any(build(getattr(reference(), stub)) is None for stub in question.names):
            continue
        package = overlay(reference_folder(), {stub: build for stub in question.names})
        with np.errstate(all="ignore"):
            runs[name] = [record(unchecked(question), package, Draw(seed_of(number))).items for number in range(seeds)]
    for number in range(seeds):
        for name, items in forgeries(question, reference(), wanted(id, number), seed_of(number)).items():
            runs.setdefault(name, []).append(items)
    pairs = consistent_pairs(question)
    for name, answers in runs.items():
        total += unearned(question, name, answers, pairs)
    return total


def unearned(question: Question, name: str, answers: list[dict[str, Item]], pairs: list[Recording]) -> Audit:
    found = []
    for number, items in enumerate(answers):
        with np.errstate(all="ignore"):
            rows = scoring.judge(wanted(question.id, number), items, None)
        share = scoring.share(rows, {})
        if share:
            earning = next((r for r in rows if r.group in {g for g, ok in scoring.groups_of(rows).items() if ok}), None)
            found.append(finding("unearned", question.id, name, number, earning, f"earns {share} of the points"))
    paid = paid_as_consistent(question, answers, pairs)
    if paid:
        found.append(finding("unearned", question.id, name, 0, None, f"is paid for {paid} as the true derivative of a known wrong forward"))
    return Audit(unearned=int(bool(found)), findings=tuple(found))


def consistent_pairs(question: Question) -> list[Recording]:
    """What the catalogued mistakes with a true derivative of their own answer for the first seed: `consistent_backward` pays for them."""
    recordings = []
    for mistake in CATALOG.values():
        if mistake.question == question.id and "forward" in {f.split(",")[0] for f in mistake.fails}:
            package = overlay(reference_folder(), {mistake.name: mistake.build})
            with np.errstate(all="ignore"):
                recordings.append(record(unchecked(question), package, Draw(seed_of(0))))
    return recordings


def paid_as_consistent(question: Question, answers: list[dict[str, Item]], pairs: list[Recording]) -> str:
    """The groups that the grader would pay in part. Its diagnosis is slow, so it is asked only where a forward is a catalogued one."""
    runs = [Run(None, seed_of(number), wanted(question.id, number), items, None) for number, items in enumerate(answers[:2])]
    if not any(same_forward(runs[0], pair) for pair in pairs):
        return ""
    with np.errstate(all="ignore"):
        return ", ".join(sorted(diagnose(question, reference(), runs).consistent))


def same_forward(run: Run, pair: Recording) -> bool:
    return all(same_item(run.items.get(n), pair.items.get(n)) for n in run.want.items if group_of(n) == "forward")
