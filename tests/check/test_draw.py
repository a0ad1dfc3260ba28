"""Draws are exact, the same everywhere, never tabulable by accident, and small on the ladder."""

import hashlib

import numpy as np
import pytest

from autograder.check.draw import LADDER, Draw


def test_normal_numbers_are_short_binary_fractions_and_never_zero():
    values = Draw(b"seed").normal((200, 50))
    assert np.array_equal(values * 2**17, np.round(values * 2**17))
    assert np.abs(values).max() <= 6.0 and not np.any(values == 0)
    assert abs(values.mean()) < 0.05 and abs(values.std() - 1) < 0.05


def test_sums_of_products_are_exact_in_any_order():
    a, b = Draw(b"seed").normal((64,)), Draw(b"other").normal((64,))
    order = Draw(b"third").order(64)
    assert float(a @ b) == float(a[order] @ b[order]) == float(sum(x * y for x, y in zip(a, b, strict=True)))


def test_the_bits_never_change():
    """These digests are part of the contract between graders, kits and golden files."""
    draw = Draw(b"seed")
    data = draw.normal((3, 4)).tobytes() + draw.uniform(0, 1, (5,)).tobytes() + draw.integers(9, (5,)).tobytes()
    assert hashlib.sha256(data).hexdigest()[:16] == "8381ebe84140047d"


def test_each_call_has_a_stream_of_its_own():
    long, short = Draw(b"s"), Draw(b"s")
    long.normal((100,)), short.normal((3,))
    assert np.array_equal(long.normal((5,)), short.normal((5,)))


@pytest.mark.parametrize("level", range(len(LADDER)))
def test_the_ladder_gives_small_sizes_and_numbers_short_enough_to_paste(level):
    draw = Draw(b"seed", level)
    shape = draw.size(16, 24)
    assert shape == LADDER[level]
    values = draw.away_from(0.0, shape)
    assert np.array_equal(values * 2, np.round(values * 2)) and not np.any(values == 0)
    assert draw.between(0.5, 2.0) * 4 % 1 == 0


def test_sizes_vary_by_seed_between_three_quarters_and_full():
    sizes = {Draw(b"%d" % seed).size(16, 24) for seed in range(200)}
    assert {s[0] for s in sizes} == {12, 13, 14, 15, 16} and {s[1] for s in sizes} == set(range(18, 25))


@pytest.mark.parametrize("size", [1, 2, 3, 40])
@pytest.mark.parametrize("level", [None, 0, 2])
def test_sprinkled_numbers_are_there_in_every_size(size, level):
    values = Draw(b"seed", level).sprinkle(np.full((size,), 7.0), (0.0, 1000.0))
    assert np.any(np.isin(values, (0.0, 1000.0)))


def test_integers_stay_in_range_and_reach_both_ends():
    draw = Draw(b"seed")
    assert {draw.integer(2, 5) for _ in range(200)} == {2, 3, 4, 5}
    assert set(draw.integers(3, (200,)).tolist()) == {0, 1, 2}
