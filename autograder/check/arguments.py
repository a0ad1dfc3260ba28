"""Which arrays a question's calls were given, item by item: what a result has to be compared with when a factor is missing from it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from .draw import Draw
from .question import Question
from .scoring import GRADIENT_CHECK
from .tracing import patient, quiet
from .verdict import Array


@dataclass(frozen=True)
class Arguments:
    """The first array of the latest call before an item was written down. x: of any call but `backward`. grad_output: of `backward`."""

    x: Array | None = None
    grad_output: Array | None = None


class Watched:
    """Stands for a package, function or layer and keeps the arrays that go in."""

    def __init__(self, target: Any, given: dict[str, Array], name: str = "") -> None:
        self.__dict__.update(_target=target, _given=given, _name=name)

    def __call__(self, *positional: Any, **named: Any) -> Any:
        arrays = [a for a in (*positional, *named.values()) if isinstance(a, np.ndarray)]
        if arrays:
            self._given["grad_output" if self._name == "backward" else "x"] = arrays[0].copy()
        made = self._target(*map(bare, positional), **{k: bare(v) for k, v in named.items()})
        return Watched(made, self._given) if hasattr(made, "forward") or hasattr(made, "fit") else made

    def __getattr__(self, key: str) -> Any:
        value = getattr(self._target, key)
        return Watched(value, self._given, key) if callable(value) and key != "standing_in" else value

    def __setattr__(self, key: str, value: Any) -> None:
        setattr(self._target, key, value)


def bare(value: Any) -> Any:
    return value._target if isinstance(value, Watched) else value


def arguments_of(question: Question, ps2: Any, draw: Draw) -> dict[str, Arguments]:
    """Item → what its calls were given, from a run of the probe on `ps2`, whose code may be run here.

    Nothing of a question that needs torch: its modules are taken apart by the checks, which a stand-in would not survive.
    """
    given: dict[str, Array] = {}
    found: dict[str, Arguments] = {}
    if question.needs_torch:
        return found
    with closing(question.probe(Watched(ps2, given), draw)) as steps:  # type: ignore[type-var]
        for step in patient(steps):
            if step[0].split(",")[0] == GRADIENT_CHECK:
                continue
            with quiet():
                if callable(step[1]) and not isinstance(step[1], Watched):
                    step[1]()
            found[step[0]] = Arguments(given.get("x"), given.get("grad_output"))
    return found
