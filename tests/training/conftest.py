"""A course with tiny training profiles, and images that cost nothing."""

import dataclasses
import shutil
import tempfile
from pathlib import Path

import msgspec
import pytest

from autograder.course import this_course
from autograder.training import images as imaging
from autograder.training.judging import Judging, Submission
from autograder.training.profiles import Machine
from autograder.training.settings import Profile, Training

TINY = Profile(images="small", device="cpu", depth=8, epochs=2, epoch_images=64, batch=32, seconds=30.0, threads=1, zero=0.05, full=0.9)
DIGEST = "a" * 64
FEWER = {"train": 256, "validation": 40, "test": 200}
HERE = Machine(device="cpu", name="a test's", torch="2", cpus=2.0, memory_mb=8000)


class TinyCourse:
    """this_course() with another [training] table and a secret of its own."""

    def __init__(self, root, training: Training) -> None:
        course = this_course()
        self.root, self.reference = course.root, course.reference
        self.toml = root / "assignment.toml"
        self.secret = b"s" * 32
        self.assignment = msgspec.structs.replace(course.assignment, training=training)


@pytest.fixture(scope="module")
def few_images():
    """The small set, with FEWER images."""
    given = imaging.formulas(this_course().reference)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(given.PRESETS, "small", dataclasses.replace(given.PRESETS["small"], **FEWER))
        yield


@pytest.fixture
def course(tmp_path, few_images):
    return TinyCourse(tmp_path, Training(profile="tiny", profiles={"tiny": TINY}))


@pytest.fixture
def here():
    return HERE


@pytest.fixture
def judging(course, here):
    return Judging(course, "tiny", TINY, here, confined=False)


@pytest.fixture
def submission():
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are private, and a confined worker is another user
        yield copied(Path(name))


def copied(folder: Path) -> Submission:
    """The reference as somebody's submission, to be altered."""
    shutil.copytree(this_course().reference, folder / "ps2", ignore=shutil.ignore_patterns("__pycache__"))
    folder.chmod(0o755)
    return Submission(folder, DIGEST)


def edit(submission: Submission, old: str, new: str, file: str = "training.py") -> None:
    path = submission.folder / "ps2" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


LOOP = "    optimizer = make_optimizer(model, lr)\n"
"""The first line of `train`."""
