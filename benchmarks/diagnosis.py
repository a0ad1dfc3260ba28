"""What diagnosing costs: CPU seconds of a submission that fails about one question in five, graded with the words for it and without.

Without: no runs on small sizes and fresh inputs, no search for the cause; the verdicts are the same.

    python benchmarks/diagnosis.py [--runs N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograder.classroom.synthetic import MISTAKES, changed
from autograder.course import this_course
from autograder.grading import grade as grading
from autograder.grading.asking import Asking
from autograder.grading.grade import Grader
from autograder.grading.result import Result
from benchmarks.grade import tree_cpu

WRONG = ("ELU", "Standardize", "kaiming", "Linear", "BatchNorm2d")
"""The first catalogued mistake of each."""


def submission(folder: Path) -> Path:
    """The reference, with WRONG."""
    shutil.copytree(this_course().reference, folder / "ps2", ignore=shutil.ignore_patterns("__pycache__"))
    for name in WRONG:
        file, _, old, new = next(mistake for mistake in MISTAKES if mistake[1] == name)
        path = folder / "ps2" / file
        text = path.read_text(encoding="utf-8")
        path.write_text(changed(text, name, old, new), encoding="utf-8")
        assert path.read_text(encoding="utf-8") != text, f"{name} has no {old!r}"
    return folder


def silent(grader: Grader, folder: Path) -> Result:
    """Graded without diagnosing."""
    alone = Asking.alone
    with (
        mock.patch.object(Asking, "alone", lambda self, question, client, explained: alone(self, question, client, False)),
        mock.patch.object(grading, "wrong", lambda judged: False),
    ):
        return grader.grade(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    ways = {"without": silent, "with diagnosing": lambda grader, folder: grader.grade(folder)}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as temporary, Grader(this_course(), keep=True) as grader:
        folder = submission(Path(temporary))
        for number in range(options.runs + 1):  # alternating, so that a busy machine disturbs all alike; the first warms up
            for name, way in ways.items():
                before = tree_cpu()
                result = way(grader, folder)
                if number:
                    spent[name].append(tree_cpu() - before)
    failed = sum(question.status != "passed" for question in result.questions)
    table = {name: statistics.fmean(values) for name, values in spent.items()}
    more = table["with diagnosing"] / table["without"] - 1
    print(f"{failed} of {len(result.questions)} questions fail")
    for name, seconds in table.items():
        print(f"{name:<20}{1e3 * seconds:>9.0f} ms of CPU")
    print(f"diagnosing adds {more:.0%}")
    if options.json:
        found = {"questions": len(result.questions), "failed": failed, **table, "more": more}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
