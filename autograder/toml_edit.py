"""Setting a value in a TOML file without touching anything else in it: comments, order and spaces stay."""

from __future__ import annotations

import json
import re

HEADER = re.compile(r"^\s*\[(?P<table>[^\[\]]+)\]\s*(#.*)?$")


def with_value(text: str, table: str, key: str, value: str | float | bool) -> str:
    """`text` in which `key` of [table] ("" for the top) has `value`; added at the table's end where it was not set.

    Raises KeyError where there is no such table.
    """
    lines = text.splitlines()
    begin, end = extent(lines, table)
    said = f"{key} = {written(value)}"
    pattern = re.compile(rf"^\s*{re.escape(key)}\s*=\s*(\"[^\"]*\"|[^#]*?)(?P<note>\s*#.*)?\s*$")
    for n in range(begin, end):
        if match := pattern.match(lines[n]):
            lines[n] = said + (match["note"] or "")
            return "\n".join(lines) + "\n"
    last = end
    while last > begin and not lines[last - 1].strip():
        last -= 1
    return "\n".join([*lines[:last], said, *lines[last:]]) + "\n"


def extent(lines: list[str], table: str) -> tuple[int, int]:
    """The first line after the header of `table`, and the line of the next header."""
    headers = [(n, match["table"].strip()) for n, line in enumerate(lines) if (match := HEADER.match(line))]
    starts = [n + 1 for n, name in headers if name == table] if table else [0]
    if not starts:
        raise KeyError(table)
    return starts[0], next((n for n, _ in headers if n >= starts[0]), len(lines))


def written(value: str | float | bool) -> str:
    """A value as TOML writes it (as JSON does, for these kinds)."""
    return json.dumps(value, ensure_ascii=False)
