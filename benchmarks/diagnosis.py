"""What diagnosing costs: CPU seconds of submissions that fail about one question in five, graded with the words for it and without.

Without: no runs on small sizes and fresh inputs, no search for the cause; the verdicts are the same. One submission makes mistakes of the
catalog; the other makes mistakes that nothing explains, for which the whole catalog is searched in vain.

    python benchmarks/diagnosis.py [--runs N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
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

KNOWN = tuple(
    next(mistake for mistake in MISTAKES if mistake[1] == name) for name in ("ELU", "Standardize", "kaiming", "Linear", "BatchNorm2d")
)
UNKNOWN = (
    ("activations.py", "ELU", "np.where(x > 0, 1.0, negative + self.alpha)", "np.where(x > 0, 1.0, negative + 0.9 * self.alpha)"),
    ("preprocessing.py", "Standardize", "train.std(axis=0)", "1.01 * train.std(axis=0)"),
    ("initializers.py", "kaiming", "np.sqrt(2.0 /", "np.sqrt(2.3 /"),
    ("layers.py", "Linear", "grad_output.sum(axis=0)", "1.01 * grad_output.sum(axis=0)"),
    ("layers.py", "BatchNorm2d", "variance * (count / (count - 1))", "1.01 * variance"),
)
"""Changes of the reference, as in MISTAKES."""


def submission(folder: Path, mistakes: Sequence[tuple[str, str, str, str]] = KNOWN) -> Path:
    """The reference with these mistakes."""
    shutil.copytree(this_course().reference, folder / "ps2", ignore=shutil.ignore_patterns("__pycache__"))
    for file, name, old, new in mistakes:
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


WAYS = {"without": silent, "with diagnosing": lambda grader, folder: grader.grade(folder)}


def compared(grader: Grader, folder: Path, runs: int) -> dict[str, float]:
    """Mean CPU seconds of each way, alternating, so that a busy machine disturbs all alike; the first run warms up."""
    spent: dict[str, list[float]] = {name: [] for name in WAYS}
    for number in range(runs + 1):
        for name, way in WAYS.items():
            before = tree_cpu()
            result = way(grader, folder)
            if number:
                spent[name].append(tree_cpu() - before)
    table = {name: statistics.fmean(values) for name, values in spent.items()}
    failed = sum(question.status != "passed" for question in result.questions)
    return {"questions": len(result.questions), "failed": failed, **table, "more": table["with diagnosing"] / table["without"] - 1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = {}
    with Grader(this_course(), keep=True) as grader:
        for kind, mistakes in (("known mistakes", KNOWN), ("unknown mistakes", UNKNOWN)):
            with tempfile.TemporaryDirectory() as temporary:
                found[kind] = compared(grader, submission(Path(temporary), mistakes), options.runs)
    for kind, row in found.items():
        print(f"{kind}: {row['failed']} of {row['questions']} questions fail")
        for name in WAYS:
            print(f"  {name:<20}{1e3 * row[name]:>9.0f} ms of CPU")
        print(f"  diagnosing adds {row['more']:.0%}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
