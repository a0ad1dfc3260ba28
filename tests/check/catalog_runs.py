"""Running questions on the reference with names replaced: what the tests of the parts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from autograder.check.draw import Draw
from autograder.check.package import Package
from autograder.check.question import REGISTRY, Question, load_questions
from autograder.check.recording import Recording, record
from autograder.check.scoring import Row, judge, share
from autograder.misconceptions.overlay import overlay

SOLUTIONS = Path(__file__).parents[2] / "solutions" / "ps2"
WEIGHTS = {"conduct": Fraction(1, 2)}
Build = Callable[[Any], Any]
load_questions()
REFERENCE = Package(SOLUTIONS, "ps2_reference")


@cache
def wanted(question: str, seed: bytes, level: int | None = None) -> Recording:
    return record(REGISTRY[question], REFERENCE, Draw(seed, level), trusted=True)


def seed_of(question: Question | str, number: int) -> bytes:
    return b"%d %s" % (number, (question if isinstance(question, str) else question.id).encode())


def rows_of(question: str, package: Any, seed: bytes, level: int | None = None) -> list[Row]:
    with np.errstate(all="ignore"):
        got = record(REGISTRY[question], package, Draw(seed, level))
        return judge(wanted(question, seed, level), got.items, got.ended)


def earned(rows: list[Row]) -> Fraction:
    return share(rows, WEIGHTS)


def replaced(builds: Mapping[str, Build]) -> Package:
    return overlay(SOLUTIONS, builds)


def failed(rows: list[Row]) -> set[str]:
    """The items that failed, and their groups."""
    lost = [r for r in rows if not r.verdict.passed and not r.verdict.undecided]
    return {r.item for r in lost} | {r.group for r in lost}
