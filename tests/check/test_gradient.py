"""The numerical gradient check: right gradients pass at every scale, wrong ones fail, and what cannot be decided is said to be so.

The slow rows run on fewer seeds; PS2_ALL_SEEDS=1 runs them all, as `benchmarks/gradient_check.py --seeds 200` does.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.check import gradient

SEEDS = 200
SLOW_SEEDS = SEEDS if os.environ.get("PS2_ALL_SEEDS") else 12


def benchmark() -> Any:
    """The cases of the benchmark, so that its table and these tests speak of the same ones."""
    path = Path(__file__).parents[2] / "benchmarks" / "gradient_check.py"
    spec = importlib.util.spec_from_file_location("ps2_benchmark_gradient_check", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES = benchmark()


def seeds_for(name: str) -> int:
    return SLOW_SEEDS if "chain" in name else 50 if "Conv2d" in name and SLOW_SEEDS < SEEDS else SEEDS


SMOOTH = [name for name in CASES.RIGHT if "biases" not in name]
CHAINS = [name for name in CASES.RIGHT if "biases" in name]


@pytest.mark.parametrize("name", SMOOTH)
def test_a_right_gradient_passes_far_below_the_tolerance(name: str) -> None:
    counted, worst, _ = CASES.outcomes(CASES.RIGHT[name], seeds_for(name))
    assert dict(counted) == {"passed": seeds_for(name)}
    assert worst < 1e-2


@pytest.mark.parametrize("name", CHAINS)
def test_a_right_deep_chain_never_fails(name: str) -> None:
    """It may be undecided: pre-activations of a deep chain of tiny weights lie below the smallest step that rounding allows."""
    counted, worst, _ = CASES.outcomes(CASES.RIGHT[name], seeds_for(name))
    assert counted["failed"] == 0
    assert worst < 0.1


@pytest.mark.parametrize("name", CASES.WRONG)
def test_a_wrong_gradient_never_passes(name: str) -> None:
    counted, _, _ = CASES.outcomes(CASES.WRONG[name], seeds_for(name))
    assert counted["passed"] == 0
    assert counted["failed"] >= 0.95 * seeds_for(name)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize(
    "change", [np.zeros_like, lambda g: 1e6 * g, lambda g: 1.001 * g, CASES.one_entry], ids=["0", "1e6", "0.1 %", "entry"]
)
def test_a_wrong_backward_fails_at_every_scale_of_x(scale: float, change: Any) -> None:
    counted, _, _ = CASES.outcomes(CASES.instead(CASES.relu(scale), change), 50)
    assert dict(counted) == {"failed": 50}


def test_the_public_check_in_five_lines() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
    report = gradient.check(lambda x, w: x @ w, lambda u, x, w: {"x": u @ w.T, "w": x.T @ u}, {"x": x, "w": w})
    assert report.passed and set(report.blocks) == {"x", "w"}
    assert str(report).startswith("gradient check: passed")


def test_only_the_wrong_block_fails() -> None:
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
    report = gradient.check(lambda x, w: x @ w, lambda u, x, w: {"x": u @ w.T, "w": 1.1 * x.T @ u}, {"x": x, "w": w})
    assert report.blocks["x"].passed and not report.blocks["w"].passed
    assert not report.passed and not report.undecided
    assert "FAILED" in str(report) and "w: backward is not the gradient of this forward" in str(report)


def test_a_function_with_a_kink_at_every_input_cannot_be_decided() -> None:
    x = np.zeros((4, 3))
    report = gradient.check(lambda x: np.maximum(x, 0), lambda u, x: {"x": u * (x > 0)}, {"x": x})
    assert report.undecided and not report.passed
    assert "cannot decide" in str(report)


def test_a_constant_forward_with_a_claimed_gradient_does_not_pass() -> None:
    x = np.ones((4, 3))
    for constant in (0.0, 5.0):
        report = gradient.check(lambda x, c=constant: np.full_like(x, c), lambda u, x: {"x": u}, {"x": x})
        assert not report.passed


def test_a_missing_variance_term_shows_although_a_cotangent_of_ones_would_hide_it() -> None:
    x, forward, backward = CASES.block(0)

    def without_variance(u: Any, x: Any) -> Any:
        plain = backward(u, x)
        return {"x": plain + 0.5 * (plain - backward(u - u.mean(axis=0), x)) + 0.01 * u}

    ones = np.ones_like(x)
    assert np.abs(backward(ones, x)).max() < 1e-12
    assert not gradient.check(forward, without_variance, {"x": x}).passed


def test_no_input_is_written_into_and_none_may_be() -> None:
    x = np.random.default_rng(2).normal(size=(4, 3))
    kept = x.copy()

    def greedy(x: Any) -> Any:
        x *= 2  # into its own copy
        return x

    assert gradient.check(greedy, lambda u, x: {"x": 2 * u}, {"x": x}).passed
    assert np.array_equal(x, kept)


def test_a_gradient_of_another_shape_is_named() -> None:
    report = gradient.check(lambda x: x.sum(axis=0), lambda u, x: {"x": u}, {"x": np.ones((4, 3))})
    assert "the gradient of x has shape (3,), expected (4, 3)" in str(report)


def test_a_scalar_output_and_a_step_where_all_inputs_are_zero() -> None:
    assert gradient.check(lambda x: np.sum(np.sin(x)), lambda u, x: {"x": u * np.cos(x)}, {"x": np.zeros((2, 3))}).passed
