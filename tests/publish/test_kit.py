"""The kit as a student has it: unzipped somewhere, run as a process of its own."""

import functools
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.course import this_course
from autograder.publish.kit import kit_files

REFERENCE = this_course().reference
COURSE = this_course().only(1)
FILES = kit_files(COURSE)
TOTAL = COURSE.assignment.total()
OTHER_PYTHONS = sorted({*Path.home().glob(".pyenv/versions/3.1*/bin/python"), *Path("/usr/bin").glob("python3.1[0-9]")})


@pytest.fixture
def kit(tmp_path):
    folder = tmp_path / "my kit (1)" / "ps2"  # spaces, and a folder of the package's own name
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def solved(kit):
    for path in (kit / "ps2").glob("*.py"):
        shutil.copy(REFERENCE / path.name, path)
    return kit


def run(kit, *arguments, python=sys.executable, module="ps2check", **environment):
    return subprocess.run(
        [str(python), "-m", module, *arguments],
        cwd=kit,
        env={**{k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LC_", "PYTEST"))}, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=120,
    )


def shown_points(done):
    """Earned and possible, summed over the lines of the parts."""
    pairs = re.findall(r"([\d.]+) of (\d+) points", done.stdout)
    return sum(float(a) for a, _ in pairs), sum(int(b) for _, b in pairs)


def test_the_starter_earns_nothing_and_says_where_to_begin(kit):
    done = run(kit)
    assert done.returncode == 1
    assert shown_points(done) == (0, TOTAL) and "Next: 1.1 Sigmoid in ps2/activations.py" in done.stdout


def test_the_reference_earns_everything_and_is_told_to_submit(kit):
    done = run(solved(kit))
    assert done.returncode == 0, done.stdout
    assert shown_points(done) == (TOTAL, TOTAL) and "-m ps2check submit" in done.stdout


def test_the_submission_is_byte_identical_when_built_again(kit):
    first = run(solved(kit), "submit")
    assert first.returncode == 0 and f"Predicted score: {TOTAL} of {TOTAL} points" in first.stdout
    data = (kit / "submission.zip").read_bytes()
    os.utime(kit / "ps2/activations.py", (1, 1))
    run(kit, "submit", PYTHONHASHSEED="7")
    assert (kit / "submission.zip").read_bytes() == data
    with zipfile.ZipFile(kit / "submission.zip") as archive:
        assert archive.namelist() == ["kit.json", "ps2/__init__.py", "ps2/activations.py", "ps2/base.py"]


EMOJI = '''"""Mine 😀 — ok."""
from .base import Layer
class ReLU(Layer):
    def forward(self, x):
        print("→ 😀")
        raise ValueError("ü 😀")
'''


@pytest.mark.parametrize("locale", [{"PYTHONIOENCODING": "cp1252"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}])
def test_output_survives_old_code_pages(kit, locale):
    (kit / "ps2/activations.py").write_text(EMOJI, encoding="utf-8")
    for arguments in ([], ["relu"], ["submit"]):
        done = run(kit, *arguments, **locale)
        assert "Traceback" not in done.stdout and done.returncode in (0, 1), done.stdout
    assert "raised ValueError" in run(kit, "relu", **locale).stdout


def test_what_the_tool_says_by_itself_is_ascii(kit):
    text = "".join(run(kit, *arguments).stdout for arguments in ([], ["relu"], ["--help"], ["rellu"], ["submit"]))
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80


def test_pytest_finds_every_question_and_fails_with_sentences(kit):
    named = [f"tests/test_ps2.py::test_question[{q.id} {q.title}]" for q in COURSE.assignment.asked()]
    found = run(kit, "--collect-only", "-q", "-o", "addopts=", module="pytest").stdout
    assert [line for line in found.splitlines() if "::" in line] == named
    failed = run(kit, named[-1], module="pytest")
    assert failed.returncode == 1 and "is not written yet" in failed.stdout
    assert "Traceback" not in failed.stdout and "def test_question" not in failed.stdout
    assert run(solved(kit), module="pytest").returncode == 0


def test_started_as_a_folder_or_from_an_editor_it_runs_all_the_same(kit, tmp_path):
    done = subprocess.run([sys.executable, str(kit / "ps2check")], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    assert f"0 of {TOTAL} points" in done.stdout, done.stderr


@functools.cache
def has_numpy(python):
    return (
        subprocess.run([python, "-c", "import numpy, scipy, sys; assert sys.version_info >= (3, 10)"], capture_output=True).returncode == 0
    )


@pytest.mark.parametrize("python", OTHER_PYTHONS, ids=str)
def test_without_numpy_there_is_one_sentence_with_the_install_line(kit, python):
    if has_numpy(python):
        pytest.skip("this Python has numpy")
    done = run(kit, python=python)
    assert done.returncode == 2 and done.stdout.startswith("ps2check: numpy and scipy must be installed first:")
    assert "-m pip install -r requirements.txt" in done.stdout and done.stdout.count("\n") == 2


@pytest.mark.parametrize("python", OTHER_PYTHONS, ids=str)
def test_the_kit_runs_on_other_pythons(kit, python):
    if not has_numpy(python):
        pytest.skip("this Python has no numpy")
    done = run(solved(kit), python=python)
    assert done.returncode == 0, done.stdout


def test_progress_shows_a_bar_for_each_part_and_the_minutes_that_are_left(kit):
    before = run(kit, "progress")
    assert before.returncode == 1 and f"[{'-' * 16}]" in before.stdout and "left" in before.stdout
    assert max(map(len, before.stdout.splitlines())) <= 80
    after = run(solved(kit), "progress")
    assert after.returncode == 0 and f"[{'#' * 16}]" in after.stdout and "left" not in after.stdout


def test_no_line_of_the_overview_of_all_parts_wraps_in_80_columns():
    done = run(this_course().root / "starter_code", PYTHONDONTWRITEBYTECODE="1")
    lines = [line for line in done.stdout.splitlines() if " points  next: " in line]
    assert len(lines) == len({q.part for q in this_course().assignment.asked()}) and max(map(len, lines)) <= 80
