"""A class in a terminal: distribution, questions, mistakes, what to look at."""

from __future__ import annotations

import statistics

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .html import number
from .summary import ClassSummary, attention, histogram

BLOCKS = " ▁▂▃▄▅▆▇█"
MISTAKES = 8


def show(found: ClassSummary, out: Console) -> None:
    out.print(f"[bold]{escape(found.assignment or 'Class')}[/bold]")
    out.print(f"{found.students} students, {len(found.graded)} submissions graded, {len(found.troubles)} not")
    if found.totals:
        middle, mean = statistics.median(found.totals), statistics.fmean(found.totals)
        out.print(f"median {number(round(middle, 2))}, mean {number(round(mean, 2))} of {number(found.max_total)} points")
        out.print(f"0 {spark(histogram(found.totals, found.max_total))} {number(found.max_total)}")
    out.print(questions(found))
    for cause, count in found.causes.most_common(MISTAKES):
        out.print(f"{count:>5} × {escape(cause)}")
    if len(found.causes) > MISTAKES:
        out.print(f"      and {len(found.causes) - MISTAKES} more known mistakes", style="dim")
    for who, what in attention(found):
        out.print(f"[yellow]{escape(who)}:[/yellow] {escape(what)}", soft_wrap=True)


def spark(counts: list[int]) -> str:
    most = max(counts) or 1
    return "".join(BLOCKS[-(-count * (len(BLOCKS) - 1) // most)] for count in counts)


def questions(found: ClassSummary) -> Table:
    made = Table(box=None, pad_edge=False)
    made.add_column("question", no_wrap=True, overflow="ellipsis")
    for name in ("earned", "passed", "partial", "failed", "empty", "seconds"):
        made.add_column(name, justify="right")
    for q in found.questions:
        colour = "green" if q.share > 0.9 else "yellow" if q.share > 0.6 else "red"
        counts = [str(q.counts[status] or "") for status in ("passed", "partial", "failed", "empty")]
        made.add_row(f"{q.id} {escape(q.title)}", f"[{colour}]{100 * q.share:.0f} %[/{colour}]", *counts, f"{q.median:.2f}")
    return made
