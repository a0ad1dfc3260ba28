"""`autograder class`: the run with its progress, and the words at its end."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..course import Course
from ..grading.intake import IntakeError
from ..grading.result import write_atomically
from . import cluster, pool, regrade
from .grader import Done, Settings
from .index import Index
from .run import Plan, Run, alone, carry_out, plan

SHOWN = 20
"""Moves that are printed; the file has all."""
QUIET_SECONDS = 30.0
"""Between two lines where the output is no terminal."""


class Options(msgspec.Struct, frozen=True):
    """workers: of the local pool; 0 is one a core. cluster: where to grade instead. only: questions. simple: without confinement."""

    workers: int = 0
    cluster: cluster.Where | None = None
    only: frozenset[str] = frozenset()
    only_changed: bool = False
    never_lower: bool = False
    simple: bool = False


def class_command(submissions: Path, out: Path, course: Course, options: Options) -> int:
    """0 where every submission has a result; 1 where one could not be graded."""
    console = Console(highlight=False)
    if not submissions.is_dir():
        raise IntakeError(f"{submissions} is no folder; unzip the export first and name the folder.")
    with alone(out):
        with console.status("reading the submissions …"):
            made = plan(submissions, out, course, options.only, options.never_lower)
        began = time.monotonic()
        with Shown(console, len(made.tasks)) as shown:
            index = carry_out(made, runner(course, options), shown)
        tell(console, made, index, shown, time.monotonic() - began)
        if made.before is not None:
            about_changes(console, made, index, options)
    gone = [entry.named for id, entry in made.had.items() if id not in {e.id for e in made.entries}]
    if gone:
        told = "; ".join(gone[:SHOWN]) + (" …" if len(gone) > SHOWN else "")
        warning = f"{regrade.count(len(gone), 'submission')} of the last run in {out} not in {submissions} and so no longer listed: {told}"
        console.print(f"[yellow]{escape(warning)}[/yellow]", soft_wrap=True)
    troubled = [entry for entry in index.entries if entry.trouble]
    for entry in troubled:
        console.print(f"[yellow]{escape(entry.named)}:[/yellow] {escape(entry.trouble)}", soft_wrap=True)
    return 1 if troubled else 0


def runner(course: Course, options: Options) -> Run:
    settings = Settings(str(course.root.resolve()), options.only, options.simple)
    if options.cluster is not None:
        return cluster.runner(options.cluster, settings)
    training = course.assignment.training
    seconds = 60 * (course.assignment.gradescope.minutes + (training.minutes if training.on else 0))
    return lambda tasks: pool.run(tasks, settings, options.workers or pool.cores(), seconds)


class Shown:
    """Live progress with an estimate; where the output is no terminal, a line now and then."""

    def __init__(self, console: Console, tasks: int) -> None:
        self.console = console
        self.seconds: list[float] = []
        self.began = self.said = time.monotonic()
        columns = (
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(elapsed_when_finished=False),
        )
        self.progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self.bar = self.progress.add_task("", total=tasks, visible=tasks > 0)

    def __call__(self, done: Done, count: int, of: int) -> None:
        self.seconds.append(done.seconds)
        self.progress.update(self.bar, completed=count)
        now = time.monotonic()
        if not self.console.is_terminal and count < of and now - self.said > QUIET_SECONDS:
            self.said = now
            left = (now - self.began) / count * (of - count)
            self.console.print(f"{count} of {of} graded, about {clock(left)} left")

    def __enter__(self) -> Shown:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()


def tell(console: Console, made: Plan, index: Index, shown: Shown, wall: float) -> None:
    """What was graded now, what had been graded, and how the class did."""
    students = sum(len(entry.members) for entry in index.entries)
    console.print(f"{regrade.count(len(index.entries), 'submission')} of {regrade.count(students, 'student')}", end="")
    console.print(f": {len(made.tasks)} graded now in {clock(wall)}, {distinct(made) - len(made.tasks)} graded before", end="")
    same = len(made.targets) - distinct(made)
    console.print(f", {same} with the very files of another." if same else ".")
    totals = [entry.total for entry in index.entries if entry.key]
    if totals:
        most = max(entry.max_total for entry in index.entries)
        middle, mean = statistics.median(totals), statistics.fmean(totals)
        console.print(f"Points: median {middle:.4g}, mean {mean:.4g}, from {min(totals):g} to {max(totals):g} of {most:g}.")
    console.print(f"{made.store.out}: `autograder report` and `autograder grades export` go on from here.", style="dim", soft_wrap=True)


def distinct(made: Plan) -> int:
    return len(set(made.targets.values()))


def about_changes(console: Console, made: Plan, index: Index, options: Options) -> None:
    """Whose points moved since the last grader, in a file for staff, and a notice without names that can be published."""
    assert made.before is not None
    found = regrade.changes(made.before, index, made.store)
    out = made.store.out
    write_atomically(out / "changes.md", regrade.listing(found).encode())
    write_atomically(out / "notice.md", regrade.notice(found, index.assignment).encode())
    console.print(f"Since the last grader: {regrade.summary(found)}")
    console.print(f"{out / 'changes.md'} says why, {out / 'notice.md'} can be published.", style="dim", soft_wrap=True)
    shown = found.moved[:SHOWN] if options.only_changed else []
    for move in shown:
        console.print(f"[bold]{escape(move.entry.who)}[/bold]  {move.new.id} {move.new.title}: {move.old.points:g} → {move.new.points:g}")
        for line in regrade.why(move.old, move.new):
            console.print(f"    {escape(line)}")
    if shown and len(found.moved) > len(shown):
        console.print(f"… and {len(found.moved) - len(shown)} more in {out / 'changes.md'}", soft_wrap=True)


def clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
