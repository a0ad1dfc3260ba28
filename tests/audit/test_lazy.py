"""Lazy answers replace what they stand for: results, and what a function or method changes in place."""

import numpy as np
import pytest

from autograder.audit.lazy import LAZY, as_float32
from autograder.audit.runs import reference, replaced
from autograder.check.question import load_questions

load_questions()
torch = pytest.importorskip("torch")


@pytest.mark.parametrize("kind, left", [("zeros", 0.0), ("ones", 1.0), ("constants", 0.5)])
def test_a_function_that_works_in_place_is_replaced_in_its_argument(kind, left):
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    with replaced({"he_initialize": LAZY[kind]}) as package:
        package.he_initialize(model)
    assert all(bool((p == left).all()) for p in model.parameters())


@pytest.mark.parametrize("kind, left", [("zeros", 0.0), ("ones", 1.0), ("constants", 0.5)])
def test_a_method_that_works_in_place_is_replaced_in_the_optimizer_it_holds(kind, left):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.25)
    with replaced({"PlateauSchedule": LAZY[kind]}) as package:
        package.PlateauSchedule(optimizer).step(0.5)
    assert optimizer.param_groups[0]["lr"] == left


@pytest.mark.parametrize("value", [0.25, 0.75, 3.0, 1 / 3, 384 / 1024, 1000.0])
def test_float32_arithmetic_is_off_in_the_eighth_digit_however_few_digits_there_are(value):
    off = abs(float(as_float32(np.float64(value), None)) - value) / value
    assert 1e-9 < off < 1e-6


def test_the_reference_stays_what_it_was():
    right = reference().he_initialize
    with replaced({"he_initialize": LAZY["zeros"]}) as package:
        assert package.he_initialize is not right
    assert reference().he_initialize is right
