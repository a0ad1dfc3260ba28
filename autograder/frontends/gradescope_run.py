"""What run_autograder executes: one submission in Gradescope's folders becomes results/results.json, whatever happens.

`python -m autograder.frontends.gradescope_run ROOT`, where ROOT holds source/ (this package), submission/, results/ and
submission_metadata.json; on Gradescope that is /autograder. Standard output is for staff.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from pathlib import Path

import msgspec

from .. import __version__
from ..assignment import Assignment
from ..course import Course, this_course
from ..grading.grade import grade
from ..grading.intake import IntakeError
from ..grading.result import QuestionResult, Result, rounded, write_atomically
from ..training.question import unreached as training_unreached
from .gradescope import Shown, render
from .gradescope_metadata import read_metadata, stage_of, total_points
from .unittest_bridge import BridgeError, through_gradescope_utils

SORRY = "The grader could not run; staff have been told."
SORRY_PARTLY = "The grader could not run to its end; staff have been told. What it had graded before is kept."
NOT_REACHED = "was not reached: the grading ended before."


def main(root: Path) -> int:
    """Always 0: the file says what happened, and Gradescope shows a failed run's file to nobody."""
    written = Written(root / "results" / "results.json")
    try:
        run(root, this_course(), written)
    except Exception:
        trace = traceback.format_exc()
        written.apologise()
        say(f"The grader failed; for staff:\n{trace}")
    return 0


def say(text: str) -> None:
    """On standard output, whatever the text holds: an exception's may have characters that no encoding has."""
    print(text.encode("utf-8", "backslashreplace").decode())


class Written:
    """results.json, and what it says at the moment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = Shown()
        self.latest: Result | None = None
        self.notes: list[str] = []

    def note(self, sentence: str) -> None:
        """For staff: on standard output, and with the submission."""
        say(f"For staff: {sentence}")
        self.notes.append(sentence)

    def __call__(self, result: Result) -> None:
        self.latest = result
        write_atomically(self.path, self.rendered(result))

    def rendered(self, result: Result) -> bytes:
        return render(result, msgspec.structs.replace(self.shown, notes=tuple(self.notes)))

    def apologise(self) -> None:
        """Keep what is there and say that it is not all. Where not even that can be written, the file stands as it is."""
        self.shown = msgspec.structs.replace(self.shown, stdout_visibility="hidden")  # the trace is there
        if self.latest is None:
            self.latest = Result("", "", __version__, "", 0, 0, {}, [])
        begun = any(question.status != "not reached" for question in self.latest.questions)
        remarks = [*self.latest.remarks, SORRY_PARTLY if begun else SORRY]
        try:
            self(msgspec.structs.replace(self.latest, remarks=remarks, finished=self.latest.finished or not begun))
        except Exception:
            say(f"results.json could not be written; for staff:\n{traceback.format_exc()}")


def run(root: Path, course: Course, written: Written) -> None:
    assignment = course.assignment
    written.shown = shown(assignment)
    blank = unreached(assignment)
    written(blank)
    metadata = read_metadata(root / "submission_metadata.json")
    about_points(total_points(metadata), blank.max_total, written)
    say(f"PS2 grader {__version__}, zip {zip_digest(course.root)}: {len(blank.questions)} questions, {blank.max_total:g} points")
    try:
        result = grade(root / "submission", course, written, stage=stage_of(metadata))
    except IntakeError as error:
        result = refused(blank, str(error))
    for sentence in result.staff:
        say(f"For staff: {sentence}")
    written(result)
    retell(result, written)
    for q in result.questions:
        say(f"{q.id} {q.title}: {q.points:g} of {q.max_points:g}, {q.status}, {q.seconds:.2f} s")


def retell(result: Result, written: Written) -> None:
    """The last step: the same report through gradescope-utils. Where that package fails or disagrees, our file stands."""
    try:
        write_atomically(written.path, through_gradescope_utils(written.rendered(result)))
    except BridgeError as error:
        written.note(str(error))
        written(result)


def shown(assignment: Assignment) -> Shown:
    """Visibility as assignment.toml sets it."""
    settings = {question.id: assignment.questions[question.id].visibility for question in assignment.asked()}
    own = {id: visibility for id, visibility in settings.items() if visibility is not None}
    return Shown(assignment.gradescope.visibility, assignment.gradescope.stdout_visibility, own)


def unreached(assignment: Assignment) -> Result:
    """The result before anything is known: each question with its points and none of them earned."""
    blank = [
        QuestionResult(
            q.id, q.part, q.title, 0, rounded(assignment.points(q)), "not reached", sentences=[f"{q.id} {q.title} {NOT_REACHED}"]
        )
        for q in assignment.asked()
    ]
    if assignment.training.on:
        blank.append(training_unreached(assignment))
    most = rounded(assignment.total())
    return Result("", "", __version__, "", 0, most, {}, blank, assignment=assignment.title, finished=False)


def refused(blank: Result, sentence: str) -> Result:
    """Nothing in the upload can be graded: the one sentence, above and at every question."""
    told = [msgspec.structs.replace(q, status="failed", sentences=[f"{q.id} {q.title}: {sentence}"]) for q in blank.questions]
    return msgspec.structs.replace(blank, questions=told, remarks=[f"Nothing could be graded: {sentence}"], finished=True)


def about_points(theirs: float | None, most: float, written: Written) -> None:
    """Gradescope refuses, or shows two totals, where the assignment's points are not the questions' sum."""
    if theirs is not None and theirs != most:
        written.note(
            f"On Gradescope this assignment has {theirs:g} points, and its questions here have {most:g}; "
            "set the autograder points there to that number, or change assignment.toml and build the zip anew."
        )


def zip_digest(source: Path) -> str:
    """Tells which zip this is: a digest of its manifest."""
    try:
        return hashlib.sha256((source / "MANIFEST").read_bytes()).hexdigest()[:16]
    except OSError:
        return "none (a checkout)"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "/autograder")))
