"""What every figure shares: its description, colours, an empty canvas, PNG files, and what is said of a result that cannot be drawn."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .recording import failure
from .verdict import Array

INK, THEORY, WRONG, PALE, SOFT = "#33415c", "#e07a1f", "#b3261e", "#9fb3d1", "#7a7a7a"
STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
DPI = 140
COLOURS = 32

Data = dict[str, Any]
"""All that a figure shows beside its theory and words: JSON, that is numbers, strings, lists and dicts. Floats as `rounded` made them."""


class FiguresUnavailable(RuntimeError):
    """matplotlib is missing; the message is one sentence for the student."""


class Undrawable(ValueError):
    """A function returned something that no picture can be made of; the message is a sentence."""


@dataclass(frozen=True)
class Figure:
    """needs: the stubs whose functions it shows ("file.Name"); without one of them it cannot be made. may_use: those it does without.

    measure(ps2) -> Data runs the functions. draw(data, reference) -> matplotlib figure; reference: the recorded Data to draw beside it.
    """

    name: str
    needs: tuple[str, ...]
    measure: Callable[[Any], Data]
    draw: Callable[[Data, Data | None], Any]
    may_use: tuple[str, ...] = ()

    def files(self) -> set[str]:
        """The files (without .py) that it shows functions of."""
        return {stub.split(".")[0] for stub in (*self.needs, *self.may_use)}


def canvas(width: float, height: float) -> Any:
    """An empty matplotlib figure, in inches, that belongs to no window. Raises FiguresUnavailable."""
    try:
        matplotlib = importlib.import_module("matplotlib")
        figure = importlib.import_module("matplotlib.figure")
    except ImportError:
        raise FiguresUnavailable("The figures need matplotlib: python -m pip install matplotlib") from None
    with matplotlib.rc_context(STYLE):
        return figure.Figure(figsize=(width, height), layout="constrained")


def panels(figure: Any, rows: int, columns: int, **named: Any) -> Any:
    """(rows, columns) axes in the common style."""
    matplotlib = importlib.import_module("matplotlib")
    with matplotlib.rc_context(STYLE):
        return figure.subplots(rows, columns, squeeze=False, **named)


def png(figure: Any) -> bytes:
    """Few colours: enough for what is drawn here, and a fifth of the size. One version of matplotlib gives the same bytes each time."""
    matplotlib, pillow = importlib.import_module("matplotlib"), importlib.import_module("PIL.Image")  # matplotlib brings Pillow along
    drawn, file = io.BytesIO(), io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(drawn, format="png", dpi=DPI)
    pillow.open(drawn).convert("RGB").quantize(COLOURS).save(file, format="png", optimize=True)
    return file.getvalue()


def titled(axis: Any, title: str, xlabel: str = "", ylabel: str = "") -> None:
    axis.set_title(title, fontsize=9, color=INK)
    axis.set_xlabel(xlabel, fontsize=8)
    axis.set_ylabel(ylabel, fontsize=8)
    axis.tick_params(labelsize=7)


def usable(what: str, value: Any, shape: tuple[int, ...]) -> Array:
    """A student's result as a float array of the expected shape, all finite. Raises Undrawable."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = None
    if array is None or value is None:
        kind = "None" if value is None else f"a {type(value).__name__}"
        raise Undrawable(f"{what} is {kind}, expected an array of shape {shape}")
    if array.shape != shape:
        raise Undrawable(f"{what} has shape {array.shape}, expected {shape}")
    if not np.isfinite(array).all():
        raise Undrawable(f"{what} has entries that are nan or infinite")
    return array


def why(error: Exception) -> str:
    """What stopped a figure or a part of it, in words: the rest of a sentence, without its full stop."""
    if isinstance(error, Undrawable):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed here, or not found"
    found = failure(error)
    if found.kind == "stub":
        return f"{' '.join(str(error).split())[:60] or 'something that it shows'} is not written yet"
    return f"the code {found.says}"


def optional(ps2: Any, name: str) -> Any:
    """A function or class of `ps2`, or None where this problem set does not have it."""
    try:
        return getattr(ps2, name)
    except (AttributeError, ImportError):
        return None


def rounded(value: Any, digits: int = 5) -> Any:
    """Numbers as they are recorded: to so many significant digits, in lists."""
    if isinstance(value, np.ndarray | list | tuple):
        return [rounded(entry, digits) for entry in (value.tolist() if isinstance(value, np.ndarray) else value)]
    return float(f"{float(value):.{digits}g}")
