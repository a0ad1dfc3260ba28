"""Written answers as one PDF a student, a page a question and the same pages for everybody, as Gradescope's outline wants them.

The text stands as the student typed it, in lines, with formulas set where matplotlib can set them. No HTML, no TeX, no network.
"""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...course import Course
from ...grading.result import write_atomically
from ...publish.notebook import ASSIGNMENT, notebook, rubric_of
from .awaiting import folder_of
from .cells import name_in
from .course_folder import CourseFolderError
from .scores import notebook_in

PAGE = (8.27, 11.69)  # inches, A4
LEFT, TOP, BOTTOM = 0.09, 0.95, 0.05  # of the page
SIZES = (10.0, 8.5, 7.0, 5.5)  # points; the first at which the answer fits
LEADING = 1.45
FORMULA = re.compile(r"\$\$?([^$]+)\$?\$")
Question = tuple[str, str, float]


def write_all(api: Any, course: Course, out: Path) -> Iterator[str]:
    """Write OUT/STUDENT.pdf for everybody whose notebook nbgrader has copied. Raises CourseFolderError where there is nobody or nothing."""
    asked = list(questions(course))
    autograded = api.coursedir.autograded_directory
    folders = sorted(folder_of(api.coursedir, "*", autograded).parent.parent.glob(f"*/{ASSIGNMENT}"))
    if not folders or not asked:
        raise CourseFolderError(
            "there are no notebooks yet; run `autograder nbgrader import` first." if asked else "nothing is answered in words."
        )
    for folder in folders:
        student = folder.parent.name
        made = notebook_in(folder)
        texts = {name_in(cell): cell.source for cell in made.cells} if made is not None else {}
        data, told = pdf(student, asked, texts)
        write_atomically(out / f"{student}.pdf", data)
        yield from (f"{student}: the answer to {name} {says}; read it in the notebook." for name, says in told.items())
    yield f"{len(folders)} PDF{'s' * (len(folders) != 1)} of {len(asked)} page{'s' * (len(asked) != 1)} in {out}: " + ", ".join(
        f"page {n} {name}" for n, (name, _, _) in enumerate(asked, 1)
    )


def questions(course: Course) -> Iterator[Question]:
    """(name, text, points) of each question to answer in words, in order."""
    texts: dict[str, str] = {}
    for cell in notebook(course).cells:
        told = cell.metadata.get("nbgrader", {})
        if cell.id.startswith("question-"):
            texts[cell.id.removeprefix("question-")] = rubric_of(cell.source)[0].replace("**", "")
        elif told.get("solution"):
            name = cell.id.removeprefix("answer-")
            yield name, texts[name], told["points"]


def pdf(student: str, asked: list[Question], texts: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    """The pages of one student, and the questions whose answers are not all there, with what is wrong."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_pdf import PdfPages

    buffer, told = io.BytesIO(), {}
    with rc_context({"pdf.fonttype": 42}), PdfPages(buffer, metadata={"CreationDate": None}) as pages:
        for number, (name, text, points) in enumerate(asked, 1):
            title = f"{student}   question {number} of {len(asked)}: {name}   {points:g} points"
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                page, whole = page_of(title, text, texts.get(f"answer-{name}", "(the cell is not in the notebook)"))
                pages.savefig(page)
            if not whole:
                told[name] = "is longer than its page"
            elif any("missing from" in str(w.message) for w in warned):
                told[name] = "has characters that the PDF's font lacks"
    return buffer.getvalue(), told


def page_of(title: str, question: str, answer: str) -> tuple[Any, bool]:
    """One page, and whether the answer is all there."""
    from matplotlib.figure import Figure

    page = Figure(figsize=PAGE)
    page.text(LEFT, TOP, *typeset(title.replace("$", "")), size=9, weight="bold")
    below, _ = put(page, TOP - 0.025, question, 8.0, color="0.35")
    size = next((size for size in SIZES if fits(answer, size, below)), SIZES[-1])
    return page, put(page, below - 0.02, answer, size)[1]


def fits(text: str, size: float, top: float) -> bool:
    return top - 0.02 - len(list(lines(text, size))) * leading(size) >= BOTTOM


def put(page: Any, top: float, text: str, size: float, color: str = "black") -> tuple[float, bool]:
    """Set `text` from `top` downwards; where it ended, and whether all of it is there."""
    for line in lines(text, size):
        if top - leading(size) < BOTTOM:
            page.text(LEFT, BOTTOM - 0.02, "(longer than this page: the rest is in the notebook)", size=7, style="italic")
            return top, False
        top -= leading(size)
        page.text(LEFT, top, *typeset(line), size=size, color=color)
    return top, True


def leading(size: float) -> float:
    """The height of a line, of the page."""
    return LEADING * size / (72 * PAGE[1])


def lines(text: str, size: float) -> Iterator[str]:
    """Lines of a width that fits; a formula stays on one line where it can."""
    width = int((1 - 2 * LEFT) * PAGE[0] * 72 / (0.56 * size))
    kept = FORMULA.sub(lambda m: "$" + re.sub(r"\s", "\x1f", m[1].strip()) + "$", text.replace("\t", "    "))
    for paragraph in kept.splitlines():
        for line in textwrap.wrap(paragraph, width, break_on_hyphens=False, drop_whitespace=True) or [""]:
            yield line.replace("\x1f", " ")


def typeset(line: str) -> tuple[str]:
    """A line in which formulas are set if matplotlib can, and stand as typed if not."""
    from matplotlib.mathtext import MathTextParser

    printable = "".join(c if c.isprintable() else "?" for c in line)
    if "$" in printable:
        try:
            MathTextParser("path").parse(printable)
            return (printable,)
        except (ValueError, RuntimeError, RecursionError):
            pass
    return (printable.replace("$", r"\$"),)
