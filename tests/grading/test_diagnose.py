"""A cause is named only where it is the student's on unrelated inputs: single mistakes, two at once, draws from another generator."""

import numpy as np
import pytest

from autograder.audit.diagnosis import Scene
from autograder.audit.run import prepare
from autograder.check.question import REGISTRY
from autograder.check.recording import record
from autograder.check.scoring import unchecked
from autograder.grading.explain import causes_told
from autograder.grading.likeness import alike, same_law
from autograder.misconceptions import CATALOG

prepare()
SCENES: dict[str, Scene] = {}


def scene(id):
    return SCENES.setdefault(id, Scene(REGISTRY[id], 0))


def diagnosed(id, *mistakes):
    here = scene(id)
    return here.diagnosis(here.answered(tuple(CATALOG[m] for m in mistakes)))


def answers_of(id, package):
    here = scene(id)
    theirs = [record(unchecked(REGISTRY[id]), package, run.draw()) for run in here.runs()]
    return here.diagnosis([run.answered(r.items, r.ended) for run, r in zip(here.runs(), theirs, strict=True)])


class Instead:
    """A package with one name replaced."""

    def __init__(self, package, **names):
        self.package, self.names = package, names

    def __getattr__(self, name):
        return self.names.get(name) or getattr(self.package, name)


def relu_with(backward):
    from autograder.audit.runs import reference

    right = reference().ReLU
    return Instead(reference(), ReLU=type("ReLU", (right,), {"backward": backward}))


def test_a_right_answer_has_no_cause():
    from autograder.audit.runs import reference

    found = answers_of("1.3", reference())
    assert (found.causes, dict(found.relations), found.consistent) == ((), {}, frozenset())


def test_one_mistake_is_named():
    assert [c.misconception.id for c in diagnosed("1.5", "elu-backward-alpha").causes] == ["elu-backward-alpha"]


def test_the_true_derivative_of_a_known_wrong_forward_is_consistent():
    assert diagnosed("1.5", "elu-without-minus-one").consistent == frozenset()  # its backward is right all the same
    assert diagnosed("1.5", "elu-alpha-in-exponent").consistent == {"backward"}


def test_a_backward_and_a_forward_mistake_are_both_named_with_their_places():
    found = diagnosed("1.5", "elu-without-minus-one", "elu-backward-alpha")
    sentences = causes_told(found)
    assert {c.misconception.id for c in found.causes} >= {"elu-backward-alpha"}
    assert any(says.startswith("In backward: this is what you get when") for says in sentences) or len(sentences) == 1


def test_a_mistake_that_nobody_catalogued_has_no_cause_and_its_relation_is_told():
    found = answers_of("1.3", relu_with(lambda self, g: -3 * g * (self.positive if hasattr(self, "positive") else 1)))
    assert found.causes == ()


def test_a_relation_is_told_where_the_catalog_knows_nothing():
    from autograder.audit.runs import reference

    right = reference().ReLU
    found = answers_of("1.3", relu_with(lambda self, g: -right.backward(self, g)))
    assert found.causes == ()
    assert "with its sign flipped" in found.relations["backward"]


@pytest.mark.parametrize("seed", range(5))
def test_draws_of_one_law_are_alike_whatever_generator_made_them(seed):
    one, other = (np.random.default_rng(s).normal(size=(64, 128)) * 0.1 for s in (seed, 100 + seed))
    uniform = np.random.default_rng(seed).uniform(-1, 1, size=(64, 128)) * 0.1 * np.sqrt(3)
    wider = other * 1.15
    tiled = np.tile(other[:32], (2, 1))
    assert same_law({"": one}, {"": other})
    for different in (uniform, wider, tiled, other + 0.02):
        assert not same_law({"": one}, {"": different})


def test_draws_are_compared_as_numbers_where_the_judge_needs_a_right_value():
    one, other = ({"": np.random.default_rng(s).normal(size=(64, 128))} for s in (1, 2))
    assert not alike(one, other)


def test_recordings_of_the_catalog_are_made_once_a_scene():
    here = scene("1.3")
    known = CATALOG["relu-leaks"]
    assert here.replay(here.full[0], (known,)) is here.replay(here.full[0], (known,))
