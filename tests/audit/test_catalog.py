"""The catalog of mistakes: sentences for students, pairs that are consistent, differences that can be seen."""

import functools
import inspect
import itertools
import re
from collections import Counter

import numpy as np
import pytest

from autograder.audit import run as running
from autograder.audit.runs import reference, reference_folder, seed_of, seeds
from autograder.check import report, scoring
from autograder.check.draw import LADDER, Draw
from autograder.check.question import REGISTRY
from autograder.check.recording import record
from autograder.check.verdict import Failure
from autograder.grading.likeness import same
from autograder.misconceptions import CATALOG
from autograder.misconceptions.overlay import overlay

running.prepare()
KNOWN = [m for m in CATALOG.values() if not m.equivalent]
PAIRS = [m for m in KNOWN if {"forward", "backward"} <= set(m.fails)]


def answers(mistake, level=None, *, checked=False):
    """The mistake's recording and the reference's, on the same inputs; with `checked`, the numerical gradient check too."""
    package = overlay(reference_folder(), {mistake.name: mistake.build})
    return recorded(mistake.question, package, level, checked), right(mistake.question, level, checked)


def recorded(question, package, level, checked):
    asked = REGISTRY[question] if checked else scoring.unchecked(REGISTRY[question])
    with np.errstate(all="ignore"):
        return record(asked, package, Draw(seed_of(0), level))


@functools.cache
def right(question, level, checked):
    """The reference's, once for all mistakes of a question."""
    return recorded(question, reference(), level, checked)


def by_id(mistakes):
    return pytest.mark.parametrize("mistake", mistakes, ids=lambda m: m.id)


def test_every_question_has_at_least_five_known_mistakes():
    count = Counter(m.question for m in KNOWN)
    assert {id: count[id] for id in REGISTRY if count[id] < 5} == {}


def test_every_question_has_a_wrong_forward_with_its_own_true_derivative():
    assert {m.question for m in PAIRS} >= {q.id for q in REGISTRY.values() if q.part == 1}


@by_id(CATALOG.values())
def test_a_sentence_goes_on_after_this_is_what_you_get_when(mistake):
    """It begins as a sentence goes on, or with a formula's name or number; it points at its own part of the handout."""
    assert re.match(r"[a-z]|[^\x00-\x7f]|\d|[A-Z]\b|SELU|LSUV", mistake.says), mistake.says
    assert not mistake.says.endswith(".")
    assert 20 < len(mistake.says) < 160
    part = mistake.question.split(".")[0]
    assert all(section.split(".")[0] == part for section in re.findall(r"handout (\S+?)\)", mistake.says))


@by_id(CATALOG.values())
def test_a_mistake_takes_under_fifteen_lines(mistake):
    assert len(inspect.getsource(mistake.build).splitlines()) < 20  # of which up to five are the decorator's


@by_id(PAIRS)
def test_a_consistent_pair_passes_its_own_gradient_check(mistake):
    theirs, _ = answers(mistake, checked=True)
    checks = [name for name in theirs.items if name.split(",")[0] == scoring.GRADIENT_CHECK]
    assert checks
    assert [name for name in checks if not theirs.judges[name](theirs.items[name], {}).passed] == []


@by_id(KNOWN)
def test_what_is_shown_of_a_failure_visibly_differs(mistake):
    told = 0
    for level in (*range(len(LADDER)), None) if len(seeds(20)) == 20 else (1, None):
        got, want = answers(mistake, level)
        for row in scoring.judge(want, got.items, got.ended):
            mine, reference = got.items.get(row.item), want.items[row.item]
            if row.verdict.passed or row.group == scoring.GRADIENT_CHECK:
                continue
            told += bool(row.verdict.says)
            if mine is None or isinstance(mine, Failure) or not want.judges[row.item].shown:
                continue
            text = report.explain(REGISTRY[mistake.question], row, want.judges[row.item], mine, reference, [])
            shown, expected = both_shown(text)
            assert shown != expected, text
    assert told


def both_shown(text: str) -> tuple[str, str]:
    """What a sentence shows of the student's value and of the expected one; of another form, the headline says both."""
    flat = " ".join(text.split("allowed difference")[0].split())
    pattern = r"(?:your result|after your code) (.*) (?:expected|before) (.*)|yours (.*), expected (.*), difference"
    found = re.search(pattern, flat) or re.search(r"(has .*)(expected|which|weights are exchanged|: .*)", flat)
    assert found, text
    mine, expected = (part for part in found.groups() if part is not None)
    return mine.strip(), expected.strip()


def test_no_two_mistakes_of_a_question_of_part_1_give_the_same_answers():
    recordings = {m.id: (m.question, answers(m)[0]) for m in KNOWN if m.question.startswith("1.")}
    twins = [
        (a, b)
        for (a, (of_a, one)), (b, (of_b, two)) in itertools.combinations(recordings.items(), 2)
        if of_a == of_b and all(same(value, two.items.get(name)) for name, value in one.items.items())
    ]
    assert twins == []
