"""docker/Dockerfile, as far as it can be followed without building it: its files are in the zip, and what it lays out grades."""

import json
import os
import re
import subprocess
import sys
import zipfile

import pytest
from dockerfile_parse import DockerfileParser

from autograder.course import ENGINE
from autograder.publish.gradescope_zip import MODES, build_gradescope_zip

PARSED = DockerfileParser(path=str(ENGINE / "docker"))
RUNS = [step["value"] for step in PARSED.structure if step["instruction"] == "RUN"]


@pytest.fixture
def root(tmp_path):
    """`COPY . /autograder/source/`, with /autograder in a folder of this test."""
    root = tmp_path / "autograder"
    with zipfile.ZipFile(build_gradescope_zip(tmp_path / "autograder.zip")) as archive:
        archive.extractall(root / "source")
    for name, mode in MODES.items():
        (root / "source" / name).chmod(mode)
    return root


def test_it_names_a_base_that_can_be_replaced_and_copies_the_zip_alone(root):
    steps = [(step["instruction"], step["value"]) for step in PARSED.structure if step["instruction"] != "COMMENT"]
    assert [name for name, _ in steps] == ["ARG", "FROM", "COPY", "RUN", "RUN", "WORKDIR"]
    assert PARSED.baseimage.startswith("gradescope/") and steps[1][1] == "${BASE}"
    (copied,) = [value.split() for name, value in steps if name == "COPY"]
    assert copied == [".", "/autograder/source/"] and (root / "source" / copied[0]).is_dir()


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
