"""The same class by otter-grader: the same probes and judges as tests in its exception-based form, run by its `otter run` without docker.

Each submission is a zip with the student's ps2/ and a script; otter executes it in a kernel of its own and then the tests beside it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.course import this_course

ROOT = Path(__file__).resolve().parent.parent
NEEDS = ("otter", "ipykernel", "numpy", "scipy", "torch", "msgspec")
INSTALL = (
    "not installed; in an environment of its own: python -m venv otter && otter/bin/python -m pip install "
    "otter-grader ipykernel numpy scipy torch msgspec, and then --otter otter/bin/python"
)
SCRIPT = """
from pathlib import Path
import torch
torch.set_num_threads(1)
from autograder.check import scoring
from autograder.check.draw import Draw
from autograder.check.package import Package
from autograder.check.recording import record
from autograder.course import this_course

course = this_course()
questions = {question.id: question for question in course.assignment.asked()}
reference, student = Package(course.reference, "ps2_reference"), Package(Path("ps2").resolve(), "ps2_student")

def share(id):
    question, seed = questions[id], b"the common way has one seed for all"
    want = record(question, reference, Draw(seed), trusted=True)
    got = record(question, student, Draw(seed))
    return scoring.share(scoring.judge(want, got.items, got.ended), course.assignment.weights_of(question))
"""
TEST = """
from otter.test_files import test_case
OK_FORMAT = False
name = "{name}"
points = {points}

@test_case(points=None, hidden=False)
def test_{name}(share):
    assert share("{id}") == 1
"""


def missing(python: str) -> str:
    """What that Python lacks, as the sentence to print; "" where it has everything."""
    asked = subprocess.run([python, "-c", f"import {', '.join(NEEDS)}"], capture_output=True, text=True, check=False)
    return "" if asked.returncode == 0 else INSTALL


def measure(python: str, folders: Sequence[Path], place: Path, environment: dict[str, str]) -> dict[str, Any]:
    """folders: of students, each with a whole ps2/. The mean CPU of a submission, and how many questions passed in each."""
    config = configured(python, place)
    each, passed = [], []
    for folder in folders:
        out = place / f"otter-{folder.name}"
        out.mkdir()
        upload = zipped(folder, out / "submission.zip")
        command = [python, "-m", "otter", "run", str(upload), "-a", str(config), "-o", str(out), "--no-logo"]
        before = children_cpu()
        subprocess.run(command, cwd=place, env=environment, capture_output=True, check=True, timeout=300)
        each.append(children_cpu() - before)
        found = json.loads((out / "results.json").read_text(encoding="utf-8"))["tests"]
        passed.append(sum(test["score"] == test["max_score"] for test in found if test["name"].startswith("q")))
    return {"submissions": len(each), "cpu each": statistics.fmean(each), "questions passed": passed}


def configured(python: str, place: Path) -> Path:
    """otter's autograder.zip with a test file a question."""
    tests = place / "otter-tests"
    tests.mkdir()
    assignment = this_course().assignment
    for question in assignment.asked():
        name = "q" + question.id.replace(".", "_")
        text = TEST.format(name=name, id=question.id, points=float(assignment.points(question)))
        (tests / f"{name}.py").write_text(text, encoding="utf-8")
    config = place / "otter-autograder.zip"
    options = ["--no-config", "--no-requirements", "--no-environment", "-t", str(tests), "-o", str(config)]
    subprocess.run([python, "-m", "otter", "generate", *options], cwd=place, capture_output=True, check=True, timeout=120)
    return config


def zipped(folder: Path, file: Path) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("submission.py", SCRIPT)
        for path in sorted((folder / "ps2").glob("*.py")):
            archive.write(path, f"ps2/{path.name}")
    return file


def environment_with(settings: dict[str, str]) -> dict[str, str]:
    """Kernels find the checks by PYTHONPATH, and this machine's own Jupyter settings not at all."""
    return {**os.environ, **settings, "PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1"}


def children_cpu() -> float:
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(missing(sys.executable) or "otter-grader can be measured here: python benchmarks/classroom.py")
