"""The handout as a web page and as a PDF, by pandoc's and Typst's Python packages: no system package, the same bytes every time.

Why these: docs/decisions/0150-pandoc-and-typst.md.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from ..assignment import AssignmentError
from ..course import Course
from .figures import images_of
from .handout import handout_text

TEMPLATES = Path(__file__).parent / "templates"
READ = "markdown+pipe_tables+tex_math_dollars-tex_math_single_backslash"
TIMESTAMP = 0  # of the PDF: the same text gives the same bytes
RENAMED = re.compile(r"\b(dot|plus|minus|times)\.circle\b")
"""Symbols that pandoc writes by a name which newer Typsts have shortened (⊙ is dot.o)."""
CAPTIONED = re.compile(r"^!\[([^\]]*)\]\(([^)]+)\)\n\n(\*\*Figure: .+)$", re.MULTILINE)
"""A picture with its alternative text, and the paragraph below it that explains it."""
WITH_ALT = re.compile(r'\]\(([^)]+)\)\{alt="([^"]*)"\}')
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
    body = for_typst(pypandoc.convert_text(text, "typst", format=READ), text)
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


def for_typst(body: str, text: str) -> str:
    """What pandoc's Typst lacks: symbols by their new names, room between the columns of `cases`, the pictures' alternative texts."""
    body = RENAMED.sub(r"\1.o", body)
    body = "\n".join(line.replace(" & ", " & quad ") if "cases(delim" in line else line for line in body.split("\n"))
    for name, alt in WITH_ALT.findall(text):
        body = body.replace(f'image("{name}")', f'image("{name}", alt: {json.dumps(alt, ensure_ascii=False)})')
    return body


def titled(text: str) -> tuple[str, str]:
    """The title, which is the first heading, and the text below it. A picture and the paragraph that explains it become one figure."""
    first, _, rest = text.partition("\n")
    figures = CAPTIONED.sub(lambda m: f'![{m[3]}]({m[2]}){{alt="{m[1]}"}}', rest)
    return re.sub(r"^#+\s*", "", first).strip(), figures
