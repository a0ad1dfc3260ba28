"""Weights from one world are worth chance in others: the accuracy of given weights in practice worlds, in the reference network.

python benchmarks/other_worlds.py WEIGHTS.safetensors [--worlds 20]
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from safetensors.numpy import load_file

from autograder.check.package import Package
from autograder.check.question import load_questions
from autograder.check.trainer import measure
from autograder.course import this_course
from autograder.training.images import formulas


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--worlds", type=int, default=20)
    options = parser.parse_args()
    load_questions()
    course = this_course()
    given, profile = formulas(course.reference), course.assignment.training.profiles["cpu"]
    weights, package = load_file(options.weights), Package(course.reference)
    found = []
    for world in range(options.worlds):
        images, labels = given.draw_images(given.PRESETS["small"], given.World(3000 + world), 2_000, world)
        net = package.CifarResNet(profile.depth, width=profile.width)
        found.append(measure(net, weights, given.standardize(images)[0], labels))
    print(f"{len(found)} other worlds: mean {statistics.fmean(found):.3f}, from {min(found):.3f} to {max(found):.3f}")


if __name__ == "__main__":
    main()
