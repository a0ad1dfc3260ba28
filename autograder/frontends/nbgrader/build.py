"""An nbgrader course folder for this problem set: what `autograder nbgrader build` writes.

    nbgrader_config.py     nbgrader's settings (yours: nbgrader_local.py)
    source/ps2/            the notebook with its answers, and the kit with its stubs: what nbgrader releases from
    release/ps2/           what students get, made by nbgrader
    solution/ps2/          the same notebook and the kit with the solutions, for staff to run

source/ holds no solution but the notebook's own answers: nbgrader clears notebooks, and copies every other file as it is.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ...course import Course
from ...grading.result import write_atomically
from ...publish.kit import Files, filled, kit_files
from ...publish.leaks import Scanner
from ...publish.notebook import ASSIGNMENT, encoded, notebook
from ...publish.written import written
from .cells import natural
from .course_folder import SETTINGS, CourseFolderError, open_course, said_by

NOTEBOOK = f"{ASSIGNMENT}.ipynb"
LEFT_OUT = (".vscode/", "pytest.ini", "tests/")  # for editors and terminals, of no use beside a notebook
REQUIREMENTS = b"-r requirements.txt\njupyterlab>=4\nmatplotlib>=3.8\n"
Points = dict[str, float]


def build(folder: Path, course: Course) -> list[str]:
    """Write the course folder, or bring it up to date, and make the release; sentences on what changed in the gradebook.

    Raises CourseFolderError: nbgrader refused, or the release would give something away (then there is no release).
    """
    files = assignment_files(course)
    write_atomically(folder / SETTINGS, settings(course, files))
    api = open_course(folder)
    before = points_in(api)
    refuse_lost_cells(api, before, course)
    sync(folder / "source" / ASSIGNMENT, files)
    sync(folder / "solution" / ASSIGNMENT, {**files, **reference_files(course)})
    failed = said_by(api.generate_assignment(ASSIGNMENT, force=True, create=True))
    if failed:
        raise CourseFolderError(f"nbgrader could not make the release: {failed}")
    release = folder / "release" / ASSIGNMENT
    found = Scanner(course, written(course)).scan_path(release)
    if found:
        shutil.rmtree(release)
        raise CourseFolderError("\n".join([*found, f"{release} was removed."]))
    return changes(before, points_in(api))


def settings(course: Course, files: Files) -> bytes:
    """nbgrader_config.py, which names the student's files."""
    own = [name for name in files if name.startswith("ps2/")]
    words = {"TITLE": course.assignment.title, "FILES": repr(own).replace("'", '"')}
    return filled("nbgrader_config.py.txt", words)


def assignment_files(course: Course) -> Files:
    """The kit, and the notebook with the answers in it, which nbgrader clears."""
    kit = {name: data for name, data in kit_files(course).items() if not name.startswith(LEFT_OUT)}
    return {**kit, NOTEBOOK: encoded(notebook(course)), "requirements-notebook.txt": REQUIREMENTS}


def reference_files(course: Course) -> Files:
    """The solutions in place of the stubs."""
    return {f"ps2/{name}": (course.reference / name).read_bytes() for name in course.assignment.files()}


def sync(folder: Path, files: Files) -> None:
    """Make `folder` hold these files and no others."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and path.relative_to(folder).as_posix() not in files:
            path.unlink()
    for name, data in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != data:
            write_atomically(path, data)


# The gradebook


def points_in(api: Any) -> Points:
    """Graded cell → points, as the gradebook has them; {} before the first build."""
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(api.coursedir.db_url, api.coursedir.course_id) as gradebook:
        try:
            cells = gradebook.find_notebook(ASSIGNMENT, ASSIGNMENT).grade_cells
        except MissingEntry:
            return {}
        return {cell.name: float(cell.max_score) for cell in cells}


def refuse_lost_cells(api: Any, before: Points, course: Course) -> None:
    """nbgrader cannot add or remove a cell once somebody has submitted; say so before anything is changed."""
    from nbgrader.api import Gradebook

    after = {c.id for c in notebook(course).cells if c.metadata.get("nbgrader", {}).get("grade")}
    differ = sorted(before.keys() ^ after, key=natural) if before else []
    with Gradebook(api.coursedir.db_url, api.coursedir.course_id) as gradebook:
        count = len(gradebook.assignment_submissions(ASSIGNMENT)) if before else 0
    if differ and count:
        raise CourseFolderError(
            f"{', '.join(differ)} came or went, and {count} submissions are in the gradebook, which nbgrader cannot change any more; "
            "switch these questions back in assignment.toml (points may change at any time), or begin a new course folder."
        )


def changes(before: Points, after: Points) -> list[str]:
    """What is another number of points than before, one line each."""
    names = sorted(before.keys() | after.keys(), key=natural) if before else []
    return [f"{name}: {worth(before.get(name))} → {worth(after.get(name))}" for name in names if before.get(name) != after.get(name)]


def worth(points: float | None) -> str:
    return "not there" if points is None else f"{points:g} points"
