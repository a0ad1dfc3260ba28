"""Runs of a question, by number: the reference's, once each, and a package's, judged against it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..check import scoring
from ..check.draw import Draw
from ..check.package import Package
from ..check.question import REGISTRY, Question
from ..check.recording import Recording, record
from ..check.scoring import GRADIENT_CHECK, Row
from ..course import this_course


def seed_of(number: int) -> bytes:
    return b"audit-%d" % number


def reference_folder() -> Path:
    return this_course().reference


@functools.cache
def reference() -> Package:
    return Package(reference_folder(), "ps2_audited")


@functools.lru_cache(maxsize=1024)
def wanted(question: str, number: int) -> Recording:
    """The reference's recording; raises where the reference itself fails."""
    recording = record(REGISTRY[question], reference(), Draw(seed_of(number)), trusted=True)
    if recording.ended is not None:
        raise scoring.ReferenceFault("the whole run", recording.ended)
    return recording


def judged(question: Question, package: Any, number: int) -> list[Row]:
    with np.errstate(all="ignore"):
        got = record(question, package, Draw(seed_of(number)))
        return scoring.judge(wanted(question.id, number), got.items, got.ended)


def unchecked(question: Question) -> Question:
    """`question` without the work of its numerical gradient check, which earns nothing: half the time of a run."""

    def probe(ps2: Any, draw: Any) -> Iterator[tuple[Any, ...]]:
        for name, value, *judge in question.probe(ps2, draw):
            yield name, {} if name.split(",")[0] == GRADIENT_CHECK else value, *judge

    return dataclasses.replace(question, probe=probe)
