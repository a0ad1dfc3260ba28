"""`autograder audit`: run it, show progress on stderr and the result on stdout."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from .page import write_page
from .report import show, write_json
from .run import run_audit

DIRTY = 1
BAD_INPUT = 2


def audit_command(
    part: int | None = None,
    seeds: int = 20,
    wrong: Path | None = None,
    right: Path | None = None,
    json_file: Path | None = None,
    html_file: Path | None = None,
    thorough: bool = False,
) -> int:
    """Exit status: 0 when clean, 1 when something was found, 2 with one sentence when there is nothing to audit."""
    errors = Console(stderr=True)
    columns = (TextColumn("auditing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=errors, transient=True) as bar:
            task = bar.add_task("audit", total=None)

            def progress(done: int, of: int) -> None:
                bar.update(task, completed=done, total=of)

            audit = run_audit(part, seeds, wrong, right, progress, thorough=thorough)
    except ValueError as problem:
        errors.print(str(problem), markup=False, highlight=False, soft_wrap=True)
        return BAD_INPUT
    if json_file is not None:
        write_json(audit, json_file)
    if html_file is not None:
        write_page(audit, html_file)
    show(audit, Console())
    return 0 if audit.clean else DIRTY
