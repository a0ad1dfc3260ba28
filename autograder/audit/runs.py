"""Runs of a question, by number: the reference's, once each, and a package's, judged against it."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..check import scoring
from ..check.draw import Draw
from ..check.package import Package
from ..check.question import REGISTRY, Question
from ..check.recording import Recording, record
from ..check.scoring import Row, unchecked
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


__all__ = ["judged", "reference", "reference_folder", "seed_of", "unchecked", "wanted"]


def seeds(full: int) -> range:
    """The seeds of a test: `full` of them, or two in the short form (without PS2_ALL_SEEDS in the environment)."""
    return range(full if os.environ.get("PS2_ALL_SEEDS") else min(full, 2))
