"""What staff get beside the archives: the solutions as plain code, the handout, and what the checks know of mistakes, in words."""

from __future__ import annotations

from ..check.question import REGISTRY
from ..course import Course
from ..misconceptions import load_catalog
from .figures import images_of
from .handout import handout_text
from .starter import BEGIN, END

Files = dict[str, bytes]

README = """\
# {title}: solutions

For staff. Students must not have this; docs/keep-solutions-private.md of the project says how to keep it so.

- `ps2/`: the reference, all of it, also what is not asked this term ({term}).
- `handout.md`: the handout as students have it.
- `known-mistakes.md`: every mistake that the checks know by name, by question, with the sentence that its student reads.
"""


def solution_files(course: Course) -> Files:
    """Name in the pack → content."""
    words = {"title": course.assignment.title, "term": course.assignment.term}
    return {
        "README.md": README.format(**words).encode(),
        "handout.md": (handout := handout_text(course)).encode(),
        **images_of(course, handout),
        "known-mistakes.md": known_mistakes(course).encode(),
        **{
            f"ps2/{path.relative_to(course.reference).as_posix()}": without_markers(path.read_text(encoding="utf-8")).encode()
            for path in sorted(course.reference.rglob("*.py"))
        },
    }


def without_markers(source: str) -> str:
    return "".join(line for line in source.splitlines(keepends=True) if line.strip() not in (BEGIN, END))


def known_mistakes(course: Course) -> str:
    """A table a question that is asked."""
    lines = [f"# {course.assignment.title}: known mistakes", ""]
    for question in course.assignment.asked():
        lines += [f"## {question.id} {REGISTRY[question.id].title}", "", "| what the student reads | fails |", "|:---|:---|"]
        mine = [m for m in load_catalog().values() if m.question == question.id]
        lines += [f"| This is what you get when {cell(m.says)} | {cell(', '.join(m.fails) or 'nothing: ' + m.equivalent)} |" for m in mine]
        lines.append("")
    return "\n".join(lines)


def cell(text: str) -> str:
    return text.replace("|", "\\|")
