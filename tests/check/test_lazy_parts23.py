"""Answers to parts 2 and 3 that must earn nothing: the untouched stub, zeros, the input itself, a constant, an index."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.audit.runs import seeds
from autograder.check.question import REGISTRY
from tests.check.catalog_runs import earned, replaced, rows_of, seed_of

CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "zeros": lambda right, given: np.zeros_like(right),
    "input": lambda right, given: np.array(given),
    "constant": lambda right, given: np.full_like(right, 0.5),
    "index": lambda right, given: np.arange(np.size(right), dtype=np.float64).reshape(np.shape(right)),
    "fixed noise": lambda right, given: np.random.default_rng(7).normal(size=np.shape(right)),
}
IDS = [q.id for q in REGISTRY.values() if q.part in (2, 3)]


def stub(*arguments: Any, **named: Any) -> Any:
    raise NotImplementedError


def idle(*arguments: Any, **named: Any) -> None:
    """lsuv's answer is what it does, not what it returns."""


def lazy(change: Callable[[Any, Any], Any] | None, original: Any) -> Any:
    """`original`, whose numbers are changed; None: the stub."""
    if change is None or original.__name__ == "lsuv":
        return stub if change is None else idle

    def changed(*arguments: Any, **named: Any) -> Any:
        arrays = [np.array(a) for a in arguments if isinstance(a, np.ndarray)]
        result = original(*arguments, **named)
        numbers = isinstance(result, (np.ndarray, int, float, np.number))
        return change(result, arrays[0] if arrays else np.zeros(1)) if numbers else result

    return changed


def lazily(change: Callable[[Any, Any], Any] | None) -> Callable[[Any], Any]:
    def build(right: Any) -> Any:
        if not inspect.isclass(right):
            return lazy(change, right)
        methods = {n: lazy(change, m) for n, m in vars(right).items() if inspect.isfunction(m) and n in ("fit", "transform", "step")}
        return type(right.__name__, (right,), methods)

    return build


@pytest.mark.parametrize("question", IDS)
@pytest.mark.parametrize("name", ["stub", *CHANGES])
def test_lazy_answer_earns_nothing(question: str, name: str) -> None:
    stubs = REGISTRY[question].names
    package = replaced({stub: lazily(CHANGES.get(name)) for stub in stubs})
    for number in seeds(3):
        rows = rows_of(question, package, seed_of(question, number))
        assert earned(rows) == 0, [r.item for r in rows if r.verdict.passed]
