"""The demo tells the truth: it fails when the two ends of the scale are not where they belong, and it is short."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from autograder.course import this_course
from autograder.frontends import emulate as emulation
from autograder.frontends.demo import HALF_DONE, REFERENCE, STARTER, SYNTAX_ERROR, told
from autograder.frontends.emulate import Emulation, emulate_command
from autograder.frontends.gradescope import Shown, render
from autograder.frontends.gradescope_run import unreached
from autograder.grading.result import QuestionResult, Result, Status

SENTENCES = ["1.5 ELU, backward: 2 of 2 entries differ.\n" + "    a line\n" * 6 + "  expected", "This is what you get when " + "x " * 60]


def run(result: Result, problems: tuple[str, ...] = ()) -> Emulation:
    return Emulation(render(result, Shown()), list(problems), 1.25, 130, "", "stdout", Path("gone"))


def graded(share: float) -> Result:
    blank = unreached(this_course().assignment)
    asked = [question(q, share if share in (0, 1) or q.part == 1 else 0) for q in blank.questions]
    return msgspec.structs.replace(blank, total=sum(q.points for q in asked), questions=asked, finished=True)


def question(blank: QuestionResult, share: float) -> QuestionResult:
    """Of half-done work, only part 1 is begun."""
    status: Status = "passed" if share == 1 else "failed" if share or blank.part == 1 else "empty"
    return msgspec.structs.replace(blank, points=blank.max_points * share, status=status, sentences=SENTENCES)


def demo(reference: float = 1, starter: float = 0, problems: tuple[str, ...] = ()) -> tuple[int, str]:
    runs = {
        REFERENCE: run(graded(reference)),
        STARTER: run(graded(starter)),
        HALF_DONE: run(graded(0.5), problems),
        SYNTAX_ERROR: run(graded(0)),
    }
    console = Console(file=io.StringIO(), width=80)
    status = told(console, runs)
    return status, console.file.getvalue()  # type: ignore[attr-defined]


def test_it_is_green_and_at_most_about_40_lines() -> None:
    status, text = demo()
    assert status == 0 and len(text.splitlines()) <= 42 and "Every results.json is valid" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"reference": 0.5}, "The reference earns"),
        ({"starter": 0.5}, "The untouched starter earns"),
        ({"problems": ("score is NaN.",)}, "half done: score is NaN."),
    ],
)
def test_it_fails_with_a_sentence(changed: dict[str, object], says: str) -> None:
    status, text = demo(**changed)  # type: ignore[arg-type]
    assert status == 1 and says in text


@pytest.mark.parametrize(("problems", "killed", "status"), [([], "", 0), (["score is NaN."], "", 1), ([], "time", 1)])
def test_emulate_exits_0_only_for_a_valid_file_within_the_limits(
    problems: list[str], killed: emulation.Killed, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Emulation(render(graded(0.5)), problems, 2.5, 130, killed, "for staff: hello", Path("gone"))
    monkeypatch.setattr(emulation, "emulate", lambda *_, **__: made)
    assert emulate_command(Path("a.zip"), Path("solutions"), 768, 10) == status
    said = capsys.readouterr().out
    assert "2.5 s, 130 MB" in said and "hello" in said and all(p in said for p in problems)
