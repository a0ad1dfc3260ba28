"""`make regenerate`: everything that is generated, in one list."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from ..course import Course, this_course
from .defaults import solutions
from .figures import FOLDER, figure_files
from .handout import handout_text
from .kit import STARTER, kit_files
from .measured import measured
from .misconceptions import misconceptions

Files = dict[str, bytes]
Generator = Callable[[Course], Files]


def kit(course: Course) -> Files:
    return {f"{STARTER}/{name}": data for name, data in kit_files(course).items()}


def handout(course: Course) -> Files:
    return {"assignment/handout.md": handout_text(course).encode()}


GENERATORS: list[Generator] = [solutions, figure_files, kit, handout, misconceptions, measured]
"""Each gives path (from the root of the checkout) → content, and the old bytes where nothing has changed. Add yours in a line."""

OWNED = (STARTER, FOLDER)
"""Folders in which every file is generated: others are removed."""
LEFT_ALONE = ("__pycache__", ".pytest_cache", ".ruff_cache", ".venv", "submission.zip", ".DS_Store")


def regenerate(check: bool, course: Course | None = None) -> int:
    """Write every generated file that is stale and remove those no longer generated; 0.

    check: write nothing, name what is stale and what mends it; 1 where something is.
    """
    course = course or this_course()
    made: Files = {}
    stale: list[str] = []
    for generate in GENERATORS:  # each sees what those before it have written
        files = generate(course)
        stale += [path for path, data in files.items() if not holds(course.root / path, data)]
        made |= files
        if not check:
            for path in [path for path in stale if path in files]:
                write(course.root / path, files[path])
                print(f"  wrote    {path}")
    surplus = [path for path in owned_files(course.root) if path not in made]
    if check:
        return complain(stale, surplus)
    for path in surplus:
        (course.root / path).unlink()
        print(f"  removed  {path}")
    remove_empty_folders(course.root)
    print(f"{len(made)} generated files, {len(stale)} written, {len(surplus)} removed.")
    return 0


def complain(stale: list[str], surplus: list[str]) -> int:
    for path in stale:
        print(f"{path} is stale: `make regenerate` writes it anew.", file=sys.stderr)
    for path in surplus:
        print(f"{path} is no longer generated: `make regenerate` removes it.", file=sys.stderr)
    return 1 if stale or surplus else 0


def holds(path: Path, data: bytes) -> bool:
    """Whether the file has this content; git on Windows may have changed the line ends of a text."""
    if not path.is_file():
        return False
    old = path.read_bytes()
    return old == data or (b"\0" not in data and old.replace(b"\r\n", b"\n") == data)


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def owned_files(root: Path) -> Iterator[str]:
    for folder in OWNED:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and not any(part in LEFT_ALONE for part in path.relative_to(root).parts):
                yield path.relative_to(root).as_posix()


def remove_empty_folders(root: Path) -> None:
    for folder in OWNED:
        for path in sorted((root / folder).rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
