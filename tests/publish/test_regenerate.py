"""Everything generated is fresh, and a second time changes nothing."""

import importlib.util
import shutil
import zipfile

import pytest

from autograder.assignment import AssignmentError
from autograder.course import Course, this_course
from autograder.publish.handout import handout_text
from autograder.publish.kit import build_kit_zip, kit_files
from autograder.publish.regenerate import regenerate


@pytest.fixture
def course(tmp_path):
    """A copy of what is needed to regenerate."""
    root = this_course().root
    for folder in ("assignment", "solutions", "starter_code"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "secret", "submission.zip"))
    return Course(tmp_path)


def contents(course):
    return {p.relative_to(course.root): p.read_bytes() for p in sorted(course.root.rglob("*")) if p.is_file()}


def test_what_is_generated_is_fresh():
    assert regenerate(check=True) == 0


def test_regenerating_twice_changes_nothing(course):
    regenerate(False, course)
    first = contents(course)
    assert regenerate(False, course) == 0
    assert contents(course) == first


def test_check_names_each_stale_file_and_the_command_and_writes_nothing(course, capsys):
    regenerate(False, course)
    (course.root / "starter_code/ps2/activations.py").write_text("changed")
    (course.root / "starter_code/ps2/old.py").write_text("old")
    before = contents(course)
    assert regenerate(True, course) == 1
    said = capsys.readouterr().err
    assert "starter_code/ps2/activations.py is stale: `make regenerate`" in said
    assert "starter_code/ps2/old.py is no longer generated: `make regenerate`" in said
    assert contents(course) == before


def test_files_no_longer_generated_are_removed_and_a_students_leftovers_stay(course):
    (course.root / "starter_code/ps2/old").mkdir()
    (course.root / "starter_code/ps2/old/old.py").write_text("old")
    (course.root / "starter_code/submission.zip").write_text("mine")
    regenerate(False, course)
    assert not (course.root / "starter_code/ps2/old").exists()
    assert (course.root / "starter_code/submission.zip").exists()


def test_without_torch_its_recordings_stay_as_they_are_and_a_missing_one_is_one_sentence(course, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (id, *_) = [q.id for q in course.assignment.asked() if q.needs_torch]
    place = f"ps2check/golden/{id}.npz"
    assert kit_files(course)[place] == (course.root / "starter_code" / place).read_bytes()
    assert "were left as they are: this Python does not have torch" in capsys.readouterr().err
    (course.root / "starter_code" / place).unlink()
    with pytest.raises(AssignmentError, match=f"{id} needs torch"):
        kit_files(course)


def test_points_reach_kit_and_table(course):
    toml = course.toml
    toml.write_text(
        toml.read_text(encoding="utf-8").replace('[questions."1.3"]\npoints = 2', '[questions."1.3"]\npoints = 7'), encoding="utf-8"
    )
    files = kit_files(Course(course.root))
    assert b'"points": 7' in files["kit.json"]
    assert "| 1.3 | ReLU | 7 |" in files["handout.md"].decode()


def test_the_full_profile_ships_every_question_and_section(course):
    toml = course.toml
    toml.write_text(toml.read_text(encoding="utf-8").replace('profile = "core"', 'profile = "full"'), encoding="utf-8")
    full = Course(course.root)
    files = kit_files(full)
    assert b"class Maxout" in files["ps2/activations.py"] and "ps2check/golden/1.7.npz" in files
    for question in full.assignment.asked():
        assert f"## {full.assignment.questions[question.id].section}\n" in files["handout.md"].decode()


def test_a_question_without_a_section_is_one_sentence(course):
    toml = course.toml
    toml.write_text(toml.read_text(encoding="utf-8").replace('section = "1.3 ReLU"', 'section = "1.3 Relu"'), encoding="utf-8")
    with pytest.raises(AssignmentError, match=r'no heading "## 1.3 Relu"'):
        handout_text(Course(course.root))


def test_the_kit_zip_is_byte_identical_and_in_one_folder(tmp_path):
    first = build_kit_zip(tmp_path / "a" / "kit.zip").read_bytes()
    assert build_kit_zip(tmp_path / "b.zip").read_bytes() == first
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"ps2-starter"}
        assert archive.testzip() is None
    files = kit_files(this_course())
    assert len(first) < 2_000_000, sorted(((len(data), name) for name, data in files.items()), reverse=True)[:10]


def test_checks_are_shipped_byte_for_byte():
    course = this_course()
    for name, data in kit_files(course).items():
        if name.startswith("ps2check/") and name.count("/") == 1:
            assert (course.root / "autograder/check" / name.split("/")[1]).read_bytes() == data
