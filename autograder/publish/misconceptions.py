"""docs/misconceptions.md, for TAs: every catalogued mistake with its sentence, by question."""

from __future__ import annotations

from ..check.question import REGISTRY
from ..course import Course
from ..misconceptions import Misconception, load_catalog

HEAD = """\
# Known mistakes

Generated from `autograder/misconceptions` by `make regenerate`. For TAs: it gives answers away.

Where a submission's results are those of one of these on two unrelated sets of inputs, the student reads "This is what you get when …".
A mistake is caught by the parts of the question in the last column; `make audit` proves it on every seed.
An equivalent one cannot be told from a right answer by any value, for the reason given, and costs nothing.
"""


def misconceptions(course: Course) -> dict[str, bytes]:
    return {"docs/misconceptions.md": text(list(load_catalog().values())).encode()}


def text(catalog: list[Misconception]) -> str:
    caught = [m for m in catalog if not m.equivalent]
    counts = f"{len(caught)} mistakes and {len(catalog) - len(caught)} equivalent ones, in {len({m.question for m in catalog})} questions."
    sections = [section(id, [m for m in catalog if m.question == id]) for id in REGISTRY if any(m.question == id for m in catalog)]
    return "\n".join([HEAD + counts + "\n", *sections])


def section(id: str, known: list[Misconception]) -> str:
    lines = [f"## {id} {REGISTRY[id].title}\n", "| mistake | this is what you get when … | caught by |", "|---|---|---|"]
    lines += [row(m) for m in known if not m.equivalent]
    lines += [f"| `{m.id}` | {cell(m.says)} | equivalent: {cell(m.equivalent)} |" for m in known if m.equivalent]
    return "\n".join(lines) + "\n"


def row(m: Misconception) -> str:
    stubs = REGISTRY[m.question].names
    name = f"`{m.id}`" if len(stubs) == 1 else f"`{m.id}` ({m.name})"
    return f"| {name} | {cell(m.says)} | {cell('; '.join(m.fails))} |"


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
