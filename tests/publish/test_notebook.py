"""The notebook follows what is asked, its ids are fixed, and what its cells call is fit for nbgrader."""

import os
import re
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("jupytext")

from autograder.assignment import AssignmentError
from autograder.check.notebook import drawing, score
from autograder.course import Course, this_course
from autograder.publish.kit import kit_files
from autograder.publish.notebook import encoded, notebook, question_of, story


@pytest.fixture
def course(tmp_path):
    for folder in ("assignment", "solutions"):
        shutil.copytree(this_course().root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "secret"))
    return Course(tmp_path)


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    """A kit in which 1.1 is right, 1.3 is right but loud, the rest is not written."""
    root = tmp_path_factory.mktemp("kit")
    for name, data in kit_files(this_course()).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    reference = (this_course().reference / "activations.py").read_text(encoding="utf-8")
    loud = 'import os, sys, warnings; os.write(2, b"!"); print("!", file=sys.stderr); warnings.warn("!")'
    solved = reference.replace("self.positive = x > 0", f"{loud}\n        self.positive = x > 0")
    (root / "ps2/activations.py").write_text(re.sub(r"return grad_output \* \(1.0 - self.y\*\*2\)", "return grad_output", solved))
    return root / "ps2check"


def switch(course, old, new):
    text = course.toml.read_text(encoding="utf-8")
    assert old in text
    course.toml.write_text(text.replace(old, new, 1), encoding="utf-8")


def edit(course, old, new):
    path = course.root / "assignment/ps2.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def graded(course):
    return {c.id: c for c in notebook(course).cells if c.metadata.get("nbgrader", {}).get("grade")}


def test_each_question_asked_has_one_check_with_its_points():
    asked = this_course().assignment
    checks = {question_of(id): c.metadata.nbgrader.points for id, c in graded(this_course()).items() if question_of(id)}
    assert checks == {q.id: float(asked.points(q)) for q in asked.asked()}


def test_a_question_that_is_off_takes_its_check_its_pictures_and_its_words_along(course):
    switch(course, '[questions."1.2"]', '[questions."1.2"]\non = false')
    text = "\n".join(cell.source + cell.id for cell in notebook(course).cells)
    assert 'score("1.1")' in text
    assert not any(gone in text for gone in ('score("1.2")', "ps2.Tanh", "answer-vanishing", "Where the trouble starts"))


def test_every_picture_and_every_question_of_the_story_names_what_it_needs():
    for cell in story(this_course())[2:-1]:
        assert cell.source.startswith("<!-- checks") or {"needs", "part"} & cell.metadata.keys(), cell.source[:60]


def test_a_name_that_a_picture_needs_is_a_name_of_the_contract(course):
    """Of parts that are registered: a misspelt name would silently drop the picture."""
    from autograder.check.question import REGISTRY

    stubs = {stub for q in REGISTRY.values() for stub in q.stubs}
    files = {stub.split(".")[0] for stub in stubs}
    needed = {name for cell in story(this_course()) for name in cell.metadata.get("needs", [])}
    assert {name for name in needed if name.split(".")[0] in files} <= stubs


def test_ids_and_bytes_are_the_same_in_every_process():
    code = "from autograder.publish.notebook import *; from autograder.course import this_course as t; import sys"
    write = f"{code}; sys.stdout.buffer.write(encoded(notebook(t())))"
    again = subprocess.run([sys.executable, "-c", write], cwd=this_course().root, capture_output=True, check=True)
    assert again.stdout == encoded(notebook(this_course()))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('answer="vanishing"', 'answer="vanishes"', "vanishes, vanishing has a question or an answer, and not both"),
        ('question="vanishing" points=2', 'question="vanishing"', "question vanishing has no points"),
    ],
)
def test_a_mistake_in_the_story_is_one_sentence(course, old, new, says):
    edit(course, old, new)
    with pytest.raises(AssignmentError, match=says):
        notebook(course)


def test_a_check_ends_with_a_plain_float_from_zero_to_the_maximum(kit, capfd):
    points = [score(id, kit) for id in ("1.1", "1.2")]
    assert [type(p) for p in points] == [float, float] and points[0] == 2.0 and 0.0 < points[1] < 2.0
    assert repr(points[1]) == f"{points[1]}" and "np.float64" not in repr(points)


def test_nothing_reaches_stderr_whatever_the_students_code_writes_there(kit, capfd):
    assert score("1.3", kit) == 2.0
    assert capfd.readouterr().err == ""


def test_the_backend_of_pictures_is_left_alone(kit, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "inline")
    score("1.1", kit)
    with drawing(kit):
        assert os.environ["MPLBACKEND"] == "inline"


def test_a_picture_of_what_is_not_written_is_a_sentence(kit, capsys):
    source = kit.parent / "ps2/activations.py"
    old = source.read_text(encoding="utf-8")
    source.write_text(old.replace("self.y = np.tanh(x)", 'raise NotImplementedError("1.2 Tanh.forward")'), encoding="utf-8")
    with drawing(kit) as ps2:
        ps2.Tanh().forward(0.0)
    source.write_text("1 +", encoding="utf-8")
    with drawing(kit) as ps2:
        ps2.Tanh().forward(0.0)
    source.write_text(old, encoding="utf-8")
    out = capsys.readouterr().out
    assert out.startswith("Not written yet: 1.2 Tanh.forward. Write it, then run this cell again.\n") and "activations.py" in out


@pytest.mark.slow
def test_the_whole_story_runs_with_the_solutions_every_check_full_and_no_picture_missing():
    """And a second run gives the same page, byte for byte, when nothing but the time has changed."""
    from autograder.frontends.nbgrader.solution import as_html, complain, executed

    ran = executed(this_course())
    complain(ran)
    page = as_html(ran, this_course())
    assert page == as_html(executed(this_course()), this_course()) and " object at 0x" not in page
