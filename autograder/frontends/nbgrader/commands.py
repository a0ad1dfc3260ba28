"""`autograder nbgrader …`: the commands; what they do is imported when it is asked for, as nbgrader takes seconds to load."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import Annotated, Optional

import typer

from ...assignment import AssignmentError

app = typer.Typer(help="nbgrader: a course folder, and the grader's scores in its gradebook.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option("--course", "-c", metavar="FOLDER", help="The nbgrader course folder.")]
HERE = Path(".")


@app.callback()
def ready() -> None:
    """Everything here needs the extra `nbgrader`."""
    lacking = [name for name in ("nbgrader", "jupytext", "ipykernel") if importlib.util.find_spec(name) is None]
    if lacking:
        raise AssignmentError(f"{', '.join(lacking)} must be installed first: python -m pip install -e '.[nbgrader]'")
    warnings.filterwarnings("ignore", module="nbgrader")  # SQLAlchemy's about nbgrader's own tables
    warnings.filterwarnings("ignore", category=SyntaxWarning)


@app.command()
def build(folder: Annotated[Path, typer.Argument(help="The course folder; made if it is not there.")]) -> None:
    """Make a course folder, or bring it up to date: notebook, kit, settings, and the release for students."""
    from ...course import this_course
    from .build import build as make

    for change in make(folder, this_course()):
        print(f"  {change}")
    print(f"{folder}/release/ps2 is what students get (`nbgrader release_assignment ps2`); {folder}/solution/ps2 is for staff.")


@app.command(name="import")
def import_scores(
    students: Annotated[Optional[list[str]], typer.Argument(help="Only these; everybody's submission otherwise.")] = None,  # noqa: UP045
    course: Folder = HERE,
    results: Annotated[Optional[Path], typer.Option(help="Take STUDENT.json from here where it fits; grade the rest.")] = None,  # noqa: UP045
) -> None:
    """Grade what lies in submitted/, confined, and write the scores into the gradebook; `nbgrader autograde` makes rows and copies."""
    from ...course import this_course
    from ...grading.grade import Grader
    from .course_folder import open_course
    from .scores import confined, import_all, or_from, report

    ours = this_course()
    with Grader(ours, keep=True) as grader:
        grade = confined(ours, grader)
        for text in report(import_all(open_course(course), ours, students, or_from(results, ours, grade) if results else grade)):
            print(text)


@app.command()
def answers(out: Annotated[Path, typer.Argument(help="The folder for the PDFs.")], course: Folder = HERE) -> None:
    """Write each student's written answers as a PDF, one page a question, the same pages for everybody."""
    from ...course import this_course
    from .answers import write_all
    from .course_folder import open_course

    for text in write_all(open_course(course), this_course(), out):
        print(text)


@app.command()
def solution(out: Annotated[Path, typer.Argument(help="The HTML file to write.")] = Path("dist/ps2-solution.html")) -> None:
    """Run the notebook with the solutions and write it as HTML, for staff."""
    from ...course import this_course
    from .solution import write_html

    print(f"{write_html(out, this_course())}: the solution notebook, run; keep it among staff.")
