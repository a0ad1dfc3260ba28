"""The very zip, run as Gradescope runs it: what it holds, what it gives, and what is left when it is killed."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import AssignmentError
from autograder.course import this_course
from autograder.frontends import emulate as emulation
from autograder.frontends.emulate import Emulation, emulate
from autograder.frontends.gradescope import PER_QUESTION, WHOLE
from autograder.frontends.gradescope_spec import validate
from autograder.publish import gradescope_zip
from autograder.sandbox.errors import GraderError

ROOT = this_course().root
REFERENCE = (ROOT / "solutions" / "ps2" / "activations.py").read_text("utf-8")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux only")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gradescope_zip.build_gradescope_zip(tmp_path_factory.mktemp("zip") / "gradescope.zip")


def submission(folder: Path, activations: str) -> Path:
    (folder / "ps2").mkdir()
    (folder / "ps2" / "activations.py").write_text(activations, "utf-8")
    return folder


def of_part_1(made: Any) -> list[Any]:
    """The file that was handed in has these questions; there are ten classes in it at least."""
    return [test for test in made["tests"] if test["number"].startswith("1.")]


def report(run: Emulation) -> Any:
    assert run.problems == [] and run.results is not None, run.stdout
    return json.loads(run.results)


# What it holds


def test_the_zip_is_byte_identical_when_built_again(built: Path, tmp_path: Path) -> None:
    build = "import sys; from pathlib import Path; from autograder.publish.gradescope_zip import *; build_gradescope_zip(Path(sys.argv[1]))"
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", build, str(tmp_path / "again.zip")], env=environment, cwd=tmp_path, check=True)
    assert (tmp_path / "again.zip").read_bytes() == built.read_bytes()


def test_it_holds_what_grading_needs_and_nothing_else(built: Path) -> None:
    names = zipfile.ZipFile(built).namelist()
    assert {"setup.sh", "run_autograder", "MANIFEST", "requirements.txt", "solutions/ps2/activations.py"} <= set(names)
    assert {n for n in names if n.startswith("assignment/")} == {"assignment/assignment.toml", "assignment/secret"}
    top = {name.partition("/")[0] for name in names}
    assert top <= {"setup.sh", "run_autograder", "MANIFEST", "requirements.txt", "requirements-torch.txt"} | {
        "assignment",
        "autograder",
        "constraints",
        "solutions",
    }
    unwanted = r"(^|/)(tests?|docs|starter|audit|publish|\.venv|__pycache__|cli\.py)(/|$)|\.pyc$"
    assert [n for n in names if re.search(unwanted, n)] == []


def test_the_secret_is_for_root_and_the_scripts_can_be_run(built: Path) -> None:
    modes = {info.filename: info.external_attr >> 16 & 0o777 for info in zipfile.ZipFile(built).infolist()}
    assert (modes["assignment/secret"], modes["setup.sh"], modes["run_autograder"]) == (0o600, 0o755, 0o755)
    assert built.stat().st_mode & 0o777 == 0o600


def test_the_manifest_has_the_digest_of_every_file(built: Path) -> None:
    archive = zipfile.ZipFile(built)
    lines = dict(reversed(line.split("  ", 1)) for line in archive.read("MANIFEST").decode().splitlines())
    assert lines == {n: hashlib.sha256(archive.read(n)).hexdigest() for n in archive.namelist() if n != "MANIFEST"}


def test_every_package_that_the_grader_imports_is_installed_by_setup(built: Path) -> None:
    archive = zipfile.ZipFile(built)
    imported = {name for n in archive.namelist() if n.startswith("autograder/") and n.endswith(".py") for name in imports(archive.read(n))}
    listed = {re.split(r"[;= ]", line)[0].replace("-", "_") for line in archive.read("requirements.txt").decode().splitlines()}
    optional = {"torch", "safetensors", "matplotlib", "pytest"}
    own = {part for name in archive.namelist() for part in Path(name).with_suffix("").parts} | {"ps2check"}
    assert imported - set(sys.stdlib_module_names) - own <= listed | optional


def imports(source: bytes) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {n.partition(".")[0] for n in plain | {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom) and not n.level}}


def test_every_requirement_has_an_exact_version_for_every_python(built: Path) -> None:
    archive = zipfile.ZipFile(built)
    for version in ("310", "311", "312", "313"):
        pinned = set(re.findall(r"^([\w-]+)==", archive.read(f"constraints/py{version}.txt").decode(), re.MULTILINE))
        wanted = {r for r in gradescope_zip.REQUIREMENTS if ";" not in r} | {"torch"} | ({"tomli"} if version == "310" else set())
        assert wanted <= pinned, version


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder"])
def test_the_scripts_are_valid_bash(script: str) -> None:
    subprocess.run(["bash", "-n", str(gradescope_zip.SCRIPTS / script)], check=True)


def test_what_to_choose_on_gradescope_follows_from_the_limits() -> None:
    assert [gradescope_zip.timeout(m) for m in (0.5, 9, 9.5, 12, 60)] == [10, 10, 11, 13, 40]
    sizes = [gradescope_zip.container(m) for m in (500, 769, 1_537, 3_073, 9_000)]
    assert [size.partition(" CPU")[0] for size in sizes] == ["0.5", "1", "2", "4", "4"]


# What it gives


def test_the_reference_earns_every_point_through_the_zip_and_nothing_of_it_is_readable_to_student_code(built: Path) -> None:
    pytest.importorskip("torch", reason="part 5 of the reference earns nothing without torch")
    run = emulate(built, ROOT / "solutions", memory_mb=768, minutes=5, keep=True)
    try:
        made = report(run)
        assert made["score"] == sum(test["max_score"] for test in made["tests"]) == float(this_course().assignment.total())
        assert run.killed == "" and 20 < run.peak_mb < 768
        assert not any("can read" in note for note in made["extra_data"].get("staff", []))
        assert re.search(r"zip [0-9a-f]{16}: ", run.stdout), "the packed grader must run, not this checkout's"
        assert readable_to_others(run.root / "source") <= {"autograder/check"}
    finally:
        emulation.shutil.rmtree(run.root)


def readable_to_others(source: Path) -> set[str]:
    """Folders (below source) with a file that others can reach and read."""
    found = set()
    for folder, _, files in os.walk(source):
        path = Path(folder)
        reachable = all(p.stat().st_mode & 0o001 for p in (path, *path.parents) if p.is_relative_to(source))
        if reachable and any((path / name).stat().st_mode & 0o004 for name in files):
            found.add(path.relative_to(source).as_posix())
    return {name.removesuffix("/__pycache__") for name in found}


def test_a_module_that_raises_at_import_costs_its_questions_one_sentence_each(built: Path, tmp_path: Path) -> None:
    upload = submission(tmp_path, "raise ValueError('at import')\n")
    (upload / "ps2" / "__init__.py").write_text("raise ValueError('in the given file')\n")
    run = emulate(built, upload, total_points=41)
    made = report(run)
    assert made["score"] == 0 and len(made["tests"]) == len(this_course().assignment.asked())
    assert all("ValueError" in test["output"] and "at import" in test["output"] for test in of_part_1(made))
    assert "__init__.py" in made["output"] and "was replaced" in made["output"]
    assert any("has 41 points" in note for note in made["extra_data"]["staff"]) and "has 41 points" in run.stdout


def test_ten_classes_whose_init_recurses_stay_short(built: Path, tmp_path: Path) -> None:
    names = re.findall(r"^class (\w+)\(Layer\)", REFERENCE, re.MULTILINE)
    body = "    def __init__(self, *a, **k):\n        print('.' * 5000)\n        self.__init__(*a, **k)\n"
    upload = submission(tmp_path, "".join(f"class {name}:\n{body}\n" for name in [*names, "Tenth"]))
    archive = tmp_path / "upload.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(upload / "ps2" / "activations.py", "ps2/activations.py")
    run = emulate(built, archive)
    made = report(run)
    assert run.results is not None and len(run.results) <= WHOLE and made["score"] == 0
    for test in of_part_1(made):
        assert len(test["output"].encode()) <= PER_QUESTION
        assert "RecursionError" in test["output"].partition("Your code printed")[0]


# What is left when it is killed


def test_a_kill_from_outside_after_some_questions_leaves_a_valid_file_with_them(built: Path, tmp_path: Path) -> None:
    third = this_course().assignment.asked()[2].names[0]
    waits = REFERENCE.replace(
        f"class {third}(Layer):", f"class {third}(Layer):\n    def __new__(cls, *_):\n        while True:\n            pass\n"
    )
    with emulation.laid_out(built, submission(tmp_path, waits)) as root:
        process = subprocess.Popen(
            [str(root / "run_autograder")], cwd=root, env=emulation.environment(root), stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            deadline = time.monotonic() + 60
            while "failed" not in statuses(root) and "passed" not in statuses(root)[1:] and time.monotonic() < deadline:
                time.sleep(0.02)
            os.killpg(process.pid, signal.SIGKILL)
        finally:
            emulation.end(process)
        made = json.loads((root / "results" / "results.json").read_bytes())
        assert statuses(root)[:2] == ["passed", "passed"] and set(statuses(root)[2:]) == {"not reached"}
    assert made["score"] == sum(test["max_score"] for test in made["tests"][:2]) > 0
    assert "ended early, after 2 of" in made["output"]


def statuses(root: Path) -> list[str]:
    """Of each question, in a file that is valid at any moment at which it is looked at."""
    path = root / "results" / "results.json"
    if not path.exists():
        return []
    data = path.read_bytes()
    assert validate(data) == []
    return [test["extra_data"]["status"] for test in json.loads(data)["tests"]]


def test_a_time_limit_met_at_once_still_leaves_a_valid_file(built: Path) -> None:
    run = emulate(built, ROOT / "solutions", minutes=0.25 / 60)
    assert run.killed == "time" and report(run)["score"] == 0


def test_a_container_that_is_too_small_still_leaves_a_valid_file(built: Path) -> None:
    run = emulate(built, ROOT / "solutions", memory_mb=8)
    assert run.killed == "memory" and report(run)["score"] == 0


def test_where_python_cannot_start_the_student_reads_one_sentence(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulation.sys, "executable", "/nonexistent/python")
    run = emulate(built, ROOT / "solutions", total_points=100)
    assert report(run)["output"] == "The grader could not run; staff have been told."
    assert "/nonexistent/python" in run.stdout


# The emulator


def test_what_is_no_autograder_zip_is_one_sentence(tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("ps2/activations.py", "")
    for wrong in (other, tmp_path / "missing.zip", ROOT / "Makefile"):
        with pytest.raises(GraderError, match="make gradescope"):
            emulate(wrong, ROOT / "solutions")


def test_a_zip_that_cannot_be_unpacked_safely_is_handed_in_as_it_is(tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.zip"
    with zipfile.ZipFile(hostile, "w") as file:
        file.writestr("../../outside.py", "")
    (tmp_path / "submission").mkdir()
    emulation.hand_in(hostile, tmp_path / "submission")
    assert [p.name for p in (tmp_path / "submission").iterdir()] == ["hostile.zip"]


def test_nothing_of_an_emulation_is_left_behind(built: Path) -> None:
    run = emulate(built, ROOT / "solutions", minutes=1 / 60)
    assert not run.root.exists()


def test_a_folder_of_training_results_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AssignmentError, match=r"nowhere is no folder; name the one that `autograder train --out` filled"):
        gradescope_zip.build_gradescope_zip(tmp_path / "made.zip", training=tmp_path / "nowhere")
    assert not (tmp_path / "made.zip").exists()
