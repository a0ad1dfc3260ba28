"""Which questions run what stands under a name of ps2? Only those can lose points to a mistake in it."""

from __future__ import annotations

import ast
import functools
import sys
from types import FrameType
from typing import Any

import numpy as np

from ..check.question import REGISTRY, Question
from ..check.recording import record
from .runs import draw_of, reference, reference_folder, unchecked


def reached_from(name: str) -> list[str]:
    """The questions in which code of `name` runs."""
    return [question.id for question in REGISTRY.values() if name in names_run(question)]


@functools.cache
def names_run(question: Question) -> frozenset[str]:
    """The top-level names of the reference of which a line runs in one run of the question."""
    seen: set[tuple[str, int]] = set()
    package = reference()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            seen.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    for name in {name for q in REGISTRY.values() for name in q.names}:
        getattr(package, name, None)  # imported now: the body of a class that is only defined meanwhile is not run
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        with np.errstate(all="ignore"):
            record(unchecked(question), package, draw_of(question.id, 0))
    finally:
        sys.setprofile(before)
    return frozenset(name for (file, line), name in owners().items() if (file, line) in seen)


@functools.cache
def owners() -> dict[tuple[str, int], str]:
    """(file, line) → the top-level name that the line belongs to."""
    found: dict[tuple[str, int], str] = {}
    for path in sorted(reference_folder().glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                found |= {(str(path), line): node.name for line in range(first, (node.end_lineno or first) + 1)}
    return found
