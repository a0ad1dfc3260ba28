"""Sentences for a failed item: what was asked, a call to paste, what came out, what was expected, what difference is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from .agreement import FLOOR, TOLERANCE
from .question import Question
from .recording import Item
from .scoring import CONDUCT, Row
from .verdict import Array, Failure, Judge, Parts, same_kind

SHOWN = 24
"""Entries up to which arrays are shown whole."""
WIDTH = 78
"""Characters of a line of an array."""
VERBS = (
    "is ",
    "has ",
    "raised ",
    "was ",
    "were ",
    "calls ",
    "never ",
    "took ",
    "used ",
    "printed ",
    "ended ",
    "crashed ",
    "sent ",
    "could ",
    "cannot ",
    "importing ",
)


def telling(row: Row, got: Item | None, passed: Mapping[str, bool]) -> bool:
    """Whether a failed item says more than that another one failed: an earlier result that was wrong at once was not changed later.

    passed: the question's groups, from `groups_of`.
    """
    if row.group != CONDUCT:
        return True
    consequence = "earlier" in row.item and not all(ok for group, ok in passed.items() if group != CONDUCT)
    return not consequence and not isinstance(got, Failure)


def headline(question: Question, row: Row, counted: str = "") -> str:
    """ "1.5 ELU, backward: 2 of 6 entries differ." counted: the verdict in other words, where there are better ones."""
    says = (counted or row.verdict.says).rstrip(".")
    colon = "" if says.startswith(VERBS) else ":"
    return f"{question.id} {question.title}, {row.item}{colon} {says}."


def explain(question: Question, row: Row, judge: Judge | None, got: Item | None, want: Parts, calls: list[str]) -> str:
    """One failed item in full: headline, calls to paste, and the two results side by side.

    calls: [] where the inputs are too large to paste; then only the first entry that differs is shown.
    """
    compared = got is not None and not isinstance(got, Failure) and bool(want)
    compared = compared and (judge is None or judge.shown)
    conduct = row.group == CONDUCT
    lines = [headline(question, row, count_of(got, want) if compared and not conduct else "")]  # type: ignore[arg-type]
    lines += [f"    {line}" for call in calls for line in broken(call, WIDTH - 4)]
    if compared:
        labels = ("after your code ", "before          ") if conduct else ("your result ", "expected    ")
        lines += ["  " + line for line in comparison(got, want, judge, labels)]  # type: ignore[arg-type]
    return "\n".join(lines)


def broken(text: str, width: int, indent: str = "    ") -> list[str]:
    """`text` in lines of at most `width` where its commas allow, rather between rows than in one; it can still be pasted."""
    if len(text) <= width or "import" in text.split():
        return [text]
    rows = re.split(r"(?<=\],) ", text)
    pieces = [piece for row in rows for piece in ([row] if len(indent + row) <= width else re.split(r"(?<=,) ", row))]
    lines = pieces[:1]
    for piece in pieces[1:]:
        if len(lines[-1]) + 1 + len(piece) <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append(f"{indent}{piece}")
    return lines


def count_of(got: Parts, want: Parts) -> str:
    """ "2 of 6 entries differ", of the first part that differs; "" where a count says nothing (another form, or far too small)."""
    for name, expected in want.items():
        if name not in got or got[name].shape != expected.shape or not same_kind(got[name].dtype, expected.dtype):
            return ""
        wrong = differing(got[name], expected)
        count = int(np.count_nonzero(wrong))
        if not count:
            continue
        label = f"{name}: " if name else ""
        broken = got[name].dtype.kind == "f" and not np.isfinite(got[name][wrong]).any()
        if expected.size == 1:
            return f"{label}{'the value is ' + str(got[name].reshape(-1)[0]) if broken else 'the value differs'}"
        many = f"all {count}" if count == expected.size else f"{count} of {expected.size}"
        return f"{label}{many} entries {'are nan or inf' if broken else 'differ'}"
    return ""


def differing(got: Array, want: Array) -> Array:
    """Which entries differ by more than rounding."""
    with np.errstate(all="ignore"):
        a, b = want.astype(np.float64), got.astype(np.float64)
        close: Array = np.abs(b - a) <= TOLERANCE * np.maximum(np.abs(a), FLOOR)
    return ~close


def comparison(got: Parts, want: Parts, judge: Judge | None, labels: tuple[str, str] = ("your result ", "expected    ")) -> list[str]:
    """The first part that differs: whole when small, else its first differing entry."""
    differs = [n for n in want if n in got and (got[n].shape != want[n].shape or differing(got[n], want[n]).any())]
    exact = [n for n in want if n in got and not np.array_equal(got[n], want[n])]
    for name in differs or exact:
        value, expected = got[name], want[name]
        label = f"{name}: " if name else ""
        allowed = [f"allowed difference: {judge.allowed}"] if judge and judge.allowed not in ("", "none") else []
        if value.shape != expected.shape or not same_kind(value.dtype, expected.dtype):
            return [f"{label}{labels[0]} {brief(value)}", f"{label}{labels[1]} {brief(expected)}"]
        if expected.size > SHOWN:
            return [label + first_difference(value, expected), *allowed]
        yours, theirs = side_by_side(value, expected)
        return [*labelled(label + labels[0], yours), *labelled(label + labels[1], theirs), *allowed]
    return []


def labelled(label: str, text: str) -> list[str]:
    """`text` after a label, its further lines below its first."""
    first, *rest = text.split("\n")
    return [f"{label} {first}", *(" " * (len(label) + 1) + line for line in rest)]


def brief(array: Array) -> str:
    """An array, whole when small, else by its shape."""
    text = " ".join(np.array2string(array, separator=", ", max_line_width=10**6, threshold=SHOWN).split()) + f"  {array.dtype}"
    if array.size <= SHOWN and len(text) <= WIDTH - 16:
        return text
    return f"an array of shape {array.shape}, {array.dtype}"


def side_by_side(got: Array, want: Array) -> tuple[str, str]:
    """Both arrays with just enough digits that each entry that differs is seen to differ, entry below entry."""
    wrong = differing(got, want).reshape(-1).tolist()
    for digits in range(4, 18):
        yours, theirs = written(got, digits), written(want, digits)
        unseen = any(bad and a == b for a, b, bad in zip(yours, theirs, wrong, strict=True))
        if yours != theirs and not unseen:
            break
    width = max(len(text) for text in (*yours, *theirs))
    return aligned(got, yours, width), aligned(want, theirs, width)


def written(array: Array, digits: int) -> list[str]:
    """Each entry by itself."""
    flat = array.reshape(-1).tolist()
    return [f"{v:.{digits}g}" if isinstance(v, float) else str(v) for v in flat]


def aligned(array: Array, entries: list[str], width: int) -> str:
    """The array as nested brackets, each entry `width` wide."""
    if array.ndim == 0:
        return entries[0].rjust(width)
    return nested(array.shape, [e.rjust(width) for e in entries])


def nested(shape: tuple[int, ...], entries: list[str]) -> str:
    """On one line where that is short, else a line for each row."""
    if len(shape) == 1:
        return "\n".join(broken("[" + ", ".join(entries) + "]", WIDTH - 16, " "))
    step = len(entries) // shape[0] if shape[0] else 0
    rows = [nested(shape[1:], entries[i * step : (i + 1) * step]) for i in range(shape[0])]
    flat = "[" + ", ".join(rows) + "]"
    if len(flat) <= WIDTH - 16 and "\n" not in flat:
        return flat
    return "[" + ",\n".join(rows).replace("\n", "\n ") + "]"


def first_difference(got: Array, want: Array) -> str:
    """ "the largest difference is at [3, 7]: yours 0.25, expected 0.5, difference 0.25" ."""
    with np.errstate(all="ignore"):
        gap = np.abs(got.astype(np.float64) - want)
        relative = gap / np.maximum(np.abs(want.astype(np.float64)), FLOOR)
    relative = np.where(np.isnan(relative), np.inf, relative)
    place = np.unravel_index(int(np.argmax(relative)), gap.shape)
    yours, theirs = side_by_side(got[place], want[place])
    index = ", ".join(str(int(i)) for i in place)
    return f"most at [{index}]: yours {yours.strip()}, expected {theirs.strip()}, difference {gap[place]:.3g}"
