"""Grades many submissions in a row with one grader and prints what it holds on to: memory, descriptors, processes, scratch folders.

    python benchmarks/soak.py [--submissions N] [--write]

Every fourth submission is hostile: it exits, crashes, floods the output or forges its reply. --write keeps what was measured in
soak.json, from which `make regenerate` makes the table in docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.audit.attacks import Arena, arena, family  # noqa: E402
from autograder.grading.result import write_atomically  # noqa: E402
from autograder.sandbox import limits  # noqa: E402
from autograder.sandbox.footing import CONFINED  # noqa: E402

HOSTILE = {"endings": ("os._exit(0)", "a crash"), "forging": ("garbage", "NaN payloads"), "floods": ("output without end",)}


def row(place: Arena, number: int) -> dict[str, float]:
    """What the grader and its zygote hold at this moment."""
    grader, zygote = psutil.Process(), psutil.Process(place.zygote)
    return {
        "submissions": number,
        "grader MB": written(grader),
        "zygote MB": written(zygote),
        "oracle MB": sum(written(child) for child in zygote.children()),
        "grader descriptors": grader.num_fds(),
        "zygote descriptors": zygote.num_fds(),
        "processes": len(grader.children(recursive=True)),
        "scratch folders": len([n for n in os.listdir(tempfile.gettempdir()) if n.startswith(("ps2-grader-", "ps2-submission-"))]),
    }


def written(process: psutil.Process) -> float:
    """Megabytes that a process has written, or still shares with the one it was forked from: which of the two changes by itself."""
    return round(limits.status(f"/proc/{process.pid}/smaps_rollup")["Anonymous"] / 1024, 1)


def soak(count: int, place: Arena) -> list[dict[str, float]]:
    hostile = [a for name, wanted in HOSTILE.items() for a in family(ROOT / "tests" / "attacks" / f"{name}.py") if a.name in wanted]
    every = max(1, count // 10)
    rows = [row(place, 0)]
    show(rows[-1:], heading=True)
    for number in range(1, count + 1):
        if number % 4:
            result = place.grader.grade(ROOT / "solutions", only={"1.1", "1.3"})
            assert result.total == result.max_total
        else:
            outcome = place.run(hostile[number // 4 % len(hostile)])
            assert outcome.clean, outcome
        if number % every == 0:
            rows.append(row(place, number))
            show(rows[-1:])
    return rows


def show(rows: list[dict[str, float]], heading: bool = False) -> None:
    if heading:
        print("".join(f"{name:>20}" for name in rows[0]))
    for one in rows:
        print("".join(f"{value:>20g}" for value in one.values()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=500)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    tempfile.tempdir = tempfile.mkdtemp(prefix="ps2-soak-")  # so that only our own folders are counted
    Path(tempfile.tempdir).chmod(0o755)
    with arena(CONFINED) as place:
        rows = soak(options.submissions, place)
    shutil.rmtree(tempfile.tempdir)
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    spent = sum(one.ru_utime + one.ru_stime for one in usage)
    found = {"seconds": round(time.monotonic() - began), "cpu_seconds": round(spent), "rows": rows}
    print(f"{options.submissions} submissions in {found['seconds']} s, {spent / options.submissions:.2f} CPU seconds each")
    if options.write:
        write_atomically(Path(__file__).with_suffix(".json"), json.dumps(found, indent=1).encode() + b"\n")


if __name__ == "__main__":
    main()
