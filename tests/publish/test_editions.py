"""Parts and questions off and on, the whole catalog, the training run: stubs, settings, handout, notebook and Gradescope's total follow."""

import json
import re
import shutil

import pytest

from autograder.check.question import REGISTRY
from autograder.course import Course, this_course
from autograder.publish import kit
from autograder.publish.gradescope_zip import settings

PART_OFF, QUESTION_OFF = "[parts.{}]\n", '[questions."{}"]\n'
EDITIONS = {
    "only part 1": {"off": "23456"},
    "parts 1 to 3": {"off": "456"},
    "without part 6": {"off": "6"},
    "only part 5": {"off": "12346"},
    "only part 6": {"off": "12345"},
    "everything": {"full": True},
    "the first question of each part off": {"questions": ("1.1", "2.2", "3.1", "4.1", "5.1", "6.1")},
    "one question": {"off": "23456", "questions": ("1.1", "1.2", "1.4", "1.5")},
    "with the training run": {"training": True},
}


@pytest.fixture(params=EDITIONS)
def course(request, tmp_path):
    shutil.copytree(this_course().root / "assignment", tmp_path / "assignment", ignore=shutil.ignore_patterns("secret*"))
    (tmp_path / "solutions").symlink_to(this_course().root / "solutions")
    edition = EDITIONS[request.param]
    off = [*map(PART_OFF.format, edition.get("off", "")), *map(QUESTION_OFF.format, edition.get("questions", ()))]
    changes = [(line, f"{line}on = false\n") for line in off]
    changes += [('profile = "core"', 'profile = "full"')] * edition.get("full", False)
    changes += [('profile = "off" ', 'profile = "auto" ')] * edition.get("training", False)
    toml = tmp_path / "assignment/assignment.toml"
    text = toml.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    toml.write_text(text, encoding="utf-8")
    return Course(tmp_path)


def test_all_that_is_made_of_an_edition_asks_the_same_questions(course, monkeypatch):
    monkeypatch.setattr(kit, "golden_files", lambda course, existing: {f"{q.id}.npz": b"" for q in course.assignment.asked()})
    files, assignment = kit.kit_files(course), course.assignment
    asked = assignment.asked()
    ids, total = [q.id for q in asked], assignment.total()
    told, handout = json.loads(files["kit.json"]), files["handout.md"].decode()

    assert [q["id"] for q in told["questions"]] == ids and told["total"] == total
    assert re.findall(r"^\| (\d+\.\d+) \|", handout, re.MULTILINE) == [*ids, *["6.8"] * assignment.training.on]
    assert f"| | all | {total} |" in handout and settings(assignment)[0].startswith(f"autograder points: {float(total):g},")
    assert set(re.findall(r"^## (\d+\.\d+) ", handout, re.MULTILINE)) == {*ids, *["6.8"] * assignment.training.on}

    written = {name for name in files if re.fullmatch(r"ps2/\w+\.py", name)}
    stubs = "\n".join(files[name].decode() for name in written)
    defined = set(re.findall(r"^(?:class|def) (\w+)", stubs, re.MULTILINE))
    off = {name for q in REGISTRY.values() if q not in asked for name in q.names} - {name for q in asked for name in q.names}
    assert {name for q in asked for name in q.names} <= defined and not off & defined
    goldens = {f"ps2check/golden/{id}.npz" for id in ids}
    assert {name for name in files if name.endswith(".npz")} == goldens


def test_the_handout_has_the_parts_that_are_asked_and_no_others(course):
    handout = kit.handout_text(course)
    parts = {int(n) for n in re.findall(r"^# Part (\d)\b", handout, re.MULTILINE)}
    assert parts == {q.part for q in course.assignment.asked()}
    assert not re.search(r"\]\(#", handout)  # nothing links to a heading that may be gone


def test_the_notebook_checks_the_same_questions_for_the_same_points(course):
    pytest.importorskip("jupytext")
    from autograder.publish.notebook import notebook, question_of

    cells = {question_of(cell.id): cell for cell in notebook(course).cells if cell.id.startswith("check-")}
    assert list(cells) == [q.id for q in course.assignment.asked()]
    assert sum(cell.metadata.nbgrader.points for cell in cells.values()) == course.assignment.total() - course.assignment.training_points()
