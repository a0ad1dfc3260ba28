"""What a grading costs: seconds of CPU a question, beside the usual way in the same run.

The usual way is a fresh process for each submission that imports the student's code into gradescope-utils' runner: no isolation, no
reference, a handful of comparisons. Ours starts its zygote once; its start is shown by itself.

    python benchmarks/grade.py [--runs N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.course import this_course  # noqa: E402
from autograder.grading.grade import Grader  # noqa: E402

USUAL = """
import unittest
import numpy as np
from gradescope_utils.autograder_utils.decorators import weight
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner
import ps2.activations as student

class Activations(unittest.TestCase):
    pass

def asks(name):
    @weight(2)
    def test(self):
        x = np.random.default_rng(0).normal(size=(16, 24))
        layer = getattr(student, name)()
        y = layer.forward(x)
        for h in (1e-5,):
            slope = (getattr(student, name)().forward(x + h) - getattr(student, name)().forward(x - h)) / (2 * h)
        np.testing.assert_allclose(layer.backward(np.ones_like(x)), slope, rtol=1e-3, atol=1e-4)
    return test

for name in ("Sigmoid", "Tanh", "ReLU", "LeakyReLU", "ELU"):
    setattr(Activations, "test_" + name, asks(name))
with open("results.json", "w") as stream:
    JSONTestRunner(stream=stream).run(unittest.defaultTestLoader.loadTestsFromTestCase(Activations))
"""


def tree_cpu() -> float:
    """CPU seconds of this process and everything below it, ended workers included."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:  # it ended meanwhile, and its parent has its time
            continue
        total += times.user + times.system
        if process.pid != psutil.Process().pid:
            total += times.children_user + times.children_system
    return total


def ours(runs: int, part: int) -> dict[str, float]:
    """Seconds a question of one part, and of the start, on the reference."""
    course = this_course()
    asked = {q.id for q in course.assignment.asked() if q.part == part}
    cpu, wall = tree_cpu(), time.perf_counter()
    with Grader(course, keep=True) as grader:
        grader.grade(course.root / "solutions", only=asked)
        started = {"start_cpu": tree_cpu() - cpu, "start_wall": time.perf_counter() - wall}
        cpu, wall = tree_cpu(), time.perf_counter()
        for _ in range(runs):
            result = grader.grade(course.root / "solutions", only=asked)
            assert result.total == result.max_total
        count = runs * len(asked)
        return {**started, "cpu": (tree_cpu() - cpu) / count, "wall": (time.perf_counter() - wall) / count}


def usual(runs: int) -> dict[str, float]:
    """Seconds a question of part 1 in a fresh process a submission."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ps2").symlink_to(ROOT / "solutions" / "ps2")
        before, wall = psutil.Process().cpu_times(), time.perf_counter()
        for _ in range(runs):
            subprocess.run([sys.executable, "-c", USUAL], cwd=folder, check=True, capture_output=True)
        after = psutil.Process().cpu_times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return {"cpu": cpu / runs / 5, "wall": (time.perf_counter() - wall) / runs / 5}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    parts = sorted({q.part for q in this_course().assignment.asked() if not q.needs_torch})
    table = {"usual way, part 1": usual(options.runs)} | {f"ours, part {part}": ours(options.runs, part) for part in parts}
    print(f"{'milliseconds a question':<26}{'CPU':>8}{'wall':>8}{'start, CPU':>12}{'CPU / usual':>13}")
    base = table["usual way, part 1"]["cpu"]
    for name, row in table.items():
        start = f"{1e3 * row['start_cpu']:.0f}" if "start_cpu" in row else ""
        print(f"{name:<26}{1e3 * row['cpu']:>8.1f}{1e3 * row['wall']:>8.1f}{start:>12}{row['cpu'] / base:>12.2f}x")
    if options.json:
        options.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
