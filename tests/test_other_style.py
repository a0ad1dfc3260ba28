"""Functions in another course's style are graded unchanged by the questions of parts 1 and 4, and their mistakes are found."""

import shutil

import pytest

from autograder.course import this_course
from autograder.grading.grade import Grader

COURSE = this_course()
EXAMPLE = COURSE.root / "examples" / "other_style"
ASKED = {"1.3", "1.4", "4.1", "4.2", "4.3"}


@pytest.fixture(scope="module")
def grader():
    with Grader(COURSE, keep=True) as made:
        yield made


def copied(place, file="functions.py", old="", new=""):
    """The example, with this term's default, and one thing changed."""
    shutil.copytree(EXAMPLE, place, ignore=shutil.ignore_patterns("__pycache__"))
    slope = COURSE.assignment.defaults["activations.LeakyReLU.slope"].value
    for name, before, after in (("activations.py", "slope=0.01", f"slope={slope!r}"), (file, old, new)):
        path = place / "ps2" / name
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1) if before else text, encoding="utf-8")
    return place


def test_they_earn_every_point_of_the_layers_that_are_adapted(grader, tmp_path):
    result = grader.grade(copied(tmp_path / "right"), only=ASKED)
    assert {q.id: q.status for q in result.questions} == dict.fromkeys(sorted(ASKED), "passed"), [q.sentences for q in result.questions]


@pytest.mark.parametrize(
    ("question", "old", "new"),
    [
        ("1.3", "dout * (cache > 0)", "dout * (cache >= 0)"),
        ("4.1", "dout @ w.T", "dout @ w.T * 2"),
        ("4.2", "pad : pad + x.shape[2]", ": x.shape[2]"),
        ("4.3", 'momentum * bn_param["running_mean"] + (1 - momentum)', '(1 - momentum) * bn_param["running_mean"] + momentum'),
    ],
)
def test_a_mistake_in_a_function_costs_its_question(grader, tmp_path, question, old, new):
    result = grader.grade(copied(tmp_path / "wrong", old=old, new=new), only={question})
    assert result.total < result.max_total
