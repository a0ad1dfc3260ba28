"""Known mistakes, as data: one file a part. The one catalog is mutation test, diagnosis and documentation for TAs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Build = Callable[[Any], Any]


@dataclass(frozen=True)
class Misconception:
    """One known mistake.

    id: unique, "elu-backward-alpha". question: "1.5". name: the name of `ps2` it replaces. says: the sentence for the student, to be read
    after "This is what you get when …": what is wrong and why, and where the handout treats it; it does not paste the solution.
    fails: groups or items that must fail: every group that it fails on every seed, because two mistakes are put together only where
    between them they fail all that fails. "forward" and "backward" both stand there only where backward is the true derivative of
    that forward. build(right) makes the wrong class or function from the right one.
    equivalent: the reason why values cannot tell it from a right answer, where that is so.
    """

    id: str
    question: str
    name: str
    says: str
    fails: tuple[str, ...]
    build: Build
    equivalent: str = ""


CATALOG: dict[str, Misconception] = {}


def mistake(question: str, name: str, says: str, *, fails: tuple[str, ...], equivalent: str = "") -> Callable[[Build], Build]:
    """Enter the decorated builder into the catalog under its own name (underscores become hyphens).

    Raises ValueError where the id is taken or a field is empty.
    """

    def enter(build: Build) -> Build:
        id = build.__name__.replace("_", "-")
        known = CATALOG.get(id)
        if known is not None and known.build.__module__ != build.__module__:
            raise ValueError(f"misconception {id} is catalogued twice")
        if not says.strip() or not (fails or equivalent):
            raise ValueError(f"misconception {id} needs a sentence and what it fails")
        CATALOG[id] = Misconception(id, question, name, " ".join(says.split()), fails, build, equivalent)
        return build

    return enter


def load_catalog() -> dict[str, Misconception]:
    """Import every `partN.py` of the course (of the folder that this package looks into first) and return the catalog."""
    for path in sorted(Path(__path__[0]).glob("part[0-9]*.py")):
        importlib.import_module(f"{__name__}.{path.stem}")
    return CATALOG
