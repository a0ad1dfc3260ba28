"""Are the p-values of the statistical items uniform? 2,000 seeds of each initializer question, on the reference.

    python benchmarks/initializer_p_values.py --seeds 2000

For every item and statistic: Kolmogorov–Smirnov's p-value against the uniform distribution (should exceed 1e-4), the smallest p-value seen,
and how near a limit the judge itself came (ratio 1 would be a false failure).
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1]))

from autograder.check import distribution, part3_initializers
from autograder.check.draw import Draw
from autograder.check.package import Package
from autograder.check.question import load_questions
from autograder.check.recording import record
from autograder.check.scoring import judge
from autograder.check.verdict import Judge, Parts, Verdict

SOLUTIONS = Path(__file__).parents[1] / "solutions" / "ps2"
QUESTIONS = ("3.2", "3.3", "3.4", "3.6")


def noting(found: dict[str, list[float]], worst: dict[str, float]) -> Any:
    """Stands for `random_weights`: notes p-values and the judge's own ratios."""

    def random_weights(shape: tuple[int, ...], std: float, *, normal_only: bool = False, call: str = "") -> Judge:
        def rule(got: Parts, _: Parts) -> Verdict:
            for name, tail in distribution.tail_probabilities(got["weights"], std, normal_only=True).items():
                if tail.exact:
                    found[name].append(tail.p)
            for name, (ratio, _) in distribution.ratios(got["weights"], std, normal_only).items():
                worst[name] = max(worst.get(name, 0.0), ratio)
            return Verdict(True)

        return Judge(rule, alone=True)

    return random_weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--reference", type=Path, default=SOLUTIONS)
    arguments = parser.parse_args()
    questions, reference = load_questions(), Package(arguments.reference, "ps2_reference")
    for id in QUESTIONS:
        found: dict[str, list[float]] = defaultdict(list)
        worst: dict[str, float] = {}
        part3_initializers.random_weights = noting(found, worst)
        for number in range(arguments.seeds):
            recording = record(questions[id], reference, Draw(b"%d" % number))
            judge(recording, recording.items, None)
        for name, values in found.items():
            uniform = stats.kstest(values, "uniform").pvalue
            least, count = min(values), len(values)
            print(f"{id} {name:<6} {count:>6} arrays  KS p = {uniform:.3g}  least p = {least:.2g} (times n: {least * count:.2g})")
        print(f"{id} largest ratios   " + "   ".join(f"{name} {ratio:.3f}" for name, ratio in worst.items()), flush=True)


if __name__ == "__main__":
    main()
