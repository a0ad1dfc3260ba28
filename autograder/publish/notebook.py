"""The problem set's notebook: the story in assignment/ps2.md, cut to the questions asked, with their checks, as nbgrader wants it.

Metadata that a cell of the story may have:

- needs: names such as "activations.Tanh"; the cell is there when all of them are asked.
- part: a number; the cell is there when something of that part is asked.
- question, points: a question to be answered in words, with its rubric between `=== BEGIN MARK SCHEME ===` and its END.
- answer: the model answer to the question of that name; nbgrader clears it.

`<!-- checks: 1 -->` stands for the check cells of part 1. Every id is fixed: it comes from the cell's place in the story or its question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..assignment import Assignment, AssignmentError
from ..check.question import Question
from ..course import Course

STORY = "ps2.md"
ASSIGNMENT = "ps2"
"""The name of the assignment and of its notebook in nbgrader."""
CHECKS = re.compile(r"<!-- checks: (\d+) -->")
RUBRIC = re.compile(r"\n*=== BEGIN MARK SCHEME ===\n(.*?)\n=== END MARK SCHEME ===", re.DOTALL)
SCHEMA = 3
PYTHON = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
Cell = Any
Notebook = Any


def notebook(course: Course) -> Notebook:
    """The source notebook: model answers and rubrics included. Raises AssignmentError where the story is malformed."""
    import nbformat

    made = nbformat.v4.new_notebook(metadata=PYTHON)
    made.cells = [cell for index, cell in enumerate(story(course)) for cell in in_edition(course.assignment, index, cell)]
    ids = [cell.id for cell in made.cells]
    twice = sorted({id for id in ids if ids.count(id) > 1})
    if twice:
        raise AssignmentError(f"{path_of(course)}: {', '.join(twice)} occurs twice; give each question a name of its own.")
    nbformat.validate(made)
    return made


def path_of(course: Course) -> Path:
    return course.root / "assignment" / STORY


def story(course: Course) -> list[Cell]:
    """The cells of ps2.md, all of them."""
    import jupytext

    path = path_of(course)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise AssignmentError(f"{path} cannot be read: {error.strerror}.") from None
    cells: list[Cell] = jupytext.reads(text, fmt="md").cells
    questions = {cell.metadata.question: cell.metadata for cell in cells if "question" in cell.metadata}
    answers = {cell.metadata.answer: cell.metadata for cell in cells if "answer" in cell.metadata}
    if single := sorted(questions.keys() ^ answers.keys()):
        raise AssignmentError(f"{path}: {', '.join(single)} has a question or an answer, and not both.")
    for name, told in answers.items():
        if not questions[name].get("points"):
            raise AssignmentError(f"{path}: question {name} has no points; write points=2 beside its name.")
        told["points"] = questions[name].points
    return cells


def in_edition(assignment: Assignment, index: int, cell: Cell) -> Iterator[Cell]:
    """What a cell of the story becomes for the questions asked: nothing, itself, or the checks of a part."""
    asked = assignment.asked()
    names = {stub for question in asked for stub in question.stubs}
    parts = {question.part for question in asked}
    told = cell.metadata
    if set(told.get("needs", [])) - names or told.get("part") not in {None, *parts}:
        return
    if match := CHECKS.fullmatch(cell.source.strip()):
        for question in asked:
            if question.part == int(match[1]):
                yield from checks(assignment, question)
    elif "question" in told:
        worth = f"{told.points} point{'s' * (told.points != 1)}"
        yield marked(markdown(cell.source.replace("@POINTS@", worth)), f"question-{told.question}", locked=True)
    elif "answer" in told:
        yield marked(markdown(cell.source), f"answer-{told.answer}", grade=True, solution=True, points=told.points)
    else:
        made = markdown(cell.source) if cell.cell_type == "markdown" else code(cell.source)
        made.id = f"story-{index:03}"
        yield made


def checks(assignment: Assignment, question: Question) -> Iterator[Cell]:
    """A heading and the cell whose last value is the points."""
    number, section = question.id.replace(".", "-"), assignment.questions[question.id].section
    names = ", ".join(f"`{stub.split('.')[1]}`" for stub in question.stubs)
    points = float(assignment.points(question))
    says = f"### {question.id} {question.title}\n\n{names} in `ps2/{question.file}`, {points:g} points. Handout: {section}."
    yield marked(markdown(says), f"about-{number}", locked=True)
    yield marked(code(f'score("{question.id}")'), check_cell(question.id), grade=True, locked=True, points=points)


def check_cell(question: str) -> str:
    """ "1.5" → "check-1-5", the name of its cell in nbgrader."""
    return f"check-{question.replace('.', '-')}"


def question_of(cell: str) -> str | None:
    """The question that a cell checks; None for every other cell."""
    match = re.fullmatch(r"check-(\d+)-(\d+)", cell)
    return f"{match[1]}.{match[2]}" if match else None


def markdown(source: str) -> Cell:
    import nbformat

    return nbformat.v4.new_markdown_cell(source)


def code(source: str) -> Cell:
    import nbformat

    return nbformat.v4.new_code_cell(source)


def marked(cell: Cell, id: str, *, grade: bool = False, solution: bool = False, locked: bool = False, points: float | None = None) -> Cell:
    """The cell with nbgrader's metadata; its id in the notebook and in nbgrader are the same."""
    told = {"grade": grade, "grade_id": id, "locked": locked, "schema_version": SCHEMA, "solution": solution, "task": False}
    cell.id = id
    cell.metadata["nbgrader"] = told if points is None else {**told, "points": points}
    return cell


def rubric_of(source: str) -> tuple[str, str]:
    """A question's text and its rubric."""
    match = RUBRIC.search(source)
    return (RUBRIC.sub("", source), match[1]) if match else (source, "")


def encoded(made: Notebook) -> bytes:
    """The file's bytes."""
    import nbformat

    text: str = nbformat.writes(made)
    return text.encode() + b"\n"
