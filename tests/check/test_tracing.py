"""Calls written down by tracing can be pasted, and give what the probe saw."""

import ast
import re
import types

import numpy as np
import pytest

from autograder.check import report
from autograder.check.draw import Draw
from autograder.check.package import Package
from autograder.check.question import load_questions
from autograder.check.recording import Failure, record
from autograder.check.tracing import STAND_INS, calls_to, held_gradients, imports_for, literal, write, write_attribute
from autograder.check.verdict import Unfit
from autograder.course import this_course

QUESTIONS = load_questions()
REFERENCE = Package(this_course().reference, "ps2_reference")


def traceable():
    for question in QUESTIONS.values():
        if question.part == 1:
            items = record(question, REFERENCE, Draw(b"seed", 1)).items
            yield from ((question.id, name) for name in items if not name.startswith("conduct"))


@pytest.mark.parametrize(("id", "item"), list(traceable()))
def test_pasted_calls_give_the_recorded_value(id, item):
    question = QUESTIONS[id]
    lines = calls_to(question, REFERENCE, Draw(b"seed", 1), item)
    assert lines
    names = {name: getattr(REFERENCE, name) for q in QUESTIONS.values() if q.part == 1 for name in q.names}
    scope = {"np": np, **names}
    exec("\n".join(lines[:-1]), scope)  # our own reference's calls
    value = eval(lines[-1].split(" = ", 1)[-1], scope)
    want = record(question, REFERENCE, Draw(b"seed", 1)).items[item]
    assert not isinstance(want, Failure)
    got = value if isinstance(value, dict) else {"": value}
    assert all(np.allclose(got[part], want[part], rtol=1e-12) for part in want)


def test_calls_too_long_to_paste_are_left_out():
    assert calls_to(QUESTIONS["1.3"], REFERENCE, Draw(b"seed"), "backward") == []


@pytest.mark.parametrize("id", [q.id for q in QUESTIONS.values() if q.part < 5 or q.id in ("5.1", "5.2", "5.3")])
def test_calls_can_be_pasted_with_their_imports(id):
    question = QUESTIONS[id]
    for item in record(question, REFERENCE, Draw(b"seed", 1)).items:
        lines = calls_to(question, REFERENCE, Draw(b"seed", 1), item)
        pasted = "\n".join([*imports_for(lines), *lines]).replace("from ps2check.", "from autograder.check.")
        scope = {"rng": np.random.default_rng(1)}
        exec(pasted.replace("from ps2.", f"from {REFERENCE._name}."), scope)  # our own reference's calls


def test_a_call_with_a_network_is_left_out():
    for id in ("6.4", "6.5"):
        items = record(QUESTIONS[id], REFERENCE, Draw(b"seed", 1)).items
        assert not any(calls_to(QUESTIONS[id], REFERENCE, Draw(b"seed", 1), item) for item in list(items)[:3])


def test_a_stand_in_is_written_as_the_call_that_makes_it():
    for id in ("3.9", "5.1", "5.2", "5.3"):
        question = QUESTIONS[id]
        items = [item for item in record(question, REFERENCE, Draw(b"seed", 1)).items if not item.startswith("conduct")]
        calls = " ".join(line for item in items for line in calls_to(question, REFERENCE, Draw(b"seed", 1), item))
        assert any(f"{name}(" in calls for name in STAND_INS), id


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        (None, "parameters is None, expected a dict of arrays"),
        ({"weight": [1.0]}, 'parameters["weight"] is a list, expected an array'),
        ({"W": np.ones(1)}, 'parameters["weight"] is missing, expected an array'),
    ],
)
def test_parameters_that_cannot_be_set_are_named(parameters, says):
    with pytest.raises(Unfit, match=re.escape(says)):
        write(parameters, "weight", np.ones(1))


def test_an_attribute_that_is_no_array_and_gradients_that_are_no_dict_are_named():
    layer = types.SimpleNamespace(running_mean=0.0, gradients=None)
    with pytest.raises(Unfit, match="running_mean is a float, expected an array"):
        write_attribute(layer, "running_mean", np.ones(1))
    with pytest.raises(Unfit, match="is None, expected a dict of arrays"):
        held_gradients(layer)


def test_a_long_call_is_broken_between_rows_and_reads_as_before():
    call = f"linear.forward({literal(np.arange(48.0).reshape(4, 12) / 8 - 3)})"
    lines = report.broken(call, 74)
    assert len(lines) > 4 and max(map(len, lines)) <= 74 and not any("  " in line.strip() for line in lines)
    assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(ast.parse(call))
    assert report.broken("from ps2.layers import A, B", 10) == ["from ps2.layers import A, B"]
