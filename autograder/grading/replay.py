"""A run of the student's code beside the reference's, and what catalogued mistakes yield on the same inputs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..check import scoring
from ..check.package import Package
from ..check.question import Question
from ..check.recording import Emit, Item, Recording, record
from ..check.scoring import Row, unchecked
from ..check.verdict import Failure
from ..misconceptions import Misconception, load_catalog
from .redraw import Memory, Redraw


@dataclass(frozen=True)
class Run:
    """One run of the student's code, and the reference's on the same inputs.

    memory: what was drawn. known: recordings of catalogued mistakes on these inputs, kept where many answers are compared with them.
    """

    level: int | None
    seed: bytes
    want: Recording
    items: Mapping[str, Item]
    ended: Failure | None
    memory: Memory = field(default_factory=dict, repr=False, compare=False)
    known: dict[str, Recording] | None = field(default=None, repr=False, compare=False)

    def draw(self) -> Redraw:
        return Redraw(self.seed, self.level, self.memory)

    @functools.cached_property
    def rows(self) -> list[Row]:
        return scoring.judge(self.want, self.items, self.ended)


def group_of(item: str) -> str:
    return item.split(",")[0]


def known_mistakes(question: Question) -> list[Misconception]:
    return [known for known in catalog().values() if known.question == question.id and not known.equivalent]


@functools.cache
def catalog() -> dict[str, Misconception]:
    """The register itself, in which what is entered later is found as well."""
    return load_catalog()


def replayed(question: Question, reference: Package, known: Misconception, run: Run, emit: Emit) -> Recording:
    """What a mistake yields, from the run's own store where it has one."""
    if run.known is None:
        return mistaken(question, reference, known, run, emit)
    if known.id not in run.known:
        run.known[known.id] = mistaken(question, reference, known, run, lambda name, item: None)
    for name, item in run.known[known.id].items.items():
        emit(name, item)
    return run.known[known.id]


def mistaken(question: Question, reference: Package, known: Misconception, run: Run, emit: Emit | None = None) -> Recording:
    """What a mistake yields on a run's inputs; without `emit`, with the work of the numerical gradient check."""
    asked = question if emit is None else unchecked(question)
    with np.errstate(all="ignore"), reference.standing_in(**{known.name: build(known, reference)}):
        return record(asked, reference, run.draw(), emit)


@functools.cache
def build(known: Misconception, reference: Package) -> Any:
    return known.build(getattr(reference, known.name))
