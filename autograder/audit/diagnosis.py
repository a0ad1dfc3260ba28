"""Does the grader name the right cause? Every catalogued mistake, and pairs of them, diagnosed as a student's failure would be."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..check import scoring
from ..check.draw import LADDER
from ..check.question import REGISTRY, Question
from ..check.recording import record
from ..grading.diagnose import Diagnosis, diagnose
from ..grading.likeness import same
from ..grading.redraw import Redraw
from ..grading.replay import Replay, Run, known_mistakes, replayed
from ..misconceptions import Misconception
from .report import Audit, Finding
from .runs import answers, memory, reference, seed_of, wanted

FIRST = 0.95
"""Share of runs in which a mistake must be named first to count as diagnosed."""
SLOWER = 10
"""Seeds a scene where a question has no small sizes (its judges of distributions take a second a run) or needs torch."""
MOST_DIAGNOSES = 150
"""Of one question's single mistakes: more than that only thoroughly."""
MOST_PAIRS, MOST_TORCH_PAIRS = 12, 6
"""Pairs a question that are tried, always the same ones; of torch modules each takes a second."""
PAID = Fraction(1, 2)
"""What a consistent backward earns here."""


class Scene:
    """Two unrelated runs of a question at full size and one small one, on which every mistake is recorded once."""

    def __init__(self, question: Question, number: int) -> None:
        self.question = question
        self.number = number
        self.full = [self.blank(None, n) for n in (2 * number, 2 * number + 1)]
        self.small = self.blank(len(LADDER) - 1, 2 * number) if question.ladder else None

    def blank(self, level: int | None, number: int) -> Run:
        """A run without answers."""
        id = self.question.id
        if level is None:
            return Run(level, seed_of(number), wanted(id, number), {}, None, memory(id, number), answers(id, number))
        want = record(self.question, reference(), Redraw(seed_of(number), level, {}), trusted=True)
        return Run(level, seed_of(number), want, {}, None)

    def runs(self) -> list[Run]:
        return [*self.full, *([self.small] if self.small else [])]

    def answered(self, mistakes: tuple[Misconception, ...]) -> list[Run]:
        """The runs with the answers of a student who makes these mistakes, those of one name one upon the other."""
        theirs = [self.replay(run, mistakes) for run in self.runs()]
        return [run.answered(replay.items, replay.ended) for run, replay in zip(self.runs(), theirs, strict=True)]

    def replay(self, run: Run, mistakes: tuple[Misconception, ...]) -> Replay:
        return replayed(self.question, reference(), mistakes, run, lambda name, item: None)

    def diagnosis(self, runs: list[Run], *, paying: bool = True) -> Diagnosis:
        with np.errstate(all="ignore"):
            return diagnose(self.question, reference(), runs[:2], runs[2] if self.small else None, paying=paying)


def audit_diagnosis(id: str, seeds: int, thorough: bool = False) -> Audit:
    """Single mistakes, then pairs, of one question: on all seeds when thorough, else on as many as take about half a minute."""
    question = REGISTRY[id]
    known = known_mistakes(question)
    count = (
        seeds // 2
        if thorough
        else min(seeds // (2 if question.ladder and not question.needs_torch else SLOWER), MOST_DIAGNOSES // len(known or "1"))
    )
    scenes = [Scene(question, number) for number in range(max(1, count))]
    found: list[Finding] = []
    first = 0
    for mistake in known:
        wrong = [(scene, other) for scene in scenes if (other := named_first(scene, mistake)) != mistake.id]
        good = len(scenes) - len(wrong) >= FIRST * len(scenes)
        first += good
        if not good:
            scene, other = wrong[0]
            says = f"{other or 'nothing'} is named first in {len(wrong)} of {len(scenes)} runs"
            found.append(Finding("misdiagnosed", id, mistake.id, seed_of(2 * scene.number).decode(), "", says))
    return Audit(diagnosed_first=first, findings=tuple(found)) + audit_pairs(scenes[0], known)


def named_first(scene: Scene, mistake: Misconception) -> str:
    found = scene.diagnosis(scene.answered((mistake,)), paying=False)
    return found.causes[0].misconception.id if found.causes else ""


# ---- pairs


def audit_pairs(scene: Scene, known: list[Misconception]) -> Audit:
    """Of two mistakes at least one is named; mending either never lowers the share."""
    total = Audit()
    for one, other in itertools.islice(real_pairs(scene, known), MOST_TORCH_PAIRS if scene.question.needs_torch else MOST_PAIRS):
        runs = scene.answered((one, other))
        found = scene.diagnosis(runs)
        named = bool({c.misconception.id for c in found.causes} & {one.id, other.id})
        lowered = [m.id for m in (one, other) if single_share(scene, m) < share(runs, found)] if not cancel(scene, runs, one, other) else []
        findings = tuple(
            Finding("not monotone", scene.question.id, f"{one.id} + {other.id}", runs[0].seed.decode(), "", f"{id} alone earns less")
            for id in lowered
        )
        total += Audit(pairs=1, pairs_named=int(named), findings=findings)
    return total


def real_pairs(scene: Scene, known: list[Misconception]) -> Iterator[tuple[Misconception, Misconception]]:
    """Pairs, in an order that is random and always the same, whose answers are neither the one's nor the other's."""
    pairs = sorted(itertools.combinations(known, 2), key=lambda pair: hashlib.sha256(f"{pair[0].id} {pair[1].id}".encode()).digest())
    for pair in pairs:
        try:
            both = scene.replay(scene.full[0], pair).items
        except Exception:  # a mistake made by editing text cannot be made upon one that has none
            continue
        if not any(same_items(both, scene.replay(scene.full[0], (m,)).items) for m in pair):
            yield pair


def same_items(one: Any, other: Any) -> bool:
    return list(one) == list(other) and all(same(one[name], other[name]) for name in one)


def share(runs: list[Run], found: Diagnosis) -> Fraction:
    return scoring.share(runs[0].rows, {}, dict.fromkeys(found.consistent, PAID))


def single_share(scene: Scene, mistake: Misconception) -> Fraction:
    runs = scene.answered((mistake,))
    return share(runs, scene.diagnosis(runs))


def cancel(scene: Scene, runs: list[Run], one: Misconception, other: Misconception) -> bool:
    """Whether two wrongs make a right somewhere: an item that each fails alone and both pass together."""
    alone = [failed(scene.answered((m,))[0]) for m in (one, other)]
    return bool(set.union(*alone) - failed(runs[0]))


def failed(run: Run) -> set[str]:
    return {row.item for row in run.rows if not row.verdict.passed}
