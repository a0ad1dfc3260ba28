"""The golden recordings of the kit; a file whose numbers still agree keeps its bytes, since last bits differ between machines."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from ..assignment import AssignmentError
from ..check import golden
from ..check.package import Package
from ..course import Course


def golden_files(course: Course, existing: Path) -> dict[str, bytes]:
    """ "1.5.npz" → content for every question asked; `existing`: the folder with the files of last time.

    Without torch the files of questions that need it are taken as they are, which is told on stderr.
    Raises AssignmentError where such a file is not there.
    """
    reference = Package(course.reference, "ps2_reference")
    root = course.assignment.public_seed.encode()
    torch = importlib.util.find_spec("torch") is not None
    files: dict[str, bytes] = {}
    kept: list[str] = []
    for question in course.assignment.asked():
        name = f"{question.id}.npz"
        old = (existing / name).read_bytes() if (existing / name).is_file() else b""
        if question.needs_torch and not torch:
            if not old:
                raise AssignmentError(
                    f"The recording of question {question.id} needs torch, which this Python does not have: `make setup`."
                )
            kept.append(question.id)
            files[name] = old
            continue
        runs = golden.record_runs(question, reference, root)
        files[name] = old if old and golden.same(old, runs) else golden.encode(runs)
    if kept:
        print(f"The recordings of {', '.join(kept)} were left as they are: this Python does not have torch.", file=sys.stderr)
    return files
