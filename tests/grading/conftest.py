"""Where uploads are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.grading.uploads import GIVENS, Desk


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("given")
    for name, data in {**GIVENS, "activations.py": b"the reference must never be copied"}.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def desk(tmp_path: Path, given: Path) -> Desk:
    return Desk(tmp_path, given)
