"""The rehearsal in a student's kit: it trains, writes weights and curve, and says what is missing."""

import json
import shutil
import subprocess
import sys

import pytest

from autograder.course import this_course
from autograder.publish.kit import training_settings
from autograder.training.settings import Training

from .conftest import TINY, TinyCourse

pytest.importorskip("torch")


@pytest.fixture
def kit(tmp_path):
    course = this_course()
    shutil.copytree(course.root / "starter_code", tmp_path / "kit")
    for path in course.reference.glob("*.py"):
        shutil.copy(path, tmp_path / "kit" / "ps2" / path.name)
    return tmp_path / "kit"


def switch_on(kit, tmp_path):
    assignment = TinyCourse(tmp_path, Training(profile="tiny", profiles={"tiny": TINY})).assignment
    settings = json.loads((kit / "kit.json").read_text())
    (kit / "kit.json").write_text(json.dumps({**settings, "training": training_settings(assignment)}))


def rehearse(kit, *more):
    command = [sys.executable, "-m", "ps2check", "train", "--rehearse", "7", *more]
    return subprocess.run(command, cwd=kit, capture_output=True, text=True, timeout=300, check=False)


def test_a_rehearsal_ends_with_an_accuracy_the_safer_figure_weights_and_a_curve(kit, tmp_path):
    switch_on(kit, tmp_path)
    done = rehearse(kit)
    assert done.returncode == 0, done.stderr
    assert "Accuracy on hidden images of this world: 0." in done.stdout
    assert "aim at 0.92" in done.stdout  # full is 0.9
    assert "epoch  2 of 2" in done.stdout
    assert len(json.loads((kit / "training.json").read_text())["losses"]) == 4
    assert (kit / "weights.safetensors").stat().st_size > 300_000


def test_where_the_run_is_off_or_a_function_is_missing_a_sentence_says_so(kit, tmp_path):
    done = rehearse(kit)
    assert done.returncode == 2 and "does not use the training run" in done.stderr
    switch_on(kit, tmp_path)
    shutil.copy(this_course().root / "starter_code" / "ps2" / "training.py", kit / "ps2" / "training.py")
    done = rehearse(kit)
    assert done.returncode == 1
    assert "not written yet: 6.1 he_initialize" in done.stdout
