"""The pages for GitHub and GitLab work: their very command, on a checkout laid out as there, gives JUnit XML and Markdown."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import msgspec
import pytest

from autograder.course import this_course
from autograder.frontends import junit, markdown
from autograder.grading.result import QuestionResult, Result

ROOT = this_course().root
HOSTILE = "<img src=x onerror=alert(1)> ``` \x1b[31m\x00\x0b ]]> & |"


def result(**changes):
    statuses = ("passed", "partial", "failed", "empty", "not reached", "fault")
    questions = [QuestionResult(f"1.{i}", 1, f"T{i}", 1, 2, s, sentences=[HOSTILE], output=HOSTILE) for i, s in enumerate(statuses)]
    return msgspec.structs.replace(Result("d", "k", "0", "s", 6, 12, {}, questions, remarks=[HOSTILE], assignment=HOSTILE), **changes)


def test_junit_counts_each_kind_and_survives_what_students_print():
    suite = ET.fromstring(junit.render(result()))[0]
    assert [suite.get(k) for k in ("tests", "failures", "errors", "skipped")] == ["6", "3", "1", "1"]
    assert [[e.tag for e in case if e.tag != "system-out"] for case in suite.iter("testcase")] == [
        [],
        ["failure"],
        ["failure"],
        ["failure"],
        ["skipped"],
        ["error"],
    ]


def test_in_markdown_nothing_of_a_student_is_markup():
    text = markdown.render(result()).decode()
    outside = re.sub(r"(`{3,})text\n.*?\n\1", "", text, flags=re.DOTALL)
    assert "<img" not in outside and "```" not in outside and "\x1b" not in text and "\x00" not in text
    assert text.count("| 1.") == 6


@pytest.fixture(params=["github", "gitlab"])
def checkout(request, tmp_path):
    """A repository of a student, as the platform checks it out: the kit with its dot files, solved."""
    place = tmp_path / ("submission" if request.param == "github" else "builds/student/ps2-template")
    shutil.copytree(ROOT / "starter_code", place, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "solutions/ps2", place / "ps2", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "-q", str(place)], check=True)
    (place / ".github").mkdir()
    return request.param, place, tmp_path


def test_the_command_of_the_page_grades_such_a_checkout(checkout):
    page, place, workspace = checkout
    text = (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")
    line = next(line.strip().removeprefix("- ") for line in text.splitlines() if "python -m autograder grade" in line and "--junit" in line)
    environment = {**os.environ, "GITHUB_WORKSPACE": str(workspace), "CI_PROJECT_DIR": str(place)}
    command = f"{line.replace('python', shlex.quote(sys.executable), 1)} -q 1.3"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    out = workspace if page == "github" else place
    assert ET.parse(out / "junit.xml").getroot()[0].get("failures") == "0"
    assert "| 1.3 | ReLU | 2 / 2 | ✅ passed |" in (out / "result.md").read_text(encoding="utf-8")


def test_below_a_share_of_the_points_the_exit_status_is_1(tmp_path):
    command = [sys.executable, "-m", "autograder", "grade", "starter_code", "-q", "1.3", "--below", "50"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 1
