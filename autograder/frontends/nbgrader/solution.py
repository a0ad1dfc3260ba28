"""The notebook with the solutions, run from beginning to end, as HTML: the same bytes whenever its contents are the same."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from ...course import Course
from ...grading.result import write_atomically
from ...publish.notebook import notebook
from .build import assignment_files, reference_files, sync
from .course_folder import CourseFolderError

SECONDS = 300  # for one cell
QUIET = ["--log-level=40"]  # of the kernel: that it talks unencrypted over this machine's loopback is no news to whoever runs a release


def write_html(out: Path, course: Course) -> Path:
    """Raises CourseFolderError where a cell fails, a picture is missing or a check has less than full marks."""
    ran = executed(course)
    complain(ran)
    write_atomically(out, as_html(ran, course).encode())
    return out


def executed(course: Course) -> Any:
    """The source notebook, run beside the reference."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    made = notebook(course)
    with tempfile.TemporaryDirectory(prefix="ps2-notebook-") as folder:
        sync(Path(folder), {**assignment_files(course), **reference_files(course)})
        client = NotebookClient(made, timeout=SECONDS, record_timing=False, extra_arguments=QUIET, resources={"metadata": {"path": folder}})
        try:
            client.execute(env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"})  # which would hide pictures
        except CellExecutionError as error:
            raise CourseFolderError(f"the notebook does not run with the solutions: {error.ename}: {error.evalue}") from None
    made.metadata.language_info = {"name": "python"}  # the version of Python would make other bytes
    return made


def complain(made: Any) -> None:
    """Every check has its full points, no picture says that something is not written."""
    for cell in made.cells:
        if cell.cell_type != "code":
            continue
        points = cell.metadata.get("nbgrader", {}).get("points")
        shown = [o.data["text/plain"] for o in cell.outputs if o.output_type == "execute_result"]
        printed = "".join(o.text for o in cell.outputs if o.output_type == "stream")
        if points is not None and shown != [str(float(points))]:
            raise CourseFolderError(
                f"cell {cell.id} gives {', '.join(shown) or 'nothing'} of {points:g} points with the solutions:\n{printed}"
            )
        if "plt.show()" in cell.source and not any("image/png" in o.get("data", {}) for o in cell.outputs):
            raise CourseFolderError(f"cell {cell.id} draws no picture with the solutions; is matplotlib in order?")
        if points is None and printed:
            raise CourseFolderError(f"cell {cell.id} prints with the solutions: {printed.strip()}")


def as_html(made: Any, course: Course) -> str:
    from nbconvert import HTMLExporter

    made = nbformat.from_dict(made)
    for cell in made.cells:
        cell.source = cell.source.replace("=== BEGIN MARK SCHEME ===", "**Rubric.**").replace("=== END MARK SCHEME ===", "")
    text, _ = HTMLExporter(require_js_url="", mermaid_js_url="", jquery_url="").from_notebook_node(
        made, resources={"metadata": {"name": f"{course.assignment.title}: solutions"}}
    )
    return str(text)
