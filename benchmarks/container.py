"""Seconds and peak memory of a whole grading in Gradescope's default container, for the table in the README.

    python benchmarks/container.py [--write]

The reference and the starter, through the very zip, at half a CPU, 768 MB and 10 minutes. --write keeps what was measured in
container.json, from which `make regenerate` makes the table. On a busy machine the CPU seconds alone mean something.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.course import this_course  # noqa: E402
from autograder.frontends.emulate import emulate  # noqa: E402
from autograder.grading.result import write_atomically  # noqa: E402
from autograder.publish.gradescope_zip import build_gradescope_zip  # noqa: E402
from autograder.publish.measured import container  # noqa: E402
from autograder.publish.proofs import CPUS, MEMORY_MB, MINUTES  # noqa: E402


def measure(archive: Path, name: str, folder: Path) -> dict[str, Any]:
    before = cpu_of_children()
    run = emulate(archive, folder, MEMORY_MB, MINUTES, cpus=CPUS, total_points=float(this_course().assignment.total()))
    if run.results is None or run.killed:
        raise SystemExit(f"{name} was not graded: {run.killed or run.problems}")
    score = msgspec.json.decode(run.results)["score"]
    spent = round(cpu_of_children() - before, 1)
    return {"submission": name, "points": score, "cpu_seconds": spent, "seconds": round(run.seconds, 1), "peak_mb": round(run.peak_mb)}


def cpu_of_children() -> float:
    """Seconds of the processes that were waited for, and theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        archive = build_gradescope_zip(Path(place) / "grader.zip")
        named = (("the reference", "solutions"), ("the untouched starter", "starter_code"))
        rows = [measure(archive, name, ROOT / folder) for name, folder in named]
    found = {"parts": sorted({q.part for q in this_course().assignment.asked()}), "rows": rows}
    data = msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
    print(container(data))
    if options.write:
        write_atomically(Path(__file__).with_suffix(".json"), data)
        print("`make regenerate` carries it into README.md.")


if __name__ == "__main__":
    main()
