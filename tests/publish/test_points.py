"""The sum of points is what was asked, in kit, handout and grader; a release in which one of them differs is refused by name."""

import shutil
import zipfile

import msgspec
import pytest

from autograder.assignment import AssignmentError
from autograder.course import Course, this_course
from autograder.publish.handout import handout_text
from autograder.publish.kit import settings
from autograder.publish.proofs import points
from autograder.publish.term import new_term


@pytest.fixture
def course(tmp_path):
    for folder in ("assignment", "solutions"):
        shutil.copytree(this_course().root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "secret*"))
    return Course(tmp_path)


def changed(course, *pairs):
    """The course with other settings in its file."""
    text = course.toml.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    course.toml.write_text(text, encoding="utf-8")
    return Course(course.root)


def archives(course, folder, kit=None, handout=None):
    """What the proof reads of starter.zip and autograder.zip."""
    told = kit or settings(course.assignment, "")
    with zipfile.ZipFile(folder / "starter.zip", "w") as archive:
        archive.writestr("ps2-starter/kit.json", msgspec.json.encode(told))
        archive.writestr("ps2-starter/handout.md", handout or handout_text(course))
    with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
        archive.write(course.toml, "assignment/assignment.toml")
    return folder


def test_they_add_up_to_a_hundred_as_asked(course, tmp_path):
    proof = points(course, archives(course, tmp_path))
    assert not proof.faults and proof.claim == "the points add up to 100, in kit, handout and grader"


def test_the_training_run_counts(course, tmp_path):
    course = changed(course, ('profile = "off" ', 'profile = "auto" '), ("total_points = 100 ", "total_points = 110 "))
    assert not points(course, archives(course, tmp_path)).faults


def test_another_sum_is_told_by_place(course, tmp_path):
    more = changed(course, ('[questions."1.3"]\npoints = 2', '[questions."1.3"]\npoints = 7'))
    faults = points(more, archives(more, tmp_path)).faults
    assert len(faults) == 4 and all("105, and 100 were asked" in fault for fault in faults)
    old = archives(more, tmp_path, handout=handout_text(this_course()))  # a handout that was not made anew
    same = changed(more, ("total_points = 100 ", "total_points = 105 "))
    assert points(same, old).faults == ("the handout's table: 100, and 105 were asked.",)


def test_without_total_points_any_sum_is_asked(course, tmp_path):
    course = changed(course, ("total_points = 100 ", "# "), ("[parts.6]\n", "[parts.6]\non = false\n"))
    assert points(course, archives(course, tmp_path)).claim.startswith("the points add up to 86,")


def test_a_new_term_with_another_sum_says_what_to_set(course):
    (course.root / "assignment/secret").write_text("a" * 64)
    said = new_term(course, "2027-spring", on=[], off=["6"])
    assert "the questions are worth 86 points now: set total_points (it is 100), or other points" in said


def test_points_that_are_not_whole_are_one_sentence(course):
    with pytest.raises(AssignmentError, match="points"):
        _ = changed(course, ('[questions."1.3"]\npoints = 2', '[questions."1.3"]\npoints = 2.5')).assignment
