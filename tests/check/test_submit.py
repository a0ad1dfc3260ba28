"""The preflight says what the grader's intake would; the zip depends on the files alone."""

import json
import sys
import zipfile

import pytest

from autograder.check.kit import check_digest, load_kit
from autograder.check.local import Home
from autograder.check.submit import preflight, write_zip
from autograder.check.terminal import report_preflight
from autograder.course import this_course
from autograder.grading.intake import take
from autograder.publish.kit import kit_files

COURSE = this_course().only(1)
FILES = kit_files(COURSE)
REFERENCE = this_course().reference


@pytest.fixture
def folder(tmp_path):
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "ps2/activations.py").write_bytes((REFERENCE / "activations.py").read_bytes())
    yield tmp_path
    for name in [m for m in sys.modules if m.split(".")[0] == "ps2"]:
        del sys.modules[name]


def home(folder):
    return Home(load_kit(folder / "ps2check"))


def change(folder, old, new, file="ps2/activations.py"):
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")


def test_nothing_to_say_about_the_reference(folder):
    found = preflight(home(folder))
    assert found.problems == [] and found.empty == []
    assert found.points == COURSE.assignment.total()


def test_empty_stubs_are_listed(folder):
    (folder / "ps2/activations.py").write_bytes(FILES["ps2/activations.py"])
    found = preflight(home(folder))
    assert found.empty == [f"{q.id} {q.title}" for q in COURSE.assignment.asked()] and found.points == 0


PROBLEMS = {
    "syntax": ("class Tanh(Layer):", "class Tanh(Layer)", "activations.py, line 36: SyntaxError"),
    "package": (
        "import numpy as np",
        "import numpy as np\nimport nunpy",
        "activations.py, line 11: the grader's machine has no package `nunpy`",
    ),
    "unused package": (
        "import numpy as np",
        "import numpy as np\nimport seaborn as sns",
        "activations.py, line 11: `seaborn` is not there when this file is graded; that costs nothing as long as no question uses it.",
    ),
    "later import": ("small = np.exp", "import pandas\n        small = np.exp", "the grader's machine has no package `pandas`"),
    "renamed": ("class Tanh(", "class Tanhh(", "1.2 Tanh: activations.py has no Tanh; was it renamed or deleted?"),
}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_each_problem_is_one_sentence(folder, kind):
    old, new, says = PROBLEMS[kind]
    change(folder, old, new)
    problems = preflight(home(folder)).problems
    assert len(problems) == 1 and says in problems[0]


def test_what_only_waits_for_a_package_is_neither_lost_nor_predicted(folder):
    settings = json.loads((folder / "kit.json").read_text(encoding="utf-8"))
    settings["parts"][0]["imports"].append("ps2_absent")
    (folder / "ps2check/golden/2.2.npz").write_bytes(kit_files(this_course().only(2))["ps2check/golden/2.2.npz"])
    tanh = next(q for q in settings["questions"] if q["id"] == "1.2")
    settings["questions"].append({**tanh, "id": "2.2"})  # of another file
    settings["parts"].append({**settings["parts"][0], "number": 2})
    (folder / "kit.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "ps2/preprocessing.py").write_text("import ps2_absent\n", encoding="utf-8")
    change(folder, "self.y = np.tanh(x)", "self.y = -np.tanh(x)")
    found = preflight(home(folder))
    assert found.problems == [] and found.empty == []
    text = "\n".join(report_preflight(found))
    assert "Predicted score: 9.8 of 11 points, and 2 points that were not checked." in " ".join(text.split())
    assert "Not checked here: 2.2 Standardize. It needs ps2_absent, which this Python does not have:" in " ".join(text.split())
    assert "Not complete: 1.2 Tanh (0.8 of 2)." in text


def test_changed_given_files_and_checks_are_told(folder):
    change(folder, "class Layer:", "class Layer:\n    mine = 1", "ps2/base.py")
    change(folder, '"""Part 1', '"""Mine', "ps2check/part1_activations.py")
    problems = preflight(home(folder)).problems
    assert problems[0].startswith("base.py differs from the given file") and problems[1].startswith("ps2check/ is not as it was given")


def test_windows_line_ends_change_nothing_that_is_told(folder):
    for path in folder.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert preflight(home(folder)).problems == []


def test_a_file_that_is_too_large_is_told(folder):
    (folder / "ps2/data.py").write_bytes(b"#" * 1_000_001)
    assert "data.py is larger than 1,000,000 bytes" in preflight(home(folder)).problems[0]


def test_the_zip_is_the_same_for_the_same_files_and_takes_python_files_alone(folder):
    (folder / "ps2/helpers.py").write_text("x = 1\n")
    for name in ("notes.txt", ".hidden.py", "__pycache__/activations.cpython-311.pyc", "data.npz"):
        (folder / "ps2" / name).parent.mkdir(exist_ok=True)
        (folder / "ps2" / name).write_bytes(b"1")
    first = write_zip(home(folder)).read_bytes()
    (folder / "ps2/notes.txt").write_text("other")
    assert write_zip(home(folder)).read_bytes() == first
    with zipfile.ZipFile(folder / "submission.zip") as archive:
        assert archive.namelist() == ["kit.json", "ps2/__init__.py", "ps2/activations.py", "ps2/base.py", "ps2/helpers.py"]


def test_the_graders_intake_takes_the_zip_without_a_remark_and_knows_the_kit(folder, tmp_path):
    path = write_zip(home(folder))
    taken = take(path, tmp_path / "clean", given=REFERENCE, wanted=COURSE.assignment.files())
    assert taken.remarks == [] and taken.faults == {}
    kit = load_kit(folder / "ps2check")
    assert taken.manifest == {"kit_version": kit.version, "check_digest": kit.digest}
    assert check_digest(folder / "ps2check") == kit.digest
