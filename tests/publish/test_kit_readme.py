"""The kit's README, followed literally: unzipped on a path with spaces, its commands typed as they stand, in a terminal and in Colab."""

import os
import re
import subprocess
import sys
import textwrap
import zipfile

import pytest

from autograder.course import this_course
from autograder.publish.kit import build_kit_zip

README = (this_course().root / "starter_code/README.md").read_text(encoding="utf-8")


@pytest.fixture
def place(tmp_path):
    """A folder with the zip, and `python3` and `python` as a student's terminal has them."""
    place = tmp_path / "My Documents (1)" / "deep learning"
    place.mkdir(parents=True)
    build_kit_zip(place / "starter.zip")
    (tmp_path / "bin").mkdir()
    for name in ("python3", "python"):
        (tmp_path / "bin" / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (tmp_path / "bin" / name).chmod(0o755)
    return place


def typed(lines, folder, place):
    """What a shell answers, line by line as typed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    path = f"{place.parent.parent / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", lines], cwd=folder, env={**kept, "PATH": path}, capture_output=True, text=True, encoding="utf-8", timeout=600
    )


@pytest.mark.slow
def test_the_commands_for_macos_and_linux_lead_to_the_first_question(place):
    with zipfile.ZipFile(place / "starter.zip") as archive:
        archive.extractall(place)
    block = re.search(r"^macOS and Linux:\n\n((?:    .*\n)+)", README, re.MULTILINE)
    done = typed(textwrap.dedent(block[1]), place / "ps2-starter", place)
    assert "Next: 1.1 Sigmoid in ps2/activations.py" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]


def test_the_cell_for_colab_unpacks_and_checks(place):
    cell = re.search(r"^```python\n!(.*)\n```$", README, re.MULTILINE)[1]
    done = typed(cell, place, place)
    assert "Next: 1.1 Sigmoid in ps2/activations.py" in done.stdout, done.stdout + done.stderr
    again = typed(cell, place, place)  # a second run of the cell keeps what was written
    assert again.stdout == done.stdout
