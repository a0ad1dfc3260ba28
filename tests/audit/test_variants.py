"""Right answers, otherwise written, lose nothing."""

from collections import Counter

import pytest

from autograder.audit import run as running
from autograder.audit.runs import seeds
from autograder.check.question import REGISTRY
from autograder.misconceptions import CATALOG

running.prepare()
SEEDS = len(seeds(5))


@pytest.mark.parametrize("id", running.variants())
def test_an_honest_variant_loses_nothing_and_keeps_its_distance_from_the_tolerance(id):
    audit = running.audit_variant(id, SEEDS)
    assert audit.findings == ()
    assert audit.margin <= 0.1


@pytest.mark.parametrize("id", [m.id for m in CATALOG.values() if m.equivalent])
def test_a_mistake_marked_equivalent_loses_nothing(id):
    assert running.audit_mistake(id, SEEDS).findings == ()


def test_every_question_has_at_least_three_honest_variants():
    count = Counter(v.question for v in running.variants().values())
    assert {id: count[id] for id in REGISTRY if count[id] < 3} == {}
