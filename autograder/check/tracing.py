"""Writing down the calls of a probe as Python that can be pasted.

The probe is run on a package whose layers note every call; the lines that lead to one item are then those of the layers it used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from .draw import Draw
from .package import home_of
from .question import Question
from .recording import describe
from .verdict import Unfit

PASTEABLE = 700
"""Characters of a call beyond which an input is too long to paste."""
UNWRITABLE = "\0"
"""Stands in a line for an object that no short call makes: a network, a tensor, a generator."""
STAND_INS: dict[str, str] = {}
"""The classes of the checks that a pasted call may make, each with its module here."""

PADDING = re.compile(r" (?=[,\]])|(?<=\[) ")

Kind = TypeVar("Kind", bound=type)


def stand_in(kind: Kind) -> Kind:
    """Marks a class of the checks as one that students can import; its `repr` is the call that makes an equal object."""
    STAND_INS[kind.__name__] = kind.__module__.rpartition(".")[2]
    return kind


@dataclass
class Log:
    """Lines, each with the name of the object it is about; `names` counts objects of a kind."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)

    def owners(self) -> set[str]:
        return {owner for owner, _ in self.lines}

    def name(self, kind: str) -> str:
        """A fresh variable name for an object of class `kind`: elu, elu2, …"""
        base = kind.lower()
        self.names[base] = self.names.get(base, 0) + 1
        return base if self.names[base] == 1 else f"{base}{self.names[base]}"


class NotingDict(dict[str, Any]):
    """A layer's `parameters`, whose assignments through `write` are noted."""

    note: Any = None


def kind_of(value: Any) -> str:
    return "None" if value is None else describe(value)


def held_gradients(layer: Any) -> Any:
    """`layer.gradients`. Raises Unfit where it is no dict."""
    value = layer.gradients
    if not isinstance(value, dict):
        raise Unfit(f"is {kind_of(value)}, expected a dict of arrays")
    return value


def write(arrays: Any, name: str, value: Any) -> None:
    """`arrays[name][...] = value`: how a probe sets a layer's parameter in place. Raises Unfit where there is no such array."""
    if not isinstance(arrays, dict):
        raise Unfit(f"cannot be asked: parameters is {kind_of(arrays)}, expected a dict of arrays")
    if not isinstance(arrays.get(name), np.ndarray):
        raise Unfit(f'cannot be asked: parameters["{name}"] is {kind_of(arrays[name]) if name in arrays else "missing"}, expected an array')
    arrays[name][...] = value
    if isinstance(arrays, NotingDict):
        arrays.note(f'["{name}"][...] = {literal(value)}')


def write_attribute(layer: Any, name: str, value: Any) -> None:
    """`layer.name[...] = value`: how a probe sets an array that is an attribute, such as running statistics, in place."""
    array = getattr(layer, name)
    if not isinstance(array, np.ndarray):
        raise Unfit(f"cannot be asked: {name} is {kind_of(array)}, expected an array")
    array[...] = value
    if isinstance(layer, Traced):
        layer._log.lines.append((layer._owner, f"{layer._name}.{name}[...] = {literal(value)}"))


class Traced:
    """Stands for a package, function or layer, and notes what is called on it."""

    def __init__(self, target: Any, log: Log, name: str, owner: str) -> None:
        self.__dict__.update(_target=target, _log=log, _name=name, _owner=owner)

    def __call__(self, *positional: Any, **named: Any) -> Any:
        arguments = [literal(a) for a in positional] + [f"{k}={literal(a)}" for k, a in named.items()]
        call = f"{self._name}({', '.join(arguments)})"
        try:
            result = self._target(*bare(positional), **{k: bare(a) for k, a in named.items()})
        except BaseException:
            self._log.lines.append((self._owner or call, call))  # the call that shows the exception
            raise
        return self._noted(call, result)

    def _noted(self, call: str, result: Any) -> Any:
        log: Log = self._log
        if is_value(result):
            log.lines.append((self._owner or call, call))
            return result
        if self._owner and result is getattr(self._target, "__self__", None):  # fit(...) returns self
            log.lines.append((self._owner, call))
            return Traced(result, log, self._owner, self._owner)
        name = log.name(type(result).__name__)
        log.lines.append((name, f"{name} = {call}"))
        return Traced(result, log, name, name)

    def __getattr__(self, key: str) -> Any:
        value = getattr(self._target, key)
        name = f"{self._name}.{key}" if self._name else key
        if key in ("standing_in", "training"):
            return value
        if key in ("parameters", "gradients") and isinstance(value, dict):
            self._log.lines.append((self._owner, name))
            noting = NotingDict(value)
            noting.note = lambda text: self._log.lines.append((self._owner, name + text))
            return noting
        return Traced(value, self._log, name, self._owner) if callable(value) else value

    def __setattr__(self, key: str, value: Any) -> None:
        setattr(self._target, key, value)
        self._log.lines.append((self._owner, f"{self._name}.{key} = {literal(value)}"))


def bare(value: Any) -> Any:
    """`value` with traced objects replaced by what they stand for."""
    if isinstance(value, Traced):
        return value._target
    if isinstance(value, (list, tuple)):
        return type(value)(bare(v) for v in value)
    return value


def is_value(result: Any) -> bool:
    """Whether a result is data rather than an object to go on calling."""
    return result is None or isinstance(result, (np.ndarray, np.generic, bool, int, float, str, tuple, list, dict))


def literal(value: Any) -> str:
    """Python source for a value: arrays in full, traced objects by their variable name."""
    if isinstance(value, Traced):
        return str(value._name)
    if isinstance(value, np.ndarray):
        if value.ndim > 1 and value.flags.f_contiguous and not value.flags.c_contiguous:
            return f"{literal(value.T)}.T"
        text = np.array2string(value, separator=", ", threshold=10**6, floatmode="unique", max_line_width=10**6)
        return f"np.array({PADDING.sub('', ' '.join(text.split()))})"
    if isinstance(value, np.random.Generator):
        return "rng"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(literal(v) for v in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, np.generic):
        return repr(value.item())
    plain = isinstance(value, (bool, int, float, str, type(None))) or type(value).__name__ in STAND_INS
    return repr(value) if plain else UNWRITABLE


def calls_to(question: Question, ps2: Any, draw: Draw, item: str) -> list[str]:
    """The lines to paste that lead to `item`, from a run of the probe on `ps2`; [] where there are none.

    ps2 is a package whose code may be run here: the reference in the grader, the student's own at home.
    """
    log = Log()
    with closing(question.probe(Traced(ps2, log, "", ""), draw)) as steps:  # type: ignore[type-var]
        for step in patient(steps):
            before = len(log.lines)
            with quiet():
                if callable(step[1]) and not isinstance(step[1], Traced):
                    step[1]()
            if step[0] == item:
                return lines_about(log, before)
    return []


def imports_for(calls: list[str]) -> list[str]:
    """The lines without which `calls` cannot be pasted."""
    used = words(" ".join(calls))
    homes: dict[str, list[str]] = {}
    for name in sorted(used):
        if name in STAND_INS:
            homes.setdefault(f"ps2check.{STAND_INS[name]}", []).append(name)
        elif home := home_of(name):
            homes.setdefault(f"ps2.{home}", []).append(name)
    lines = ["import numpy as np"] if "np" in used else []
    return [*lines, *(f"from {home} import {', '.join(names)}" for home, names in homes.items())]


def patient(steps: Iterator[Any]) -> Iterator[Any]:
    """The steps until the probe itself raises."""
    while True:
        try:
            yield next(steps)
        except Exception:
            return


@contextmanager
def quiet() -> Iterator[None]:
    """At home the traced code is the student's and may raise: the calls up to there are what is wanted."""
    try:
        with np.errstate(all="ignore"):
            yield
    except Exception:
        return


def lines_about(log: Log, before: int) -> list[str]:
    """The lines about the objects used since line `before`, or else by the last call; [] where they cannot be pasted or are too long."""
    recent = log.lines[before:] or log.lines[-1:]
    owners = {owner for owner, _ in recent}
    for owner, line in reversed(log.lines):  # what those objects were made from
        if owner in owners:
            owners |= words(line) & log.owners()
    lines = [line for owner, line in log.lines if owner in owners]
    lines = [line for i, line in enumerate(lines) if i == len(lines) - 1 or not line.endswith((".parameters", ".gradients"))]
    if any(UNWRITABLE in line for line in lines):
        return []
    return renumbered(lines, owners) if sum(len(line) for line in lines) <= PASTEABLE else []


def words(line: str) -> set[str]:
    return set(re.findall(r"\w+", line))


def renumbered(lines: list[str], owners: set[str]) -> list[str]:
    """elu7 becomes elu where no other elu is about."""
    plain: dict[str, list[str]] = {}
    for owner in sorted(owners):
        plain.setdefault(owner.rstrip("0123456789"), []).append(owner)
    for base, numbered in plain.items():
        if len(numbered) == 1 and base:
            lines = [re.sub(rf"\b{re.escape(numbered[0])}\b", base, line) for line in lines]
    return lines
