"""The world as student code finds it in a worker: what can be imported, what answers to input(), the state of the random generators.

All of this is convenience, so that a mistake gets a clear sentence. None of it is a wall: student code can undo it.
"""

from __future__ import annotations

import builtins
import contextlib
import hashlib
import io
import os
import random
import sys
from collections.abc import Collection, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

import numpy as np

from ..check import idle
from ..check.contain import nobody_at_the_keyboard

HIDDEN = ("autograder.sandbox", "msgspec", "pyseccomp")


class Allowed(MetaPathFinder):
    """Says in one sentence that a student's import is not available here; leaves everybody else's imports alone."""

    def __init__(self, allow: Sequence[str], forbid: Sequence[str], folder: str) -> None:
        self._allow = list(allow)
        self._forbid = list(forbid)
        self._folder = os.path.join(folder, "ps2") + os.sep

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not self._for_student():
            return None
        if any(name == f or name.startswith(f"{f}.") for f in self._forbid):
            raise ModuleNotFoundError(f"{name} is not allowed in this question", name=name)
        top = name.partition(".")[0]
        if top == "ps2" or top in self._allow or top in sys.stdlib_module_names:
            return None
        if os.path.exists(f"{self._folder}{top}.py"):
            raise ModuleNotFoundError(f"there is no module {top} outside of ps2; write `from ps2 import {top}`", name=name)
        raise idle.absent(top, self._allow)

    def _for_student(self) -> bool:
        """Whether the import stands in a file of the submission."""
        frame = sys._getframe(2)
        while frame is not None and ("importlib" in frame.f_code.co_filename or frame.f_code.co_filename == idle.__file__):
            frame = frame.f_back  # type: ignore[assignment]
        return frame is not None and frame.f_code.co_filename.startswith(self._folder)


class Stage:
    """Prepared once in the zygote, set up in each worker.

    Preparing is what keeps a worker cheap: every object that it looks at costs a copy of a page, because looking counts references.
    """

    def __init__(self, search_path: list[str]) -> None:
        self._search_path = search_path
        self._hidden = {name: sys.modules[name] for name in below(HIDDEN)}  # kept alive: to destroy them would cost a worker time
        sys.path_importer_cache.clear()
        gather_module_names()

    def set_up(self, allow: Sequence[str], forbid: Sequence[str], folder: str) -> None:
        """Everything but the random generators."""
        sys.dont_write_bytecode = True
        sys.path[:] = self._search_path
        sys.meta_path[:] = [Allowed(allow, forbid, folder), BuiltinImporter, FrozenImporter, PathFinder]
        for name in (*self._hidden, *below(forbid)):
            sys.modules.pop(name, None)
        sys.modules["autograder"].__path__ = []
        builtins.__import__ = idle.importer(builtins.__import__, lambda module: allow)
        quiet_standard_streams()
        nobody_at_the_keyboard()


def below(names: Collection[str]) -> list[str]:
    """The loaded modules of these names, and those inside them. Only names are looked at."""
    inside = tuple(f"{name}." for name in names)
    return [m for m in sys.modules if m in names or m.startswith(inside)] if names else []


def gather_module_names() -> None:
    """Put the keys of `sys.modules` next to each other in memory: one loop over them then copies 50 pages instead of 1,400."""
    modules = [("".join(list(name)), module) for name, module in sys.modules.items()]
    sys.modules.clear()
    sys.modules.update(modules)


class Counted(io.FileIO):
    """Counts the bytes that go through it and others like it."""

    written = 0

    def write(self, data: Any, /) -> int:
        count = super().write(data)
        Counted.written += count
        return count


def quiet_standard_streams() -> None:
    """Python's own streams over the descriptors that were put in place: UTF-8 whatever happens, a line at a time."""
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.BufferedWriter(Counted(fd, "w", closefd=False)), "utf-8", "backslashreplace", line_buffering=True)
        for fd in (1, 2)
    )


def printed() -> int:
    """Bytes that went through the streams so far. What C code prints, or a student's own stream, is not among them."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # replaced or closed by student code
            stream.flush()
    return Counted.written


def reseed(seed: bytes) -> None:
    """The global generators: the same in every worker that gets this seed, whatever was drawn before the fork."""
    number = int.from_bytes(hashlib.sha256(b"global generators|" + seed).digest()[:4], "little")
    random.seed(number)
    np.random.seed(number)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.default_generator.manual_seed(number)  # torch.manual_seed looks for other devices as well, and a worker has none
