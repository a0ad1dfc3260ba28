"""A submission made with other checks than today's is told so, and is graded the same."""

import json
import shutil

import pytest

from autograder.check.kit import digest_of
from autograder.course import this_course
from autograder.grading.grade import Grader
from autograder.grading.kit import about_kit, check_files, kit_version

COURSE = this_course()
DIGEST = digest_of(check_files(COURSE))
VERSION = kit_version(COURSE.assignment)


def test_the_kit_of_today_and_no_kit_at_all_are_no_remark():
    assert about_kit({"kit_version": VERSION, "check_digest": DIGEST}, COURSE) == ""
    assert about_kit({}, COURSE) == ""


def test_a_kit_of_another_version_is_named_with_the_remedy():
    says = about_kit({"kit_version": "2025-fall-0.0.9", "check_digest": DIGEST}, COURSE)
    assert "2025-fall-0.0.9" in says and VERSION in says and "get the current kit" in says


def test_a_check_that_was_fixed_without_a_new_version_shows_in_the_digest():
    says = about_kit({"kit_version": VERSION, "check_digest": "0" * 64}, COURSE)
    assert "older" in says and "get the current kit" in says


@pytest.fixture(scope="module")
def grader():
    with Grader(COURSE, keep=True) as made:
        yield made


def test_an_older_kit_changes_the_remark_and_nothing_else(grader, tmp_path):
    results = []
    for name, manifest in (("new", {"kit_version": VERSION, "check_digest": DIGEST}), ("old", {"kit_version": "2025-fall-0.0.9"})):
        shutil.copytree(COURSE.reference, tmp_path / name / "ps2", ignore=shutil.ignore_patterns("__pycache__"))
        (tmp_path / name / "kit.json").write_text(json.dumps(manifest))
        results.append(grader.grade(tmp_path / name, only={"1.3"}))
    new, old = results
    assert new.remarks == [] and "2025-fall-0.0.9" in old.remarks[0]
    assert (new.total, new.submission_digest, new.seed_digest) == (old.total, old.submission_digest, old.seed_digest)
    assert [(q.points, q.items) for q in new.questions] == [(q.points, q.items) for q in old.questions]
