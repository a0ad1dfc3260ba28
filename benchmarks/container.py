"""Seconds and peak memory of a whole grading in Gradescope's default container, for the table in the README.

    python benchmarks/container.py [--write]

The reference and the starter, through the very zip, at half a CPU, 768 MB and 10 minutes. --write puts the table into README.md.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.course import this_course  # noqa: E402
from autograder.frontends.emulate import emulate  # noqa: E402
from autograder.publish.gradescope_zip import build_gradescope_zip  # noqa: E402
from autograder.publish.proofs import CPUS, MEMORY_MB, MINUTES  # noqa: E402

TABLE = re.compile(r"(<!-- container -->\n).*?(<!-- /container -->)", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    parts = ", ".join(str(n) for n in sorted({q.part for q in this_course().assignment.asked()}))
    rows = [f"| parts {parts} | points | seconds | peak memory |", "|:---|---:|---:|---:|"]
    with tempfile.TemporaryDirectory() as place:
        archive = build_gradescope_zip(Path(place) / "grader.zip")
        for name, folder in (("the reference", "solutions"), ("the untouched starter", "starter_code")):
            run = emulate(archive, ROOT / folder, MEMORY_MB, MINUTES, cpus=CPUS)
            score = msgspec.json.decode(run.results or b"{}").get("score")
            rows.append(f"| {name} | {score:g} | {run.seconds:.0f}{' (killed)' * bool(run.killed)} | {run.peak_mb:.0f} MB |")
    table = "\n".join(rows) + "\n"
    print(table)
    if options.write:
        readme = ROOT / "README.md"
        readme.write_text(TABLE.sub(rf"\g<1>{table}\g<2>", readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
