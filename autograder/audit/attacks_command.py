"""`autograder audit --attacks`: run the corpus, show what it got, with each layer off in turn if asked to."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..grading.result import write_atomically
from .attacks import COUNTED, Tally, cells, run_attacks
from .command import BAD_INPUT, DIRTY

MOST_NAMED = 12


def attacks_command(each_layer: bool, json_file: Path | None) -> int:
    """Exit status: 0 where nothing was earned, leaked, left behind or broken with all layers on, else 1; 2 without a corpus."""
    errors = Console(stderr=True)
    try:
        with errors.status("attacking") as status:
            found = run_attacks(each_layer, on_step=lambda layer, name: status.update(escape(f"{layer or 'all layers'}: {name}")))
    except ValueError as problem:
        errors.print(str(problem), markup=False, highlight=False, soft_wrap=True)
        return BAD_INPUT
    if json_file is not None:
        write_atomically(json_file, msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    show(found, Console())
    return 0 if not (found.unearned or found.leaked or found.survivors or found.crashes) else DIRTY


def show(found: Tally, out: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("layer off", "attacks", *COUNTED):
        table.add_column(heading, justify="left" if heading == "layer off" else "right", no_wrap=True)
    for name, row in {"none": found, **found.without}.items():
        table.add_row(name, str(row.attacks), *cells(row))
    out.print(table)
    for layer, row in {"": found, **found.without}.items():
        where = f"without {layer}: " if layer else ""
        for outcome in row.findings[:MOST_NAMED]:
            what = ", ".join(f"{column} {getattr(outcome, column):g}" for column in COUNTED if getattr(outcome, column))
            out.print(escape(f"{where}{outcome.name}: {what}"), highlight=False, soft_wrap=True)
