"""Audits that need no student: does everything that a question asks really depend on the seed?"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from ..check.draw import Draw
from ..check.question import Question
from ..check.recording import Item, record
from ..check.scoring import CONDUCT, GRADIENT_CHECK
from .report import Audit, Finding
from .runs import unchecked

RUNS = 20


class Spy:
    """Stands for the reference and notes each argument's values, and the shapes of the arrays at each call of each item."""

    def __init__(self, package: Any) -> None:
        self.package = package
        self.arguments: dict[str, set[str]] = defaultdict(set)
        self.shapes: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
        self.pending: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Any:
        target = getattr(self.package, name)
        if not callable(target) or name == "standing_in":
            return target

        def call(*arguments: Any, **named: Any) -> Any:
            self.note(name, arguments, named)
            made = target(*arguments, **named)
            return SpiedLayer(self, name, made) if hasattr(made, "forward") else made

        return call

    def note(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        for key, value in [*enumerate(arguments), *named.items()]:
            if isinstance(value, (bool, int, float, str, tuple)):
                self.arguments[f"{name}({key})"].add(repr(value))
        self.pending.append((name, tuple(np.shape(a) for a in [*arguments, *named.values()] if isinstance(a, np.ndarray))))

    def item_done(self, item: str, _: Item) -> None:
        """What was called since the last item belongs to this one."""
        for place, (name, shapes) in enumerate(self.pending):
            if shapes:
                self.shapes[f"{item}|{name}, call {place + 1}"].add(shapes)
        self.pending.clear()


class SpiedLayer:
    """A layer whose calls are noted."""

    def __init__(self, spy: Spy, name: str, layer: Any) -> None:
        self.__dict__.update(_spy=spy, _name=name, _layer=layer)

    def __getattr__(self, key: str) -> Any:
        value = getattr(self._layer, key)
        if not callable(value):
            return value

        def call(*arguments: Any, **named: Any) -> Any:
            self._spy.note(f"{self._name}.{key}", arguments, named)
            return value(*arguments, **named)

        return call

    def __setattr__(self, key: str, value: Any) -> None:
        setattr(self._layer, key, value)


def audit_inputs(question: Question, reference: Any) -> Audit:
    """Seed-free values that are not gated, arguments with one value, shapes that never vary: each a finding."""
    return Audit(findings=(*seed_free(question, reference), *never_varies(question, reference)))


def seed_free(question: Question, reference: Any) -> list[Finding]:
    """Items that could be answered from a table: the reference says the same whatever the seed. Only conduct may."""
    one, two = (record(unchecked(question), reference, Draw(b"seed-free-%d" % i)) for i in (1, 2))
    return [
        Finding("seed-free", question.id, "", "", name, "the reference's value is the same for two seeds; draw it, or move it to conduct")
        for name, value in one.items.items()
        if name.split(",")[0] not in (CONDUCT, GRADIENT_CHECK) and same(value, two.items.get(name))
    ]


def same(a: Item, b: Item | None) -> bool:
    return isinstance(a, dict) and isinstance(b, dict) and set(a) == set(b) and all(np.array_equal(a[p], b[p]) for p in a)


def never_varies(question: Question, reference: Any) -> list[Finding]:
    """Over 20 seeds at most: an argument that is passed but always the same, or a call whose arrays always have the same shapes."""
    spy, asked = Spy(reference), unchecked(question)
    for i in range(RUNS):
        record(asked, spy, Draw(b"varies-%d" % i), spy.item_done)
        spy.pending.clear()
        kept = [len(values) for values in spy.arguments.values()] + [len(values) for values in spy.shapes.values()]
        if i and min(kept, default=2) > 1:
            return []
    fixed = [(argument, "", values) for argument, values in spy.arguments.items() if len(values) == 1]
    fixed += [(place.split("|")[1], place.split("|")[0], shapes) for place, shapes in spy.shapes.items() if len(shapes) == 1]  # type: ignore[misc]
    return [
        Finding("never varies", question.id, subject, "", item, f"always {next(iter(values))} in {RUNS} runs; draw it")
        for subject, item, values in fixed
    ]
