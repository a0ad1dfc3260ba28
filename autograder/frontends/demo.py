"""The main job on four submissions, through the Gradescope path: what it costs, what each earns, what a student reads."""

from __future__ import annotations

import contextlib
import tempfile
import time
import zipfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ..course import Course, this_course
from ..publish.gradescope_zip import build_gradescope_zip
from ..publish.kit import build_kit_zip
from .emulate import Emulation, emulate

REFERENCE, STARTER, HALF_DONE, SYNTAX_ERROR = "reference", "starter", "half done", "syntax error"
COLOURS = {"passed": "green", "partial": "yellow", "empty": "dim"}
FEWEST = 4  # lines of a counterexample worth showing whole


def demo_command() -> int:
    """0 where the reference has every point, the starter exactly 0, and every results.json is valid; else 1 and why."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="ps2-demo-") as folder:
        with working(console, "building the student's kit and the Gradescope zip") as seconds:
            kit, grader = build(this_course(), Path(folder))
        console.print(f"The student's kit is {size(kit)}, the Gradescope zip {size(grader)}; built in {seconds():.1f} s.", style="dim")
        runs: dict[str, Emulation] = {}
        for name, submission in submissions(this_course(), kit, Path(folder)).items():
            with working(console, f"grading as Gradescope would: {name}"):
                runs[name] = emulate(grader, submission)
    return told(console, runs)


def build(course: Course, folder: Path) -> tuple[Path, Path]:
    return build_kit_zip(folder / "ps2-starter.zip"), build_gradescope_zip(folder / "ps2-gradescope.zip", course)


def submissions(course: Course, kit: Path, folder: Path) -> dict[str, Path]:
    """By the name of their column. The starter is what a student unzips."""
    starter = folder / "starter"
    with zipfile.ZipFile(kit) as archive:
        archive.extractall(starter, [name for name in archive.namelist() if "/ps2/" in name])
    examples = course.root / "assignment" / "examples"
    return {
        REFERENCE: course.reference.parent,
        STARTER: starter,
        HALF_DONE: examples / "half_done",
        SYNTAX_ERROR: examples / "syntax_error",
    }


def told(console: Console, runs: dict[str, Emulation]) -> int:
    faults = [f"{name}: {problem}" for name, run in runs.items() for problem in run.problems]
    if faults:
        console.print(*faults, sep="\n", style="red", markup=False)
        return 1
    reports = {name: msgspec.json.decode(run.results or b"{}") for name, run in runs.items()}
    console.print(points_table(runs, reports), "")
    console.print("What the student of the half-done one reads on Gradescope, shortened:", style="bold")
    shorten(console, reports[HALF_DONE])
    console.print("\nWhat the student with the syntax error reads, at each question of that file:", style="bold")
    shorten(console, reports[SYNTAX_ERROR], most=1)
    faults = unfair(reports)
    good = "The reference: every point. The starter: exactly 0. Every results.json is valid."
    console.print("", *(faults or [good]), sep="\n", style="red" if faults else "green")
    return 1 if faults else 0


def unfair(reports: dict[str, Any]) -> list[str]:
    """What the two ends of the scale must show, where they do not."""
    most = sum(test["max_score"] for test in reports[REFERENCE]["tests"])
    wrong = []
    if reports[REFERENCE]["score"] != most:
        wrong.append(f"The reference earns {reports[REFERENCE]['score']:g} of {most:g} points, and should earn them all.")
    if reports[STARTER]["score"] != 0:
        wrong.append(f"The untouched starter earns {reports[STARTER]['score']:g} points, and should earn none.")
    return wrong


def points_table(runs: dict[str, Emulation], reports: dict[str, Any]) -> Table:
    """Questions down, submissions across."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("points")
    table.add_column("of", justify="right")
    for name in runs:
        table.add_column(name, justify="right")
    rows = list(zip(*(report["tests"] for report in reports.values()), strict=True))
    parts = [list(mine) for _, mine in groupby(rows, key=part_of)]
    for begun, together in groupby(parts, key=is_begun):
        several = [row for part in together for row in part]
        add_rows(table, several) if begun else add_sum(table, several)
    most = sum(test["max_score"] for test in reports[REFERENCE]["tests"])
    table.add_row("total", f"{most:g}", *(f"{report['score']:g}" for report in reports.values()), style="bold")
    table.add_row("seconds", "", *(f"{run.seconds:.1f}" for run in runs.values()), style="dim")
    table.add_row("memory, MB", "", *(f"{run.peak_mb:.0f}" for run in runs.values()), style="dim")
    return table


def part_of(row: tuple[Any, ...]) -> str:
    return str(row[0]["number"]).split(".")[0]


def is_begun(rows: list[tuple[Any, ...]]) -> bool:
    """Whether anyone but the reference has points in this part."""
    return any(test["score"] for row in rows for test in row[1:])


def add_rows(table: Table, rows: list[tuple[Any, ...]]) -> None:
    """A row a question."""
    for row in rows:
        table.add_row(escape(row[0]["name"]), f"{row[0]['max_score']:g}", *(cell(test) for test in row))


def add_sum(table: Table, rows: list[tuple[Any, ...]]) -> None:
    """One row for parts that only the reference has begun."""
    first, last = part_of(rows[0]), part_of(rows[-1])
    parts = f"part {first}" if first == last else f"parts {first} to {last}"
    sums = [sum(test["score"] for test in column) for column in zip(*rows, strict=True)]
    most = sum(row[0]["max_score"] for row in rows)
    table.add_row(f"{parts}, {len(rows)} questions", f"{most:g}", *(f"[{'green' if s == most else 'dim'}]{s:g}[/]" for s in sums))


def cell(test: dict[str, Any]) -> str:
    colour = COLOURS.get(test["extra_data"]["status"], "red")
    return f"[{colour}]{test['score']:g}[/{colour}]"


def shorten(console: Console, report: dict[str, Any], most: int = 100) -> None:
    """One line for what happened and one for its cause; the last question with a worked example has it whole."""
    begun = [test for test in report["tests"] if test["status"] == "failed" and test["extra_data"]["status"] != "empty"]
    lost = [test["output"].partition("\n\nYour code printed:")[0].split("\n\n") for test in begun]
    whole = max((index for index, texts in enumerate(lost) if texts[0].count("\n") >= FEWEST), default=-1)
    for index, texts in enumerate(lost[:most]):
        happened, *worked = texts[0].split("\n")
        causes = [f"  {text}" for text in texts[1:] if "\n" not in text]
        console.print(Text(happened, style="yellow"))
        if index == whole:
            console.print(Text("\n".join([*worked, *causes])))
        elif causes:
            console.print(Text(causes[0]), overflow="ellipsis", no_wrap=True)
    blank = sum(test["extra_data"]["status"] == "empty" for test in report["tests"])
    if blank:
        console.print(f"{blank} question{'s' if blank > 1 else ''} not written yet.", style="dim")


def size(path: Path) -> str:
    return f"{path.stat().st_size / 1000:.0f} kB"


@contextlib.contextmanager
def working(console: Console, what: str) -> Iterator[Any]:
    """Says what takes its time, while it does, on a terminal."""
    began = time.monotonic()
    with console.status(f"{what} …"):
        yield lambda: time.monotonic() - began
