"""Golden recordings hold the reference's outputs and nothing that could run."""

import io

import numpy as np
import pytest

from autograder.check import golden
from autograder.check.draw import LADDER
from autograder.check.package import Package
from autograder.check.question import REGISTRY, load_questions
from autograder.check.scoring import ReferenceFault
from autograder.course import this_course

QUESTIONS = [q for q in load_questions().values() if q.part == 1]
ROOT = b"ps2-public"


def reference():
    return Package(this_course().reference, "ps2_reference")


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.id)
def test_a_recording_comes_back_as_it_was(question):
    runs = golden.record_runs(question, reference(), ROOT)
    back = golden.decode(golden.encode(runs))
    assert list(back) == [None, *range(len(LADDER))]
    for level, recording in runs.items():
        assert list(back[level].items) == list(recording.items)
        for name, parts in recording.items.items():
            assert list(back[level].items[name]) == list(parts)
            for part, array in parts.items():
                assert np.array_equal(back[level].items[name][part], array) and back[level].items[name][part].dtype == array.dtype


def test_encoding_twice_gives_the_same_bytes_and_no_pickle():
    data = golden.encode(golden.record_runs(QUESTIONS[0], reference(), ROOT))
    assert golden.encode(golden.record_runs(QUESTIONS[0], reference(), ROOT)) == data
    with np.load(io.BytesIO(data), allow_pickle=False) as entries:
        assert all(entries[name].dtype != object for name in entries.files)


def test_items_judged_alone_hold_nothing():
    runs = golden.record_runs(QUESTIONS[0], reference(), ROOT)
    assert golden.decode(golden.encode(runs))[None].items["gradient check"] == {}


def test_rounding_counts_as_the_same_and_anything_more_does_not():
    runs = golden.record_runs(QUESTIONS[1], reference(), ROOT)
    old = golden.encode(runs)
    forward = runs[None].items["forward"]
    forward[""] = forward[""] * (1 + 1e-13)
    assert golden.encode(runs) != old and golden.same(old, runs)
    forward[""] = forward[""] * (1 + 1e-7)
    assert not golden.same(old, runs)
    del runs[None].items["forward"]
    assert not golden.same(old, runs)
    assert not golden.same(b"damaged", runs)


def test_another_sign_of_a_principal_component_counts_as_the_same_and_one_that_is_not_free_does_not():
    runs = golden.record_runs(REGISTRY["2.3"], reference(), ROOT)
    old = golden.encode(runs)
    name = next(name for name, judge in runs[None].judges.items() if judge.free)
    parts = runs[None].items[name]
    for part in parts.values():
        part[..., 0] *= -1
    assert golden.same(old, runs)
    next(iter(parts.values()))[..., 1] *= -1
    assert not golden.same(old, runs)


def test_a_damaged_file_is_a_value_error():
    for bad in (b"", b"PK", golden.encode({})[:-30]):
        with pytest.raises(ValueError, match="damaged"):
            golden.decode(bad)


def test_a_reference_that_fails_is_a_fault_that_names_the_item():
    class Broken:
        def __getattr__(self, name):
            raise RuntimeError("no")

    with pytest.raises(ReferenceFault, match=r"1\.1 the end"):
        golden.record_runs(QUESTIONS[0], Broken(), ROOT)


@pytest.mark.parametrize("by_place", [True, False])
def test_numbers_are_stored_by_place_where_that_is_shorter_and_come_back(by_place):
    rng = np.random.default_rng(0)
    exact, repeated = rng.integers(-(2**33), 2**33, size=350) / 2.0**32, np.tile(rng.normal(size=5), 70)
    values = exact if by_place else repeated
    name, stored = golden.packed("float64", values)
    assert name.endswith(golden.BY_PLACE) == by_place
    dtype, back = golden.unpacked(name, stored)
    assert dtype == "float64" and back.dtype == np.float64 and np.array_equal(back, values)
