"""Submissions of every shape become the same zip; what is wrong with one is told and costs no other."""

import csv
import shutil
import zipfile

import pytest

from autograder.course import this_course
from autograder.frontends.collect import collect, owner_of
from autograder.frontends.package import package, package_command
from autograder.grading.intake import IntakeError

COURSE = this_course()
WANTED = set(COURSE.assignment.files())
SOURCE = b"from .base import Layer\n\n\nclass ReLU(Layer):\n    pass\n"
METADATA = """---
submission_11:
  :submitters:
  - :name: Ann Bell
    :sid: a100
    :email: ann@example.edu
  :created_at: 2026-11-25
submission_12:
  :submitters:
  - :name: Cy Day
    :sid:
    :email: cy@example.edu
"""


def write(path, data=SOURCE):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def zipped(path, names, data=SOURCE):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data)


SHAPES = {
    "folders": lambda root: write(root / "ann/ps2/activations.py"),
    "flat folders": lambda root: write(root / "ann/activations.py"),
    "zips": lambda root: zipped(root / "ann.zip", ["ps2/activations.py", "__MACOSX/x"]),
    "loose files": lambda root: write(root / "ann_activations.py"),
    "a course folder of nbgrader": lambda root: (
        write(root / "submitted/ann/ps2/ps2/activations.py"),
        write(root / "release/x/y.txt", b""),
    ),
    "numbered by an LMS": lambda root: write(root / "ann/activations (2).py"),
    "an export in a folder": lambda root: (
        write(root / "assignment_6_export/submission_11/ps2/activations.py"),
        write(root / "assignment_6_export/submission_metadata.yml", METADATA.replace("a100", "ann").encode()),
    ),
    "nbgrader": lambda root: (write(root / "ann/ps2/ps2/activations.py"), write(root / "ann/ps2/timestamp.txt", b"now")),
    "gradescope": lambda root: (
        write(root / "submission_11/ps2/activations.py"),
        write(root / "submission_metadata.yml", METADATA.replace("a100", "ann").encode()),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_bytes(shape, tmp_path):
    SHAPES["folders"](tmp_path / "model")
    package(tmp_path / "model", tmp_path / "expected", COURSE)
    SHAPES[shape](tmp_path / "in")
    package(tmp_path / "in", tmp_path / "out", COURSE)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["ann.txt", "ann.zip", "summary.csv"]
    assert (tmp_path / "out/ann.zip").read_bytes() == (tmp_path / "expected/ann.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "out/ann.zip") as archive:
        assert archive.namelist() == ["ps2/activations.py"] and archive.read("ps2/activations.py") == SOURCE


def test_what_is_nobodys_submission_is_told_so_that_nobody_is_overlooked(tmp_path, capsys):
    SHAPES["folders"](tmp_path / "in")
    for name in ("bob.rar", "notes.txt"):
        write(tmp_path / "in" / name)
    (tmp_path / "in/cy").mkdir()
    assert package_command(tmp_path / "in", tmp_path / "out", COURSE) == 0
    said = capsys.readouterr().out
    assert "no file in it: cy." in said and "bob.rar, notes.txt." in said


def test_an_older_file_beside_a_numbered_one_is_left_to_the_intake(tmp_path):
    write(tmp_path / "ann/activations.py")
    write(tmp_path / "ann/activations (2).py")
    (one,) = collect(tmp_path, WANTED)
    assert one.source == tmp_path / "ann" and one.files == {}


def test_many_missing_files_are_one_sentence(tmp_path):
    SHAPES["folders"](tmp_path / "in")
    (made,) = package(tmp_path / "in", tmp_path / "out", COURSE)
    assert sum("missing" in says for says in made.says) == 1 and made.says[0].endswith("are missing: their questions earn nothing.")


def test_gradescopes_numbers_are_translated_by_its_metadata(tmp_path):
    for number in (11, 12, 13):
        write(tmp_path / f"submission_{number}/activations.py")
    (tmp_path / "submission_metadata.yml").write_text(METADATA)
    assert [one.name for one in collect(tmp_path, WANTED)] == ["a100", "cy", "submission_13"]


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("ann_activations.py", ("ann", "activations.py")),
        ("bellann_123_456_activations-1.py", ("bellann_123_456", "activations.py")),
        ("ann-activations (2).py", ("ann", "activations.py")),
        ("activations.py", None),
        ("ann_activations.txt", None),
        ("ann_other.py", None),
    ],
)
def test_a_loose_file_belongs_to_the_name_before_it(file, owner):
    assert owner_of(file, WANTED) == owner


def test_one_bad_submission_costs_no_other_and_twins_are_seen(tmp_path, capsys):
    write(tmp_path / "in/ann/activations.py")
    write(tmp_path / "in/bo.zip", b"no zip")
    zipped(tmp_path / "in/cy.zip", ["a/../../../evil.py", "ps2/activations.py"])
    write(tmp_path / "in/=di/ps2/activations.py")
    (tmp_path / "in/empty").mkdir()
    assert package_command(tmp_path / "in", tmp_path / "out", COURSE) == 1
    with (tmp_path / "out/summary.csv").open() as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["ann"]["zip"] == "ann.zip" and rows["bo"]["zip"] == ""
    assert rows["di"]["same as"] + rows["ann"]["same as"] in ("ann", "di")
    assert "not packed" in (tmp_path / "out/bo.txt").read_text() and not (tmp_path / "evil.py").exists()
    assert "bo                               NOT PACKED" in capsys.readouterr().out


def test_a_packed_submission_is_graded_like_the_original(tmp_path):
    from autograder.grading.grade import grade

    shutil.copytree(COURSE.reference, tmp_path / "in/ann/ps2", ignore=shutil.ignore_patterns("__pycache__"))
    package(tmp_path / "in", tmp_path / "out", COURSE)
    one = grade(tmp_path / "in/ann", COURSE, only={"1.3"})
    other = grade(tmp_path / "out/ann.zip", COURSE, only={"1.3"})
    assert (one.submission_digest, one.total) == (other.submission_digest, other.total)


def test_a_folder_without_submissions_is_one_sentence(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(IntakeError, match="holds no submissions"):
        collect(tmp_path, WANTED)
