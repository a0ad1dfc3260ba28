"""A small course (five questions, no torch), a class of it, and its results."""

import shutil
from pathlib import Path

import pytest

from autograder.classroom import synthetic
from autograder.classroom.grader import Settings
from autograder.classroom.pool import run as on_pool
from autograder.classroom.run import carry_out, plan
from autograder.course import Course

from ..courses import small_course


def grade_class(folder: Path, out: Path, course: Course, **options):
    """The index, and the ids that were graded now."""
    made = plan(folder, out, course, **options)
    settings = Settings(str(course.root), frozenset(options.get("only") or ()))
    graded = []

    def run(tasks):
        for done in on_pool(tasks, settings, 2, 300.0):
            graded.append(done.id)
            yield done

    return carry_out(made, run), graded


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    return small_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="session")
def classroom(course, tmp_path_factory):
    """Six zips, of which two hold the same files and one holds nothing."""
    folder = synthetic.write_class(tmp_path_factory.mktemp("class") / "zips", course, 4)
    shutil.copyfile(folder / "s0001.zip", folder / "s0005.zip")
    (folder / "s0006.zip").write_bytes(b"no zip at all")
    return folder


@pytest.fixture(scope="session")
def graded(course, classroom, tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    index, ids = grade_class(classroom, out, course)
    return out, index, ids
