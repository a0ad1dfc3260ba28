"""Honest other ways to write the answers, as data: one file a part. Each must lose nothing on any seed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Build = Callable[[Any], Any]


@dataclass(frozen=True)
class Variant:
    """One honest way. id: unique. question: "1.5". name: the name of `ps2` it replaces. build(right) makes it from the reference's."""

    id: str
    question: str
    name: str
    build: Build


VARIANTS: dict[str, Variant] = {}


def variant(question: str, name: str) -> Callable[[Build], Build]:
    """Enter the decorated builder under its own name (underscores become hyphens)."""

    def enter(build: Build) -> Build:
        id = build.__name__.replace("_", "-")
        if id in VARIANTS and VARIANTS[id].build.__module__ != build.__module__:
            raise ValueError(f"variant {id} is registered twice")
        VARIANTS[id] = Variant(id, question, name, build)
        return build

    return enter


def load_variants() -> dict[str, Variant]:
    """Import every `partN.py` of the folder that this package looks into, and return the register."""
    for path in sorted(Path(__path__[0]).glob("part[0-9]*.py")):
        importlib.import_module(f"{__name__}.{path.stem}")
    return VARIANTS
