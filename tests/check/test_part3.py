"""Part 3: the reference passes, every known mistake is surely caught by its own question alone, honest ways of drawing pass."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from autograder.audit.grey import SEEDS, grey
from autograder.audit.runs import seeds
from autograder.check import distribution, orthogonality
from autograder.check.question import REGISTRY, load_questions
from autograder.misconceptions import CATALOG, load_catalog
from tests.check.catalog_runs import REFERENCE, SOLUTIONS, earned, failed, replaced, rows_of, seed_of, wanted
from tests.variants import VARIANTS, load_variants

load_questions()
load_catalog()
load_variants()
PART = [q for q in REGISTRY.values() if q.part == 3]
IDS = [q.id for q in PART]
MISTAKES = [m for m in CATALOG.values() if m.question in IDS]
RANDOM = [m for m in MISTAKES if m.question in ("3.2", "3.3", "3.4", "3.6")]
WAYS = [v for v in VARIANTS.values() if v.question in IDS]
LEVELS = [(q.id, level) for q in PART for level in (None, 0, 1, 2, 3) if level is None or q.ladder]


@pytest.mark.parametrize(("question", "level"), LEVELS)
def test_reference_passes_and_exact_items_with_a_tenth_of_the_tolerance(question: str, level: int | None) -> None:
    for number in seeds(30 if level is None else 8):
        seed = seed_of(question, number)
        judges = wanted(question, seed, level).judges
        for row in rows_of(question, REFERENCE, seed, level):
            assert row.verdict.passed and (judges[row.item].alone or row.verdict.ratio <= 0.1), row


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.id)
def test_mistake_fails_its_items_on_every_seed(mistake) -> None:
    package = replaced({mistake.name: mistake.build})
    slow = mistake.question in ("3.5", "3.7") or mistake in RANDOM  # for the latter see also the grey zone, on other seeds
    for number in seeds(5 if slow else 20):
        lost = failed(rows_of(mistake.question, package, seed_of(mistake.question, number)))
        assert set(mistake.fails) <= lost, (number, sorted(lost))


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.id)
def test_mistake_costs_no_other_question(mistake) -> None:
    package = replaced({mistake.name: mistake.build})
    others = IDS if mistake.name == "fan_in" else ["3.1", "3.7", "3.8", "3.9", "3.10"]  # no initializer calls another
    for question in set(others) - {mistake.question}:
        assert earned(rows_of(question, package, seed_of(question, 0))) == 1, question


@pytest.mark.slow  # on two seeds tests/audit/test_variants.py proves it
@pytest.mark.parametrize("mistake", [m for m in CATALOG.values() if m.question in IDS and m.equivalent], ids=lambda m: m.id)
def test_equivalent_mistake_loses_nothing(mistake) -> None:
    package = replaced({mistake.name: mistake.build})
    for number in seeds(20):
        assert earned(rows_of(mistake.question, package, seed_of(mistake.question, number))) == 1


@pytest.mark.slow  # on two seeds tests/audit/test_variants.py proves it
@pytest.mark.parametrize("way", WAYS, ids=lambda v: v.id)
def test_honest_variant_is_full_on_every_seed(way) -> None:
    package = replaced({way.name: way.build})
    for number in seeds(5 if way.question in ("3.5", "3.6") else 20):
        rows = rows_of(way.question, package, seed_of(way.question, number))
        assert earned(rows) == 1, [r for r in rows if not r.verdict.passed]


@pytest.mark.parametrize("question", IDS)
def test_at_least_five_mistakes_and_three_variants(question: str) -> None:
    assert sum(m.question == question for m in MISTAKES) >= 5
    assert sum(v.question == question for v in WAYS) >= 3


@pytest.mark.parametrize("mistake", RANDOM, ids=lambda m: m.id)
def test_no_initializer_mistake_lies_in_the_grey_zone(mistake) -> None:
    assert grey(mistake, SOLUTIONS, len(seeds(SEEDS))) == {}


def lost(question: str, **builds) -> set[str]:
    package = replaced(builds)
    return failed(rows_of(question, package, seed_of(question, 0)))


def on_xavier(right):
    return lambda rng, shape, negative_slope=0.0: (2 / (1 + negative_slope**2)) ** 0.5 * right.__globals__["xavier"](rng, shape)


def not_written(right):
    def xavier(rng, shape):
        raise NotImplementedError

    return xavier


@pytest.mark.parametrize("xavier", [not_written, lambda right: lambda rng, shape: 3 * right(rng, shape)], ids=["not written", "wrong"])
def test_kaiming_built_on_a_xavier_that_is_wrong_is_right(xavier) -> None:
    assert lost("3.3", xavier=xavier, kaiming=on_xavier)
    assert not lost("3.4", xavier=xavier, kaiming=on_xavier)


def test_of_two_that_call_each_other_one_fails() -> None:
    def on_kaiming(right):
        return lambda rng, shape: right.__globals__["kaiming"](rng, shape) / 2**0.5

    assert "linear, wide" in lost("3.3", xavier=on_kaiming, kaiming=on_xavier)


def test_a_fan_in_with_arguments_of_its_own_answers_for_itself() -> None:
    def with_mode(right):
        def fan_in(shape, mode="fan_in"):
            return right(shape) if mode == "fan_in" else right(shape[::-1])

        return fan_in

    def by(mode):
        def build(right):
            fan = right.__globals__
            return lambda rng, shape, negative_slope=0.0: rng.normal(
                0, (2 / (1 + negative_slope**2) / fan["fan_in"](shape, mode=mode)) ** 0.5, shape
            )

        return build

    assert not lost("3.4", fan_in=with_mode, kaiming=by("fan_in"))
    assert "linear, wide" in lost("3.4", fan_in=with_mode, kaiming=by("fan_out"))


MADE_TO_FIT = {
    "mean 0": lambda z: z - z.mean(),
    "deviation 1": lambda z: z / z.std(),
    "deviation 1, n - 1": lambda z: z / z.std(ddof=1),
    "mean square 1": lambda z: z / np.sqrt(np.mean(z**2)),
    "columns of one length": lambda z: z / (np.linalg.norm(z, axis=0) + 1e-8) * np.sqrt(len(z)),
    "rows of one length": lambda z: z / (np.linalg.norm(z, axis=1, keepdims=True) + 1e-8) * np.sqrt(z.shape[1]),
    "mirrored": lambda z: np.concatenate([z[: len(z) // 2], -z[: len(z) // 2]]),
    "clipped": lambda z: np.clip(z, -2.5, 2.5),
}


@pytest.mark.parametrize("fit", MADE_TO_FIT.values(), ids=MADE_TO_FIT)
def test_a_sample_that_was_made_to_fit_fails(fit) -> None:
    z = np.random.default_rng(20261126).standard_normal((64, 256))
    assert max(ratio for ratio, _ in distribution.ratios(z, 1.0).values()) <= 1
    assert max(ratio for ratio, _ in distribution.ratios(fit(z), 1.0).values()) > 1


def test_tail_probabilities_of_right_weights_are_uniform() -> None:
    rng = np.random.default_rng(20260901)
    found = [distribution.tail_probabilities(0.1 * rng.standard_normal((16, 32)), 0.1, normal_only=True) for _ in range(400)]
    for name in ("mean", "std", "shape"):
        assert all(f[name].exact for f in found)
        assert stats.kstest([f[name].p for f in found], "uniform").pvalue > 1e-4, name


@pytest.mark.parametrize("n", [110, 200, 16384])
def test_the_probability_of_a_distance_is_kolmogorovs(n):
    for x in np.linspace(0.4, 2.0, 9):
        assert distribution.kolmogorov_tail(x / np.sqrt(n), n) == pytest.approx(stats.kstwo.sf(x / np.sqrt(n), n), abs=2e-4)


def test_a_recording_of_arbitrary_arrays_fails_without_an_exception() -> None:
    for judge in (
        distribution.random_weights((4, 5), 0.1),
        distribution.in_proportion({"weights": 1.0, "next": 1.0, "same state": 1.0, "other state": 1.0}, "next"),
        orthogonality.orthonormal((4, 5), 1.0),
        orthogonality.haar(np.ones(7)),
        orthogonality.haar(np.ones(7), (3, 2)),
        orthogonality.directions(2, 5),
    ):
        for parts in (
            {},
            {"": np.zeros(3)},
            {"weights": np.zeros((4, 5)), "next": np.zeros(1), "same state": np.zeros(0), "other state": np.ones(9)},
        ):
            assert not judge(parts, {}).passed
