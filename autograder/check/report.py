"""Sentences for a failed item: what was asked, a call to paste, what came out, what was expected, what difference is allowed."""

from __future__ import annotations

import numpy as np

from .question import Question
from .recording import Item
from .scoring import Row
from .verdict import Array, Failure, Judge, Parts

SHOWN = 24
"""Entries up to which arrays are shown whole."""


def headline(question: Question, row: Row) -> str:
    """ "1.5 ELU, backward: differs by 0.4 of its size." """
    says = row.verdict.says.rstrip(".")
    colon = "" if says.startswith(("is ", "has ", "raised ", "was ", "calls ", "never ")) else ":"
    return f"{question.id} {question.title}, {row.item}{colon} {says}."


def explain(question: Question, row: Row, judge: Judge, got: Item | None, want: Parts, calls: list[str]) -> str:
    """One failed item in full: headline, calls to paste, and the two results side by side.

    calls: [] where the inputs are too large to paste; then only the first entry that differs is shown.
    """
    lines = [headline(question, row)]
    lines += [f"    {call}" for call in calls]
    if got is not None and not isinstance(got, Failure) and want:
        lines += ["  " + line for line in comparison(got, want, judge)]
    return "\n".join(lines)


def comparison(got: Parts, want: Parts, judge: Judge) -> list[str]:
    """The first part that differs: whole when small, else its first differing entry."""
    for name, expected in want.items():
        if name not in got:
            continue
        value = got[name]
        label = f"{name}: " if name else ""
        allowed = f"allowed difference: {judge.allowed}" if judge.allowed else ""
        if value.shape != expected.shape or value.dtype.kind != expected.dtype.kind:
            return [f"{label}your result  {brief(value)}", f"{label}expected     {brief(expected)}"]
        if np.array_equal(value, expected, equal_nan=False):
            continue
        if expected.size <= SHOWN:
            yours, theirs = side_by_side(value, expected)
            return [f"{label}your result  {yours}", f"{label}expected     {theirs}", *([allowed] if allowed else [])]
        return [label + first_difference(value, expected), *([allowed] if allowed else [])]
    return []


def brief(array: Array) -> str:
    """An array, whole when small, else by its shape."""
    if array.size <= SHOWN:
        return " ".join(np.array2string(array, separator=", ", max_line_width=10**6).split()) + f"  {array.dtype}"
    return f"an array of shape {array.shape}, {array.dtype}"


def side_by_side(got: Array, want: Array) -> tuple[str, str]:
    """Both arrays with just enough digits that they visibly differ."""
    for digits in range(4, 18):
        yours, theirs = compact(got, digits), compact(want, digits)
        if yours != theirs:
            return yours, theirs
    return compact(got, 17), compact(want, 17)


def compact(array: Array, digits: int) -> str:
    text = np.array2string(
        array, separator=", ", max_line_width=10**6, threshold=10**6, formatter={"float_kind": lambda v: f"{v:.{digits}g}"}
    )
    return " ".join(text.split())


def first_difference(got: Array, want: Array) -> str:
    """ "the largest difference is at [3, 7]: yours 0.25, expected 0.5" ."""
    with np.errstate(all="ignore"):
        gap = np.abs(got.astype(np.float64) - want)
    gap = np.where(np.isnan(gap), np.inf, gap)
    place = np.unravel_index(int(np.argmax(gap)), gap.shape)
    yours, theirs = side_by_side(got[place], want[place])
    count = int(np.count_nonzero(gap > 0))
    index = ", ".join(str(int(i)) for i in place)
    return f"{count} of {gap.size} entries differ, most at [{index}]: yours {yours}, expected {theirs}, difference {gap[place]:.3g}"
