"""Part 2: the reference passes with room to spare, every known mistake is caught by its own question alone, honest variants pass."""

from __future__ import annotations

import pytest

from autograder.audit.runs import seeds
from autograder.check.question import REGISTRY, load_questions
from autograder.misconceptions import CATALOG, load_catalog
from tests.check.catalog_runs import REFERENCE, earned, failed, replaced, rows_of, seed_of
from tests.variants import VARIANTS, load_variants

load_questions()
load_catalog()
load_variants()
PART = [q for q in REGISTRY.values() if q.part == 2]
IDS = [q.id for q in PART]
MISTAKES = [m for m in CATALOG.values() if m.question in IDS]
WAYS = [v for v in VARIANTS.values() if v.question in IDS]


@pytest.mark.parametrize("question", IDS)
@pytest.mark.parametrize("level", [None, 0, 1, 2, 3])
def test_reference_passes_with_a_tenth_of_the_tolerance(question: str, level: int | None) -> None:
    for number in seeds(30 if level is None else 8):
        for row in rows_of(question, REFERENCE, seed_of(question, number), level):
            assert row.verdict.passed and row.verdict.ratio <= 0.1, row


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.id)
def test_mistake_fails_its_items_on_every_seed(mistake) -> None:
    package = replaced({mistake.name: mistake.build})
    for number in seeds(20):
        lost = failed(rows_of(mistake.question, package, seed_of(mistake.question, number)))
        assert set(mistake.fails) <= lost, (number, sorted(lost))


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.id)
def test_mistake_costs_no_other_question(mistake) -> None:
    package = replaced({mistake.name: mistake.build})
    for question in set(IDS) - {mistake.question}:
        assert earned(rows_of(question, package, seed_of(question, 0))) == 1


@pytest.mark.slow  # on two seeds tests/audit/test_variants.py proves it
@pytest.mark.parametrize("way", WAYS, ids=lambda v: v.id)
def test_honest_variant_is_full_on_every_seed(way) -> None:
    package = replaced({way.name: way.build})
    for number in seeds(20):
        rows = rows_of(way.question, package, seed_of(way.question, number))
        assert earned(rows) == 1, [r for r in rows if not r.verdict.passed]


@pytest.mark.parametrize("question", IDS)
def test_at_least_five_mistakes_and_three_variants(question: str) -> None:
    assert sum(m.question == question for m in MISTAKES) >= 5
    assert sum(v.question == question for v in WAYS) >= 3
