"""PS2's autograder: what is asked (check), who is kept out (sandbox), how a submission becomes a result (grading), and how it looks.

Another course keeps its assignment in a folder of its own (docs/make-your-own.md); `adopt` makes that folder the one in use.
"""

import os
from pathlib import Path

__version__ = "0.1.0"

VARIABLE = "AUTOGRADER_COURSE"
"""The environment variable with the course's folder; without it the course is the one that this package lies in."""


def adopt(root: Path) -> None:
    """Make `root` the course of this process and of those that it starts: its `checks/` and `misconceptions/` come in place of PS2's."""
    os.environ[VARIABLE] = str(root.resolve())
    for package, folder in (("check", "checks"), ("misconceptions", "misconceptions")):
        extend(f"{__name__}.{package}", root.resolve() / folder)


def extend(package: str, folder: Path) -> None:
    """Let modules be imported as `package`.NAME from `folder` first, so that `from .question import question` works there too."""
    import importlib

    path = importlib.import_module(package).__path__
    if folder.is_dir() and str(folder) not in path:
        path.insert(0, str(folder))


if os.environ.get(VARIABLE):
    adopt(Path(os.environ[VARIABLE]))
