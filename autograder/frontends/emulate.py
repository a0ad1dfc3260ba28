"""Gradescope on this machine: that very zip, its folders, its run_autograder, its limits, its kill from outside.

What is left out: the container itself (no image is built, setup.sh is not run; the packages are those of this interpreter).
Results are checked against every field that Gradescope documents.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..grading.archive import read_zip
from ..grading.intake import IntakeError
from ..sandbox.errors import GraderError
from .gradescope_spec import validate
from .throttle import Throttle

TICK = 0.05  # seconds between looks at time and memory
STUDENT = {"email": "student@example.edu", "id": 424242, "name": "Emulated Student"}

Killed = Literal["", "time", "memory"]


@dataclass(frozen=True)
class Emulation:
    """One run. results: the file, None where there is none. problems: the validator's sentences. killed: which limit ended it.

    peak_mb: the most memory that all its processes took together (shared pages once), sampled. root: the folders, kept only if asked.
    """

    results: bytes | None
    problems: list[str]
    seconds: float
    peak_mb: float
    killed: Killed
    stdout: str
    root: Path


def emulate(
    zip: Path,
    submission: Path,
    memory_mb: int | None = None,
    minutes: float | None = None,
    keep: bool = False,
    total_points: float | None = None,
    cpus: float | None = None,
) -> Emulation:
    """Run the autograder `zip` on `submission` as Gradescope would. Raises GraderError where either cannot be read.

    total_points: what Gradescope believes the assignment is worth; the sum of the questions unless given. cpus: its share of a CPU.
    """
    with laid_out(zip, submission, total_points, keep) as root:
        seconds, peak, killed = watched(root, memory_mb, minutes, cpus)
        return report(root, seconds, peak, killed)


def report(root: Path, seconds: float, peak: float, killed: Killed) -> Emulation:
    path = root / "results" / "results.json"
    results = path.read_bytes() if path.is_file() else None
    problems = ["There is no results/results.json."] if results is None else validate(results)
    stdout = (root / "results" / "stdout").read_text("utf-8", "replace")
    return Emulation(results, problems, seconds, peak, killed, stdout, root)


# Gradescope's folders


@contextlib.contextmanager
def laid_out(zip: Path, submission: Path, total_points: float | None = None, keep: bool = False) -> Iterator[Path]:
    """A root with Gradescope's folders, filled; gone afterwards unless kept."""
    root = Path(tempfile.mkdtemp(prefix="ps2-gradescope-"))
    try:
        root.chmod(0o755)
        lay_out(root, zip, submission, total_points)
        yield root
    finally:
        if not keep:
            shutil.rmtree(root, ignore_errors=True)


def lay_out(root: Path, zip: Path, submission: Path, total_points: float | None) -> None:
    for name in ("source", "submission", "results", "tmp"):
        (root / name).mkdir()
    (root / "tmp").chmod(0o1777)
    unpack(zip, root / "source")
    shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
    (root / "run_autograder").chmod(0o755)
    hand_in(submission, root / "submission")
    if total_points is None:
        total_points = points_in(root / "source")
    (root / "submission_metadata.json").write_bytes(metadata(total_points))


def unpack(zip: Path, into: Path) -> None:
    """With the rights that the zip records, as `unzip` does."""
    try:
        with zipfile.ZipFile(zip) as archive:
            missing = {"run_autograder", "setup.sh"} - set(archive.namelist())
            if missing:
                raise GraderError(f"{zip} is no autograder zip: it lacks {sorted(missing)[0]} at its top; `make gradescope` builds one.")
            for info in archive.infolist():
                path = Path(archive.extract(info, into))
                if mode := stat.S_IMODE(info.external_attr >> 16):
                    path.chmod(mode)
    except (OSError, zipfile.BadZipFile) as error:
        raise GraderError(f"{zip} cannot be read as a zip ({error}); `make gradescope` builds one.") from None


def hand_in(submission: Path, into: Path) -> None:
    """A zip's contents; a folder's; a single file as it is. What cannot be unpacked safely lies there as it was uploaded."""
    if submission.is_dir():
        with contextlib.suppress(shutil.Error):  # what cannot be copied, such as a pipe, is not uploaded either
            shutil.copytree(submission, into, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    elif not submission.is_file():
        raise GraderError(f"{submission} is neither a file nor a folder; give a submission.")
    elif not zipfile.is_zipfile(submission):
        shutil.copy(submission, into)
    else:
        try:
            with submission.open("rb") as file, read_zip(file, submission.name) as upload:
                for name in upload:
                    path = into / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(upload[name])
        except (IntakeError, OSError):
            shutil.copy(submission, into)


def points_in(source: Path) -> float:
    """The sum of the questions that the zip's own assignment asks, as its own code counts them: it may be another course's."""
    ask = "from autograder.course import this_course; print(float(this_course().assignment.total()))"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=source, env=environment(source.parent), capture_output=True, text=True, check=False
    )
    try:
        return float(done.stdout)
    except ValueError:
        return 100.0  # what Gradescope has where nobody set it; a zip that cannot even count will say what is wrong itself


def metadata(total_points: float) -> bytes:
    """submission_metadata.json as Gradescope documents it; the points are a text there."""
    about = {
        "due_date": "2026-12-01T23:59:00.000000-08:00",
        "group_size": None,
        "group_submission": False,
        "id": 25828,
        "course_id": 1234,
        "late_due_date": None,
        "release_date": "2026-11-01T00:00:00.000000-07:00",
        "title": "Problem Set 2",
        "total_points": str(float(total_points)),
    }
    said = {
        "id": 123456,
        "created_at": "2026-11-25T14:22:32.365935-08:00",
        "assignment": about,
        "submission_method": "upload",
        "users": [STUDENT],
        "previous_submissions": [],
    }
    return msgspec.json.encode(said)


# Running it


def watched(root: Path, memory_mb: int | None, minutes: float | None, cpus: float | None = None) -> tuple[float, float, Killed]:
    """Run run_autograder to its end or to a limit: seconds, peak of memory, and which limit it was."""
    began, peak = time.monotonic(), 0.0
    throttle = Throttle(cpus) if cpus is not None else None
    with (root / "results" / "stdout").open("wb") as stdout:
        process = subprocess.Popen(
            [str(root / "run_autograder")],
            cwd=root,
            env=environment(root),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        killed: Killed = ""
        try:
            while not killed and process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(TICK)
                pids = family(process.pid)
                peak = max(peak, memory_of(pids))
                if throttle is not None:
                    throttle.step(pids)
                if minutes is not None and time.monotonic() - began > 60 * minutes:
                    killed = "time"
                if memory_mb is not None and peak > memory_mb:
                    killed = "memory"
        finally:
            end(process)
    return time.monotonic() - began, peak, killed


def environment(root: Path) -> dict[str, str]:
    """As bare as a container's; temporary files stay below `root`, so that a killed run leaves nothing elsewhere."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(root / "tmp"), "TMPDIR": str(root / "tmp"), "PS2_PYTHON": sys.executable}


def end(process: subprocess.Popen[bytes]) -> None:
    """What is left of the run dies at once, as with its container: first found, then killed, so that no orphan is missed."""
    for pid in [*family(process.pid), process.pid]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def family(pid: int) -> list[int]:
    """`pid` and all its descendants that are alive."""
    found = [pid]
    for one in found:  # grows while it is walked
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{one}/task"):
                found += map(int, Path(f"/proc/{one}/task/{task}/children").read_text().split())
    return found


def memory_of(pids: list[int]) -> float:
    """Megabytes of these processes together; a page that several share counts once."""
    return sum(memory(pid) for pid in pids) / 1024


def memory(pid: int) -> int:
    """Kilobytes: the proportional set size, or the resident one where we may not look so closely (then shared pages count again)."""
    for file, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
                if line.startswith(key):
                    return int(line.split()[1])
    return 0


# The command


def emulate_command(zip: Path, submission: Path, memory: int | None = None, timeout: float | None = None, cpus: float | None = None) -> int:
    """Run it, show what a student and what staff would see; 0 where results.json is valid and no limit was met."""
    run = emulate(zip, submission, memory, timeout, cpus=cpus)
    if run.results is not None and not run.problems:
        show(msgspec.json.decode(run.results))
    if run.stdout.strip():
        print("\nstdout (for staff):", *(f"  {line}" for line in run.stdout.strip().splitlines()[-30:]), sep="\n")
    limits = {"": "", "time": f"; killed after {timeout} minutes", "memory": f"; killed above {memory} MB"}
    print(f"\n{run.seconds:.1f} s, {run.peak_mb:.0f} MB at most{limits[run.killed]}")
    print("results.json is valid" if not run.problems else "results.json is not valid:", *(f"  {p}" for p in run.problems), sep="\n")
    return 1 if run.problems or run.killed else 0


def show(report: dict[str, Any]) -> None:
    """The tests as Gradescope lists them, then what it shows when a student opens one."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    table = Table(box=None, pad_edge=False, show_footer=True)
    table.add_column("question", footer="total")
    table.add_column("points", justify="right", footer=str(report.get("score", "")))
    table.add_column("")
    for test in report.get("tests", []):
        table.add_row(test.get("name", ""), f"{test.get('score', '')} / {test.get('max_score', '')}", test.get("status", ""))
    console.print(table)
    for text in [report.get("output", ""), *(test.get("output", "") for test in report.get("tests", []))]:
        if text:
            console.print("", text, sep="\n", soft_wrap=True)
