"""Which broken implementations does the training run tell apart from the right one? Each catalogued mistake below, trained in a few worlds.

python benchmarks/broken_training.py [--profile cpu] [--runs 3] [--jobs 1] [--json FILE] [ID …]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
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
    "train-stops-early",
    "train-returns-to-the-best",
    "train-ends-with-a-checkpoint",
)


def accuracy(id: str, profile_name: str, number: int) -> float:
    """Of one implementation in one world, measured in the reference network; 0 where it does not run."""
    load_questions()
    course, known = this_course(), load_catalog()[id]
    profile = course.assignment.training.profiles[profile_name]
    data, hidden, labels = draw(practice_source(profile.images, 2000 + number), course.reference)
    try:
        weights = perform(overlay(course.reference, {known.name: known.build}), profile.task(number), data).weights
        net = Package(course.reference, "ps2_measuring").CifarResNet(profile.depth, width=profile.width)
        return measure(net, weights, hidden, labels)
    except Exception as error:
        print(f"  {id}: {type(error).__name__}: {error}", file=sys.stderr)
        return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", default=[])
    parser.add_argument("--profile", default="cpu")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1, help="so many runs at once")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: dict[str, list[float]] = {}
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        ids = options.ids or CHOSEN
        runs = {id: [pool.submit(accuracy, id, options.profile, number) for number in range(options.runs)] for id in ids}
        for id, started in runs.items():
            rows[id] = [run.result() for run in started]
            print(f"{id:32} {statistics.fmean(rows[id]):.3f}  {' '.join(f'{a:.3f}' for a in rows[id])}", flush=True)
            if options.json:
                options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
