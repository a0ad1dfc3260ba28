"""Judges compare forms before numbers, let NaN fail, and shares are exact."""

from fractions import Fraction

import numpy as np
import pytest

from autograder.check.agreement import agrees, each_entry, equal, unchanged
from autograder.check.recording import NOT_ASKED, Recording, evaluate, plain
from autograder.check.scoring import Row, first_failure, groups_of, judge, nothing_written, share
from autograder.check.verdict import Failure, Verdict

ONE = {"": np.ones((4, 3))}


def parts(value):
    return {"": np.asarray(value)}


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (np.ones((4, 1)), "has shape (4, 1), expected (4, 3)"),
        (np.ones(()), "has shape (), expected (4, 3)"),
        (np.ones((4, 3), np.float32), "has dtype float32, expected float64"),
        (np.ones((4, 3), int), "has dtype int64, expected float64"),
        (np.ones((4, 3), bool), "has dtype bool, expected float64"),
    ],
)
def test_what_would_broadcast_or_convert_fails_by_its_form(got, says):
    assert agrees()(parts(got), ONE).says == says


@pytest.mark.parametrize("judge_of", [agrees, each_entry, equal, lambda: unchanged("x")])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_never_pass(judge_of, bad):
    got = np.ones((4, 3))
    got[1, 2] = bad
    assert not judge_of()(parts(got), ONE).passed


def test_float64_rounding_passes_and_single_precision_fails():
    want = np.linspace(-3, 3, 30)
    assert agrees()(parts(want * (1 + 1e-13)), parts(want)).passed
    assert not agrees()(parts(want.astype(np.float32).astype(float)), parts(want)).passed


def test_a_small_error_beside_a_thousand_is_seen_entry_by_entry():
    want = np.array([1000.0, 0.5])
    got = want + np.array([0, 5e-8])
    assert agrees()(parts(got), parts(want)).passed
    assert not each_entry()(parts(got), parts(want)).passed


def test_missing_and_extra_entries_are_named():
    verdict = agrees()({"weight": np.ones(2)}, {"weight": np.ones(2), "bias": np.ones(2)})
    assert verdict.says == "has the entries ['weight'], expected ['bias', 'weight']"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "is None (is a `return` missing?), expected a numpy array"),
        ([1.0], "is a list, expected a numpy array"),
        ((1.0, 2.0), "is a tuple, expected a numpy array"),
        (np.ma.masked_array([1.0]), "is a numpy MaskedArray, expected a numpy array"),
        (np.array(["a"]), "has dtype <U1, expected numbers"),
        (np.array([None]), "has dtype object, expected numbers"),
        (1 + 2j, "is a complex, expected a numpy array"),
        ({"w": [1.0]}, 'entry "w" is a list, expected a numpy array'),
    ],
)
def test_what_is_not_an_array_of_numbers_is_named(value, says):
    assert plain(value) == Failure("type", says)


def test_a_torch_tensor_is_named_as_one():
    torch = pytest.importorskip("torch")
    assert "is a torch Tensor" in plain(torch.ones(2)).says


def test_the_engine_keeps_its_own_copy():
    array = np.ones(3)
    kept = plain(array)
    array[:] = 5
    assert np.array_equal(kept[""], np.ones(3))


def test_an_exception_costs_one_item_and_names_the_line():
    def value():
        raise ValueError("no\n  good")

    assert evaluate(value) == Failure("raised", "raised ValueError: no good")
    assert evaluate(lambda: 1.5)[""] == 1.5


def test_an_exception_whose_text_raises_is_still_a_sentence():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError

    def value():
        raise Odd

    assert evaluate(value).says == "raised Odd"


def recording(*names):
    return Recording({n: parts([1.0]) for n in names}, {n: agrees() for n in names})


def test_what_did_not_arrive_fails_at_the_first_with_the_cause():
    want = recording("forward", "backward", "backward, called twice")
    rows = judge(want, {"forward": parts([1.0])}, Failure("missing", "ran out of time"))
    assert [(r.verdict.passed, r.verdict.says, r.reached) for r in rows] == [
        (True, "", True),
        (False, "ran out of time", True),
        (False, "was not reached", False),
    ]
    assert first_failure(rows).item == "backward"


def test_an_item_never_asked_for_costs_the_whole_question():
    want = recording("forward")
    rows = judge(want, {"forward": parts([1.0]), "bonus": parts([1.0])}, None)
    assert share(rows, {}) == 0


def rows(**outcomes):
    return [Row(name.replace("_", " "), Verdict(ok)) for name, ok in outcomes.items()]


def test_groups_share_points_by_weight_and_conduct_needs_all_others():
    good = rows(forward=True, backward=False, conduct=True)
    assert groups_of(good) == {"forward": True, "backward": False, "conduct": False}
    assert share(good, {}) == Fraction(1, 3)
    assert share(good, {"conduct": Fraction(1, 2)}) == Fraction(2, 5)
    assert share(good, {}, {"backward": Fraction(1, 2)}) == Fraction(1, 2)


def test_the_gradient_check_earns_and_costs_nothing():
    assert share(rows(forward=True, gradient_check=False), {}) == 1
    assert share(rows(forward=False, gradient_check=True), {}) == 0


def test_forty_nine_equal_groups_add_up_to_exactly_one():
    assert share([Row(f"g{i}", Verdict(True)) for i in range(49)], {}) == 1


STUB, CRASH = Failure("stub", "is not written yet"), Failure("raised", "raised ValueError")
WAITS, WRONG, RIGHT = Failure("raised", NOT_ASKED), parts([2.0]), parts([1.0])
WRITTEN = {
    "stubs alone": (True, {"forward": STUB, "backward": STUB}, None),
    "a stub, and what waits for it": (True, {"forward": STUB, "backward": WAITS}, None),
    "a stub, and a constructor's value beside it": (True, {"forward": STUB, "forward, weight": WRONG, "backward": STUB}, None),
    "a stub that ends the run": (True, {}, STUB),
    "a wrong forward beside a stub": (False, {"forward": WRONG, "backward": STUB}, None),
    "a forward that raises beside a stub": (False, {"forward": CRASH, "backward": STUB}, None),
    "a right forward beside a stub": (False, {"forward": RIGHT, "backward": STUB}, None),
    "exceptions alone": (False, {"forward": CRASH, "backward": WAITS}, None),
    "nothing in time": (False, {}, Failure("time", "took longer than 1 s")),
}


@pytest.mark.parametrize("what", WRITTEN)
def test_nothing_is_written_where_nothing_earns_and_each_group_meets_a_stub(what):
    nothing, items, ended = WRITTEN[what]
    asked = recording("forward", *(name for name in items if name != "forward"))
    assert nothing_written(judge(asked, items, ended), items, ended) is nothing
