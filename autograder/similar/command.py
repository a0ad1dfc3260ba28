"""`autograder similar`: the pairs of a class worth a look."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ..course import Course
from ..grading.result import write_atomically
from .documents import documents, package_documents
from .page import similar_page
from .pairs import copydetect, find_pairs


def similar_command(submissions: Path, out: Path, earlier: Sequence[Path], most: int, course: Course) -> int:
    """0. Raises GraderError where copydetect is missing, IntakeError where there are no submissions."""
    copydetect()
    console, began = Console(highlight=False), time.monotonic()
    with console.status("reading and comparing …"):
        listed = [*documents(submissions, course), *package_documents(course.reference, "the public solutions")]
        for folder in earlier:
            listed += documents(folder, course, folder.name)
        pairs = find_pairs(listed, list(package_documents(course.root / "starter_code" / "ps2", "the kit")), most)
    title = course.assignment.title
    write_atomically(out, similar_page(title, pairs, len(listed)).encode())
    for pair in pairs[:10]:
        shares = " and ".join(f"{100 * share:.0f} %" for share in pair.shares)
        console.print(
            f"  {pair.first.owner} and {pair.second.owner}, {pair.file_name}: {shares} of their own code", markup=False, soft_wrap=True
        )
    console.print(
        f"{len(pairs)} pairs among {len(listed)} files in {time.monotonic() - began:.0f} s: {out} shows them side by side.", soft_wrap=True
    )
    return 0
