"""Making a wrong class out of a right one in a line or two."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def but(right: Any, **methods: Callable[..., Any]) -> Any:
    """`right`, but with these methods: a subclass of the same name."""
    return type(right.__name__, (right,), {"__module__": right.__module__, **methods})


def pair(right: Any, function: Callable[..., Any], derivative: Callable[..., Any]) -> Any:
    """`right`, but with forward function(self, x) and backward grad_output · derivative(self, x), entry by entry.

    Where the derivative is the true one of the wrong function, the two are a consistent pair: the forward is the only mistake.
    """

    def forward(self: Any, x: Any) -> Any:
        self.seen = x.copy()
        return function(self, x)

    return but(right, forward=forward, backward=lambda self, g: g * derivative(self, self.seen))


def default(right: Any, argument: str) -> Any:
    """The default value of one of its arguments: a new term may draw another, and a mistake or variant must not bring its own."""
    return inspect.signature(right).parameters[argument].default
