"""A result as a table and sentences in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..grading.result import QuestionResult, Result

MARKS = {"passed": "green", "partial": "yellow", "failed": "red", "empty": "dim", "not reached": "dim", "fault": "magenta"}


def console() -> Console:
    """Where results are printed."""
    return Console()


def show(result: Result, out: Console) -> None:
    """Print the table, the remarks and, for each question that lost points, its sentences."""
    out.print(table(result))
    for remark in result.remarks:
        out.print(f"[dim]note:[/dim] {escape(remark)}", highlight=False)
    for question in result.questions:
        if question.status in ("failed", "partial", "fault"):
            out.print()
            for sentence in question.sentences:
                out.print(escape(sentence), highlight=False, soft_wrap=True)
    missing = [name for name, state in result.layers.items() if state != "active"]
    for sentence in result.staff:
        out.print(f"[yellow]staff:[/yellow] {escape(sentence)}", highlight=False)
    for name in missing:
        out.print(f"[yellow]without {escape(name)}:[/yellow] {escape(result.layers[name])}", highlight=False)


def table(result: Result) -> Table:
    """Question, points, status, seconds; the total below."""
    made = Table(box=None, pad_edge=False, show_footer=True)
    made.add_column("question", footer="total")
    made.add_column("points", justify="right", footer=f"{number(result.total)} / {number(result.max_total)}")
    made.add_column("", footer="")
    made.add_column("seconds", justify="right", footer=f"{result.seconds:.2f}")
    for question in result.questions:
        made.add_row(*row(question))
    return made


def row(question: QuestionResult) -> tuple[str, str, str, str]:
    colour = MARKS[question.status]
    points = f"{number(question.points)} / {number(question.max_points)}"
    return f"{question.id} {escape(question.title)}", points, f"[{colour}]{question.status}[/{colour}]", f"{question.seconds:.2f}"


def number(points: float) -> str:
    """Points without needless zeros: 3, 2.5, 0.6667."""
    return f"{points:.4f}".rstrip("0").rstrip(".")
