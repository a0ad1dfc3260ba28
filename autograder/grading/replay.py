"""A run of the student's code beside the reference's, and what catalogued mistakes yield on the same inputs."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..check import scoring
from ..check.arguments import Arguments
from ..check.package import Package
from ..check.question import Question
from ..check.recording import Emit, Item, Recording, record
from ..check.scoring import Row, unchecked
from ..check.verdict import Failure
from ..misconceptions import Misconception, load_catalog
from .redraw import Memory, Redraw


@dataclass
class Replay(Recording):
    """What a mistake yields, as far as anybody asked. whole: to the end."""

    whole: bool = False


Known = dict[tuple[str, ...], Replay]
"""By the mistakes' ids: one, or two that are made at once."""


@dataclass(frozen=True)
class Run:
    """One run of the student's code, and the reference's on the same inputs.

    memory: what was drawn. known: what catalogued mistakes yield on these inputs, kept for other answers on the same, as are arguments:
    what goes into the calls.
    """

    level: int | None
    seed: bytes
    want: Recording
    items: Mapping[str, Item]
    ended: Failure | None
    memory: Memory = field(default_factory=dict, repr=False, compare=False)
    known: Known = field(default_factory=dict, repr=False, compare=False)
    arguments: dict[str, Arguments] = field(default_factory=dict, repr=False, compare=False)

    def answered(self, items: Mapping[str, Item], ended: Failure | None) -> Run:
        """Another student's run on these inputs."""
        return dataclasses.replace(self, items=items, ended=ended)

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


def replayed(question: Question, reference: Package, mistakes: Sequence[Misconception], run: Run, emit: Emit) -> Replay:
    """What a mistake yields on a run's inputs, or two that are made at once: each item goes to `emit`, which may end it by an exception."""
    kept = run.known.setdefault(tuple(known.id for known in mistakes), Replay())
    for name, item in list(kept.items.items()):
        emit(name, item)
    if not kept.whole:

        def further(name: str, item: Item) -> None:
            if name not in kept.items:
                kept.items[name] = item
                emit(name, item)

        done = mistaken(unchecked(question), reference, mistakes, run, further)
        kept.judges, kept.ended, kept.whole = done.judges, done.ended, True
    return kept


def mistaken(question: Question, reference: Package, mistakes: Sequence[Misconception], run: Run, emit: Emit | None = None) -> Recording:
    """What mistakes yield on a run's inputs, with all that `question` asks."""
    with np.errstate(all="ignore"), reference.standing_in(**build(tuple(mistakes), reference)):
        return record(question, reference, run.draw(), emit)


@functools.lru_cache(maxsize=4096)
def build(mistakes: tuple[Misconception, ...], reference: Package) -> dict[str, Any]:
    """What stands in for them, by name; the second is made upon the first where they replace one name.

    Raises whatever a mistake raises that is made by editing text, upon one that has none.
    """
    made: dict[str, Any] = {}
    for known in mistakes:
        made[known.name] = known.build(made.get(known.name, getattr(reference, known.name)))
    return made
