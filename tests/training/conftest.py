"""A course with tiny training profiles, and images that cost nothing."""

import dataclasses

import msgspec
import pytest

from autograder.course import this_course
from autograder.training import images as imaging
from autograder.training.profiles import Machine
from autograder.training.settings import Profile, Training

TINY = Profile(images="small", device="cpu", depth=8, epochs=2, epoch_images=64, batch=32, seconds=30.0, threads=1, zero=0.05, full=0.9)


class TinyCourse:
    """this_course() with another [training] table and a secret of its own."""

    def __init__(self, root, training: Training) -> None:
        course = this_course()
        self.root, self.reference = course.root, course.reference
        self.toml = root / "assignment.toml"
        self.secret = b"s" * 32
        self.assignment = msgspec.structs.replace(course.assignment, training=training)


@pytest.fixture
def course(tmp_path, monkeypatch):
    given = imaging.formulas(this_course().reference)
    fewer = dataclasses.replace(given.PRESETS["small"], train=256, validation=40, test=200)
    monkeypatch.setitem(given.PRESETS, "small", fewer)
    return TinyCourse(tmp_path, Training(profile="tiny", profiles={"tiny": TINY}))


@pytest.fixture
def here():
    return Machine(device="cpu", name="a test's", torch="2", cpus=2.0, memory_mb=8000)
