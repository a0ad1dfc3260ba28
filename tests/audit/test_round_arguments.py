"""Arguments are drawn in steps of 1/1024. In steps of 1/4 they often meet what hides a mistake: a default, 0, 1, one another. What a draw
hides once in a thousand runs shows here in one of ten.
"""

import math

import pytest

from autograder.audit import run as running
from autograder.audit import runs, wrong
from autograder.check.draw import Draw
from autograder.check.question import REGISTRY
from autograder.misconceptions import CATALOG

running.prepare()
GRAIN = 4


def between(self, low, high):
    """Draw.between in the coarsest steps of which one fits."""
    grain = GRAIN
    while math.floor(high * grain) < math.ceil(low * grain):
        grain *= 2
    first, last = math.ceil(low * grain), math.floor(high * grain)
    return (first + int(self._fraction() * (last - first + 1))) / grain


@pytest.fixture
def round_arguments(monkeypatch):
    monkeypatch.setattr(Draw, "between", between)
    runs.forget()
    yield
    runs.forget()


@pytest.mark.slow
@pytest.mark.usefixtures("round_arguments")
@pytest.mark.parametrize("question", REGISTRY.values(), ids=lambda question: question.id)
def test_no_mistake_hides_behind_a_round_argument(question):
    if question.needs_torch:
        pytest.importorskip("torch")
    hidden = []
    for mistake in [m for m in CATALOG.values() if m.question == question.id and not m.equivalent]:
        checked = any(name.startswith(wrong.GRADIENT_CHECK) for name in mistake.fails)
        with runs.replaced({mistake.name: mistake.build}) as package:
            for number in range(64):
                rows = wrong.caught(mistake, question if checked else runs.unchecked(question), package, number)
                hidden += [f for f in wrong.escapes(mistake, rows, number) if f.kind == "survived"]
    assert not hidden
