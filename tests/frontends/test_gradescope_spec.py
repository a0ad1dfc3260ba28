"""The validator finds each planted fault, and nothing in a good file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autograder.frontends.gradescope_spec import validate

GOOD: dict[str, Any] = {
    "score": 3.0,
    "execution_time": 136,
    "output": "Text",
    "output_format": "simple_format",
    "test_output_format": "text",
    "test_name_format": "md",
    "visibility": "after_due_date",
    "stdout_visibility": "visible",
    "extra_data": {"any": ["thing", 1, None]},
    "tests": [
        {
            "score": 2.0,
            "max_score": 2.0,
            "status": "passed",
            "name": "n",
            "name_format": "html",
            "number": "1.1",
            "output": "o",
            "output_format": "ansi",
            "tags": ["a", "b"],
            "visibility": "visible",
            "extra_data": {},
        },
        {"score": 1, "max_score": 2, "status": "failed"},
    ],
    "leaderboard": [{"name": "Accuracy", "value": 0.926}, {"name": "Time", "value": 15.1, "order": "asc"}, {"name": "S", "value": "***"}],
}


def changed(path: tuple[Any, ...], value: Any) -> bytes:
    made = json.loads(json.dumps(GOOD))
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(made).encode()


def test_the_documented_example_is_valid() -> None:
    assert validate(json.dumps(GOOD).encode()) == []


FAULTS = [
    (("score",), "3", "score is"),
    (("score",), True, "score is true"),
    (("score",), -1, "score is -1"),
    (("score",), 2.5, "add up to 3"),
    (("execution_time",), "0.01", "execution_time is"),
    (("execution_time",), None, "execution_time is null"),
    (("output",), 7, "output is 7, expected text"),
    (("output",), "a\0b", "null characters"),
    (("output",), "\ud800", "half surrogates"),
    (("output_format",), "markdown", "expected one of text, html, simple_format, md, ansi"),
    (("test_output_format",), "", "test_output_format"),
    (("test_name_format",), ["text"], "test_name_format"),
    (("visibility",), "visable", "expected one of visible, after_due_date, after_published, hidden"),
    (("stdout_visibility",), None, "stdout_visibility"),
    (("extra_data",), [], "extra_data is [], expected an object"),
    (("tests",), {}, "tests is {}, expected a list"),
    (("tests", 1), "x", "tests[1] is"),
    (("leaderboard",), "x", "leaderboard is"),
    (("max_score",), 3, '"max_score" is no field'),
    (("tests", 0, "score"), None, "tests[0].score"),
    (("tests", 0, "score"), 2.5, "above its max_score"),
    (("tests", 0, "max_score"), "2", "tests[0].max_score"),
    (("tests", 0, "status"), "partial", "tests[0].status"),
    (("tests", 0, "name"), 1, "tests[0].name"),
    (("tests", 0, "name_format"), "pdf", "tests[0].name_format"),
    (("tests", 0, "number"), 1.1, "tests[0].number"),
    (("tests", 0, "output"), ["o"], "tests[0].output"),
    (("tests", 0, "output_format"), 0, "tests[0].output_format"),
    (("tests", 0, "tags"), "a", "tests[0].tags"),
    (("tests", 0, "tags"), [1], "tests[0].tags"),
    (("tests", 0, "visibility"), "always", "tests[0].visibility"),
    (("tests", 0, "extra_data"), 1, "tests[0].extra_data"),
    (("tests", 0, "points"), 1, '"points" is no field'),
    (("leaderboard", 0), 1, "leaderboard[0] is 1"),
    (("leaderboard", 0, "name"), 1, "leaderboard[0].name"),
    (("leaderboard", 0, "value"), None, "leaderboard[0].value"),
    (("leaderboard", 1, "order"), "up", "expected one of asc, desc"),
    (("leaderboard", 1, "unit"), "s", '"unit" is no field'),
]


@pytest.mark.parametrize(("path", "value", "says"), FAULTS, ids=[f"{'.'.join(map(str, p))}={v!r}" for p, v, _ in FAULTS])
def test_a_planted_fault_is_one_sentence(path: tuple[Any, ...], value: Any, says: str) -> None:
    sentences = validate(changed(path, value))
    assert any(says in sentence for sentence in sentences), sentences
    assert all(sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"score": NaN}', "NaN is no JSON number"),
        (b'{"score": -Infinity}', "-Infinity is no JSON number"),
        (b'{"score": 1e999}', "a finite number"),
        (b'{"score": 1, "score": 2}', "a key appears twice"),
        (b'\xef\xbb\xbf{"score": 1}', "not valid JSON"),
        (b"\xff", "not UTF-8"),
        (b"[]", "holds a list"),
        (b"{}", "no score"),
        (b'{"tests": []}', "no score"),
        (b'{"tests": [{"score": 1}, {}]}', "no score"),
        (b'{"score": 1} print', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"score": 0, "leaderboard": [{}]}', "lacks name"),
    ],
)
def test_a_file_that_gradescope_cannot_read_is_one_sentence(data: bytes, says: str) -> None:
    assert says in " ".join(validate(data))


def test_a_question_with_a_maximum_of_0_may_be_extra_credit() -> None:
    assert validate(b'{"tests": [{"score": 2, "max_score": 0}]}') == []
