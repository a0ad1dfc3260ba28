"""Packages that a student's file may import for nothing: left over from a plot, a progress bar, an editor's automatic import.

Where such a package is not on offer, an idle object takes its place while the file is imported: nothing of the package is loaded, and
whatever is taken from it is idle too. Code that needs it after that raises one sentence. The worker and the student's own run install
this same importer, so that a package that happens to be installed at home changes nothing.
"""

from __future__ import annotations

import ast
import builtins
import dis
import os
import sys
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from .imports import HARMLESS, provided

PACKAGE = "ps2"
Offered = Callable[[str], Collection[str]]
"""From a student's module, such as "ps2.activations", to the packages that it may import."""


def absent(name: str, offered: Collection[str]) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"{name} is not available in the grader (allowed: {', '.join(sorted(offered))})", name=name)


class Idle:
    """Stands for a package that is not there, and for anything in it.

    While a student's file is imported it may be taken apart, called, subscripted and inherited from. Afterwards, and wherever a value is
    asked of it, it raises ModuleNotFoundError.
    """

    __slots__ = ("_name", "_offered")
    __all__ = ()  # `from package import *`

    def __init__(self, name: str, offered: Collection[str]) -> None:
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_offered", tuple(offered))

    def _go_on(self) -> Any:
        if not importing(sys._getframe(2)):
            self._refuse()
        return self

    def _refuse(self, *_: Any) -> Any:
        raise absent(self._name, self._offered)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") and key != "__version__":  # what Python itself looks for
            raise AttributeError(key)
        return self._go_on()

    def __setattr__(self, key: str, value: Any) -> None:
        self._go_on()

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self._go_on()

    def __getitem__(self, key: Any) -> Any:
        return self._go_on()

    def __setitem__(self, key: Any, value: Any) -> None:
        self._go_on()

    def __or__(self, other: Any) -> Any:  # in an annotation
        return self._go_on()

    __ror__ = __or__

    def __enter__(self) -> Any:
        return self._go_on()

    def __exit__(self, *_: Any) -> None:
        pass

    def __bool__(self) -> bool:
        self._go_on()
        return False

    def __iter__(self) -> Iterator[Any]:
        """`fig, ax = plt.subplots()` gets as many as it asks for; a loop over nothing would silently do nothing."""
        frame = sys._getframe(1)
        code, place = frame.f_code.co_code, frame.f_lasti
        if not importing(frame) or dis.opname[code[place]] != "UNPACK_SEQUENCE":
            self._refuse()
        return iter([self] * code[place + 1])

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (type("Absent", (), {"__init__": lambda made, *_, **__: self._refuse()}),)

    def __reduce_ex__(self, protocol: Any) -> Any:  # copied or pickled, unset slots would be asked for without end
        return self._refuse()

    def __repr__(self) -> str:
        return f"<{self._name}, which is not available in the grader>"


VALUES = """
    add radd sub rsub mul rmul matmul rmatmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow and rand xor rxor lshift rshift
    neg pos abs invert lt le gt ge len float int complex index round contains next array instancecheck subclasscheck
"""
for value in VALUES.split():
    setattr(Idle, f"__{value}__", Idle._refuse)


def importing(frame: FrameType | None) -> bool:
    """Whether a student's file is being imported somewhere above."""
    while frame is not None:
        if frame.f_code.co_name == "<module>" and students(frame):
            return True
        frame = frame.f_back
    return False


def students(frame: FrameType) -> str:
    """The name of the student's module that a frame belongs to, else ""."""
    name = str(frame.f_globals.get("__name__", ""))
    return name if name.partition(".")[0] == PACKAGE else ""


def provided_for(frame: FrameType | None) -> bool:
    """Whether a student's file, this one or one that imports it, goes another way when this import fails: then it must fail."""
    first = True
    while frame is not None:
        if (first or frame.f_code.co_name == "<module>") and students(frame) and guarded(frame.f_code.co_filename, frame.f_lineno):
            return True
        frame, first = frame.f_back, False
    return False


def guarded(path: str, line: int) -> bool:
    """Whether a line of a file stands where the file provides for a failing import."""
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nodes = list(ast.walk(ast.parse(file.read())))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    bodies = (node.body for node in nodes if isinstance(node, (ast.Try, ast.With)) and provided(node))
    return any(body[0].lineno <= line <= (body[-1].end_lineno or line) for body in bodies)


def own_file(frame: FrameType, top: str) -> bool:
    """Whether the student has a file of this name, which `from .name import` finds: the failing import says so."""
    return os.path.exists(os.path.join(os.path.dirname(frame.f_code.co_filename), f"{top}.py"))


def importer(real: Callable[..., Any], offered: Offered) -> Callable[..., Any]:
    """`__import__` with idle objects for harmless packages that the student's module that asks is not offered."""

    def find(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # named as Python's own
        top = name.partition(".")[0]
        if top not in HARMLESS or level:
            return real(name, globals, locals, fromlist, level)
        frame = sys._getframe(1)
        module = students(frame)
        if not module or top in offered(module) or own_file(frame, top):
            return real(name, globals, locals, fromlist, level)
        if importing(frame) and not provided_for(frame):
            return Idle(top, offered(module))
        raise absent(top, offered(module))

    return find


@contextmanager
def idle_imports(offered: Offered) -> Iterator[None]:
    """For what runs inside."""
    real = builtins.__import__
    builtins.__import__ = importer(real, offered)
    try:
        yield
    finally:
        builtins.__import__ = real
