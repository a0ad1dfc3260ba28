"""What students must never see, looked for in what they get: files, and every text inside notebooks, outputs and metadata included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..check.kit import HERE
from ..course import Course
from .handout import handout_text
from .notebook import rubric_of, story
from .starter import find_regions

MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN MARK SCHEME", "END MARK SCHEME", "BEGIN HIDDEN TESTS")
SHORTEST = 28  # characters of a line or phrase that stands nowhere by chance


def leaks(course: Course, folder: Path) -> list[str]:
    """One sentence for each file in `folder` that gives something away."""
    secrets = {**dict.fromkeys(MARKERS, "a marker"), **solution_lines(course), **written(course)}
    found: list[str] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        text = "\n".join(texts(path))
        what = next((f"{kind}, `{line[:60]}`" for line, kind in secrets.items() if line in text), None)
        if what:
            found.append(f"{path.relative_to(folder).as_posix()} gives away {what}.")
    return found


def solution_lines(course: Course) -> dict[str, str]:
    """Telling lines between the markers of the reference, without those that students see anyway."""
    lines: dict[str, str] = {}
    seen: set[str] = set()
    for path in sorted(course.reference.glob("*.py")):
        text = path.read_text(encoding="utf-8").splitlines()
        inside = {n for first, last in find_regions(path.name, text) for n in range(first, last - 1)}
        seen |= {line.strip() for n, line in enumerate(text) if n not in inside}
        lines |= {text[n].strip(): f"the solution in {path.name}" for n in inside if len(text[n].strip()) >= SHORTEST}
    checks = "\n".join(p.read_text(encoding="utf-8") for p in sorted(HERE.glob("*.py")))
    return {line: kind for line, kind in lines.items() if line not in seen and line not in checks and not line.startswith("###")}


def written(course: Course) -> dict[str, str]:
    """Telling pieces of model answers and rubrics, without what stands in the story or the handout anyway."""
    pieces: dict[str, str] = {}
    seen = handout_text(course)
    for cell in story(course):
        if "answer" in cell.metadata:
            pieces |= dict.fromkeys(phrases(cell.source), f"the answer to {cell.metadata.answer}")
            continue
        text, rubric = rubric_of(cell.source)
        seen += text
        pieces |= dict.fromkeys(phrases(rubric), f"the rubric of {cell.metadata.get('question', 'a question')}")
    return {piece: kind for piece, kind in pieces.items() if piece not in seen}


def phrases(text: str) -> list[str]:
    """What stands between punctuation and formulas, where it is long enough to be telling."""
    pieces = [piece.strip() for piece in re.split(r"[.,;:$\n]", text)]
    return [piece for piece in pieces if len(piece) >= SHORTEST]


def texts(path: Path) -> Iterator[str]:
    """The texts in a file; of a notebook each string in it, as JSON would hide a line end."""
    text = path.name + "\n" + path.read_bytes().decode("utf-8", "replace")
    yield text
    if path.suffix == ".ipynb":
        yield from strings(json.loads(path.read_bytes()))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if all(isinstance(piece, str) for piece in value):
            yield "".join(value)
        yield from (text for piece in value for text in strings(piece))
    elif isinstance(value, dict):
        yield from (text for key, piece in value.items() for text in (key, *strings(piece)))
