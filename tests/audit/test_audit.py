"""The audit is clean on part 1, and it reports what is planted: weak questions, tables of answers, wrong and right folders."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from autograder.audit import Audit, audit_command, run_audit, runs
from autograder.audit import run as running
from autograder.audit.folders import audit_right_folder, audit_wrong_folder
from autograder.audit.run import tasks_for
from autograder.check.agreement import unchanged
from autograder.check.part1_activations import elementwise
from autograder.check.question import REGISTRY, question
from autograder.misconceptions import CATALOG, Misconception
from autograder.misconceptions.altered import but, pair

ROOT = Path(__file__).parents[2]

KEYS = ["questions", "misconceptions", "equivalent", "killed", "cascades", "false_failures", "unearned", "margin", "grey"]
KEYS += ["diagnosed_first", "pairs", "pairs_named", "automatic_mutants", "automatic_killed", "p_values", "findings"]


@pytest.fixture
def plant(monkeypatch):
    """Registers a probe as question 99.1, the only one of its part, and mistakes of it."""
    running.prepare()
    monkeypatch.setattr("autograder.audit.run.variants", lambda: {})
    monkeypatch.setattr("autograder.audit.run.SAMPLE", 0)  # automatic mutants: test_mutants.py
    before, catalog = dict(REGISTRY), dict(CATALOG)

    def planted(probe, *mistakes, stub="activations.ReLU", title="Planted"):
        probe.__doc__ = "Planted."
        question("99.1", title, stub=stub)(probe)
        for i, build in enumerate(mistakes):
            CATALOG[f"planted-{i}"] = Misconception(f"planted-{i}", "99.1", stub.split(".")[1], "it is planted", ("forward",), build)

    yield planted
    for register, old in ((REGISTRY, before), (CATALOG, catalog)):
        register.clear()
        register.update(old)
    runs.forget()


def kinds(audit: Audit) -> set[str]:
    return {f.kind for f in audit.findings if f.question in ("", "99.1")}


def sound(ps2, draw):
    yield from elementwise(draw, lambda: ps2.ReLU())


def zero_relu(right):
    return but(right, forward=lambda self, x: np.zeros_like(x))


def leaky_relu(right):
    return pair(right, lambda self, x: np.where(x > 0, x, 0.1 * x), lambda self, x: np.where(x > 0, 1.0, 0.1))


def test_right_answers_take_turns_so_that_the_reference_is_asked_once(plant):
    asked = []

    def probe(ps2, draw):
        asked.append(ps2 is runs.reference())
        yield "forward", lambda: ps2.ReLU().forward(draw.normal((9, 9)))

    plant(probe)
    leaks = {"ReLU": leaky_relu}
    audit = running.audit_right_thoroughly("99.1", {"the reference": {}, "x": {"ReLU": lambda right: right}, "y": leaks}, runs.KEPT + 3)
    assert (asked.count(True), asked.count(False)) == (runs.KEPT + 3, 3 * (runs.KEPT + 3))
    assert audit.false_failures == 1
    assert {f.subject for f in audit.findings} == {"y"}
    assert {f.seed for f in audit.findings} == {f"audit-{number}" for number in range(runs.KEPT + 3)}


def test_the_short_audit_of_part_1_is_clean():
    audit = run_audit(1, 2, workers=0, sample=20)
    assert audit.findings == ()
    assert (audit.diagnosed_first, audit.automatic_killed) == (audit.single, audit.automatic_mutants)
    assert audit.clean
    assert (audit.questions, audit.killed) == (9, audit.misconceptions)
    assert audit.misconceptions >= 9 * 5


def test_a_sound_question_is_clean(plant):
    plant(sound)
    assert run_audit(99, 1, workers=0).clean


def test_processes_find_the_same_as_one_process():
    pieces = [(running.audit_question, ("1.3", 2)), (running.audit_mistake, ("relu-leaks", 2))]
    here, there = (sorted(running.run_tasks(pieces, workers), key=repr) for workers in (0, 2))
    assert here == there


def test_a_question_that_never_kills_is_reported(plant):
    def weak(ps2, draw):
        x = draw.normal(draw.size(5, 6))
        yield "forward", lambda: np.sum(ps2.ReLU().forward(x) > -100.0) + x.max()

    plant(weak, leaky_relu)
    audit = run_audit(99, 2, workers=0)
    assert {"survived", "unearned"} <= kinds(audit)
    assert audit.killed < audit.misconceptions
    assert not audit.clean


def test_a_mistake_caught_by_a_hair_is_grey(plant):
    plant(sound, lambda right: but(right, forward=lambda self, x: right.forward(self, x) * (1 + 3e-9)))
    audit = run_audit(99, 2, workers=0)
    assert (audit.killed, audit.grey) == (1, 1)
    assert "grey" in kinds(audit)


def test_points_lost_on_another_question_are_cascades(plant):
    plant(sound, zero_relu)
    audit = run_audit(99, 2, workers=0)
    assert audit.cascades == 2  # all of 1.3, on both seeds: it asks for the same name
    assert {f.question for f in audit.findings if f.kind == "cascade"} == {"1.3"}


def test_a_value_that_no_seed_changes_is_reported(plant):
    def tabled(ps2, draw):
        x = draw.normal(draw.size(5, 6))
        yield "forward", lambda: ps2.ReLU().forward(x)
        yield "forward, simple", lambda: ps2.ReLU().forward(np.array([-1.0, 2.0]))
        yield "conduct, x", np.ones(2), unchanged("x")  # what conduct asks may be the same always

    plant(tabled)
    assert [(f.kind, f.item) for f in run_audit(99, 2, workers=0).findings if f.kind == "seed-free"] == [("seed-free", "forward, simple")]


def test_an_argument_and_a_shape_that_never_vary_are_reported(plant):
    def fixed(ps2, draw):
        layer = ps2.ELU(alpha=0.5)
        x = draw.normal((3, 4))
        yield "forward", lambda: layer.forward(x)

    plant(fixed, stub="activations.ELU")
    found = {(f.kind, f.subject) for f in run_audit(99, 2, workers=0).findings}
    assert {("never varies", "ELU(alpha)"), ("never varies", "ELU.forward, call 2")} <= found


def folder_with(base, name, body):
    """base/NAME/ps2/activations.py."""
    target = base / name / "ps2"
    target.mkdir(parents=True)
    (target / "activations.py").write_text(body, encoding="utf-8")
    return target.parent


RIGHT_RELU = """
import numpy as np
from .base import Layer

class ReLU(Layer):
    def forward(self, x):
        self.on = x > 0
        return x * self.on

    def backward(self, grad_output):
        return grad_output * self.on
"""


def test_a_question_that_fails_right_answers_is_reported(plant, tmp_path):
    def unfair(ps2, draw):
        layer, x = ps2.ReLU(), draw.normal(draw.size(5, 6))
        yield "forward", lambda: layer.forward(x)
        yield "forward, cached", lambda: layer.positive * x  # the name of a cache is free

    plant(unfair)
    found = audit_right_folder(str(folder_with(tmp_path, "by-product", RIGHT_RELU)), ["99.1"], 1)
    assert [(f.kind, f.item) for f in found.findings] == [("false failure", "forward, cached")]
    assert found.false_failures == 1


def test_wrong_folders_must_lose_and_right_ones_must_not(plant, tmp_path):
    plant(sound)
    folder_with(tmp_path / "wrong", "mask-of-x", RIGHT_RELU.replace("x > 0", "x > -1"))
    folder_with(tmp_path / "right", "by-product", RIGHT_RELU)
    audit = run_audit(99, 2, tmp_path / "wrong", tmp_path / "right", workers=0)
    assert audit.clean
    assert (audit.misconceptions, audit.killed) == (1, 1)


def test_a_right_answer_among_the_wrong_and_the_reverse_are_reported(plant, tmp_path):
    plant(sound)
    folder_with(tmp_path / "wrong", "not-wrong", RIGHT_RELU)
    folder_with(tmp_path / "right", "not-right", RIGHT_RELU.replace("x > 0", "x > -1"))
    folder_with(tmp_path / "right", "no-python", "def def")
    audit = run_audit(99, 2, tmp_path / "wrong", tmp_path / "right", workers=0)
    assert {(f.kind, f.subject) for f in audit.findings} >= {
        ("survived", "not-wrong"),
        ("false failure", "not-right"),
        ("false failure", "no-python"),
    }
    assert (audit.killed, audit.false_failures) == (0, 2)


def test_named_folders_are_audited_alone(tmp_path):
    tasks = list(tasks_for(["1.3"], 1, ["wrong"], ["right"], thorough=False, sample=9))
    assert [function for function, _ in tasks] == [audit_wrong_folder, audit_right_folder]


def test_an_empty_folder_or_an_unknown_part_is_one_sentence(tmp_path, capsys):
    assert audit_command(1, 1, wrong=tmp_path) == 2
    assert "holds no NAME/ps2/*.py" in capsys.readouterr().err
    assert audit_command(98, 1) == 2
    assert "there is no part 98" in capsys.readouterr().err


def test_the_command_writes_exactly_the_promised_keys_and_fails_when_not_clean(plant, tmp_path, monkeypatch, capsys):
    plant(sound, leaky_relu, lambda right: right)
    monkeypatch.setattr("autograder.audit.command.run_audit", lambda *a, thorough: run_audit(*a, workers=0))
    assert audit_command(99, 1, json_file=tmp_path / "audit.json") == 1
    result = json.loads((tmp_path / "audit.json").read_text())
    assert list(result) == KEYS
    assert (result["misconceptions"], result["killed"]) == (2, 1)
    assert "planted-1" in capsys.readouterr().out


AUDITING = """
import os, sys, time
from autograder.audit.run import run_tasks
print(*run_tasks([(os.mkdir, (sys.argv[1],)), (time.sleep, (100.0,))], 1))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process does not learn that its parent was killed")
def test_workers_end_with_an_audit_that_is_killed(tmp_path):
    begun = tmp_path / "begun"
    with subprocess.Popen([sys.executable, "-c", AUDITING, str(begun)], cwd=ROOT) as audit:
        assert soon(begun.is_dir, 60)
        workers = psutil.Process(audit.pid).children(recursive=True)
        audit.kill()
    assert workers and soon(lambda: not any(w.is_running() and w.status() != "zombie" for w in workers), 10)


def soon(happens, seconds):
    end = time.monotonic() + seconds
    while not happens() and time.monotonic() < end:
        time.sleep(0.05)
    return happens()
