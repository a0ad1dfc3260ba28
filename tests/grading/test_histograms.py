from itertools import pairwise

import numpy as np

from autograder.check.distribution import draws, random_weights
from autograder.check.meanfield import RELU, TANH, WIDTHS, keeps_moments
from autograder.check.recording import Recording
from autograder.check.scoring import judge
from autograder.check.verdict import Failure
from autograder.grading.histograms import histograms_of
from autograder.grading.replay import Run


def stack(std):
    rng = np.random.default_rng(1)
    return {f"layer {i}": rng.standard_normal((a, b)) * std(a) for i, (a, b) in enumerate(pairwise(WIDTHS), 1)}


def test_weights_of_another_spread_stand_beside_the_distribution_asked_for():
    asked = random_weights((40, 30), 0.1, call="xavier(rng, (40, 30))")
    (one,) = asked.histograms(draws(lambda rng: rng.standard_normal((40, 30)) * 0.3, [1, 2]))
    assert one.title.startswith("xavier(rng, (40, 30)), beside")
    assert len(one.edges) == len(one.yours) + 1 == len(one.theory) + 1 == 26
    middle = slice(11, 14)
    assert sum(one.theory[middle]) > 2 * sum(one.yours[middle])
    assert 0.95 < sum(one.yours) <= 1.0001 and 0.99 < sum(one.theory) <= 1.0001


def test_right_weights_lie_on_the_line_in_every_layer():
    for phi, gain in ((TANH, 1.0), (RELU, 2.0)):
        asked = keeps_moments(WIDTHS, lambda fan, gain=gain: gain / fan, phi, 3)
        for one in asked.histograms(stack(lambda fan, gain=gain: (gain / fan) ** 0.5)):
            assert max(abs(a - b) for a, b in zip(one.yours, one.theory, strict=True)) < 0.04, one.title


def test_what_has_another_form_is_not_drawn():
    assert random_weights((4, 3), 1.0).histograms({"weights": np.zeros(3)}) == []
    assert keeps_moments(WIDTHS, lambda fan: 1.0, TANH, 3).histograms({"layer 1": np.zeros((2, 2))}) == []
    broken = stack(lambda fan: 1.0) | {"layer 2": np.full(WIDTHS[1:3], np.nan)}
    assert sum(keeps_moments(WIDTHS, lambda fan: 1.0, TANH, 3).histograms(broken)[1].yours) == 0


def test_of_each_kind_the_first_that_failed_is_kept():
    asked = {"a, one": random_weights((40, 30), 0.1), "a, two": random_weights((40, 30), 0.1), "b, gone": random_weights((40, 30), 0.1)}
    want = Recording(items={name: {} for name in asked}, judges=asked)
    wrong = draws(lambda rng: rng.standard_normal((40, 30)), [1, 2])
    got = {"a, one": wrong, "a, two": wrong, "b, gone": Failure("raised", "raised KeyError")}
    run = Run(None, b"", want, got, None, {})
    assert len(histograms_of(judge(want, got, None), run)) == 1


def test_numbers_that_no_axis_can_hold_cost_no_verdict():
    asked = {"a": random_weights((40, 30), 0.1), "b": keeps_moments(WIDTHS, lambda fan: 1.0, TANH, 3)}
    huge = draws(lambda rng: np.where(rng.random((40, 30)) < 0.5, 1.0, -1.0) * 1.7e308, [1, 2])
    run = Run(None, b"", Recording(items={name: {} for name in asked}, judges=asked), {"a": huge, "b": stack(lambda fan: 1e300)}, None, {})
    with np.errstate(all="ignore"):
        drawn = histograms_of(judge(run.want, run.items, None), run)
    assert all(np.isfinite([one.low, one.high, *one.yours, *one.theory]).all() for one in drawn)
