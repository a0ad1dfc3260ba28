"""What must hold of archives before anybody gets them. Each proof is a sentence that was found true, or what was found instead."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from ..assignment import load_assignment
from ..course import Course
from ..frontends.emulate import Emulation, emulate
from .leaks import Scanner
from .lint import lint
from .locks import stale_locks
from .regenerate import regenerate

CPUS, MEMORY_MB, MINUTES = 0.5, 768, 10.0
"""Gradescope's default container."""
POINTS_ROW = re.compile(r"^\| \d+\.\d+ \|.*\| (\d+) \| \d+ \| \w* *\|$", re.MULTILINE)
"""The points of a question, in the handout's table."""
MOST_MB = 650
"""Of memory that all processes of a grading may take together there: a margin for what a real container has besides."""


@dataclass(frozen=True)
class Proof:
    """claim: what was to be shown. faults: sentences; none where it holds. note: what was measured."""

    claim: str
    faults: tuple[str, ...] = ()
    note: str = ""


def proofs(course: Course, folder: Path, students: list[str], locks: bool) -> Iterator[Proof]:
    """Prove the archives in `folder`, of which `students` may go to students, one proof at a time. locks: ask the package index too."""
    yield Proof(
        "everything generated is fresh", () if regenerate(True, course) == 0 else ("a generated file is stale: `make regenerate`.",)
    )
    yield Proof("the assignment is complete", tuple(lint(course)))
    yield points(course, folder)
    scanner = Scanner(course)
    found = [says for name in students for says in scanner.scan_path(folder / name)]
    said = f"{len(scanner.lines)} lines of solutions"
    yield Proof("what students get gives away no solution, no secret, no hidden number", tuple(found), said)
    if locks:
        yield Proof("the locked packages can be had for every Python version", tuple(stale_locks()))
    with tempfile.TemporaryDirectory(prefix="ps2-release-") as place:
        yield from graded(course, folder, Path(place))


def points(course: Course, folder: Path) -> Proof:
    """One sum everywhere: what assignment.toml asks for, and the questions as kit, handout and grader have them."""
    with zipfile.ZipFile(folder / "starter.zip") as kit, zipfile.ZipFile(folder / "autograder.zip") as grader:
        settings = msgspec.json.decode(kit.read("ps2-starter/kit.json"))
        handout = kit.read("ps2-starter/handout.md").decode()
        with tempfile.TemporaryDirectory(prefix="ps2-release-") as place:
            theirs = load_assignment(Path(grader.extract("assignment/assignment.toml", place)))
    assignment = course.assignment
    training = assignment.training_points()
    sums: dict[str, Fraction] = {
        "the questions of the kit": sum((Fraction(q["points"]) for q in settings["questions"]), training),
        "the kit's total": Fraction(settings["total"]),
        "the questions of the grader": theirs.total(),
    }
    if rows := POINTS_ROW.findall(handout):  # a handout need not have the table
        sums["the handout's table"] = Fraction(sum(map(int, rows)))
    asked = Fraction(assignment.total() if assignment.total_points is None else assignment.total_points)
    faults = [f"{what}: {found}, and {asked} were asked." for what, found in sums.items() if found != asked]
    return Proof(f"the points add up to {asked}, in kit, handout and grader", tuple(faults))


def graded(course: Course, folder: Path, place: Path) -> Iterator[Proof]:
    """From the students' archive to the grader's, as a student and Gradescope would go."""
    kit = unzip(folder / "starter.zip", place)
    box = f"{CPUS} CPU, {MEMORY_MB} MB, {MINUTES:g} minutes"
    starter = grade(folder / "autograder.zip", kit)
    yield Proof(f"the starter earns exactly 0 (in {box})", score_faults(starter, course, 0.0), measured(starter))
    handed_in, faults = solve(kit, unzip(folder / "solution.zip", place))
    yield Proof("the reference passes the students' own checks, which write submission.zip", faults)
    if not faults:
        run = grade(folder / "autograder.zip", handed_in)
        yield Proof(f"that submission earns every point (in {box})", score_faults(run, course, 1.0), measured(run))


def unzip(archive: Path, place: Path) -> Path:
    """The archive's one folder, or a folder of its name."""
    into = place / archive.stem
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(into)
    inner = list(into.iterdir())
    return inner[0] if len(inner) == 1 and inner[0].is_dir() else into


def grade(archive: Path, submission: Path) -> Emulation:
    return emulate(archive, submission, MEMORY_MB, MINUTES, cpus=CPUS)


def solve(kit: Path, pack: Path) -> tuple[Path, tuple[str, ...]]:
    """The kit filled in with the reference, and handed in by its own command."""
    for path in (kit / "ps2").glob("*.py"):
        shutil.copyfile(pack / "ps2" / path.name, path)
    for arguments in ([], ["submit"]):
        done = subprocess.run(
            [sys.executable, "-m", "ps2check", *arguments], cwd=kit, capture_output=True, text=True, encoding="utf-8", check=False
        )
        if done.returncode != 0:
            return kit, (f"`python -m ps2check {' '.join(arguments)}` of the kit says: {(done.stdout + done.stderr).strip()[-600:]}",)
    return kit / "submission.zip", ()


def score_faults(run: Emulation, course: Course, share: float) -> tuple[str, ...]:
    """Why the run is not as it must be."""
    if run.killed:
        return (f"the grading was stopped for its {run.killed}: {measured(run)}.",)
    if run.problems or run.results is None:
        return tuple(run.problems)
    report: dict[str, Any] = msgspec.json.decode(run.results)
    most = float(course.assignment.total())
    faults = []
    if sum(test["max_score"] for test in report["tests"]) != most:
        faults.append(f"the questions in results.json do not add up to {most:g}.")
    if report["score"] != share * most:
        lost = ", ".join(test["name"] for test in report["tests"] if test["score"] != share * test["max_score"])
        faults.append(f"it earns {report['score']:g} of {most:g}, expected {share * most:g}: {lost}.")
    if run.peak_mb > MOST_MB:
        faults.append(f"{run.peak_mb:.0f} MB at most, expected no more than {MOST_MB}.")
    if report.get("output"):
        faults.append(f"it is told: {report['output']}")
    return tuple(faults)


def measured(run: Emulation) -> str:
    return f"{run.seconds:.0f} s, {run.peak_mb:.0f} MB"
