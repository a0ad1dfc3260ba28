"""The questions as pytest tests, for an editor's test explorer. `python -m ps2check` asks the same and tells more."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ps2check.kit import load_kit
from ps2check.local import Home, ask
from ps2check.terminal import failure_text

KIT = load_kit()


@pytest.fixture(scope="session")
def home():
    return Home(KIT)


@pytest.mark.parametrize("asked", KIT.questions, ids=lambda asked: asked.name)
def test_question(home, asked):
    outcome = ask(home, asked)
    if package := home.waits_for(outcome):
        pytest.skip(f"not checked here: it needs {package}")
    if not outcome.passed:
        pytest.fail(failure_text(home, outcome), pytrace=False)
