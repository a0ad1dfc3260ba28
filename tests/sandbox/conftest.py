"""Hostile packages, and zygotes to send them to."""

import os

import pytest

HONEST = "def double(x):\n    return 2 * x\n"


@pytest.fixture
def submit(tmp_path):
    """Write a submission whose `attack` has this body; the folder that holds its `ps2`."""

    def write(body="return x", top=""):
        for folder in (tmp_path, *tmp_path.parents[:2]):
            if folder.stat().st_uid == os.getuid():
                folder.chmod(0o755)
        package = tmp_path / "ps2"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("")
        indented = "".join(f"    {line}\n" for line in body.splitlines())
        (package / "activations.py").write_text(f"{top}\n{HONEST}\ndef attack(x):\n{indented}\ndef many(x):\n    return x @ x.T\n")
        return str(tmp_path)

    return write
