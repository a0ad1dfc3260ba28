"""A test that takes its worker with it is told as failed, and every other test is still run."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import os
import pytest

@pytest.mark.parametrize("n", range(12))
def test_number(n):
    if n in (0, 5, 11):
        os._exit(3)
"""


def test_what_a_crashed_worker_had_left_is_run_by_others(tmp_path):
    pytest.importorskip("xdist")
    (tmp_path / "tests").mkdir()
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path / "tests")
    (tmp_path / "tests" / "test_some.py").write_text(SUITE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "3 failed, 9 passed" in done.stdout, done.stdout + done.stderr
