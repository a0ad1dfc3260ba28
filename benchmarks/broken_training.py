"""Which broken implementations does the training run tell apart from the right one? Each catalogued mistake below, trained in a few worlds.

python benchmarks/broken_training.py [--runs 3] [--threads 2] [--json FILE] [ID …]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from autograder.check.package import Package
from autograder.check.question import load_questions
from autograder.check.trainer import measure, perform
from autograder.course import this_course
from autograder.misconceptions import load_catalog
from autograder.misconceptions.overlay import overlay
from autograder.training.images import draw, practice_source

CHOSEN = (
    "basic-without-shortcut",
    "basic-add-after-relu",
    "basic-no-first-relu",
    "he-fan-out",
    "he-variance-as-std",
    "he-without-the-two",
    "optimizer-without-momentum",
    "optimizer-dampened",
    "optimizer-without-decay",
    "plateau-one-early",
    "plateau-wants-accuracies",
    "evaluate-in-train-mode",
    "train-never-clears",
    "train-softmax-first",
    "train-labels-apart",
    "train-mode-once",
    "train-without-schedule",
)


def accuracies(package: Callable[[], Package], runs: int, threads: int) -> list[float]:
    """Of one implementation, each measured in the reference network."""
    course = this_course()
    profile = course.assignment.training.profiles["cpu"]
    found = []
    for number in range(runs):
        data, hidden, labels = draw(practice_source(profile.images, 2000 + number), course.reference)
        task = dataclasses.replace(profile.task(number), threads=threads)
        try:
            weights = perform(package(), task, data).weights
            net = Package(course.reference, "ps2_measuring").CifarResNet(profile.depth, width=profile.width)
            found.append(measure(net, weights, hidden, labels))
        except Exception as error:
            print(f"  {type(error).__name__}: {error}", file=sys.stderr)
            found.append(0.0)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", default=[])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    load_questions()
    catalog, reference = load_catalog(), this_course().reference
    rows: dict[str, list[float]] = {}
    for id in options.ids or CHOSEN:
        known = catalog[id]
        rows[id] = accuracies(lambda known=known: overlay(reference, {known.name: known.build}), options.runs, options.threads)  # type: ignore[misc]
        print(f"{id:32} {statistics.fmean(rows[id]):.3f}  {' '.join(f'{a:.3f}' for a in rows[id])}", flush=True)
        if options.json:
            options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
