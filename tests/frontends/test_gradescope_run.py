"""What run_autograder executes: whatever the grader, the upload or the platform does, results.json is valid and says it in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from autograder.course import Course, this_course
from autograder.frontends import gradescope_run
from autograder.frontends.gradescope_spec import validate
from autograder.grading.result import Result

POINTS = float(this_course().assignment.total())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "submission").mkdir()
    return tmp_path


def report(root: Path) -> Any:
    data = (root / "results" / "results.json").read_bytes()
    assert validate(data) == []
    return json.loads(data)


def graded(monkeypatch: pytest.MonkeyPatch, after: Exception | None = None, **changes: Any) -> None:
    """A grader that answers the first question right, then raises `after`."""

    def grade(source: Path, course: Course, on_result: Any, **_: Any) -> Result:
        blank = gradescope_run.unreached(course.assignment)
        first, *others = blank.questions
        right = msgspec.structs.replace(first, points=first.max_points, status="passed", sentences=[])
        result = msgspec.structs.replace(blank, total=first.max_points, questions=[right, *others], **changes)
        on_result(result)
        if after is not None:
            raise after
        return result

    monkeypatch.setattr(gradescope_run, "grade", grade)


def raises(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def grade(*_: Any, **__: Any) -> Result:
        raise error

    monkeypatch.setattr(gradescope_run, "grade", grade)


def metadata(root: Path, said: Any) -> None:
    (root / "submission_metadata.json").write_text(said if isinstance(said, str) else json.dumps(said))


ERRORS = [ValueError("secret-path"), RecursionError(), MemoryError(), UnicodeError("\udcff"), KeyError("x"), AssertionError()]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_an_exception_of_the_grader_is_one_sentence_to_the_student_and_a_trace_to_staff(
    error: Exception, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raises(monkeypatch, error)
    assert gradescope_run.main(root) == 0
    made = report(root)
    assert made["output"] == gradescope_run.SORRY
    assert made["score"] == 0 and sum(test["max_score"] for test in made["tests"]) == POINTS
    assert all("was not reached" in test["output"] for test in made["tests"])
    assert made["stdout_visibility"] == "hidden" and "secret-path" not in json.dumps(made)
    assert type(error).__name__ in capsys.readouterr().out


def test_what_was_graded_before_the_grader_failed_is_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graded(monkeypatch, after=OSError("disk full"), finished=False)
    gradescope_run.main(root)
    made = report(root)
    assert made["score"] == made["tests"][0]["score"] > 0
    assert made["output"].startswith(gradescope_run.SORRY_PARTLY)


def test_a_course_in_disorder_is_a_valid_file_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradescope_run, "this_course", lambda: Course(root / "nothing here"))
    assert gradescope_run.main(root) == 0
    made = report(root)
    assert (made["score"], made["output"], made["tests"]) == (0, gradescope_run.SORRY, [])


def test_every_question_is_not_reached_before_the_first_is_asked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def grade(*_: Any, **__: Any) -> Result:
        seen.append(report(root))
        raise OSError

    monkeypatch.setattr(gradescope_run, "grade", grade)
    gradescope_run.main(root)
    [made] = seen
    assert {test["extra_data"]["status"] for test in made["tests"]} == {"not reached"}
    assert made["score"] == 0 and "ended early, after 0 of" in made["output"]


def test_an_upload_that_cannot_be_taken_is_0_with_its_sentence_at_every_question(root: Path) -> None:
    (root / "submission" / "essay.txt").write_text("dear grader")
    gradescope_run.main(root)
    made = report(root)
    assert made["score"] == 0 and made["output"].startswith("Nothing could be graded: ")
    sentence = made["output"].removeprefix("Nothing could be graded: ").splitlines()[0]
    assert all(sentence in test["output"] and test["score"] == 0 for test in made["tests"])


def test_an_empty_upload_is_0_with_a_sentence(root: Path) -> None:
    gradescope_run.main(root)
    assert report(root)["output"].startswith("Nothing could be graded: ")


def test_points_that_differ_on_gradescope_warn_staff_and_nobody_else(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    graded(monkeypatch)
    metadata(root, {"assignment": {"total_points": "123.0"}})
    gradescope_run.main(root)
    made = report(root)
    [note] = made["extra_data"]["staff"]
    assert "has 123 points" in note and f"have {POINTS:g}" in note
    assert note in capsys.readouterr().out
    assert note not in made.get("output", "") and made["stdout_visibility"] == "hidden"


SAME_OR_SAYS_NOTHING = [
    {"assignment": {"total_points": str(POINTS)}},
    {"assignment": {"total_points": POINTS}},
    {"assignment": {"total_points": None}},
    {"assignment": {"total_points": "many"}},
    {"assignment": {"total_points": "NaN"}},
    {"assignment": {}},
    {"assignment": None},
    {},
    [],
    "null",
    '"text"',
    "",
    "{",
    "[" * 100_000,
]


@pytest.mark.parametrize("said", SAME_OR_SAYS_NOTHING, ids=lambda s: str(s)[:40])
def test_metadata_that_agrees_or_is_malformed_changes_nothing(said: Any, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graded(monkeypatch)
    metadata(root, said)
    gradescope_run.main(root)
    assert "staff" not in report(root)["extra_data"]
