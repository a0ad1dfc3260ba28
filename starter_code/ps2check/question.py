"""What a question is, and the register of all of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Probe = Callable[[Any, Any], Iterator[tuple[Any, ...]]]

REGISTRY: dict[str, Question] = {}
"""Every question by id, in the order of the parts."""


@dataclass(frozen=True)
class Question:
    """One gradable question.

    id: "1.5": part and number. stubs: the names it is about, as "file.Name". core: whether it belongs to the default profile.
    needs_torch: whether its probe imports torch. ladder: whether it can be asked at small sizes.
    """

    id: str
    title: str
    stubs: tuple[str, ...]
    probe: Probe
    core: bool
    needs_torch: bool = False
    ladder: bool = True

    @property
    def part(self) -> int:
        return int(self.id.split(".")[0])

    @property
    def names(self) -> tuple[str, ...]:
        """What a student calls the stubs: without the file."""
        return tuple(stub.split(".")[-1] for stub in self.stubs)

    @property
    def file(self) -> str:
        """The student's file that this question is about."""
        return self.stubs[0].split(".")[0] + ".py"


def question(
    id: str, title: str, *, stub: str | tuple[str, ...], core: bool = False, needs_torch: bool = False, ladder: bool = True
) -> Callable[[Probe], Probe]:
    """Register the decorated generator `probe(ps2, draw)` as a question. Its docstring says what is asked.

    Raises ValueError where the id is taken, or the id, title, stub or docstring is missing or malformed.
    """

    def register(probe: Probe) -> Probe:
        stubs = (stub,) if isinstance(stub, str) else stub
        if id in REGISTRY and REGISTRY[id].probe.__module__ == probe.__module__ and REGISTRY[id].title == title:
            del REGISTRY[id]  # the same module, imported anew
        if id in REGISTRY:
            raise ValueError(f"question {id} is registered twice: {REGISTRY[id].title} and {title}")
        if not all(piece.isdigit() for piece in id.split(".")) or id.count(".") != 1:
            raise ValueError(f'question id "{id}" is not of the form "part.number"')
        if not title or not stubs or any(s.count(".") != 1 for s in stubs) or not (probe.__doc__ or "").strip():
            raise ValueError(f'question {id} needs a title, a stub "file.Name" and a docstring that says what is asked')
        REGISTRY[id] = Question(id, title, stubs, probe, core, needs_torch, ladder)
        return probe

    return register


def load_questions() -> dict[str, Question]:
    """Import every `partN_*.py` of the course (of the folder that this package looks into first) and return the register, by part and
    number whatever file a question stands in."""
    first = importlib.import_module(str(__package__)).__path__[0]
    for path in sorted(Path(first).glob("part[0-9]*_*.py")):
        importlib.import_module(f"{__package__}.{path.stem}")
    for id in sorted(REGISTRY, key=place):
        REGISTRY[id] = REGISTRY.pop(id)
    return REGISTRY


def place(id: str) -> tuple[int, ...]:
    """What ids are sorted by: 5.4 before 5.10."""
    return tuple(int(piece) for piece in id.split("."))
