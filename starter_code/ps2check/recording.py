"""One run of a probe: what it yielded, copied at once, with whatever went wrong told in one sentence.

The worker and the oracle both run this code; nothing here trusts or judges anything.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .agreement import agrees
from .draw import Draw
from .question import Question
from .verdict import Failure, Judge, Parts, Unfit

Item = Parts | Failure
Emit = Callable[[str, Item], None]

NOT_ASKED = "could not be asked, because a step before it failed"
STUDENT = "ps2"
"""The name that the student's package is imported under."""
LONGEST = 400  # characters of a student's message that are passed on


@dataclass
class Recording:
    """What a probe yielded, in order. `ended` tells how the run stopped early, if it did."""

    items: dict[str, Item] = field(default_factory=dict)
    judges: dict[str, Judge] = field(default_factory=dict)
    ended: Failure | None = None


def record(question: Question, ps2: Any, draw: Draw, emit: Emit | None = None, *, trusted: bool = False) -> Recording:
    """Run the probe of `question` once on the package `ps2`.

    emit: called with each item as soon as it is there (the worker streams them). trusted: this is the reference's run, which skips
    values that no judge will look at. Never raises for what student code does, KeyboardInterrupt apart.
    """
    recording = Recording()
    with closing(question.probe(ps2, draw)) as steps:  # type: ignore[type-var]
        while True:
            try:
                step = next(steps)
            except StopIteration:
                return recording
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # sys.exit() in a student's file as well
                recording.ended = failure(error)
                return recording
            name, value = step[0], step[1]
            judge: Judge = step[2] if len(step) > 2 else agrees()
            recording.judges[name] = judge
            recording.items[name] = {} if trusted and judge.alone else evaluate(value)
            if emit is not None:
                emit(name, recording.items[name])


def evaluate(value: Any) -> Item:
    """A yielded value as private copies of arrays; a function is called here, so that its exception costs this item alone."""
    try:
        return plain(value() if callable(value) else value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return failure(error)


def keep(kept: list[Any], call: Callable[[], Any]) -> None:
    """Append what `call` returns; where it raises, nothing: an item of its own tells of that."""
    try:
        kept.append(call())
    except KeyboardInterrupt:
        raise
    except BaseException:
        pass


def plain(value: Any) -> Item:
    """`value` as named arrays (copied, C order), or a Failure when it is nothing that can be judged."""
    if isinstance(value, dict):  # an OrderedDict or a defaultdict too
        return plain_dict(value)
    if type(value) is not np.ndarray:
        if not isinstance(value, (bool, int, float, np.generic)):
            return Failure("type", f"is {describe(value)}, expected a numpy array")
        value = np.asarray(value)
    if value.dtype.kind not in "fiub":
        return Failure("type", f"has dtype {value.dtype}, expected numbers")
    return {"": np.array(value, order="C", copy=True)}


def plain_dict(value: dict[Any, Any]) -> Item:
    parts: Parts = {}
    for key, entry in dict.items(value):  # whatever a class of their own makes of `items`
        inner = plain(entry)
        if isinstance(inner, Failure):
            return Failure(inner.kind, f'entry "{str(key)[:40]}" {inner.says}')
        for name, array in inner.items():
            parts[f"{key}.{name}" if name else str(key)] = array
    return parts


def describe(value: Any) -> str:
    """What a value is, in words: None, a list, a torch Tensor."""
    if value is None:
        return "None (is a `return` missing?)"
    kind = type(value)
    if isinstance(value, np.ndarray):
        return f"a numpy {kind.__name__}"
    article = "an" if kind.__name__[:1].lower() in "aeiou" else "a"
    origin = "torch " if kind.__module__.split(".")[0] == "torch" else ""
    return f"a {origin}{kind.__name__}" if origin else f"{article} {kind.__name__}"


def failure(error: BaseException) -> Failure:
    """An exception of student code as one sentence: what, and the line of the student's own file."""
    if isinstance(error, Unfit):
        return Failure("type", str(error)[:LONGEST])
    place = student_line(error)
    if isinstance(error, IndexError) and not place:  # the probe's own: a layer that an earlier item should have made
        return Failure("raised", NOT_ASKED)
    if isinstance(error, NotImplementedError):
        inherited = place.startswith(" (base.py,")
        return Failure("stub", "is missing: your class has no method of this name" if inherited else f"is not written yet{place}")
    if isinstance(error, RecursionError):
        return Failure("raised", f"calls itself without end (RecursionError){place}")
    try:
        message = " ".join(str(error).split())[:LONGEST]
    except BaseException:  # a student's exception class may raise in __str__
        message = ""
    name = type(error).__name__[:60]
    return Failure("raised", f"raised {name}{': ' + message if message else ''}{place}")


def student_line(error: BaseException) -> str:
    """The last frame inside the student's package, with the text of the line."""
    walk = [(f, n) for f, n in traceback.walk_tb(error.__traceback__) if str(f.f_globals.get("__name__", "")).split(".")[0] == STUDENT]
    if not walk:
        return ""
    last = traceback.StackSummary.extract(iter(walk[-1:]))[0]
    path = last.filename.replace("\\", "/")
    file = path.rsplit(f"/{STUDENT}/", 1)[-1] if f"/{STUDENT}/" in path else path.rsplit("/", 1)[-1]  # a given file lies elsewhere at home
    return f" ({file}, line {last.lineno}{': `' + last.line[:100] + '`' if last.line else ''})"
