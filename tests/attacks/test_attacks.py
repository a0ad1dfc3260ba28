"""The corpus through the real grader, all layers on: nothing is earned, leaked, left behind or broken; each attack gets its sentence."""

from collections import Counter
from pathlib import Path

import pytest

from autograder.audit.attacks import family, load_corpus, run_some
from autograder.sandbox.footing import CONFINED

FAMILIES = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.name.startswith("test_"))


@pytest.mark.parametrize("name", FAMILIES)
def test_it_earns_nothing_and_harms_nobody(name):
    found = run_some(family(Path(__file__).with_name(f"{name}.py")), CONFINED, lambda attack: None)
    assert (found.unearned, found.leaked, found.survivors, found.crashes) == (0, 0, 0, 0), found.findings
    assert (found.reached, found.lost, found.unsaid) == (0, 0, 0), found.findings


def test_there_are_many_attacks_each_with_a_name_of_its_own():
    corpus = load_corpus()
    assert len(corpus) >= 60 and max(Counter(a.name for a in corpus).values()) == 1
