"""`autograder doctor`: the findings as a table."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..sandbox.doctor import Findings, Row, examine

READABLE = "Packages: a worker can read Python's standard library, numpy, scipy and the checks."


def doctor_command() -> int:
    """Exit status: 0 where student code can be confined as it should be, else 1."""
    findings = examine()
    show(findings, Console())
    return 0 if findings.healthy else 1


def show(findings: Findings, out: Console) -> None:
    for fact in findings.facts:
        out.print(escape(fact), highlight=False, soft_wrap=True)
    if findings.rows:
        out.print(table(findings.rows))
        for sentence in findings.problems or [READABLE]:
            out.print(escape(sentence[:1].upper() + sentence[1:]), highlight=False, soft_wrap=True)
    for row in findings.rows:
        if row.remedy:
            out.print(f"[yellow]{escape(row.layer)}:[/yellow] {escape(row.remedy)}.", highlight=False, soft_wrap=True)
    if not findings.rows:
        for sentence in findings.problems:
            out.print(escape(sentence), highlight=False, soft_wrap=True)
    elif findings.healthy:
        out.print("Student code is confined here.")
    else:
        out.print("Grading refuses here until this is mended; --simple grades without confinement, for submissions that you trust.")


def table(rows: list[Row]) -> Table:
    made = Table(box=None, pad_edge=False)
    for column in ("layer", "", "what it stops"):
        made.add_column(column)
    for row in rows:
        state = "[green]active[/green]" if row.active else "[red]missing[/red]" if row.needed else "[yellow]missing[/yellow]"
        made.add_row(escape(row.layer), state, escape(row.stops))
    return made
