"""A simple relation is told where it holds on two sets of inputs, and only there."""

import numpy as np
import pytest

from autograder.check.arguments import Arguments, arguments_of
from autograder.check.draw import Draw
from autograder.check.package import Package
from autograder.check.question import load_questions
from autograder.check.scoring import Row
from autograder.check.transformations import Evidence, recognised
from autograder.check.verdict import Verdict
from autograder.course import this_course

WRONG = Verdict(False, 2.0, "differs")
X = [np.random.default_rng(seed).normal(size=(3 + seed, 5)) + 0.1 for seed in range(2)]
G = [np.random.default_rng(9 + seed).normal(size=(3 + seed, 5)) for seed in range(2)]


def evidence(got, want, x, g):
    parts = [value if isinstance(value, dict) else {"": value} for value in (got, want)]
    return Evidence([Row("backward", WRONG)], {"backward": parts[0]}, {"backward": parts[1]}, {"backward": Arguments(x, g)})


def told(change, want=lambda x, g: np.sin(x) * g):
    """The sentence where a student gives change(right, x, grad_output) on both sets of inputs; "" for none."""
    runs = [evidence(change(want(x, g), x, g), want(x, g), x, g) for x, g in zip(X, G, strict=True)]
    return recognised(runs).get("backward", "")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda y, x, g: -y, "with its sign flipped"),
        (lambda y, x, g: y.T.copy(), "transposed"),
        (lambda y, x, g: y / g, "without the upstream gradient"),
        (lambda y, x, g: y * g, "with grad_output multiplied in twice"),
        (lambda y, x, g: g, "replaced by grad_output"),
        (lambda y, x, g: 2 * y, "times 2"),
        (lambda y, x, g: y / 2, "times 1/2"),
        (lambda y, x, g: len(x) * y, "times N, the first dimension of the input"),
        (lambda y, x, g: y / len(x), "divided by N, the first dimension of the input"),
        (lambda y, x, g: y + 1, "plus 1 in every entry"),
        (lambda y, x, g: y.astype(np.float32).astype(np.float64), "in float32 precision"),
        (lambda y, x, g: y.astype(np.float32), "in float32 precision"),
        (lambda y, x, g: y.ravel(), "in another shape"),
        (lambda y, x, g: y[::-1].copy(), "in reverse order along its first axis"),
        (lambda y, x, g: y.sum(0), "summed over its first axis"),
        (lambda y, x, g: np.pad(y, 1), "with a border around it"),
    ],
)
def test_a_relation_that_holds_twice_is_told(change, says):
    assert f"the expected result {says}" in told(change)


def test_axes_in_another_order_are_told_with_the_order():
    images = lambda x, g: np.multiply.outer(x, g[0, :4])  # noqa: E731
    assert "with its axes in the order (0, 2, 1)" in told(lambda y, x, g: y.transpose(0, 2, 1).copy(), images)


def test_a_gradient_that_is_not_summed_over_the_rows_is_told():
    assert "before a sum over its first axis" in told(lambda y, x, g: g, lambda x, g: g.sum(0))


def test_only_the_entries_that_differ_are_named():
    def both(y, x, g):
        return {"weight": -x, "bias": g.sum(0)}

    says = told(both, lambda x, g: {"weight": x, "bias": g.sum(0)})
    assert says.startswith("In backward (weight), you have the expected result with its sign flipped")


@pytest.mark.parametrize(
    "change",
    [
        lambda y, x, g: y + 1e-3 * x,
        lambda y, x, g: y * (2 if len(x) == 3 else 3),  # each holds once
        lambda y, x, g: y * (1 + 3e-8),  # near float32's error and no float32
        lambda y, x, g: np.full_like(y, np.nan),
    ],
)
def test_what_does_not_hold_exactly_on_both_inputs_is_not_told(change):
    assert told(change) == ""


def test_one_run_proves_nothing():
    assert recognised([evidence(-X[0], X[0], X[0], G[0])]) == {}


def test_single_numbers_prove_nothing():
    assert recognised([evidence(-x[:1, :1], x[:1, :1], x, g) for x, g in zip(X, G, strict=True)]) == {}


def test_the_arguments_are_those_of_the_latest_call_before_an_item():
    question = load_questions()["1.3"]
    found = arguments_of(question, Package(this_course().reference, "ps2_watched"), Draw(b"arguments"))
    first, later = found["backward"], found["backward, at 0"]
    assert first.x.shape == first.grad_output.shape
    assert not np.array_equal(first.x, later.x)
    assert (later.x == 0).any() and not (first.x == 0).any()
