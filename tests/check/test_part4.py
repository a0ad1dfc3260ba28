"""Parts 4 and 5 (numpy): right answers pass with a wide margin, a known mistake loses what it must and nothing else, laziness earns 0."""

from __future__ import annotations

import functools
import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.audit.runs import seeds
from autograder.check import scoring
from autograder.check.draw import LADDER, Draw
from autograder.check.package import Package
from autograder.check.question import load_questions
from autograder.check.recording import Recording, record
from autograder.misconceptions import load_catalog
from autograder.misconceptions.overlay import overlay


def load_variants() -> dict[str, Any]:
    """tests/variants, which is in no installed package."""
    folder = Path(__file__).parents[1] / "variants"
    spec = importlib.util.spec_from_file_location("ps2_variants_of_part4", folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None and spec.loader is not None
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    register: dict[str, Any] = module.load_variants()
    return register


FOLDER = Path(__file__).parents[2] / "solutions" / "ps2"
NUMPY = ("4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "5.1", "5.2", "5.3")
QUESTIONS = {id: q for id, q in load_questions().items() if id in NUMPY}
MISTAKES = [m for m in load_catalog().values() if m.question in NUMPY]
VARIANTS = [v for v in load_variants().values() if v.question in NUMPY]
REFERENCE = Package(FOLDER, "ps2_right")
SLOW = {"4.2": 5, "4.3": 5}
SMALL = len(LADDER) - 1


@functools.cache
def wanted(id: str, seed: int, level: int | None = None) -> Recording:
    return record(QUESTIONS[id], REFERENCE, Draw(b"part4-%d" % seed, level), trusted=True)


def judged(id: str, package: Any, seed: int, level: int | None = None) -> list[scoring.Row]:
    with np.errstate(all="ignore"):
        got = record(QUESTIONS[id], package, Draw(b"part4-%d" % seed, level))
        return scoring.judge(wanted(id, seed, level), got.items, got.ended)


@pytest.mark.parametrize("level", [None, *range(len(LADDER))])
@pytest.mark.parametrize("id", NUMPY)
def test_the_reference_passes_far_below_the_tolerance(id: str, level: int | None) -> None:
    for seed in seeds(30 if level is None and id not in SLOW else 6):
        rows = judged(id, REFERENCE, seed, level)
        assert [(r.item, r.verdict.says) for r in rows if not r.verdict.passed] == []
        assert max(r.verdict.ratio for r in rows) <= 0.1


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.id)
def test_a_known_mistake_fails_what_it_must_on_every_seed(mistake: Any) -> None:
    package = overlay(FOLDER, {mistake.name: mistake.build})
    for seed in seeds(SLOW.get(mistake.question, 20)):
        rows = judged(mistake.question, package, seed)
        failed = {r.item for r in rows if not r.verdict.passed} | {g for g, ok in scoring.groups_of(rows).items() if not ok}
        assert set(mistake.fails) <= failed
        assert scoring.share(rows, {}) < 1


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.id)
def test_a_known_mistake_costs_no_other_question(mistake: Any) -> None:
    package = overlay(FOLDER, {mistake.name: mistake.build})
    for id in set(NUMPY) - {mistake.question}:
        assert scoring.share(judged(id, package, 0, SMALL), {}) == 1


def test_all_layers_wrong_cost_the_residual_questions_nothing() -> None:
    """The whole of layers.py at once, at full size."""
    builds = {m.name: m.build for m in MISTAKES if m.question.startswith("4")}
    package = overlay(FOLDER, builds)
    assert all(scoring.share(judged(id, package, 1), {}) < 1 for id in NUMPY if id.startswith("4"))
    assert all(scoring.share(judged(id, package, 1), {}) == 1 for id in NUMPY if id.startswith("5"))


def spoiled(right: Any, change: Any) -> Any:
    """`right`, whose every result, gradient and running statistic is replaced by change(it, first argument)."""

    def lazy(method: Any) -> Any:
        def call(*arguments: Any) -> Any:
            given = next((a for a in arguments if isinstance(a, np.ndarray)), np.zeros(1))
            result = method(*arguments)
            for name in ("gradients", "running_mean", "running_var") if isinstance(right, type) else ():
                if hasattr(arguments[0], name):
                    setattr(arguments[0], name, replaced(getattr(arguments[0], name), given))
            return replaced(result, given)

        return call

    def replaced(value: Any, given: Any) -> Any:
        if isinstance(value, dict):
            return {n: replaced(v, given) for n, v in value.items()}
        return tuple(replaced(v, given) for v in value) if isinstance(value, tuple) else change(np.asarray(value), given)

    if not isinstance(right, type):
        return lazy(right)
    return type(right.__name__, (right,), {n: lazy(m) for n, m in vars(right).items() if n in ("forward", "backward")})


def unwritten(*_: Any, **__: Any) -> Any:
    raise NotImplementedError


LAZY = {
    "stub": lambda a, given: unwritten(),
    "zeros": lambda a, given: np.zeros_like(a),
    "ones": lambda a, given: np.ones_like(a),
    "identity": lambda a, given: given.astype(float),
    "half": lambda a, given: np.full_like(a, 0.5),
    "index": lambda a, given: np.arange(a.size, dtype=float).reshape(a.shape),
    "float32": lambda a, given: 3.0 * np.asarray(a / 3.0, dtype=np.float32).astype(float),
}


@pytest.mark.parametrize("lazy", LAZY)
@pytest.mark.parametrize("id", NUMPY)
def test_a_lazy_answer_earns_nothing(id: str, lazy: str) -> None:
    package = overlay(FOLDER, {name: functools.partial(spoiled, change=LAZY[lazy]) for name in QUESTIONS[id].names})
    for seed in seeds(2):
        assert scoring.share(judged(id, package, seed), {}) == 0


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_an_honest_other_way_loses_nothing(variant: Any) -> None:
    package = overlay(FOLDER, {variant.name: variant.build})
    for seed in seeds(2 if variant.question in SLOW else 20):
        for level in (None, seed % len(LADDER)):
            rows = judged(variant.question, package, seed, level)
            assert [(r.item, r.verdict.says) for r in rows if not r.verdict.passed] == []
            assert max(r.verdict.ratio for r in rows) <= 0.1


def test_the_largest_image_is_too_large_for_differences_entry_by_entry() -> None:
    """17,820 entries: at 0.7 ms a forward (the fastest known here), one-sided differences take 12 s of the 10 s; plain loops take 1 s."""
    for seed in range(20):
        recording = wanted("4.2", seed)
        largest = recording.items["backward, larger image"]
        assert isinstance(largest, dict)
        assert largest[""].size >= 17_820
