"""docs/add-a-question.md, applied literally to a copy of the project, gives a question that works everywhere."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from autograder.course import this_course

ROOT = this_course().root
BLOCK = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks():
    page = (ROOT / "docs" / "add-a-question.md").read_text(encoding="utf-8")
    return BLOCK.findall(page)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    copy = tmp_path_factory.mktemp("project")
    for name in ("autograder", "solutions", "assignment", "starter_code", "tests/variants", "constraints", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests" / "__init__.py").touch()
    for file, text in blocks():
        with (copy / file).open("a", encoding="utf-8") as target:
            target.write("\n\n" + text)
    return copy


def run(project, *command):
    return subprocess.run([sys.executable, "-m", "autograder", *command], cwd=project, capture_output=True, text=True, encoding="utf-8")


def test_the_code_of_a_new_question_is_under_thirty_lines():
    code = [text for file, text in blocks() if file.startswith(("solutions", "autograder/check", "assignment/assignment.toml"))]
    assert sum(len([line for line in text.splitlines() if line.strip()]) for text in code) < 30


def test_the_new_question_is_graded_and_comes_into_the_kit(project):
    made = run(project, "regenerate")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "class Softplus" in (project / "starter_code/ps2/activations.py").read_text(encoding="utf-8")
    assert (project / "starter_code/ps2check/golden/1.10.npz").is_file()
    for submission, points in (("solutions", 2), ("starter_code", 0)):
        graded = run(project, "grade", submission, "--question", "1.10", "--json", "result.json")
        assert graded.returncode == 0, graded.stdout + graded.stderr
        result = json.loads((project / "result.json").read_text(encoding="utf-8"))
        assert [(q["id"], q["points"]) for q in result["questions"]] == [("1.10", points)]


AUDIT = """
import json
from autograder.audit import Audit, run
run.prepare()
audit = sum((piece(*given) for piece, given in run.tasks_for(["1.10"], 2, [], [], False, 10)), Audit())
print(json.dumps({name: getattr(audit, name) for name in ("questions", "misconceptions", "killed", "cascades", "false_failures")}))
"""


def test_the_audit_takes_the_new_question_in(project):
    """In the short form its own pieces of the audit; in the thorough form the audit of its whole part."""
    if os.environ.get("PS2_ALL_SEEDS"):
        run(project, "audit", "--part", "1", "--seeds", "2", "--json", "audit.json")
        audit = json.loads((project / "audit.json").read_text(encoding="utf-8"))
    else:
        done = subprocess.run([sys.executable, "-c", AUDIT], cwd=project, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        audit = json.loads(done.stdout)
        assert (audit["questions"], audit["misconceptions"], audit["killed"]) == (1, 1, 1)
    assert audit["cascades"] == 0 and audit["false_failures"] == 0
