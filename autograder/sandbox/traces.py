"""What a student's file does to libraries outlives its import: names that it sets in numpy or builtins would make another file's code run.

Alone, a question never sees that; so in a worker that is asked about several files, what comes after such a file is not answered.
Only names of modules are looked at, and two settings. What is changed deeper (an attribute of a class) is student code's own doing all the
same, and no way to an expected value.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

LIBRARIES = ("builtins", "math", "numpy", "numpy.random", "numpy.linalg", "torch", "torch.nn", "torch.nn.functional", "torch.nn.init")


class Traces:
    """What libraries look like now, to be compared with later."""

    def __init__(self) -> None:
        self._names = {name: dict(vars(sys.modules[name])) for name in LIBRARIES if name in sys.modules}
        self._settings = settings()

    def left(self) -> bool:
        """Whether a name was set, replaced or deleted since, or a setting changed."""
        try:
            return settings() != self._settings or any(vars(sys.modules[name]) != names for name, names in self._names.items())
        except Exception:  # a library is gone, or a value does not like to be compared: it is no more what it was
            return True


def settings() -> tuple[Any, ...]:
    return np.geterr(), sys.getrecursionlimit()
