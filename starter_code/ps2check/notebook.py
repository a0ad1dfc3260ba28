"""What the cells of the problem set's notebook call: `score` asks one question, `drawing` gives ps2 to a picture."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .kit import HERE, load_kit
from .local import Home, ask
from .package import Package
from .terminal import detail

DIGITS = 4  # decimal places of points, as in the grader's result


def score(question: str, package: Path = HERE) -> float:
    """Ask one question, such as "1.3", of the files as they are now; what `python -m ps2check 1.3` prints is printed (only its
    first line where all is well); the points earned.

    The points are a plain float between 0 and the question's maximum, and nothing is written to stderr: nbgrader reads a cell's last
    value as text ("np.float64(1.5)" would count as full marks) and takes any line on stderr for a failure.
    """
    with silent_stderr(), same_backend():
        home = Home(load_kit(package))
        asked = next((a for a in home.kit.questions if a.question.id == question), None)
        if asked is None:
            print(f"This kit has no question {question}.")
            return 0.0
        outcome = ask(home, asked)
        text = detail(home, outcome, timed=False)
    print(text.split("\n")[0] if outcome.passed and not outcome.output.strip() else text)
    return min(max(float(int(outcome.points * 10**DIGITS) / 10**DIGITS), 0.0), float(asked.points))


@contextmanager
def drawing(package: Path = HERE) -> Iterator[Package]:
    """The package ps2 with the files as they are now. A picture that needs what is not written yet becomes a sentence, not a traceback."""
    with same_backend():
        home = Home(load_kit(package))
    for fault in dict.fromkeys(home.faults.values()):
        print(fault)
    try:
        with np.errstate(all="ignore"):
            yield home.ps2
    except NotImplementedError as unwritten:
        print(f"Not written yet: {unwritten or 'something that this picture needs'}. Write it, then run this cell again.")
    except (ImportError, AttributeError, SyntaxError) as error:
        if not home.faults:
            raise
        print(f"No picture yet ({type(error).__name__}).")


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Nothing reaches stderr, from Python or from compiled code."""
    old = sys.stderr
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        with open(nowhere, "w", encoding="utf-8") as sys.stderr:
            yield
    finally:
        sys.stderr = old
        os.dup2(saved, 2)
        os.close(saved)


@contextmanager
def same_backend() -> Iterator[None]:
    """The backend that pictures are drawn with stays what it was: the checks turn it off for the student's code."""
    backend = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        os.environ.pop("MPLBACKEND", None)
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
