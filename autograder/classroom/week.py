"""A week of a course in a few minutes, by the commands themselves: release, submissions, a bug in the grader, regrade, extensions, export.

The students are made up and the bug is planted; everything else is what a real week would use.
"""

from __future__ import annotations

import os
import random
import re
import secrets
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

from rich.console import Console

from ..course import ENGINE, Course, this_course
from ..grading.intake import IntakeError
from ..publish.kit import build_kit_zip
from . import synthetic

PARTS = (1, 2)
"""Asked in the demonstration, so that it takes minutes for hundreds on a laptop."""
BUG = ("activations.py", "LeakyReLU", "np.where(x > 0, 1.0, self.slope)", "np.where(x >= 0, 1.0, self.slope)")
"""In the reference that the first grading uses: at exactly 0 it takes the slope of the wrong side, against the handout."""
MENDED = "1.4"
DUE = datetime(2026, 11, 20, 23, 59, tzinfo=timezone(timedelta(hours=-8)))
GRADES = (
    'due = "2026-11-20T23:59"\ntimezone = "America/Los_Angeles"\ngrace_minutes = 10\nlate_days = 1\npenalty = "1/10"\nmost_days = 3\n'
    "caps = { 1 = 10 }\n"
)


class Week:
    """folder: where everything goes, new or empty."""

    def __init__(self, folder: Path, students: int, out: Console) -> None:
        self.folder, self.students, self.out = folder, students, out
        self.course = Course(folder / "course")
        self.results, self.submissions = folder / "results", folder / "export"

    def run(self) -> int:
        began = time.monotonic()
        days: list[tuple[str, Callable[[], None]]] = [
            ("Monday: the problem set goes out", self.release),
            (f"Friday: {self.students} students hand in, alone or in pairs; Gradescope's export is unzipped", self.hand_in),
            ("Saturday: the whole class is graded", self.grade),
            ("Sunday: the grader was wrong; the reference is mended and one question graded again", self.regrade),
            ("Monday: extensions, late days and caps; the grades leave", self.export),
        ]
        for title, day in days:
            self.out.print(f"\n[bold]{title}[/bold]")
            day()
        self.out.print(f"\nAll of it took {time.monotonic() - began:.0f} s and lies in {self.folder}.", soft_wrap=True)
        return 0

    def release(self) -> None:
        kit = build_kit_zip(self.folder / "starter.zip")
        here = this_course().root
        for name in ("assignment", "solutions", "starter_code"):
            shutil.copytree(here / name, self.course.root / name, ignore=shutil.ignore_patterns("__pycache__", "secret"))
        toml = self.course.toml.read_text(encoding="utf-8")
        toml = re.sub(r"(?m)^\[parts\.(\d+)\]$", lambda m: m[0] + ("" if int(m[1]) in PARTS else "\non = false"), toml)
        toml = re.sub(r"(?ms)^\[grades\].*?(?=^# Default|^\[)", f"[grades]\n{GRADES}\n", toml)
        self.course.toml.write_text(toml, encoding="utf-8")
        (self.course.root / "assignment" / "secret").write_text(secrets.token_hex(32))
        self.edit(BUG)
        self.out.print(
            f"{kit.name}, {kit.stat().st_size / 1000:.0f} kB. (Here parts {', '.join(map(str, PARTS))} are asked, to save you time.)"
        )

    def edit(self, change: tuple[str, str, str, str]) -> None:
        file, name, old, new = change
        path = self.course.reference / file
        path.write_text(synthetic.changed(path.read_text(encoding="utf-8"), name, old, new), encoding="utf-8")

    def hand_in(self) -> None:
        """One in three works in a pair; most are on time. What they hand in is made from the right reference."""
        luck, groups, number = random.Random(19), [], 0
        while number < self.students:
            size = min(2 if luck.random() < 0.2 else 1, self.students - number)
            members = [(f"Student {n}", f"s{n}@u.edu", str(100_000 + n)) for n in range(number + 1, number + size + 1)]
            created = DUE - timedelta(hours=luck.expovariate(1 / 20)) + timedelta(hours=luck.choice((0,) * 17 + (26, 40, 70)))
            groups.append((members, created.isoformat(sep=" ")))
            number += size
        synthetic.write_export(self.submissions, this_course(), groups)
        self.out.print(f"{len(groups)} submissions in {self.submissions.name}/", soft_wrap=True)

    def grade(self) -> None:
        self.command("class", "export", "--out", "results")

    def regrade(self) -> None:
        file, name, wrong, right = BUG
        self.edit((file, name, right, wrong))
        self.command("class", "export", "--out", "results", "--question", MENDED, "--never-lower", "--only-changed", last=14)
        self.out.print("\nThe notice for students:", style="bold")
        self.out.print((self.results / "notice.md").read_text(encoding="utf-8"), markup=False)

    def export(self) -> None:
        (self.folder / "extensions.csv").write_text("student,due,days,late_days\n100003,2026-11-25T12:00,,\n100007,,2,\n")
        roster = ["Student,ID,SIS User ID,SIS Login ID,Section,PS2 (4711)", "    Points Possible,,,,,27"]
        roster += [f'"{n}, Student",{9000 + n},{100_000 + n},s{n},A,' for n in range(1, self.students + 1)]
        (self.folder / "canvas-export.csv").write_text("\n".join(roster) + "\n")
        given = ("--extensions", "extensions.csv", "--canvas", "canvas-export.csv", "--column", "PS2")
        self.command("grades", "export", "--class", "results", "--out", "grades", *given)
        self.command("report", "results", "--out", "pages")

    def command(self, *words: str, last: int = 0) -> None:
        """Run one of our commands where the week lies, and show it as a person would type it. last: only so many lines of what it says."""
        lines = textwrap.wrap(
            "$ autograder " + " ".join(words),
            self.out.width - 2,
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        self.out.print(" \\\n".join(lines), style="cyan", markup=False, soft_wrap=True)
        program = [sys.executable, "-m", "autograder", "--course", str(self.course.root), *words]
        env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ENGINE), os.environ.get("PYTHONPATH")]))}
        if not last:
            status = subprocess.run(program, env=env, cwd=self.folder, check=False).returncode
        else:
            status = self.beginning(program, env, last)
        if status not in (0, 1):
            raise SystemExit(status)

    def beginning(self, program: list[str], env: dict[str, str], last: int) -> int:
        """Run it and show its first lines as they come."""
        with subprocess.Popen(program, env=env, cwd=self.folder, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
            assert process.stdout is not None
            for number, line in enumerate(process.stdout):
                if number <= last:
                    self.out.print("…" if number == last else line.rstrip("\n"), markup=False, highlight=False, soft_wrap=True)
            return process.wait()


def week_command(students: int, folder: Path) -> int:
    if (folder / "course" / "assignment").is_dir():  # of an earlier week
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise IntakeError(f"{folder} is not empty; name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    return Week(folder.resolve(), students, Console(highlight=False)).run()
