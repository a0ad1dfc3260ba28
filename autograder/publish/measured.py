"""Tables of measurements, in the documents that show them: made from the file that the benchmark wrote, never by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..audit.attacks import COUNTED, Tally, cells
from ..course import Course

Row = Sequence[object]


def measured(course: Course) -> dict[str, bytes]:
    """Each document anew whose benchmark's file there is."""
    files: dict[str, bytes] = {}
    for name, (document, table) in TABLES.items():
        source, path = course.root / "benchmarks" / f"{name}.json", course.root / document
        if source.is_file() and path.is_file():
            files[document] = placed(path, name, table(source.read_bytes())).encode()
    return files


def placed(path: Path, name: str, text: str) -> str:
    """The document with `text` between <!-- name --> and <!-- /name -->. Raises ValueError where it has no such place."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, opened, rest = path.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not (opened and closed):
        raise ValueError(f"{path} has no place for the table of benchmarks/{name}.json; write {begin.strip()} and {end} into it.")
    return f"{before}{begin}{text}{end}{after}"


def container(data: bytes) -> str:
    """Of benchmarks/container.py: one grading in Gradescope's default container."""
    found: dict[str, Any] = msgspec.json.decode(data)
    parts = ", ".join(map(str, found["parts"]))
    rows = [
        (row["submission"], f"{row['points']:g}", f"{row['cpu_seconds']:.0f}", f"{row['seconds']:.0f}", f"{row['peak_mb']:.0f} MB")
        for row in found["rows"]
    ]
    return table((f"parts {parts}", "points", "CPU seconds", "seconds", "peak memory"), rows)


def attacks(data: bytes) -> str:
    """Of `autograder audit --attacks --each-layer --json`."""
    found = msgspec.json.decode(data, type=Tally)
    rows = [(name, row.attacks, *cells(row)) for name, row in layers(found)]
    told = "\n".join(told_of(name, row) for name, row in layers(found) if row.findings)
    return f"Measured: {found.machine}.\n\n{table(('layer off', 'attacks', *COUNTED), rows)}\n{told}"


def layers(found: Tally) -> Iterable[tuple[str, Tally]]:
    return [("none", found), *found.without.items()]


def told_of(name: str, row: Tally) -> str:
    """Which attacks got something."""
    return f"- {f'{name} off' if name != 'none' else 'all layers on'}: {'; '.join(outcome.name for outcome in row.findings)}.\n"


def soak(data: bytes) -> str:
    """Of benchmarks/soak.py: what the grader holds after so many submissions."""
    found: dict[str, Any] = msgspec.json.decode(data)
    names = list(found["rows"][0])
    count, seconds = found["rows"][-1]["submissions"], found["seconds"]
    text = f"{count} submissions, {seconds:.0f} s, {found['cpu_seconds'] / count:.2f} CPU seconds each.\n\n"
    return text + table(names, [[f"{row[name]:g}" for name in names] for row in found["rows"]])


def table(heading: Row, rows: Iterable[Row]) -> str:
    """Markdown; the first column to the left, numbers to the right."""
    lines = [heading, [":---", *["---:"] * (len(heading) - 1)], *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


TABLES: dict[str, tuple[str, Callable[[bytes], str]]] = {
    "container": ("README.md", container),
    "attacks": ("docs/security.md", attacks),
    "soak": ("docs/reliability.md", soak),
}
"""By the name of the file in benchmarks/: the document, and what makes its table."""
