"""The grader's scores into nbgrader's gradebook: rows and copies by nbgrader, every score by us, in one transaction a student."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties

from ...course import Course
from ...grading.grade import Grader
from ...grading.intake import IntakeError, take
from ...grading.result import Result, decode, write_atomically
from ...publish.notebook import ASSIGNMENT, check_cell, question_of
from . import records
from .awaiting import digest_of, folder_of, submitted
from .cells import known_cells, name_in, natural, put_in_order
from .course_folder import CourseFolderError, said_by

Grade = Callable[[Path, str], Result]


@dataclass
class Imported:
    """One student's import. staff: sentences for those who grade, never shown to students."""

    student: str
    points: float = 0.0
    staff: list[str] = field(default_factory=list)
    result: Result | None = None


def import_all(api: Any, course: Course, students: list[str] | None, grade: Grade) -> Iterator[Imported]:
    """Import every submission, or those of `students`; `grade` gives the result for a folder and a student. Raises CourseFolderError."""
    there = submitted(api.coursedir)
    unknown = sorted(set(students or []) - set(there))
    if unknown or not there:
        where = folder_of(api.coursedir, "STUDENT")
        raise CourseFolderError(
            f"there is no submission of {', '.join(unknown)}." if unknown else f"there is no submission; one lies in {where}."
        )
    with gradebook_of(api) as gradebook:
        check_points(gradebook, course)
    for student in students or there:
        yield import_one(api, student, grade)


def confined(course: Course, grader: Grader) -> Grade:
    """Grades with the grader itself."""
    return lambda folder, student: grader.grade(folder)


def import_one(api: Any, student: str, grade: Grade) -> Imported:
    """Grade one submission, let nbgrader make its rows and copies, write the scores."""
    folder = folder_of(api.coursedir, student)
    digest = digest_of(folder)
    made = Imported(student)
    try:
        made.result = grade(folder, student)
    except IntakeError as error:
        made.staff.append(f"nothing could be graded: {error}")
    made.staff += [f"in the notebook, {odd}" for odd in oddities(api, folder)]
    failed = said_by(api.autograde(ASSIGNMENT, student, force=True, create=True))
    if failed:
        made.staff.append(f"nbgrader could not copy the notebook, so the answers in it are not in the gradebook ({failed}).")
    with gradebook_of(api) as gradebook:
        write(gradebook, made, digest, answers_in(folder_of(api.coursedir, student, api.coursedir.autograded_directory)))
    penalize(api, student)
    with gradebook_of(api) as gradebook:
        made.points = float(gradebook.find_submission(ASSIGNMENT, student).score)
    show_sentences(api, made)
    return made


def penalize(api: Any, student: str) -> None:
    """nbgrader's own late penalties once more: they may depend on the score, which is only right now."""
    told = {"notebook": ASSIGNMENT, "assignment": ASSIGNMENT, "student": student, "db_url": api.coursedir.db_url}
    AssignLatePenalties(config=api.config).preprocess(nbformat.v4.new_notebook(), {"nbgrader": told})


def gradebook_of(api: Any) -> Any:
    return Gradebook(api.coursedir.db_url, api.coursedir.course_id)


def check_points(gradebook: Any, course: Course) -> None:
    """The gradebook's checks are the questions asked, with their points. Raises CourseFolderError."""
    try:
        cells = gradebook.find_notebook(ASSIGNMENT, ASSIGNMENT).grade_cells
    except MissingEntry:
        raise CourseFolderError(f"the gradebook does not know {ASSIGNMENT}; run `autograder nbgrader build` first.") from None
    known = {cell.name: float(cell.max_score) for cell in cells if question_of(cell.name)}
    asked = {check_cell(q.id): float(course.assignment.points(q)) for q in course.assignment.asked()}
    differ = sorted((name for name in known.keys() | asked.keys() if known.get(name) != asked.get(name)), key=natural)
    if differ:
        raise CourseFolderError(
            f"the gradebook and assignment.toml differ in the points of {', '.join(differ)}; run `autograder nbgrader build` again."
        )


def write(gradebook: Any, made: Imported, digest: str, answers: dict[str, str]) -> None:
    """All of a student's scores and the record of them, or nothing. A score or comment given by hand is never touched."""
    student = made.student
    gradebook.update_or_create_student(student)
    gradebook.update_or_create_submission(ASSIGNMENT, student)
    earned = {check_cell(q.id): q for q in made.result.questions} if made.result else {}
    before = records.read(gradebook, ASSIGNMENT, student)
    scores: dict[str, float] = {}
    for grade in gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student).grades:
        if question_of(grade.name):
            question = earned.get(grade.name)
            points = min(max(float(question.points if question else 0.0), 0.0), float(grade.max_score))
            unsettled = question is not None and question.status in ("fault", "not reached")
            grade.auto_score, grade.needs_manual_grade = points, unsettled
            scores[grade.name] = points
            made.staff += about_check(grade, unsettled)
        elif grade.manual_score is not None:
            changed = before is not None and before.answers.get(grade.name) != answers.get(grade.name)
            grade.needs_manual_grade = bool(grade.needs_manual_grade or changed)
            if grade.needs_manual_grade:
                made.staff.append(
                    f"{grade.name} has {grade.manual_score:g} points by hand, and the answer has changed since: read it again."
                )
        else:
            answered = grade.name in answers and grade.auto_score is None
            grade.auto_score, grade.needs_manual_grade = (None if answered else 0.0), answered
    records.write(gradebook, ASSIGNMENT, student, records.Record(digest, scores, answers))
    gradebook.db.commit()


def about_check(grade: Any, unsettled: bool) -> list[str]:
    if unsettled:
        return [f"{grade.name} could not be graded; it has 0 points until you grade this submission again."]
    if grade.manual_score is not None and grade.manual_score != grade.auto_score:
        return [f"{grade.name} has {grade.manual_score:g} points by hand, which count, and {grade.auto_score:g} by the grader."]
    return []


def notebook_in(folder: Path) -> Any | None:
    """The notebook in a folder; None where there is none that can be read."""
    try:
        return nbformat.read(folder / f"{ASSIGNMENT}.ipynb", as_version=4)
    except Exception:  # whatever a student's file does to the reader
        return None


def oddities(api: Any, folder: Path) -> list[str]:
    """What is odd in a submitted notebook, as sentences."""
    notebook = notebook_in(folder)
    if notebook is None:
        return [f"{ASSIGNMENT}.ipynb is missing or cannot be read."]
    with gradebook_of(api) as gradebook:
        return put_in_order(notebook, known_cells(gradebook.find_notebook(ASSIGNMENT, ASSIGNMENT)))


def answers_in(folder: Path) -> dict[str, str]:
    """Answer cell → digest of its text, of the copy that nbgrader made."""
    notebook = notebook_in(folder)
    cells = notebook.cells if notebook is not None else []
    named = {name_in(cell): cell.source for cell in cells if name_in(cell).startswith("answer-")}
    return {name: hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest() for name, source in named.items()}


def show_sentences(api: Any, made: Imported) -> None:
    """The grader's sentences as the outputs of the check cells, so that graders and the feedback show them."""
    path = folder_of(api.coursedir, made.student, api.coursedir.autograded_directory) / f"{ASSIGNMENT}.ipynb"
    notebook = notebook_in(path.parent)
    if notebook is None or made.result is None:
        return
    questions = {check_cell(q.id): q for q in made.result.questions}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            question = questions.get(name_in(cell))
            text = "" if question is None else "\n\n".join([f"{question.points:g} of {question.max_points:g} points", *question.sentences])
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text + "\n")] if text else []
    write_atomically(path, nbformat.writes(notebook).encode() + b"\n")


def or_from(folder: Path, course: Course, grade: Grade) -> Grade:
    """Takes a student's result from `folder`/STUDENT.json where it is finished and of the very files submitted; grades otherwise."""

    def take_or_grade(source: Path, student: str) -> Result:
        path = folder / f"{student}.json"
        if not path.is_file():
            return grade(source, student)
        try:
            result = decode(path.read_bytes())
        except (OSError, msgspec.MsgspecError):
            raise CourseFolderError(f"{path} is no result of this grader; remove it, and the submission is graded here.") from None
        with tempfile.TemporaryDirectory(prefix="ps2-digest-") as clean:
            now = take(source, Path(clean), given=course.reference, wanted=course.assignment.files())
        fits = result.finished and result.submission_digest == now.digest and total(result) == float(course.assignment.total())
        return result if fits else grade(source, student)

    return take_or_grade


def total(result: Result) -> float:
    return sum(question.max_points for question in result.questions)


def report(imports: Iterator[Imported]) -> Iterator[str]:
    """A line a student as they come, with what staff must look at; what the grader has to say about this machine once, at the end."""
    count, told = 0, 0
    graders: dict[str, None] = {}
    for made in imports:
        count, told = count + 1, told + bool(made.staff)
        graders |= dict.fromkeys(made.result.staff if made.result else [])
        yield f"{made.student}: {made.points:g} points in the gradebook"
        yield from (f"    {says}" for says in dict.fromkeys(made.staff))
    yield from (f"the grader says: {says}" for says in graders)
    look = f", {told} of them with something to look at" if told else ""
    yield f"{count} submission{'s' * (count != 1)} imported{look}. Written answers are graded in nbgrader's formgrader."
