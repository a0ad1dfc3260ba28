"""The handout's figures: fresh, small, explained; redrawn when what they show has changed and not otherwise."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from autograder.assignment import AssignmentError
from autograder.check.figure_initial import SAME_VALUE
from autograder.course import Course, this_course
from autograder.publish import figures
from autograder.publish.figures import FOLDER, agree, figure_files, images_of
from autograder.publish.handout import handout_text

CAPTION = re.compile(r"^!\[([^\]]+)\]\((handout-figures/[\w-]+\.png)\)\n\n\*\*Figure: .{100,}$", re.MULTILINE)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A copy with the one figure that is quickly made."""
    for folder in ("assignment", "solutions"):
        shutil.copytree(this_course().root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "secret*"))
    monkeypatch.setattr(figures, "FIGURES", (SAME_VALUE,))
    return Course(tmp_path)


def stale(course: Course) -> list[str]:
    return [path.rsplit("/", 1)[1] for path, data in figure_files(course).items() if (course.root / path).read_bytes() != data]


def test_what_is_committed_is_fresh_and_small() -> None:
    files = figure_files(this_course())
    assert len(files) == 14
    for path, data in files.items():
        assert (this_course().root / path).read_bytes() == data, path
        assert len(data) < 200_000, path


def test_every_figure_is_in_the_handout_with_an_alternative_text_and_a_caption() -> None:
    text = handout_text(this_course())
    captioned = {name for _, name in CAPTION.findall(text)}
    assert captioned == {path.removeprefix("assignment/") for path in figure_files(this_course()) if path.endswith(".png")}
    assert set(images_of(this_course(), text)) == captioned and all(len(alt) > 60 for alt, _ in CAPTION.findall(text))


def test_a_change_that_shows_is_drawn_and_named_and_one_that_does_not_keeps_the_picture(course: Course) -> None:
    pytest.importorskip("matplotlib")
    assert stale(course) == []
    path = course.reference / "initializers.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# A remark.\n", encoding="utf-8")
    assert stale(course) == ["same-value.json"]  # its picture shows what it showed
    source = path.read_text(encoding="utf-8")
    path.write_text(source + "\n\ndef xavier(rng, shape):\n    return 0.1 * rng.standard_normal(shape)\n", encoding="utf-8")
    assert stale(course) == ["same-value.png", "same-value.json"]


@pytest.mark.parametrize("harm", ["missing", "another picture", "record damaged"])
def test_a_picture_that_is_missing_or_was_changed_by_hand_is_drawn_anew(course: Course, harm: str) -> None:
    pytest.importorskip("matplotlib")
    picture, record = (course.root / FOLDER / f"same-value.{suffix}" for suffix in ("png", "json"))
    old = picture.read_bytes()
    {
        "missing": picture.unlink,
        "another picture": lambda: picture.write_bytes(old[:-1] + b"x"),
        "record damaged": lambda: record.write_text("{"),
    }[harm]()
    made = figure_files(course)[f"{FOLDER}/same-value.png"]
    assert made.startswith(b"\x89PNG") and (harm == "record damaged" or made == old)


def test_numbers_agree_to_a_thousandth_of_the_largest_of_their_list() -> None:
    assert agree({"a": [1000.0, 1.0], "b": "x"}, {"a": [1000.4, 1.9], "b": "x"})
    assert not agree({"a": [1000.0, 1.0]}, {"a": [1000.0, 2.1]})
    assert not agree({"a": [1.0]}, {"a": [1.0, 1.0]}) and not agree({"a": 1}, {"b": 1}) and not agree([True], [1.5])


def test_what_cannot_be_made_is_one_sentence(course: Course) -> None:
    (course.root / FOLDER / "same-value.png").unlink()
    with pytest.raises(AssignmentError, match=r"same-value.png is not there: look at its name, or run `make regenerate`"):
        images_of(course, "![a](handout-figures/same-value.png)")
    (course.reference / "initializers.py").write_text("def xavier(rng, shape):\n    return None\n")
    with pytest.raises(AssignmentError, match="same-value cannot be made from solutions/ps2"):
        figure_files(course)


def test_the_record_can_be_read_in_a_diff() -> None:
    path = this_course().root / FOLDER / "same-value.json"
    assert set(json.loads(path.read_text(encoding="utf-8"))) == {"sources", "drawing", "png", "data"}
