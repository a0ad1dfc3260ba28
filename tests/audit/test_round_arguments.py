"""Arguments are drawn in steps of 1/1024. In steps of 1/4 they often meet what hides a mistake: a default, 0, 1, one another. What a draw
hides once in a thousand runs shows here in one of ten.
"""

import math

import pytest

from autograder.audit import run as running
from autograder.audit import runs
from autograder.audit.wrong import audit_mistake
from autograder.check.draw import Draw
from autograder.check.question import REGISTRY
from autograder.misconceptions import CATALOG

running.prepare()


def coarsest(self, low, high):
    """The coarsest steps of which one fits, from 1/4 on."""
    grain = 4
    while math.floor(high * grain) < math.ceil(low * grain):
        grain *= 2
    return grain


@pytest.fixture
def round_arguments(monkeypatch):
    monkeypatch.setattr(Draw, "_grain", coarsest)
    runs.forget()
    yield
    runs.forget()


@pytest.mark.slow
@pytest.mark.usefixtures("round_arguments")
@pytest.mark.parametrize("question", REGISTRY.values(), ids=lambda question: question.id)
def test_no_mistake_hides_behind_a_round_argument(question):
    if question.needs_torch:
        pytest.importorskip("torch")
    for mistake in [m for m in CATALOG.values() if m.question == question.id]:
        assert not audit_mistake(mistake.id, seeds=64, cascade_seeds=1).findings
