"""Hostile packages, where every user can read them."""

import shutil
import tempfile
from pathlib import Path

import pytest

HONEST = "def double(x):\n    return 2 * x\n"


@pytest.fixture
def place():
    """A folder that others can enter; pytest's own are private, and become so again whenever another pytest starts."""
    path = Path(tempfile.mkdtemp(prefix="ps2-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def submit(place):
    """Write a submission whose `attack` has this body; the folder that holds its `ps2`."""

    def write(body="return x", top=""):
        package = place / "ps2"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("")
        indented = "".join(f"    {line}\n" for line in body.splitlines())
        (package / "activations.py").write_text(f"{top}\n{HONEST}\ndef attack(x):\n{indented}\ndef many(x):\n    return x @ x.T\n")
        return str(place)

    return write
