"""CSV files as people's programs save them: UTF-8 with or without its mark, commas or semicolons."""

from __future__ import annotations

import csv
from pathlib import Path

from .record import GradesError


def text_of(path: Path) -> str:
    """Raises GradesError where it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise GradesError(f'{path} is not in UTF-8; save it as "CSV UTF-8" (Excel) or export it anew.') from None


def delimiter_of(text: str) -> str:
    first = text.partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


def lines(path: Path) -> tuple[list[list[str]], str]:
    """Every line that is not empty, and what stands between the cells. Raises GradesError."""
    text = text_of(path)
    delimiter = delimiter_of(text)
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter))
    except csv.Error as error:
        raise GradesError(f"{path} is no CSV: {error}.") from None
    return [row for row in rows if any(cell.strip() for cell in row)], delimiter


def rows_of(path: Path) -> list[dict[str, str]]:
    """A line each, by the names in the first; missing cells are "". Raises GradesError."""
    found, _ = lines(path)
    head = [name.strip() for name in found[0]] if found else []
    return [dict(zip(head, row + [""] * (len(head) - len(row)), strict=False)) for row in found[1:]]
