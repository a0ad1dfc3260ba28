"""A new term: another secret, seed and other defaults everywhere, so that last term's answers do not pass; what is off is gone."""

import shutil
import stat

import pytest

from autograder.assignment import AssignmentError
from autograder.course import Course, this_course
from autograder.publish.defaults import solutions
from autograder.publish.handout import handout_text
from autograder.publish.kit import kit_files
from autograder.publish.regenerate import regenerate
from autograder.publish.term import new_term

TERM = "2027-spring"


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    root = tmp_path_factory.mktemp("before")
    for folder in ("assignment", "solutions", "starter_code"):
        shutil.copytree(
            this_course().root / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "secret*", "submission.zip")
        )
    (root / "assignment/secret").write_text("a" * 64)
    return Course(root)


@pytest.fixture(scope="module")
def after(before, tmp_path_factory):
    root = tmp_path_factory.mktemp("after") / "course"
    shutil.copytree(before.root, root)
    new_term(Course(root), TERM, on=["1.9"], off=["1.2"])
    regenerate(False, Course(root))
    return Course(root)


def test_the_secret_is_new_private_and_the_old_one_is_kept(after):
    folder = after.root / "assignment"
    assert len(after.secret) == 64 and after.secret != b"a" * 64
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert (folder / "secret-2026-fall").read_text() == "a" * 64


def test_seed_and_defaults_differ_in_solutions_stubs_recordings_and_handout(before, after):
    old, new = before.assignment, after.assignment
    assert new.term == TERM and new.public_seed != old.public_seed
    files, was = kit_files(after), kit_files(before)
    for name in new.defaults:
        value, argument = new.defaults[name].value, name.split(".")[-1]
        assert value in new.defaults[name].choices and value != old.defaults[name].value
        assert f"{argument}: float = {value!r}" in (after.reference / f"{name.split('.')[0]}.py").read_text(encoding="utf-8")
    slope = new.defaults["activations.LeakyReLU.slope"].value
    assert f"slope: float = {slope!r})" in files["ps2/activations.py"].decode()
    assert f"The default here is $s = {slope!r}$" in files["handout.md"].decode()
    assert files["ps2check/golden/1.4.npz"] != was["ps2check/golden/1.4.npz"]
    assert f'"kit_version": "{TERM}-' in files["kit.json"].decode()


def test_what_is_switched_off_is_gone_and_what_is_on_has_come(after):
    files = kit_files(after)
    stub, text = files["ps2/activations.py"].decode(), handout_text(after)
    assert "class Tanh" not in stub and "## 1.2 Tanh" not in text and "ps2check/golden/1.2.npz" not in files
    assert "class GELU" in stub and "## 1.9 GELU" in text and "ps2check/golden/1.9.npz" in files


def test_one_regeneration_is_enough(after):
    assert regenerate(True, after) == 0


def test_nothing_else_of_the_file_changes(before, after):
    def others(course):
        return [line for line in course.toml.read_text(encoding="utf-8").splitlines()]

    changed = set(others(after)) ^ set(others(before))
    assert all(line.startswith(("term", "public_seed", "on = ", "value = ")) for line in changed)


def test_a_part_can_be_switched_off_unless_nothing_is_left(before):
    if {q.part for q in before.assignment.asked()} == {1}:
        with pytest.raises(AssignmentError, match="every question is switched off"):
            new_term(Course(before.root), TERM, on=[], off=["1"])
        assert Course(before.root).assignment.term == "2026-fall" and before.secret == b"a" * 64


@pytest.mark.parametrize(
    ("term", "off", "says"), [("../x", [], "no name for a term"), ("2026-fall", [], "already"), (TERM, ["9.9"], "no part or")]
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(before, term, off, says):
    text = before.toml.read_text(encoding="utf-8")
    with pytest.raises(AssignmentError, match=says):
        new_term(Course(before.root), term, on=[], off=off)
    assert before.toml.read_text(encoding="utf-8") == text and not list(before.toml.parent.glob(".*trial"))


@pytest.mark.parametrize("name", ["activations.Leaky.slope", "activations.LeakyReLU.slop", "nothing.LeakyReLU.slope"])
def test_a_default_that_is_nowhere_is_one_sentence(before, tmp_path, name):
    root = tmp_path / "course"
    shutil.copytree(before.root, root)
    with (root / "assignment/assignment.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[defaults."{name}"]\nvalue = 1.0\nchoices = [1.0]\n')
    with pytest.raises(AssignmentError, match=name):
        solutions(Course(root))
