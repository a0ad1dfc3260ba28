"""Runs of a question, by number: the reference's, once each, and another answer's on the same draws, judged against it."""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..check import scoring
from ..check.package import Package, home_of
from ..check.question import REGISTRY, Question
from ..check.recording import Item, Recording, record
from ..check.scoring import Row, unchecked
from ..check.verdict import Failure, fails
from ..course import this_course
from ..grading.redraw import Memory, Redraw
from ..grading.replay import Known, Replay
from ..misconceptions import Build

KEPT = 64
"""Runs of which the draws and the mistakes' answers are kept: those of one question at a time."""


def seed_of(number: int) -> bytes:
    return b"audit-%d" % number


def reference_folder() -> Path:
    return this_course().reference


@functools.cache
def reference() -> Package:
    return Package(reference_folder(), "ps2_audited")


@functools.cache
def stage() -> Package:
    """A second copy, in which names are replaced, while the first one says what is right.

    Every file is loaded: what is imported while a name is replaced would keep the replacement.
    """
    package = Package(reference_folder(), "ps2_stage")
    for file in sorted({home_of(name) or "" for question in REGISTRY.values() for name in question.names}):
        if (reference_folder() / f"{file}.py").is_file():
            importlib.import_module(f"ps2_stage.{file}")
    return package


@contextmanager
def replaced(builds: Mapping[str, Build]) -> Iterator[Package]:
    """The reference while each named class or function is `build(right one)`."""
    wrong = {name: build(getattr(stage(), name)) for name, build in builds.items()}
    with stage().standing_in(**wrong):
        yield stage()


# ---- what is remembered of a run


@functools.lru_cache(maxsize=KEPT)
def memory(question: str, number: int) -> Memory:
    """The draws of a run: made once for all answers."""
    return {}


@functools.lru_cache(maxsize=KEPT)
def answers(question: str, number: int) -> Known:
    """What catalogued mistakes yield, by id, as far as the diagnosis asked: it is not run again."""
    return {}


def diagnosed(question: str, mistake: str, number: int) -> Replay | None:
    """A mistake's whole run, where the diagnosis has recorded it."""
    replay = answers(question, number).get((mistake,))
    return replay if replay is not None and replay.whole else None


@functools.lru_cache(maxsize=512)
def wanted(question: str, number: int) -> Recording:
    """The reference's recording; raises where the reference itself fails."""
    recording = record(REGISTRY[question], reference(), draw_of(question, number), trusted=True)
    if recording.ended is not None:
        raise scoring.ReferenceFault("the whole run", recording.ended)
    return recording


@functools.lru_cache(maxsize=KEPT)
def right(question: str, number: int) -> Recording:
    """The reference's recording as if it were a student's: with the values that no trusted run computes."""
    return record(REGISTRY[question], reference(), draw_of(question, number))


def draw_of(question: str, number: int) -> Redraw:
    return Redraw(seed_of(number), None, memory(question, number))


def forget() -> None:
    """Nothing of a question's runs is needed any more."""
    for kept in (memory, answers, wanted, right):
        kept.cache_clear()


# ---- judging


def judged(question: Question, package: Any, number: int) -> list[Row]:
    return judged_from(question, answered(question, package, number), number)


def answered(question: Question, package: Any, number: int) -> Recording:
    """What `package` yields in a run."""
    known = package is reference() and question is REGISTRY.get(question.id)
    with np.errstate(all="ignore"):
        return right(question.id, number) if known else record(question, package, draw_of(question.id, number))


def judged_from(question: Question, got: Recording, number: int) -> list[Row]:
    with np.errstate(all="ignore"):
        return scoring.judge(wanted(question.id, number), got.items, got.ended)


class Enough(Exception):
    """What was asked about a run is known; the rest of it is not needed."""


def judged_until(question: Question, package: Any, number: int, enough: Callable[[list[Row]], bool]) -> tuple[list[Row], bool]:
    """The rows of a run that ends as soon as `enough` of them are there, and whether it did."""
    want, rows = wanted(question.id, number), []

    def emit(name: str, item: Item) -> None:
        right = want.items.get(name)
        if isinstance(right, Failure):
            raise scoring.ReferenceFault(name, right)
        rows.append(Row(name, fails("was never asked for") if right is None else want.judges[name](item, right)))
        if enough(rows):
            raise Enough

    try:
        with np.errstate(all="ignore"):
            got = record(question, package, draw_of(question.id, number), emit)
    except Enough:
        return rows, True
    says = got.ended.says if got.ended else "never arrived"
    return rows + [Row(name, fails(says)) for name in want.items if name not in got.items], False


__all__ = ["judged", "judged_until", "reference", "reference_folder", "replaced", "seed_of", "unchecked", "wanted"]


def seeds(full: int) -> range:
    """The seeds of a test: `full` of them, or two in the short form (without PS2_ALL_SEEDS in the environment)."""
    return range(full if os.environ.get("PS2_ALL_SEEDS") else min(full, 2))
