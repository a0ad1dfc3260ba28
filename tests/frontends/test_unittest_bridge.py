"""gradescope-utils tells the same as our own renderer, or our own file stands; none of its known faults reaches a student."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from gradescope_utils.autograder_utils import json_test_runner

from autograder.frontends import gradescope_run
from autograder.frontends.gradescope import Shown, render, validate
from autograder.frontends.unittest_bridge import BridgeError, compared, through_gradescope_utils
from autograder.grading.result import QuestionResult, Result, Status

STATUSES: list[tuple[float, float, Status]] = [
    (2, 2, "passed"),
    (0.6667, 2, "partial"),
    (0, 3, "failed"),
    (0, 3, "not reached"),
    (0, 0, "passed"),
]


def result() -> Result:
    asked = [
        QuestionResult(f"1.{n}", 1, f"Ünï {n}", points, most, status, sentences=["why — because"], output="printed\n")
        for n, (points, most, status) in enumerate(STATUSES, 9)  # "1.10" sorts before "1.9"
    ]
    return Result("d", "k", "g", "s", 2.6667, 10, {}, asked, seconds=1.5)


def ours() -> bytes:
    return render(result(), Shown(questions={"1.9": "hidden"}))


def test_both_agree_on_every_field_and_the_final_file_is_valid() -> None:
    final = through_gradescope_utils(ours())
    assert msgspec.json.decode(final) == msgspec.json.decode(ours())
    assert validate(final) == []


def test_the_package_agrees_by_itself_before_anything_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "autograder.frontends.unittest_bridge.compared", lambda theirs, mine: seen.append(dict(theirs)) or compared(theirs, mine)
    )
    through_gradescope_utils(ours())
    [theirs] = seen
    mine = msgspec.json.decode(ours())
    assert [t["score"] for t in theirs["tests"]] == [t["score"] for t in mine["tests"]]
    assert [t["output"] for t in theirs["tests"]] == [t["output"] for t in mine["tests"]]


def test_a_score_does_not_stick_from_one_report_to_the_next() -> None:
    through_gradescope_utils(ours())
    nothing = msgspec.json.decode(ours()) | {"score": 0}
    nothing["tests"] = [test | {"score": 0, "status": "passed" if test["max_score"] == 0 else "failed"} for test in nothing["tests"]]
    assert msgspec.json.decode(through_gradescope_utils(msgspec.json.encode(nothing))) == nothing


def loses_a_test(self: Any, test: Any, err: Any = None) -> None:
    if not self.results:
        self.results.append(self.buildResult(test, err))


def full_marks(self: Any, test: Any) -> Any:
    return self.getWeight(test)


def not_a_number(self: Any, test: Any) -> float:
    return float("nan")


def raises(self: Any, *_: Any) -> None:
    raise AttributeError("'_ErrorHolder' object has no attribute '_testMethodName'")


FAULTS = [
    ("processResult", loses_a_test, "it has 1 tests of 5"),
    ("getScore", full_marks, "1.10 Ünï 10: score is 2"),
    ("getScore", not_a_number, "score is nan"),
    ("processResult", raises, "gradescope-utils failed (AttributeError"),
    ("getNumber", lambda self, test: None, "number is None"),
]


@pytest.mark.parametrize(("method", "fault", "says"), FAULTS, ids=[says for _, _, says in FAULTS])
def test_a_fault_of_the_package_leaves_our_own_file(
    method: str, fault: Any, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(json_test_runner.JSONTestResult, method, fault)
    with pytest.raises(BridgeError) as caught:
        through_gradescope_utils(ours())
    assert says in str(caught.value)
    written = gradescope_run.Written(tmp_path / "results.json")
    gradescope_run.retell(result(), written)
    final = written.path.read_bytes()
    assert validate(final) == [] and msgspec.json.decode(final)["score"] == 2.6667
    assert says in capsys.readouterr().out


def test_grading_goes_on_where_the_package_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "gradescope_utils.autograder_utils.json_test_runner", None)
    written = gradescope_run.Written(tmp_path / "results.json")
    gradescope_run.retell(result(), written)
    assert validate(written.path.read_bytes()) == []
