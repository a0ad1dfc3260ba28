"""The rehearsal in a student's kit: it trains, writes weights and curve, and says what is missing."""

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from autograder.check import rehearsal
from autograder.check.kit import KitError
from autograder.check.package import Package
from autograder.course import this_course
from autograder.publish.kit import training_settings
from autograder.training import images as imaging
from autograder.training.settings import Training

from .conftest import FEWER, TINY, TinyCourse

pytest.importorskip("torch")


@pytest.fixture
def kit(tmp_path):
    course = this_course()
    shutil.copytree(course.root / "starter_code", tmp_path / "kit")
    for path in course.reference.glob("*.py"):
        shutil.copy(path, tmp_path / "kit" / "ps2" / path.name)
    return tmp_path / "kit"


def switch_on(kit, tmp_path, **more):
    assignment = TinyCourse(tmp_path, Training(profile="tiny", profiles={"tiny": TINY}, **more)).assignment
    settings = json.loads((kit / "kit.json").read_text())
    (kit / "kit.json").write_text(json.dumps({**settings, "training": training_settings(assignment)}))


def with_fewer_images(kit):
    path = kit / "ps2check" / "given" / "images.py"
    old = "Preset(size=16, train=20_000, validation=1_000, test=4_000, noise=0.6)"
    new = f"Preset(size=16, noise=0.6, train={FEWER['train']}, validation={FEWER['validation']}, test={FEWER['test']})"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def rehearse(kit, *more):
    command = [sys.executable, "-m", "ps2check", "train", "--rehearse", "7", *more]
    return subprocess.run(command, cwd=kit, capture_output=True, text=True, timeout=300, check=False)


def test_a_rehearsal_ends_with_an_accuracy_the_safer_figure_weights_and_a_curve(kit, tmp_path):
    switch_on(kit, tmp_path)
    with_fewer_images(kit)
    done = rehearse(kit)
    assert done.returncode == 0, done.stderr
    assert "Accuracy on hidden images of this world: 0." in done.stdout
    assert "aim at 0.92" in done.stdout  # full is 0.9
    assert "epoch  2 of 2" in done.stdout
    assert len(json.loads((kit / "training.json").read_text())["losses"]) == 4
    assert (kit / "weights.safetensors").stat().st_size > 300_000


# ---- the same in this process


@pytest.fixture
def home(kit, tmp_path, few_images, monkeypatch):
    """As local.Home, as far as a rehearsal looks at it; the tests' images in place of the kit's."""
    switch_on(kit, tmp_path, open_parameters=1_000)
    given = imaging.formulas(this_course().reference)
    draw = rehearsal.practice_data
    monkeypatch.setattr(rehearsal, "practice_data", lambda images, preset, world: draw(given, preset, world))
    return lambda: SimpleNamespace(
        kit=SimpleNamespace(root=kit), ps2=Package(kit / "ps2"), sources={path.name: b"" for path in (kit / "ps2").glob("*.py")}
    )


def test_where_the_run_is_off_a_sentence_says_so(kit):
    with pytest.raises(KitError, match="does not use the training run"):
        rehearsal.rehearse(SimpleNamespace(kit=SimpleNamespace(root=kit)), 7)


def test_where_a_function_is_missing_a_sentence_says_so(home, kit, capsys):
    shutil.copy(this_course().root / "starter_code" / "ps2" / "training.py", kit / "ps2" / "training.py")
    assert rehearsal.rehearse(home(), 7) == 1
    assert "not written yet: 6.1 he_initialize" in capsys.readouterr().out


def test_the_open_track_is_rehearsed_with_its_count_of_parameters(home, kit, capsys):
    with pytest.raises(KitError, match=r"no ps2/open_track\.py"):
        rehearsal.rehearse(home(), 7, own=True)
    own = "from torch import nn\n\ndef build():\n    return nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(12, 10))\n"
    (kit / "ps2" / "open_track.py").write_text(own)
    assert rehearsal.rehearse(home(), 7, own=True) == 0
    told = capsys.readouterr().out
    assert "130 of at most 1,000 parameters." in told and "aim at" not in told
    assert (kit / "open_track.json").is_file() and not (kit / "weights.safetensors").exists()


def test_a_course_without_the_open_track_says_so(kit, tmp_path):
    switch_on(kit, tmp_path)
    with pytest.raises(KitError, match="no open track"):
        rehearsal.rehearse(SimpleNamespace(kit=SimpleNamespace(root=kit)), 7, own=True)
