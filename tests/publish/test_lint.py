"""The assignment is complete; what is missing from a copy of it is told in a sentence that names it."""

import shutil

import pytest

from autograder import misconceptions
from autograder.course import Course, this_course
from autograder.publish.lint import lint


@pytest.fixture
def course(tmp_path):
    for folder in ("assignment", "solutions"):
        shutil.copytree(this_course().root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "secret*"))
    return Course(tmp_path)


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_this_assignment_is_complete():
    assert lint(this_course()) == []


SOLVED = "def forward(self, x: ndarray) -> ndarray:\n        ### BEGIN SOLUTION\n        return x\n        ### END SOLUTION\n"
FAULTS = {
    "points": ("assignment/assignment.toml", "total_points = 100 ", "total_points = 1000 ", "total_points is 1000"),
    "no section": (
        "assignment/handout/1-activations.md",
        "## 1.3 ReLU",
        "## ReLU",
        'Question 1.3 has no section: assignment/handout/ lacks the heading "## 1.3 ReLU"',
    ),
    "no stub": ("solutions/ps2/activations.py", "class GELU", "class Gelu", "Question 1.9 is about activations.GELU"),
    "no question": (
        "solutions/ps2/activations.py",
        "class Tanh",
        f'class Extra:\n    """x: x."""\n\n    {SOLVED}\n\nclass Tanh',
        "activations.Extra, and no question",
    ),
    "no Python": ("solutions/ps2/activations.py", "class Tanh", "clas Tanh", "solutions/ps2/activations.py, line"),
    "no picture": (
        "assignment/handout/1-activations.md",
        "## 1.3 ReLU",
        "## 1.3 ReLU\n\n![x](handout-figures/y.png)",
        "y.png is not there",
    ),
    "a lost marker": ("solutions/ps2/activations.py", "        ### END SOLUTION\n", "", "without its partner"),
    "an argument": (
        "solutions/ps2/activations.py",
        "alpha: α, any positive number.",
        "",
        "The docstring of activations.ELU does not say what `alpha` is.",
    ),
    "no docstring": (
        "solutions/ps2/activations.py",
        '    """tanh x, with derivative 1 − tanh² x."""\n',
        "",
        "activations.Tanh has no docstring",
    ),
    "a default": ("assignment/assignment.toml", "activations.ELU.alpha", "activations.ELU.beta", "activations.ELU.beta"),
    "a default in the handout": (
        "assignment/handout/1-activations.md",
        "{{activations.LeakyReLU.slope}}",
        "{{LeakyReLU.slope}}",
        "{{LeakyReLU.slope}}",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(course, fault):
    file, old, new, says = FAULTS[fault]
    change(course.root / file, old, new)
    assert any(says in sentence for sentence in lint(course))


def test_a_question_that_no_mistake_proves_is_named(course, monkeypatch):
    kept = {id: m for id, m in misconceptions.load_catalog().items() if m.question != "1.3"}
    stray = next(iter(kept.values()))
    monkeypatch.setattr(
        misconceptions, "CATALOG", kept | {"stray": misconceptions.Misconception("stray", "1.3", "Gone", "x", ("f",), stray.build)}
    )
    found = lint(course)
    assert "Question 1.3 ReLU has 1 known mistakes; write at least 3." in found
    assert "The misconception stray replaces Gone, which question 1.3 is not about." in found
