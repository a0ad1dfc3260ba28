"""docs/make-your-own.md, followed literally in a folder elsewhere, gives an assignment that works: kit, grader's zip, audit."""

import json
import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest

from autograder.course import ENGINE

PAGE = (ENGINE / "docs" / "make-your-own.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^autograder (--course my-course [^#\n]*)", re.MULTILINE)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a space in its name, the assignment written as the page says, and its commands run but for the last three."""
    place = tmp_path_factory.mktemp("some where")
    for file, text in BLOCK.findall(PAGE):
        path = place / "my-course" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for command in COMMAND.findall(PAGE)[:3]:
        done = run(place, *shlex.split(command))
        assert done.returncode == 0, done.stdout + done.stderr
    return place


def run(place, *command):
    """As in a terminal, from the folder above the course; the engine is the one under test."""
    start = f"import sys; sys.path.insert(0, {str(ENGINE)!r}); from autograder.cli import main; main()"
    return subprocess.run([sys.executable, "-c", start, *command], cwd=place, capture_output=True, text=True, encoding="utf-8")


def course(place, *command):
    return run(place, "--course", "my-course", *command)


def test_its_reference_earns_everything_and_its_stubs_nothing(place):
    for submission, points in (("my-course/solutions", 10), ("my-course/starter_code", 0)):
        done = course(place, "grade", submission, "--json", "result.json")
        assert done.returncode == 0, done.stdout + done.stderr
        result = json.loads((place / "result.json").read_text(encoding="utf-8"))
        assert [q["id"] for q in result["questions"]] == ["1.1", "1.2"] and result["total"] == points and result["assignment"] == "Warm-up"


def test_a_known_mistake_is_named(place):
    shutil.copytree(place / "my-course/solutions", place / "wrong", dirs_exist_ok=True)
    path = place / "wrong/ps2/warmup.py"
    path.write_text(path.read_text(encoding="utf-8").replace("axis=1", "axis=0"), encoding="utf-8")
    assert "the sum runs over the columns" in course(place, "grade", "wrong").stdout


def test_its_audit_is_clean(place):
    done = course(place, "audit", "--seeds", "3", "--json", "audit.json")
    audit = json.loads((place / "audit.json").read_text(encoding="utf-8"))
    assert done.returncode == 0, audit["findings"]
    assert (audit["questions"], audit["misconceptions"], audit["killed"]) == (2, 2, 2)


def test_its_kit_holds_its_questions_alone_and_checks_at_home(place):
    kit = place / "my-course/starter_code"
    assert (kit / "ps2check/part1_warmup.py").is_file() and not (kit / "ps2check/part1_activations.py").exists()
    shutil.copytree(kit, place / "home")
    shutil.copyfile(place / "my-course/solutions/ps2/warmup.py", place / "home/ps2/warmup.py")
    done = subprocess.run(
        [sys.executable, "-m", "ps2check", "submit"], cwd=place / "home", capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0 and "10 of 10 points" in done.stdout and (place / "home/submission.zip").is_file()


def test_its_zip_grades_as_gradescope_would(place):
    assert course(place, "gradescope", "--out", "grader.zip").returncode == 0
    done = run(place, "emulate", "grader.zip", "my-course/solutions")
    assert done.returncode == 0 and "10 points" in done.stdout and "activations" not in done.stdout, done.stdout


def test_a_folder_that_is_no_course_is_one_sentence(place):
    done = run(place, "--course", "nowhere", "grade", "x")
    assert done.returncode == 2 and done.stderr.startswith("nowhere is no course") and done.stderr.count("\n") == 1


def test_the_library_part_of_the_page_runs():
    code = PAGE.split("## The checks as a library")[1].split("```python\n")[1].split("```")[0]
    x = np.array([[0.5, -1.0]])
    names = {"x": x, "yours": x.copy(), "right": x}
    exec(code, names)
    assert names["report"].passed and names["verdict"].passed
