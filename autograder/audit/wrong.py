"""Known mistakes: caught on every seed in every item they name, and harmless on every other question."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..check import scoring
from ..check.question import REGISTRY, Question
from ..check.scoring import GRADIENT_CHECK, Row
from ..misconceptions import CATALOG, Misconception
from .grey import SURE
from .reach import reached_from
from .report import GREY, Audit, Finding, Loss, finding
from .right import audit_right
from .runs import diagnosed, judged, judged_until, replaced, unchecked, wanted

CASCADE_SEEDS = 2
SHOWN = 2
"""Seeds of which the whole loss is measured, for the heat map; on the others a run ends when the mistake is surely caught."""


def audit_mistake(id: str, seeds: int, cascade_seeds: int = CASCADE_SEEDS) -> Audit:
    """A catalogued mistake: caught on every seed in every item it names, and harmless elsewhere."""
    mistake = CATALOG[id]
    question = REGISTRY[mistake.question]
    with replaced({mistake.name: mistake.build}) as package:
        if mistake.equivalent:
            right = audit_right(question, package, f"equivalent {id}", seeds)
            failures = tuple(f for f in right.findings if f.kind == "false failure")
            return Audit(equivalent=1, false_failures=right.false_failures, findings=failures)
        asked = question if any(name.startswith(GRADIENT_CHECK) for name in mistake.fails) else unchecked(question)
        found: list[Finding] = []
        losses: list[Fraction] = []
        for number in range(seeds):
            rows = caught(mistake, asked, package, number)
            if number < SHOWN:
                losses.append(1 - scoring.share(rows, {}))
            found += escapes(mistake, rows, number)
        killed = not any(f.kind == "survived" for f in found)
        grey = any(f.kind == "grey" for f in found)
        lost = Loss(id, question.id, float(sum(losses) / len(losses)))
        here = Audit(misconceptions=1, killed=int(killed), grey=int(grey), losses=(lost,), findings=tuple(found))
        return here + cascades(mistake, package, cascade_seeds)


def caught(mistake: Misconception, asked: Question, package: Any, number: int) -> list[Row]:
    """The rows of a run, up to where the mistake is surely caught: from the diagnosis where that has recorded it."""
    known = diagnosed(mistake.question, mistake.id, number)
    if known and not any(name.startswith(GRADIENT_CHECK) for name in mistake.fails):
        with np.errstate(all="ignore"):
            return scoring.judge(wanted(mistake.question, number), known.items, known.ended)
    stop = functools.partial(surely_caught, mistake, number)
    return judged_until(asked, package, number, (lambda rows: False) if number < SHOWN else stop)[0]


def surely_caught(mistake: Misconception, number: int, rows: list[Row]) -> bool:
    """Whether nothing that comes after these rows can be an escape."""
    return not rows[-1].verdict.passed and not [*escapes(mistake, rows, number)] and all(seen(name, rows) for name in mistake.fails)


def seen(name: str, rows: list[Row]) -> bool:
    return any(not row.verdict.passed and name in (row.item, row.group) for row in rows)


def escapes(mistake: Misconception, rows: list[Row], number: int) -> Iterator[Finding]:
    """What this seed let through."""
    place = (mistake.question, mistake.id, number)
    groups = scoring.groups_of(rows)
    failed = {row.item for row in rows if not row.verdict.passed}
    for name in mistake.fails:
        passed = groups.get(name, name not in failed)
        if passed:
            yield finding("survived", *place, None, f'"{name}" should fail and passes')
    if scoring.share(rows, {}) == 1:
        yield finding("survived", *place, None, "loses no points")
    judges = wanted(mistake.question, number).judges
    strong = [row for row in rows if not row.verdict.passed and row.group != GRADIENT_CHECK and row.item in judges]
    if strong and all(surely(row) < (SURE if judges[row.item].chance else GREY) for row in strong):
        strength = max(surely(row) for row in strong)
        yield finding("grey", *place, None, f"is caught by {strength:.2g} times the tolerance only, too little to be sure on every seed")


def surely(row: Row) -> float:
    return float("inf") if np.isnan(row.verdict.ratio) else row.verdict.ratio


def cascades(mistake: Misconception, package: Any, seeds: int) -> Audit:
    """What the mistake costs on every other question that runs what it replaces."""
    total, found, losses = Fraction(0), [], []
    for question in (REGISTRY[id] for id in reached_from(mistake.name) if id != mistake.question):
        before = total
        for number in range(seeds):
            rows = judged(unchecked(question), package, number)
            lost = 1 - scoring.share(rows, {})
            if lost:
                total += lost
                row = scoring.first_failure(rows)
                found.append(finding("cascade", question.id, mistake.id, number, row, f"loses {lost} of the points"))
        losses.append(Loss(mistake.id, question.id, float((total - before) / seeds)))
    return Audit(cascades=float(total), losses=tuple(losses), findings=tuple(found))
