"""`autograder report`: a class's summary in the terminal, and its pages where a folder is named."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..classroom.index import Store, the_index
from ..course import Course
from ..frontends import markdown
from ..grading.result import write_atomically
from ..misconceptions import load_catalog
from . import terminal
from .class_page import class_page
from .student import student_page
from .summary import ClassSummary, summarize
from .training import stored_runs


def report_command(results: Path, out: Path | None, course: Course) -> int:
    """0. Raises IntakeError where RESULTS holds no class run."""
    found = read(results, course)
    console = Console(highlight=False)
    terminal.show(found, console)
    if out is not None:
        write_pages(found, out, course)
        console.print(f"{out / 'class.html'}: for staff. {out / 'students'}: a page and a Markdown file a submission.", soft_wrap=True)
    return 0


def read(results: Path, course: Course) -> ClassSummary:
    index, store = the_index(results), Store(results)
    graded = [(entry, store.read(entry.key)) for entry in index.entries if entry.key]
    troubles = [entry for entry in index.entries if entry.trouble]
    limits = {q.id: course.assignment.limits_of(q).wall_seconds for q in course.assignment.asked()}
    return summarize(index.assignment, graded, troubles, limits)


def write_pages(found: ClassSummary, out: Path, course: Course) -> None:
    titles = {int(part): settings.title for part, settings in course.assignment.parts.items()}
    trained = stored_runs(course, {entry.digest for entry, _ in found.graded})
    (out / "students").mkdir(parents=True, exist_ok=True)
    for entry, result in found.graded:
        (out / "students" / f"{entry.id}.html").write_bytes(student_page(result, entry.who, titles, trained.get(entry.digest)).encode())
        (out / "students" / f"{entry.id}.md").write_bytes(markdown.render(result))
    says = {mistake.id: (mistake.question, mistake.says) for mistake in load_catalog().values()}
    write_atomically(out / "class.html", class_page(found, says, trained=list(trained.values())).encode())
