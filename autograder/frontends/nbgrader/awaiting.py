"""Which submissions have scores in the gradebook that the grader did not give, or not for the files that lie there now."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from nbgrader.api import MissingEntry

from ...publish.notebook import ASSIGNMENT, question_of
from . import records

REMEDY = "run `autograder nbgrader import` first."


def sentences_on_awaiting(gradebook: Any, coursedir: Any) -> list[str]:
    """One sentence for each submission of ours that awaits its import."""
    names = {submission.student.id for submission in gradebook.assignment_submissions(ASSIGNMENT)} if has(gradebook) else set()
    whys = [why_awaiting(gradebook, coursedir, ASSIGNMENT, name) for name in sorted(names | set(submitted(coursedir)))]
    return [why for why in whys if why]


def has(gradebook: Any) -> bool:
    return any(assignment.name == ASSIGNMENT for assignment in gradebook.assignments)


def why_awaiting(gradebook: Any, coursedir: Any, assignment: str, student: str) -> str:
    """ "" where what the gradebook says is what was imported, for the files that were submitted."""
    if assignment != ASSIGNMENT:
        return ""
    record = records.read(gradebook, assignment, student)
    if record is None:
        return f"{student}: not graded yet; {REMEDY}"
    folder = folder_of(coursedir, student)
    if folder.is_dir() and digest_of(folder) != record.digest:
        return f"{student}: the submission has changed since it was graded; {REMEDY}"
    try:
        grades = gradebook.find_submission_notebook(ASSIGNMENT, assignment, student).grades
    except MissingEntry:
        return f"{student}: the gradebook has no submission; {REMEDY}"
    if {grade.name: grade.auto_score for grade in grades if question_of(grade.name)} != record.scores:
        return f"{student}: `nbgrader autograde` ran after the scores were imported; {REMEDY}"
    return ""


def submitted(coursedir: Any) -> list[str]:
    """Who has submitted, sorted."""
    root = folder_of(coursedir, "*")
    parts = root.parts.index("*")
    above = Path(*root.parts[:parts])
    below = root.parts[parts + 1 :]
    names = sorted(path.name for path in above.iterdir()) if above.is_dir() else []
    return [name for name in names if not name.startswith(".") and above.joinpath(name, *below).is_dir()]


def folder_of(coursedir: Any, student: str, directory: str = "") -> Path:
    """A student's folder in `submitted` or another of nbgrader's directories, absolute."""
    return Path(coursedir.root, coursedir.format_path(directory or coursedir.submitted_directory, student, ASSIGNMENT))


def digest_of(folder: Path) -> str:
    """sha256 (hex) over names and contents of the files in a folder; links count by where they point."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
        if path.is_symlink():
            data = os.readlink(path).encode("utf-8", "surrogateescape")
        elif path.is_file():
            data = path.read_bytes()
        else:
            continue
        for part in (name, data):
            total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()
