"""A result as results.json: every field documented, every number finite, every text bounded, points exact."""

from __future__ import annotations

import functools
import math
import operator
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from autograder.frontends.gradescope import PER_QUESTION, WHOLE, Entry, Report, Shown, Test, encode, render, validate
from autograder.frontends.text import capped, collapsed, plain
from autograder.grading.result import QuestionResult, Result, Status, rounded, total_of

Test.__test__ = False  # type: ignore[attr-defined]  # a struct, not a test class


def question(number: int = 1, points: float = 2, **changes: Any) -> QuestionResult:
    status: Status = changes.pop("status", "passed")
    return QuestionResult(f"1.{number}", 1, "ELU", points, changes.pop("max_points", 2), status, **changes)


def result(*questions: QuestionResult, **changes: Any) -> Result:
    asked = list(questions) or [question()]
    total = changes.pop("total", sum(q.points for q in asked))
    return Result("digest", "k", "0.1.0", "seed", total, sum(q.max_points for q in asked), {"uid": "active"}, asked, **changes)


def shown(made: Result, settings: Shown = Shown()) -> Any:  # noqa: B008
    data = render(made, settings)
    assert validate(data) == []
    return msgspec.json.decode(data)


def test_each_question_is_one_test_with_its_number_points_and_sentences() -> None:
    [test] = shown(result(question(5, 1.5, status="partial", sentences=["1.5 ELU: wrong.", "Because."], output="hello\n")))["tests"]
    assert (test["name"], test["number"], test["score"], test["max_score"], test["status"]) == ("1.5 ELU", "1.5", 1.5, 2, "failed")
    assert test["output"] == "1.5 ELU: wrong.\n\nBecause.\n\nYour code printed:\nhello"


def test_a_question_with_full_points_is_passed_and_any_other_is_failed() -> None:
    statuses: list[Status] = ["passed", "partial", "failed", "empty", "not reached", "fault"]
    tests = shown(result(*(question(n, 2 if s == "passed" else 0, status=s) for n, s in enumerate(statuses))))["tests"]
    assert [t["status"] for t in tests] == ["passed", *["failed"] * 5]


def test_execution_time_is_a_number() -> None:
    assert shown(result(seconds=1.23456))["execution_time"] == 1.235


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, -1.0, 1e300])
def test_no_number_leaves_the_range_that_it_may_have(odd: float) -> None:
    made = shown(result(question(points=odd, seconds=odd), total=odd, seconds=odd))
    assert 0 <= made["score"] <= 2 and 0 <= made["tests"][0]["score"] <= 2


def test_full_marks_of_49_equal_items_are_the_whole_and_48_are_less() -> None:
    share = Fraction(20, 49)
    asked = [question(n, rounded(share), max_points=rounded(share)) for n in range(49)]
    exact = {q.id: share for q in asked}
    whole = msgspec.structs.replace(result(*asked, total=total_of(asked, exact)), max_total=20)
    assert shown(whole)["score"] == 20
    assert total_of(asked[:48], exact) < 20
    assert rounded(sum((share for _ in range(49)), Fraction(0))) == 20
    assert functools.reduce(operator.add, [20 / 49] * 49) != 20  # `sum` of floats compensates from Python 3.12 on


def test_a_question_that_earns_nothing_has_a_score_of_0_and_not_none() -> None:
    assert shown(result(question(points=0, status="failed")))["tests"][0]["score"] == 0


def test_visibility_is_the_instructors_and_a_question_may_have_its_own() -> None:
    settings = Shown("after_due_date", "after_published", {"1.2": "hidden"})
    made = shown(result(question(1), question(2)), settings)
    assert (made["visibility"], made["stdout_visibility"]) == ("after_due_date", "after_published")
    assert [t.get("visibility") for t in made["tests"]] == [None, "hidden"]


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (result(), Shown(stdout_visibility="visible", notes=("the points differ",))),
        (result(staff=["a worker can read /secret"]), Shown(stdout_visibility="visible")),
        (result(finished=False), Shown(stdout_visibility="visible")),
    ],
)
def test_standard_output_is_hidden_whenever_it_may_hold_words_for_staff(made: Result, settings: Shown) -> None:
    assert shown(made, settings)["stdout_visibility"] == "hidden"


def test_notes_for_staff_are_stored_and_shown_to_no_student() -> None:
    made = shown(result(staff=["one"]), Shown(notes=("two",)))
    assert made["extra_data"]["staff"] == ["one", "two"]
    assert "one" not in made.get("output", "") and "two" not in made.get("output", "")


def test_a_grading_that_ended_early_says_so_above_the_questions() -> None:
    made = shown(result(question(1), question(2, 0, status="not reached"), finished=False, remarks=["a remark"]))
    assert made["output"].splitlines() == [
        "a remark",
        "The grading ended early, after 1 of 2 questions; submit once more to have the rest.",
    ]


def test_60_questions_of_50_kb_each_stay_below_the_limits_of_question_and_file() -> None:
    asked = [question(n, 0, status="failed", sentences=["wrong " * 4000], output="print\x00\n" * 9000) for n in range(60)]
    data = render(result(*asked, remarks=["remark " * 9000]))
    assert len(data) <= WHOLE and validate(data) == []
    assert all(len(t["output"].encode()) <= PER_QUESTION for t in msgspec.json.decode(data)["tests"])


def test_a_long_text_keeps_its_head_and_its_tail() -> None:
    text = capped("HEAD" + "é" * 20_000 + "TAIL", 1_000)
    assert text.startswith("HEAD") and text.endswith("TAIL") and "40008 bytes in all" in text and len(text.encode()) <= 1_000


def test_no_limit_is_too_small() -> None:
    assert all(len(capped("€" * 400, limit).encode()) <= limit for limit in range(200))


def test_one_question_that_prints_much_does_not_take_the_room_of_the_sentences() -> None:
    [test] = shown(result(question(sentences=["why"], output="x" * 50_000)))["tests"]
    assert test["output"].startswith("why\n\nYour code printed:\nx") and len(test["output"]) < 5_000


def test_a_recursion_is_one_entry_with_its_count() -> None:
    trace = '  File "ps2/activations.py", line 9, in __init__\n    self.__init__()\n'
    assert collapsed("Traceback:\n" + trace * 990 + "RecursionError") == f"Traceback:\n{trace}… repeated 990 times …\nRecursionError"
    [test] = shown(result(question(output="Traceback:\n" + trace * 990 + "RecursionError")))["tests"]
    assert test["output"].endswith(f"Traceback:\n{trace}… repeated 990 times …\nRecursionError")
    assert collapsed("a\nb\nc\n" * 3) == "a\nb\nc\n" * 3


def test_colours_control_characters_and_half_surrogates_are_gone() -> None:
    assert plain("\x1b[31mred\x1b[0m\x00\x07 \udcff\u202eok\r\nnext\ttab") == "red ok\nnext\ttab"


def test_a_path_of_the_graders_machine_is_the_students_file_by_its_name() -> None:
    [test] = shown(result(question(output="/tmp/x/ps2-submission-ab_1/ps2/activations.py:14: RuntimeWarning")))["tests"]
    assert test["output"] == "Your code printed:\nps2/activations.py:14: RuntimeWarning"


def test_every_documented_field_can_be_written_and_is_valid() -> None:
    test = Test(1, 2, "failed", "1.1 ELU", "1.1", "text", "out", "md", ["tag"], "hidden", {"a": 1})
    board = [Entry("Accuracy", 0.9), Entry("Stars", "***", "asc")]
    whole = Report(1, [test], 0.5, "o", "html", "ansi", "simple_format", "visible", "hidden", {"b": [1]}, board)
    assert validate(encode(whole)) == []
    assert set(msgspec.json.decode(encode(whole))) == set(Report.__struct_fields__)
