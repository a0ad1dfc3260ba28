"""An nbgrader course folder as nbgrader's own API sees it: the settings in it, and one of its commands at a time."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from ...assignment import AssignmentError

SETTINGS = "nbgrader_config.py"


class CourseFolderError(AssignmentError):
    """The course folder is not what the command needs; one sentence with its remedy."""


def open_course(folder: Path) -> Any:
    """nbgrader's API for the course in `folder`, with the settings in it. Raises CourseFolderError."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config.loader import PyFileConfigLoader

    find_programs()
    folder = folder.resolve()
    if not (folder / SETTINGS).is_file():
        raise CourseFolderError(f"{folder} is no course folder: {SETTINGS} is missing; `autograder nbgrader build {folder}` makes one.")
    config = PyFileConfigLoader(SETTINGS, path=str(folder)).load_config()
    return NbGraderAPI(config=config)


def find_programs() -> None:
    """nbgrader starts `alembic` by name: it lies beside this Python, whether or not the environment is activated."""
    beside = str(Path(sys.executable).parent)
    if beside not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", os.defpath)])


def said_by(outcome: dict[str, Any]) -> str:
    """Why one of nbgrader's commands failed, as its last words; "" where it did not."""
    if outcome["success"]:
        return ""
    lines = [line.strip() for text in (outcome.get("log"), outcome.get("error")) if text for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line.split(":")[0]]
    last: str = (telling or lines or ["it did not say why"])[-1]
    return last[:300]
