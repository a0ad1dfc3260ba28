"""A submitted notebook's cells, put in order: what the student's metadata says does not count, what the gradebook knows does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

SCHEMA = 3


@dataclass(frozen=True)
class KnownCell:
    """A cell of the assignment as the gradebook has it. points: None where the cell is not graded."""

    name: str
    kind: str  # "code" or "markdown"
    source: str
    checksum: str
    locked: bool
    solution: bool
    points: float | None

    def metadata(self) -> dict[str, Any]:
        told = {
            "grade": self.points is not None,
            "grade_id": self.name,
            "locked": self.locked,
            "solution": self.solution,
            "task": False,
            "schema_version": SCHEMA,
            "checksum": self.checksum,
            "cell_type": self.kind,
        }
        return told if self.points is None else {**told, "points": self.points}


def known_cells(notebook: Any) -> dict[str, KnownCell]:
    """By name; `notebook`: the gradebook's row of the assignment's notebook."""
    points = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    return {
        c.name: KnownCell(c.name, c.cell_type, c.source, c.checksum, c.locked, c.name in solutions, points.get(c.name))
        for c in notebook.source_cells
    }


def put_in_order(notebook: Any, known: dict[str, KnownCell]) -> list[str]:
    """Give each known cell its own metadata, type and, where it is locked, text, in place; what was odd, one sentence each.

    An answer that was copied or split is joined in the first place. A graded cell that is missing is put back at the end, empty.
    """
    odd: list[str] = []
    first: dict[str, Any] = {}
    cells: list[Any] = []
    for cell in notebook.cells:
        name = name_in(cell)
        cell.metadata.pop("nbgrader", None)
        if name in first:
            odd.append(f"cell {name} is there more than once{'' if known[name].locked else '; its texts were joined'}.")
            if not known[name].locked and cell.source.strip() not in first[name].source:
                first[name].source += f"\n\n{cell.source}"
            continue
        if name in known:
            first[name] = cell
            retype(cell, known[name].kind)
        elif name:
            odd.append(f"cell {name[:80]} belongs to no question and was taken as an ordinary one.")
        cells.append(cell)
    missing = [name for name, cell in known.items() if cell.points is not None and name not in first]
    for name in sorted(missing, key=natural):
        odd.append(f"cell {name} was deleted; it was put back at the end.")
        first[name] = empty(known[name].kind)
        first[name].source = known[name].source
        cells.append(first[name])
    for name, cell in first.items():
        cell.metadata["nbgrader"] = known[name].metadata()
        cell.source = known[name].source if known[name].locked else cell.source
    notebook.cells = cells
    return list(dict.fromkeys(odd))


def name_in(cell: Any) -> str:
    """What a cell calls itself, whatever a student wrote there."""
    told = cell.metadata.get("nbgrader")
    name = told.get("grade_id") if isinstance(told, dict) else None
    return name if isinstance(name, str) else ""


def retype(cell: Any, kind: str) -> None:
    """Make a cell a code or markdown cell; an attachment stays where the kind may have one."""
    cell.cell_type = kind
    if kind == "code":
        cell.outputs, cell.execution_count = [], None
        cell.pop("attachments", None)
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def empty(kind: str) -> Any:
    import nbformat

    return nbformat.v4.new_code_cell() if kind == "code" else nbformat.v4.new_markdown_cell()


def natural(name: str) -> list[tuple[int, str]]:
    """check-1-10 after check-1-9."""
    return [(int(piece), "") if piece.isdigit() else (0, piece) for piece in re.split(r"(\d+)", name)]
