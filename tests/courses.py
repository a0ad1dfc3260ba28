"""Courses for tests: copies of PS2 that can be changed, without its secrets."""

import re
import shutil
from pathlib import Path

from autograder.course import Course, this_course

LEFT_OUT = shutil.ignore_patterns("__pycache__", "secret*", "submission.zip")


def copy_of(root: Path, *folders: str, secret: str = "") -> Course:
    """PS2 in `root`, of which `folders` are copied; with this secret, if any."""
    for folder in folders or ("assignment", "solutions"):
        shutil.copytree(this_course().root / folder, root / folder, ignore=LEFT_OUT)
    if secret:
        (root / "assignment" / "secret").write_text(secret, encoding="ascii")
    return Course(root)


def small_course(root: Path) -> Course:
    """Part 1 alone is asked (five questions, no torch), so that tests take as long whatever else is asked."""
    course = copy_of(root, "assignment", "solutions", "starter_code", secret="nothing but a test, forty characters long")
    text = course.toml.read_text(encoding="utf-8")
    course.toml.write_text(re.sub(r'(?m)^(\[questions\."[2-9]\.\d+"\])$', r"\1\non = false", text), encoding="utf-8")
    return course
