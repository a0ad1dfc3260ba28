"""On every other Python that is on this machine, without torch and with that version's packages, what is generated comes out the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import ENGINE

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
PACKAGES = ("numpy", "scipy", "msgspec", "typer", "tomli; python_version < '3.11'")
HERE = "{}.{}".format(*sys.version_info)


def installed(version):
    """The interpreter of that version, by its name on PATH or where pyenv keeps it; None where it cannot be run."""
    places = [f"python{version}", *map(str, sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")))]
    for place in places:
        try:
            done = subprocess.run([place, "-c", "import ensurepip, venv"], capture_output=True, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return place
    return None


@pytest.mark.slow
@pytest.mark.parametrize("version", [v for v in VERSIONS if v != HERE])
def test_nothing_is_stale_there(version, tmp_path):
    python = installed(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    venv = tmp_path / "venv"
    subprocess.run([python, "-m", "venv", str(venv)], check=True)
    pins = ENGINE / "constraints" / f"py{version.replace('.', '')}.txt"
    install = [venv / "bin/python", "-m", "pip", "install", "--quiet", "-c", pins, *PACKAGES]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"the packages for Python {version} cannot be fetched here: {done.stderr.strip()[-200:]}")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | {"PYTHONDONTWRITEBYTECODE": "1"}
    check = [venv / "bin/python", "-m", "autograder", "regenerate", "--check"]
    done = subprocess.run(check, cwd=ENGINE, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "this Python does not have torch" in done.stderr
