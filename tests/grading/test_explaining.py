"""The runs that explain a failure: the same inputs for every submission, so that what known mistakes yield on them is kept."""

import dataclasses

import pytest

from autograder.audit.diagnosis import Scene
from autograder.audit.run import prepare
from autograder.audit.runs import reference
from autograder.check.question import REGISTRY
from autograder.course import this_course
from autograder.grading.asking import Asking
from autograder.grading.intake import Submission
from autograder.grading.oracle import Oracle, RunData
from autograder.grading.replay import replayed
from autograder.misconceptions import CATALOG
from autograder.sandbox.answer import Answer
from autograder.sandbox.reply import RunAnswer

prepare()
ELU = REGISTRY["1.5"]


class Listening:
    """A client that keeps what it is asked."""

    def __init__(self):
        self.runs = []

    def ask(self, request, wall, patient=True):
        self.runs = request.runs
        return Answer([RunAnswer(run.level, complete=True) for run in request.runs])


def seeds_for(digest):
    """Of the graded run, then of those that explain, level by level."""
    asking, client = Asking(this_course(), Submission("/nowhere", digest, [], {}, {}), None), Listening()
    asking.alone(ELU, client, explained=True)
    return [run.seed for run in client.runs], [run.level for run in client.runs]


def test_what_explains_is_asked_alike_of_all_and_what_is_graded_of_nobody_else():
    (graded, *explaining), levels = seeds_for("a" * 64)
    (other, *shared), _ = seeds_for("b" * 64)
    assert graded != other and explaining == shared
    assert levels == [None, None, 0, 1, 2, 3]
    assert len({graded, other, *explaining}) == 2 + len(explaining)


def test_only_the_graded_run_has_the_numerical_gradient_check():
    asking, client = Asking(this_course(), Submission("/nowhere", "a" * 64, [], {}, {}), None), Listening()
    asking.alone(ELU, client, explained=True)
    assert [run.checked for run in client.runs] == [True, *[False] * 5]


class Enough(Exception):
    pass


def blank():
    return dataclasses.replace(Scene(ELU, 0).full[0], known={})


def upto(count, names):
    """Takes so many items, then ends the run."""

    def emit(name, item):
        names.append(name)
        if len(names) == count:
            raise Enough

    return emit


def test_a_mistakes_run_goes_on_where_the_last_search_ended(monkeypatch):
    run, mistake = blank(), (CATALOG["elu-backward-alpha"],)
    short, long, whole = [], [], []
    with pytest.raises(Enough):
        replayed(ELU, reference(), mistake, run, upto(2, short))
    kept = run.known[("elu-backward-alpha",)]
    assert list(kept.items) == short and not kept.whole
    with pytest.raises(Enough):
        replayed(ELU, reference(), mistake, run, upto(4, long))
    assert long[:2] == short and list(kept.items) == long
    replayed(ELU, reference(), mistake, run, lambda name, item: whole.append(name))
    fresh = replayed(ELU, reference(), mistake, blank(), lambda name, item: None)
    assert kept.whole and whole == list(fresh.items) == list(kept.items)
    assert all((kept.items[name][""] == fresh.items[name][""]).all() for name in ("forward", "backward") if name in fresh.items)
    monkeypatch.setattr("autograder.grading.replay.record", None)
    replayed(ELU, reference(), mistake, run, lambda name, item: None)  # nothing is run again


def test_two_mistakes_at_once_are_kept_apart_from_each_alone():
    run = blank()
    pair = tuple(m for m in CATALOG.values() if m.question == "1.5")[:2]
    for mistakes in (pair, pair[:1], pair[::-1]):
        replayed(ELU, reference(), mistakes, run, lambda name, item: None)
    one, other = (known.id for known in pair)
    assert list(run.known) == [(one, other), (one,), (other, one)]


def test_the_oracle_keeps_explaining_runs_and_of_graded_ones_the_last():
    oracle = Oracle(this_course().reference)
    first = oracle.explained(ELU, RunData(None, b"class", {}))
    assert oracle.explained(ELU, RunData(None, b"class", {})).known is first.known
    assert oracle.explained(ELU, RunData(1, b"class", {})).known is not first.known
    assert oracle.explained(ELU, RunData(None, b"another class", {})).known is not first.known
    graded = oracle.graded(ELU, RunData(None, b"one", {}))
    assert oracle.graded(ELU, RunData(None, b"one", {})).want is graded.want
    assert oracle.graded(ELU, RunData(None, b"two", {})).want is not graded.want
