"""What an attack is: one small submission that tries to earn what it has not written, or to harm whoever grades it.

The corpus is data, in tests/attacks/, one file a family. All that an attacker could ever know is given to it: paths and process numbers.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..sandbox.layers import LAYERS

ANY = frozenset(LAYERS)
NONE: frozenset[str] = frozenset()
MARK = "GOT IN"
"""What an attack prints when something worked that a layer should have stopped."""

HONEST, TARGET = "1.1", "1.3"
"""The question that each submission answers honestly, and the one that it cheats on."""

Files = dict[str, bytes]
Upload = Callable[[Path, Files], Path]

TEXT = '''import numpy as np
from numpy import ndarray
from scipy import special

from .base import Layer

GRADER, ZYGOTE, COURSE, CHECKOUT, OTHERS, RESULTS = {places!r}


def solution(text):
    """A working ReLU from the text of a file that holds one."""
    names = {{"Layer": Layer, "__name__": "stolen"}}
    exec(text.replace("from .base import Layer", ""), names)
    return names["ReLU"]()


{top}


{honest}


{target}
'''

CLASS = """class ReLU(Layer):
    def forward(self, x: ndarray) -> ndarray:
{forward}
        return x

    def backward(self, grad_output: ndarray) -> ndarray:
{backward}
        return grad_output
"""


@dataclass(frozen=True)
class Places:
    """What an attacker is told. Folders: the graded course, this code, other submissions, results."""

    grader: int
    zygote: int
    course: str
    checkout: str
    others: str
    results: str


@dataclass(frozen=True)
class Attack:
    """One submission: an honest Sigmoid and a ReLU that cheats.

    earns: part of what the student reads about it. forward, backward, top: lines of that ReLU's methods (which then return their argument,
    a wrong answer), and before the classes. relu: the whole class instead. files: what else is in the upload, by path; "ps2/base.py" and
    the like. upload: makes the upload itself, a zip or a folder. remainder: the points that honest parts of ReLU earn. honest: whether
    Sigmoid keeps its points. safe_without: the layers whose absence is safe to try, and that it is about at all.
    """

    name: str
    earns: str
    forward: str = ""
    backward: str = ""
    top: str = ""
    relu: str = ""
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    upload: Upload | None = None
    remainder: float = 0.0
    honest: bool = True
    safe_without: frozenset[str] = NONE

    def write(self, folder: Path, places: Places, sigmoid: str, given: Mapping[str, bytes]) -> Path:
        """Make the upload in the new, empty `folder`."""
        told = (places.grader, places.zygote, places.course, places.checkout, places.others, places.results)
        target = self.relu or CLASS.format(forward=indented(self.forward), backward=indented(self.backward))
        text = TEXT.format(places=told, top=self.top, honest=sigmoid, target=target)
        files = {f"ps2/{name}": data for name, data in given.items()} | {"ps2/activations.py": text.encode()}
        files |= {name: data.encode() if isinstance(data, str) else data for name, data in self.files.items()}
        return (self.upload or as_folder)(folder, files)


def indented(lines: str) -> str:
    return textwrap.indent(lines.strip("\n"), " " * 8)


def as_folder(folder: Path, files: Files) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def denied(lines: str) -> str:
    """Lines of a method that do something forbidden, and print the mark where that worked."""
    return f"{lines.strip()}\nprint({MARK!r})"
