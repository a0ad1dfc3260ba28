"""The handout's figures: drawn from the reference when what they show has changed. The record of that, a small JSON, lies beside each PNG.

Why not by their bytes: docs/decisions/0121-figures-are-compared-by-what-they-show.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..assignment import AssignmentError
from ..check import figure_canvas, meanfield
from ..check.figure_canvas import Data, Figure, FiguresUnavailable
from ..check.figures import FIGURES, RECORDED, offered
from ..check.kit import HERE
from ..check.package import Package
from ..check.question import load_questions
from ..course import Course

FOLDER = "assignment/handout-figures"
IMAGE = re.compile(r"!\[[^\]]*\]\((handout-figures/[\w-]+\.png)\)")
TOLERANCE = 1e-3
"""Of the largest entry of its list: less cannot be seen, and last bits differ between machines."""
Files = dict[str, bytes]


def figure_files(course: Course) -> Files:
    """Path from the root of the checkout → PNG or its record, the old bytes where nothing has changed. Raises AssignmentError."""
    made: Files = {}
    for figure in figures_of(course):
        old = read(course, figure)
        record, image = old
        sources, drawing = digest(sources_of(course, figure)), digest(drawing_of(figure))
        same = bool(image) and record.get("png") == digest([image]) and record.get("drawing") == drawing
        if not same or record.get("sources") != sources:
            record, image = renewed(course, figure, old if same else ({}, b""), sources, drawing)
        made |= {path_of(figure, "png"): image, path_of(figure, "json"): encoded(record)}
    return made


def renewed(course: Course, figure: Figure, old: tuple[dict[str, Any], bytes], sources: str, drawing: str) -> tuple[dict[str, Any], bytes]:
    """Measured again; drawn again unless the old picture shows the same."""
    record, image = old
    data = measured(course, figure)
    if not image or not agree(record.get("data"), data):
        image = drawn(figure, data)
        record = {"data": data, "png": digest([image])}
    return {"sources": sources, "drawing": drawing, "png": record["png"], "data": record["data"]}, image


def figures_of(course: Course) -> list[Figure]:
    """Those that can be made from this course's reference; none for a course with questions of its own."""
    there = {stub for question in load_questions().values() for stub in question.stubs}
    return [f for f in FIGURES if there.issuperset(f.needs)] if course.checks == HERE else []


def measured(course: Course, figure: Figure) -> Data:
    """Raises AssignmentError where a package is missing or the reference cannot be drawn."""
    try:
        data: Data = json.loads(json.dumps(figure.measure(Package(course.reference, "ps2_reference"))))
    except ModuleNotFoundError as error:
        raise AssignmentError(f"The figure {figure.name} must be made anew, which needs {error.name}: run `make setup`.") from None
    except Exception as error:
        says = f"{type(error).__name__}: {error}"
        raise AssignmentError(f"The figure {figure.name} cannot be made from solutions/ps2 ({says}).") from error
    faulty = [row for row in data.get("rows", ()) if row["problem"]]
    if faulty:
        raise AssignmentError(f"The figure {figure.name} cannot be made from solutions/ps2: {faulty[0]['title']}, {faulty[0]['problem']}.")
    return data


def drawn(figure: Figure, data: Data) -> bytes:
    try:
        return figure_canvas.png(figure.draw(data, None))
    except FiguresUnavailable as error:
        raise AssignmentError(f"The figure {figure.name} must be drawn anew. {error}") from None


def agree(one: Any, other: Any) -> bool:
    """The same shape, and numbers that nobody could tell apart in a picture."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(agree(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        if all(is_number(entry) for entry in (*one, *other)):
            largest = max((abs(entry) for entry in one), default=0.0)
            return all(abs(a - b) <= TOLERANCE * largest for a, b in zip(one, other, strict=True))
        return all(agree(a, b) for a, b in zip(one, other, strict=True))
    if is_number(one) and is_number(other):
        return bool(abs(one - other) <= TOLERANCE * abs(one))
    return bool(one == other)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# ---- where they lie


def path_of(figure: Figure, suffix: str) -> str:
    return f"{FOLDER}/{figure.name}.{suffix}"


def read(course: Course, figure: Figure) -> tuple[dict[str, Any], bytes]:
    """The record and the picture of last time; empty where one of them is not there or damaged."""
    try:
        record = json.loads((course.root / path_of(figure, "json")).read_text(encoding="utf-8"))
        return record if isinstance(record, dict) else {}, (course.root / path_of(figure, "png")).read_bytes()
    except (OSError, ValueError):
        return {}, b""


def encoded(record: dict[str, Any]) -> bytes:
    """JSON with one line for each entry of the data, so that a change can be read in a diff."""
    data = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in record["data"].items())
    head = "".join(f"{json.dumps(key)}: {json.dumps(record[key])},\n" for key in ("sources", "drawing", "png"))
    return f'{{\n{head}"data": {{\n{data}\n}}\n}}\n'.encode()


def sources_of(course: Course, figure: Figure) -> list[bytes]:
    """What the numbers come from: the files of the reference whose functions it shows, and the measuring."""
    files = sorted(path for name in figure.files() if (path := course.reference / f"{name}.py").is_file())
    return [*(path.read_bytes() for path in files), *drawing_of(figure)]


def drawing_of(figure: Figure) -> list[bytes]:
    paths = [figure.draw.__code__.co_filename, figure_canvas.__file__, meanfield.__file__]
    return [Path(path).read_bytes() for path in paths]


def digest(parts: Sequence[bytes]) -> str:
    """Of pictures as they are, of texts without regard to their line ends."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part if part.startswith(b"\x89PNG") else part.replace(b"\r\n", b"\n"))
    return total.hexdigest()[:16]


# ---- what students get


def images_of(course: Course, text: str) -> Files:
    """The pictures that a handout shows, by their path in it. Raises AssignmentError where one is missing."""
    found: Files = {}
    for name in IMAGE.findall(text):
        path = course.toml.parent / name
        if not path.is_file():
            raise AssignmentError(f"The handout shows {name}, and {path} is not there: look at its name, or run `make regenerate`.")
        found[name] = path.read_bytes()
    return found


def recorded(course: Course, folder: str) -> Files:
    """The data of the figures of what is asked, for the kit: what a student's own are drawn beside."""
    if course.checks != HERE:
        return {}
    shown = offered({stub for question in course.assignment.asked() for stub in question.stubs})
    data = {figure.name: read(course, figure)[0].get("data", {}) for figure in shown}
    return {f"{folder}/{RECORDED}": json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"} if data else {}


def figures_command(course: Course, names: list[str]) -> int:
    """Forget the old pictures of these figures (all where none is named), and draw them."""
    figures = {figure.name: figure for figure in figures_of(course)}
    unknown = [name for name in names if name not in figures]
    if unknown:
        raise AssignmentError(f"There is no figure {unknown[0]}; the figures are {', '.join(figures) or 'none'}.")
    for name in names or figures:
        (course.root / path_of(figures[name], "png")).unlink(missing_ok=True)
    files = figure_files(course)
    for path, data in files.items():
        (course.root / path).parent.mkdir(parents=True, exist_ok=True)
        if not (course.root / path).is_file() or (course.root / path).read_bytes() != data:
            (course.root / path).write_bytes(data)
            print(f"  wrote    {path} ({len(data) / 1000:.0f} kB)")
    return 0
