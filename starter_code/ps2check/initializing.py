"""Stand-ins for the functions that an initializer may be built on, so that a mistake in one of these costs its own question only.

Only what the handout asks before a question stands in for it: of two answers that call each other, neither is an answer. A call that is
none of the contract's, with further arguments or a shape of another kind, is the student's own to answer.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from .draw import Shape
from .stand_ins import found

Function = Callable[..., Any]


def fan_in(shape: Shape) -> int:
    return math.prod(int(d) for d in shape) // int(shape[1 if len(shape) == 2 else 0])


def gaussian(rng: np.random.Generator, shape: Shape, std: float) -> Any:
    return rng.normal(0.0, std, shape)


def xavier(rng: np.random.Generator, shape: Shape) -> Any:
    return gaussian(rng, shape, fan_in(shape) ** -0.5)


def kaiming(rng: np.random.Generator, shape: Shape, negative_slope: float = 0.0) -> Any:
    return gaussian(rng, shape, math.sqrt(2.0 / (1.0 + negative_slope**2)) * fan_in(shape) ** -0.5)


RIGHT: dict[str, Function] = {"fan_in": fan_in, "gaussian": gaussian, "xavier": xavier, "kaiming": kaiming}
"""In the order of the handout."""


def building_blocks(ps2: Any, question: str = "") -> AbstractContextManager[None]:
    """While it is open, right functions stand in for all those before `question` (its name in RIGHT; "": all)."""
    names = list(RIGHT)[: list(RIGHT).index(question) if question else None]
    standing: AbstractContextManager[None] = ps2.standing_in(**{name: either(RIGHT[name], found(ps2, name)) for name in names})
    return standing


def either(right: Function, own: Function | None) -> Function:
    """`right` for calls of the contract's form, the student's `own` for any other."""

    def stand_in(*arguments: Any, **named: Any) -> Any:
        return (right if own is None or in_contract(right, arguments, named) else own)(*arguments, **named)

    return stand_in


signature = functools.cache(inspect.signature)


def in_contract(right: Function, arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
    try:
        shape = signature(right).bind(*arguments, **named).arguments["shape"]
        return len(shape) in (2, 4)
    except TypeError:
        return False
