"""What a class costs: CPU seconds of one more submission, beside the common way in the same run, with the straight line through them.

The common way is a process for each submission that imports torch and runs the same checks (the same probes and judges on student and
reference, in one process, nothing confined, nothing explained) in gradescope-utils' runner.

otter-grader does the same where a Python has it (--otter PYTHON): otter_way.py.

    python benchmarks/classroom.py [--submissions N] [--workers N] [--usual N] [--otter PYTHON] [--json FILE] [--plot FILE]

CPU time is what is compared: on a machine that others use, wall-clock time says little. FILE is written anew after every 20 submissions and
every stage, so that a run that is stopped leaves what it has measured.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.check.layout import GIVEN  # noqa: E402
from autograder.classroom import pool, synthetic  # noqa: E402
from autograder.classroom.grader import Done, Settings, task  # noqa: E402
from autograder.classroom.reading import read_class  # noqa: E402
from autograder.course import this_course  # noqa: E402
from autograder.grading.result import write_atomically  # noqa: E402
from autograder.sandbox.launch import ONE_THREAD  # noqa: E402
from benchmarks import otter_way  # noqa: E402
from benchmarks.grade import tree_cpu  # noqa: E402

EVERY = 20
SAMPLES = 300
USUAL = """
import sys, unittest
from pathlib import Path
import torch
torch.set_num_threads(1)
from gradescope_utils.autograder_utils.decorators import partial_credit
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner
from autograder.check import scoring
from autograder.check.draw import Draw
from autograder.check.package import Package
from autograder.check.recording import record
from autograder.course import this_course

course = this_course()
reference, student = Package(course.reference, "ps2_reference"), Package(Path(sys.argv[1]) / "ps2", "ps2_student")

class Checks(unittest.TestCase):
    pass

def asks(question):
    @partial_credit(float(course.assignment.points(question)))
    def test(self, set_score=None):
        seed = b"the common way has one seed for all"
        want = record(question, reference, Draw(seed), trusted=True)
        got = record(question, student, Draw(seed))
        rows = scoring.judge(want, got.items, got.ended)
        set_score(float(scoring.share(rows, course.assignment.weights_of(question)) * course.assignment.points(question)))
    return test

for question in course.assignment.asked():
    setattr(Checks, "test_" + question.id.replace(".", "_"), asks(question))
with open(sys.argv[2], "w") as stream:
    JSONTestRunner(stream=stream).run(unittest.defaultTestLoader.loadTestsFromTestCase(Checks))
"""


class Watched:
    """Memory that is a process's alone, looked at while a class is graded: of the graders, their zygotes and the student workers.

    seconds: of CPU that looking took, which is no part of grading (a tenth of it would be).
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.graders: list[float] = []
        self.workers: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            self.seconds = time.thread_time()
            try:
                graders = [p for p in psutil.Process().children() if "multiprocessing.spawn" in " ".join(p.cmdline())]
                self.graders.append(sum(alone(p) for p in graders) / max(1, len(graders)))
                young = [p for g in graders for z in g.children() for p in z.children() if time.time() - p.create_time() < 1]
                self.workers += [alone(p) for p in young]
            except (psutil.Error, OSError):
                continue

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def alone(process: psutil.Process) -> float:
    return float(process.memory_full_info().uss / 2**20)


Keep = Callable[[dict[str, Any]], None]
"""Is given what is measured so far."""


def ours(
    folder: Path, out: Path, workers: int, only: frozenset[str] = frozenset(), watch: bool = True, keep: Keep = lambda run: None
) -> dict[str, Any]:
    """The CPU that was used after each submission, the straight line through it, memory."""
    course = this_course()
    tasks = [task(upload.handed, out / f"{upload.entry.id}.json") for upload in read_class(folder, course)]
    used, walls, troubles = [], [], 0
    began, before = time.perf_counter(), tree_cpu()
    hands = pool.Pool(Settings(str(course.root), only), 600.0)
    watched = Watched()
    try:
        with watched if watch else contextlib.nullcontext():
            for done in hands.run(deque(tasks), workers):
                used.append(tree_cpu() - before - watched.seconds)
                walls.append(time.perf_counter() - began)
                troubles += bool(done.trouble)
                if len(used) % EVERY == 0 and len(used) > workers + 1:
                    keep(line_through(used, walls, workers, troubles, watched))
    finally:
        hands.close()
    return line_through(used, walls, workers, troubles, watched)


def line_through(used: list[float], walls: list[float], workers: int, troubles: int, watched: Watched) -> dict[str, Any]:
    counts = np.arange(1, len(used) + 1)
    warm = counts > workers  # each grader starts its zygotes with its first submission
    slope, start = np.polyfit(counts[warm], np.array(used)[warm], 1)
    residual = np.array(used)[warm] - (slope * counts[warm] + start)
    return {
        "submissions": len(used),
        "workers": workers,
        "cpu each": float(slope),
        "cpu to start": float(start),
        "largest distance from the line": float(np.abs(residual).max() / used[-1]),
        "cpu": [round(value, 3) for value in used],
        "wall": [round(value, 3) for value in walls],
        "troubles": troubles,
        "grader MB": thinned(watched.graders),
        "worker MB": thinned(watched.workers),
        "largest worker MB": round(max(watched.workers, default=0.0), 1),
    }


def thinned(values: list[float]) -> list[float]:
    """At most some hundred of them, evenly."""
    return [round(value, 1) for value in values[:: 1 + len(values) // SAMPLES]]


def students(folder: Path, count: int, place: Path) -> list[Path]:
    """The first of the class, unpacked, with the files that the kit gives."""
    course, made = this_course(), []
    for upload in read_class(folder, course)[:count]:
        assert upload.handed.source is not None
        student = place / upload.entry.id
        with zipfile.ZipFile(upload.handed.source) as archive:
            archive.extractall(student)
        for name in GIVEN:
            if (course.reference / name).is_file():
                (student / "ps2" / name).write_bytes((course.reference / name).read_bytes())
        made.append(student)
    return made


def usual(folders: list[Path]) -> dict[str, float]:
    """A process a submission; the mean."""
    each = []
    for student in folders:
        command = [sys.executable, "-c", USUAL, str(student), str(student / "results.json")]
        before = children_cpu()
        subprocess.run(command, cwd=ROOT, capture_output=True, env={**os.environ, **ONE_THREAD}, check=False, timeout=300)
        each.append(children_cpu() - before)
    return {"submissions": len(each), "cpu each": statistics.fmean(each)}


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def by_questions(folder: Path, place: Path) -> list[tuple[int, float]]:
    """CPU seconds a submission, by the number of questions asked: every fourth, every second, all."""
    ids = [q.id for q in this_course().assignment.asked()]
    chosen = [ids[::4], ids[::2], ids]
    return [(len(some), ours(folder, place / f"q{len(some)}", 1, frozenset(some), watch=False)["cpu each"]) for some in chosen]


def scheduling(chunks: int = 50, each: int = 12) -> float:
    """CPU seconds of dask's client, scheduler and two workers for a submission that costs nothing."""
    import distributed

    from autograder.classroom import cluster

    cluster.quiet()
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as made, distributed.Client(made) as client:
        client.gather(client.map(nothing, [["warm"]] * 4, pure=False))
        before = tree_cpu()
        client.gather(client.map(nothing, [[f"submission {i}" for i in range(each)]] * chunks, pure=False))
        return (tree_cpu() - before) / (chunks * each)


def nothing(ids: list[str]) -> list[Done]:
    return [Done(id) for id in ids]


def draw(found: dict[str, Any], file: Path) -> None:
    """One picture: the line of a class, and the price of one more beside the common way's."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    line, bars = figure.subplots(1, 2, width_ratios=(2, 1))
    one = found["one grader"]
    counts = np.arange(1, one["submissions"] + 1)
    line.plot(counts, one["cpu"], ".", label="measured")
    line.plot(
        counts, one["cpu each"] * counts + one["cpu to start"], label=f"{one['cpu each']:.2f} s each, {one['cpu to start']:.1f} s to start"
    )
    line.set_xlabel("submissions")
    line.set_ylabel("CPU seconds")
    line.legend()
    rows = {"this grader": one, "a process\na submission": found["common way"], "otter-grader": found.get("otter")}
    heights = [row["cpu each"] for row in rows.values() if isinstance(row, dict)]
    names = [name for name, row in rows.items() if isinstance(row, dict)]
    bars.bar(names, heights)
    for place, height in enumerate(heights):
        bars.text(place, height, f"{height:.2f} s", ha="center", va="bottom")
    bars.margins(y=0.12)
    bars.set_ylabel("CPU seconds of one more")
    figure.savefig(file, metadata={"Software": None} if file.suffix == ".png" else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--usual", type=int, default=8, help="submissions that the common way grades")
    parser.add_argument("--otter", metavar="PYTHON", default=sys.executable, help="a Python with otter-grader")
    parser.add_argument("--otter-submissions", type=int, default=4, help="submissions that otter grades")
    parser.add_argument("--workers", type=int, default=2, help="graders of the second run; 1: no second run")
    parser.add_argument("--large", type=int, default=0, metavar="N", help="also a class of N, on all graders")
    parser.add_argument("--questions", action="store_true", help="also by number of questions")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    if options.usual < 1:
        parser.error("--usual: the common way is what a class is compared with; give it 1 submission or more")
    found: dict[str, Any] = {}
    try:
        measure(options, found)
    finally:
        write(found, options.json)
    show(found)
    if options.plot:
        draw(found, options.plot)


def measure(options: argparse.Namespace, found: dict[str, Any]) -> None:
    """Fills `found`, stage by stage."""

    def keep(stage: str) -> Keep:
        def keeper(run: dict[str, Any]) -> None:
            found[stage] = run
            write(found, options.json)
            print(f"{stage}: {run['submissions']} submissions, {run.get('cpu each', 0):.2f} CPU s each", file=sys.stderr)

        return keeper

    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        folder = synthetic.write_class(place / "class", this_course(), options.submissions)
        few = students(folder, options.usual, place / "students")
        keep("one grader")(ours(folder, place / "one", 1, keep=keep("one grader")))
        keep("common way")(usual(few))
        found["ratio"] = found["common way"]["cpu each"] / found["one grader"]["cpu each"]
        if missing := otter_way.missing(options.otter):
            found["otter"] = missing
        else:
            keep("otter")(otter_way.measure(options.otter, few[: options.otter_submissions], place, otter_way.environment_with(ONE_THREAD)))
        if options.workers > 1:
            keep("more graders")(ours(folder, place / "more", options.workers, keep=keep("more graders")))
        if options.large:
            large = synthetic.write_class(place / "large", this_course(), options.large, seed=1)
            keep("large class")(ours(large, place / "large results", options.workers, keep=keep("large class")))
        if options.questions:
            found["by questions"] = by_questions(folder, place)
    try:
        found["scheduling"] = scheduling()
    except ImportError:
        print("dask is not installed: what its scheduling costs was not measured")


def write(found: dict[str, Any], file: Path | None) -> None:
    """Atomically; lists of numbers on a line each."""
    if file is not None:
        text = re.sub(r"\[[^\[\]{}\"]*\]", lambda match: " ".join(match[0].split()), json.dumps(found, indent=1))
        write_atomically(file, text.encode() + b"\n")


def show(found: dict[str, Any]) -> None:
    for name in ("one grader", "more graders", "large class"):
        if name in found:
            run = found[name]
            print(
                f"{run['workers']} grader(s): {run['cpu each']:.2f} CPU seconds a submission, {run['cpu to start']:.1f} to start, ", end=""
            )
            print(f"at most {100 * run['largest distance from the line']:.1f} % from the line, {run['wall'][-1]:.0f} s in all")
            graders = run["grader MB"] or [0.0]
            early, late = graders[len(graders) // 4], graders[-1]
            print(f"    memory of its own, MB: grader {early:.0f} early, {late:.0f} late; worker at most {run['largest worker MB']:.0f}")
    print(f"common way: {found['common way']['cpu each']:.2f} CPU seconds a submission, {found['ratio']:.1f} times as much")
    if isinstance(otter := found.get("otter"), str):
        print(f"otter-grader: {otter}")
    elif otter:
        times = otter["cpu each"] / found["one grader"]["cpu each"]
        print(f"otter-grader: {otter['cpu each']:.2f} CPU seconds a submission, {times:.1f} times as much")
    for count, each in found.get("by questions", []):
        print(f"    {count} questions: {each:.2f} CPU seconds")
    if "scheduling" in found:
        print(f"dask's own work: {1e3 * found['scheduling']:.2f} ms of CPU a submission")


if __name__ == "__main__":
    main()
