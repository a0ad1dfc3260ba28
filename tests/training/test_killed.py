"""A training run that is killed leaves nothing, and the next one is the same run from its beginning."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from autograder.course import this_course
from autograder.grading.intake import take
from autograder.training import store
from autograder.training.judging import Submission

from .conftest import TINY

pytest.importorskip("torch")

SCRIPT = """
import dataclasses, sys
from pathlib import Path
from autograder.course import this_course
from autograder.frontends import train
from autograder.training import images
from autograder.training.judging import Judging
from autograder.training.settings import Training
from tests.training.conftest import FEWER, HERE, TINY, TinyCourse

presets = images.formulas(this_course().reference).PRESETS
presets["small"] = dataclasses.replace(presets["small"], **FEWER)
train.machine = lambda: HERE
run = Judging.run
Judging.run = lambda self, submission, tell: run(self, submission, lambda epoch: print("an epoch", flush=True))
course = TinyCourse(Path(sys.argv[1]), Training(profile="tiny", profiles={"tiny": TINY}))
sys.exit(train.train_command(train.Options(course.reference.parent, "tiny", Path(sys.argv[1])), course))
"""


def started(place):
    environment = {**os.environ, "PYTHONPATH": str(this_course().root), "TMPDIR": str(place)}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(place)], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def place():
    """That a confined worker, who is another user, can reach; pytest's own folders are private."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_killed_run_leaves_no_process_and_no_result_and_starts_anew_with_the_same_seed(course, judging, place):
    with started(place) as process:
        assert any("an epoch" in line for line in process.stdout)
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert psutil.wait_procs(family, timeout=20)[1] == []
    assert not list(place.glob("*.json"))
    with started(place) as process:
        process.communicate()
    assert process.returncode == 0
    taken = take(course.reference.parent, place / "taken", given=course.reference, wanted=course.assignment.files())
    found = store.find(place, taken.digest, course.secret, {"tiny": TINY})
    undisturbed, _ = judging.run(Submission(taken.folder, taken.digest))
    assert found.accuracy == undisturbed.accuracy and found.losses == undisturbed.losses
