"""The handout as a web page and as a PDF, by pandoc's and Typst's Python packages: no system package, the same bytes every time.

Why these: docs/decisions/0150-pandoc-and-typst.md.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from ..assignment import AssignmentError
from ..course import Course
from .figures import images_of
from .handout import handout_text

TEMPLATES = Path(__file__).parent / "templates"
READ = "markdown+pipe_tables+tex_math_dollars-tex_math_single_backslash-implicit_figures"
TIMESTAMP = 0  # of the PDF: the same text gives the same bytes
RENAMED = re.compile(r"\b(dot|plus|minus|times)\.circle\b")
"""Symbols that pandoc writes by a name which newer Typsts have shortened (⊙ is dot.o)."""
LACKING = "The handout's HTML and PDF need two packages that are not installed: run `{python} -m pip install 'ps2-autograder[handout]'`."


def handout_html(course: Course) -> bytes:
    """One file without links to the outside: formulas as MathML, styles and figures inside. Raises AssignmentError."""
    import sys

    try:
        import pypandoc
    except ImportError:
        raise AssignmentError(LACKING.format(python=sys.executable)) from None
    title, text = titled(handout_text(course))
    arguments = [
        "--standalone",
        "--mathml",
        "--embed-resources",
        "--section-divs",
        "--syntax-highlighting=none",
        f"--resource-path={course.toml.parent}",
        f"--include-in-header={TEMPLATES / 'handout-style.html'}",
        "--metadata=lang:en",
        f"--metadata=pagetitle:{title}",
        f"--metadata=title:{title}",
        "--metadata=document-css:false",
    ]
    made: str = pypandoc.convert_text(text, "html5", format=READ, extra_args=arguments)
    return made.encode()


def handout_pdf(course: Course) -> bytes:
    """A4, for printing. Raises AssignmentError."""
    import sys

    try:
        import pypandoc
        import typst
    except ImportError:
        raise AssignmentError(LACKING.format(python=sys.executable)) from None
    title, text = titled(handout_text(course))
    body = RENAMED.sub(r"\1.o", pypandoc.convert_text(text, "typst", format=READ))
    with tempfile.TemporaryDirectory(prefix="ps2-handout-") as folder:
        for name, data in images_of(course, text).items():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_bytes(data)
        style = (TEMPLATES / "handout-style.typ").read_text(encoding="utf-8")
        main = Path(folder) / "handout.typ"
        main.write_text(f"{style.replace('@TITLE@', title)}\n{body}", encoding="utf-8")
        try:
            return bytes(typst.compile(main, format="pdf", timestamp=TIMESTAMP, ignore_system_fonts=True))
        except typst.TypstError as error:
            says = f"The handout cannot be set as a PDF: {error}"
            raise AssignmentError(f"{says}; look for a formula in assignment/handout/ that was changed last.") from None


def titled(text: str) -> tuple[str, str]:
    """The title, which is the first heading, and the text below it."""
    first, _, rest = text.partition("\n")
    return re.sub(r"^#+\s*", "", first).strip(), rest
