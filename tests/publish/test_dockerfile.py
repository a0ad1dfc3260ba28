"""docker/Dockerfile, as far as it can be followed without Docker: the files it names are in the zip, and what it lays out grades."""

import json
import os
import re
import subprocess
import sys
import zipfile

import pytest

from autograder.course import ENGINE
from autograder.publish.gradescope_zip import MODES, build_gradescope_zip

TEXT = (ENGINE / "docker" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
RUNS = [line.removeprefix("RUN ") for line in TEXT.splitlines() if line.startswith("RUN ")]


@pytest.fixture
def root(tmp_path):
    """`COPY . /autograder/source/`, with /autograder in a folder of this test."""
    root = tmp_path / "autograder"
    with zipfile.ZipFile(build_gradescope_zip(tmp_path / "autograder.zip")) as archive:
        archive.extractall(root / "source")
    for name, mode in MODES.items():
        (root / "source" / name).chmod(mode)
    return root


def test_every_file_that_it_names_is_in_the_zip(root):
    named = re.findall(r"/autograder/source/([\w.]+)", "\n".join(RUNS))
    assert set(named) == {"setup.sh", "run_autograder"} and all((root / "source" / name).is_file() for name in named)


@pytest.mark.skipif(sys.platform != "linux", reason="the image is Linux")
def test_what_it_lays_out_answers_although_no_platform_has_written_metadata(root):
    (laying_out,) = [run for run in RUNS if "setup.sh" not in run]
    subprocess.run(["bash", "-euc", laying_out.replace("/autograder/", f"{root}/")], check=True)
    environment = {**os.environ, "PS2_PYTHON": sys.executable}
    subprocess.run([str(root / "run_autograder")], cwd=root, env=environment, check=True, capture_output=True, timeout=120)
    report = json.loads((root / "results/results.json").read_text(encoding="utf-8"))
    assert report["score"] == 0 and "could not run" not in report["output"] and "ps2" in report["output"]
