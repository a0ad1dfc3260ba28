"""A result as Gradescope's results.json: one test a question, every number finite, every text bounded.

The fields are those that gradescope-autograders.readthedocs.io/en/latest/specs documents; gradescope_spec.py checks a file against them.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from ..grading.result import QuestionResult, Result
from .gradescope_spec import Format, Order, Status, Visibility, validate
from .text import capped, collapsed, plain, without_machine

__all__ = ["Entry", "Report", "Shown", "Test", "encode", "render", "report", "validate"]

PER_QUESTION = 8_000  # bytes of text
PRINTED = 4_000  # of what the student's code printed, within it
WHOLE = 64_000  # bytes of the file: platforms refuse larger ones and then show nothing
STEP = 0.8
NOT_ALL = "{unseen} of {all} questions are graded and not shown here now: what you see is not the whole result."


class Test(msgspec.Struct, omit_defaults=True):
    """One entry of `tests`."""

    score: float
    max_score: float
    status: Status
    name: str
    number: str
    name_format: Format | None = None
    output: str = ""
    output_format: Format | None = None
    tags: list[str] = []
    visibility: Visibility | None = None
    extra_data: dict[str, Any] = {}


class Entry(msgspec.Struct, omit_defaults=True):
    """One column of the leaderboard."""

    name: str
    value: float | str
    order: Order | None = None


class Report(msgspec.Struct, omit_defaults=True):
    """The whole file."""

    score: float
    tests: list[Test]
    execution_time: float
    output: str = ""
    output_format: Format | None = None
    test_output_format: Format | None = None
    test_name_format: Format | None = None
    visibility: Visibility | None = None
    stdout_visibility: Visibility | None = None
    extra_data: dict[str, Any] = {}
    leaderboard: list[Entry] = []


class Shown(msgspec.Struct, frozen=True):
    """Who sees what, as the instructor set it. `questions`: by id, where a question differs. `notes`: sentences for staff alone."""

    visibility: Visibility = "visible"
    stdout_visibility: Visibility = "hidden"
    questions: dict[str, Visibility] = {}
    notes: tuple[str, ...] = ()


def render(result: Result, shown: Shown = Shown()) -> bytes:  # noqa: B008  frozen
    """results.json, at most WHOLE bytes: where the texts are too long together, all of them are cut alike."""
    result, room = readable(result), PER_QUESTION
    data = encode(report(result, shown, room))
    while len(data) > WHOLE and room > 1:
        room = int(room * STEP)
        data = encode(report(result, shown, room))
    return data


def encode(made: Report) -> bytes:
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def readable(result: Result) -> Result:
    """The same with every text fit to be shown: one sentence a question, one remark."""
    questions = [
        msgspec.structs.replace(q, sentences=[clean("\n\n".join(q.sentences))], output=clean(q.output).strip("\n"))
        for q in result.questions
    ]
    return msgspec.structs.replace(result, questions=questions, remarks=[clean(heading(result))])


def clean(text: str) -> str:
    """Repetitions counted first, on the whole; bounded before each character is looked at."""
    return without_machine(plain(capped(collapsed(text), 2 * PER_QUESTION)))


def report(result: Result, shown: Shown, room: int = PER_QUESTION) -> Report:
    """A readable result in Gradescope's words; `room` bounds the bytes of each text."""
    quiet = bool(shown.notes or result.staff) or not result.finished  # what staff must read on stdout is not for students
    most = within(result.max_total, math.inf)
    unseen = sum(shown.questions.get(q.id) not in (None, "visible") for q in result.questions)
    about = capped(result.remarks[0], room - len(NOT_ALL))
    if unseen:  # whatever they came to, so that a page of passed tests is not read as full marks
        about = (about + "\n" if about else "") + NOT_ALL.format(unseen=unseen, all=len(result.questions))
    return Report(
        score=within(result.total, most),
        tests=[test(question, shown, room) for question in result.questions],
        execution_time=round(within(result.seconds, math.inf), 3),
        output=about,
        output_format="text",
        test_output_format="text",
        test_name_format="text",
        visibility=shown.visibility,
        stdout_visibility="hidden" if quiet else shown.stdout_visibility,
        extra_data=for_staff(result, shown),
        leaderboard=[Entry(s.name, within(s.value, math.inf), "asc" if s.lower else "desc") for s in result.leaderboard],
    )


def test(question: QuestionResult, shown: Shown, room: int) -> Test:
    most = within(question.max_points, math.inf)
    return Test(
        score=within(question.points, most),
        max_score=most,
        status="passed" if question.status == "passed" else "failed",
        name=f"{question.id} {question.title}",
        number=question.id,
        output=words(question, room),
        visibility=shown.questions.get(question.id),
        extra_data={"status": question.status, "seconds": round(within(question.seconds, math.inf), 3)},
    )


def words(question: QuestionResult, room: int) -> str:
    """The sentences first, whole where they fit; then what the student's code printed, in the room that is left."""
    said = capped(question.sentences[0], room)
    title = "\n\nYour code printed:\n" if said else "Your code printed:\n"
    left = min(PRINTED, room - len((said + title).encode()))
    return said + title + capped(question.output, left) if question.output and left > 100 else said


def heading(result: Result) -> str:
    """What concerns the upload as a whole."""
    reached = sum(question.status != "not reached" for question in result.questions)
    lines = list(result.remarks)
    if not result.finished:
        lines.append(f"The grading ended early, after {reached} of {len(result.questions)} questions; submit once more to have the rest.")
    return "\n".join(lines)


def for_staff(result: Result, shown: Shown) -> dict[str, Any]:
    """Kept by Gradescope with the submission, not shown to students."""
    kept = {
        "submission_digest": result.submission_digest,
        "kit_version": result.kit_version,
        "grader_version": result.grader_version,
        "seed_digest": result.seed_digest,
        "max_total": within(result.max_total, math.inf),
        "finished": result.finished,
        "layers": {name: capped(plain(state), 300) for name, state in result.layers.items()},
    }
    notes = [capped(plain(note), 2_000) for note in (*result.staff, *shown.notes)]
    return kept | ({"staff": notes} if notes else {})


def within(number: float, most: float) -> float:
    """A finite number from 0 to `most`; what is none counts 0."""
    return min(max(number, 0), most) if math.isfinite(number) else 0
