"""Other blocks in place of the student's, while a probe asks about something else."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from .tracing import bare
from .verdict import Unfit


@contextmanager
def acting(ps2: Any, **others: type) -> Iterator[dict[str, Any]]:
    """Let instances of the student's classes be made and run as those of `others`, while a probe asks about something else.

    The class itself is lent other methods, so that whatever refers to it (a partial, a default argument, a subclass) is served too.
    Where there is no class, the other one stands in its place. Given are those that the student's files know by these names.
    """
    with ExitStack() as stack:
        known: dict[str, Any] = {}
        for name, other in others.items():
            real = found(ps2, name)
            known[name] = real if isinstance(real, type) else other
            stack.enter_context(lent(real, other) if isinstance(real, type) else ps2.standing_in(**{name: other}))
        yield known


def found(ps2: Any, name: str) -> Any:
    """The student's class or function; None where there is none or its file cannot be imported."""
    try:
        return bare(getattr(ps2, name))
    except (Exception, SystemExit):
        return None


@contextmanager
def lent(real: type, other: type) -> Iterator[None]:
    names = ("__init__", "forward", "expansion")
    before = {name: vars(real)[name] for name in names if name in vars(real)}
    try:
        for name in names:
            if hasattr(other, name):
                setattr(real, name, getattr(other, name))
        yield
    finally:
        for name in names:
            if name in before:
                setattr(real, name, before[name])
            elif name in vars(real):
                delattr(real, name)


PLACES = {"in_channels": 0, "width": 1, "out_channels": 1, "stride": 2, "option": 3}


def in_order(given: tuple[Any, ...], named: dict[str, Any]) -> tuple[int, int, int, str]:
    """(in_channels, width, stride, option) of a call that may name its arguments, as a network may that builds blocks of its own file."""
    found = dict(enumerate(given))
    for name, value in named.items():
        found[PLACES.get(name, len(found))] = value
    if not {0, 1} <= set(found):
        raise TypeError("a block is called as block(in_channels, width, stride)")
    return found[0], found[1], found.get(2, 1), found.get(3, "B")


@functools.cache
def stand_in(times: int = 1, kind: int = 0, strict: bool = False) -> Any:
    """A block class of its own: channels repeated in a circle, every stride-th row and column, each channel scaled, tanh.

    Called as block(in_channels, width, stride), and in no other way where it is strict; times · width channels come out, with as many
    parameters. `asked` is what it was called with, `seen` the shapes that came in.
    """
    import torch

    class StandInBlock(torch.nn.Module):
        expansion = times

        def __init__(self, *given: Any, **named: Any) -> None:
            if strict and (named or len(given) != 3):
                said = ", ".join(["…"] * len(given) + [f"{name}=…" for name in named])
                raise Unfit(f"calls the block that is given as block({said}), which need not know that: block(in_channels, width, stride)")
            torch.nn.Module.__init__(self)
            in_channels, width, stride, option = in_order(given, named)
            self.asked = (in_channels, width, stride, kind, int(option == "A"))
            self.in_channels, self.stride = in_channels, stride
            self.source = torch.arange(times * width) % in_channels
            self.scale = torch.nn.Parameter(torch.ones(times * width))
            self.seen: list[tuple[int, ...]] = []

        def forward(self, x: Any) -> Any:
            self.seen.append(tuple(x.shape[1:]))
            if x.ndim != 4 or x.shape[1] != self.in_channels:
                raise Unfit(f"gives a block that was made for {self.in_channels} channels an input of shape {tuple(x.shape)}")
            x = x[:, :, :: self.stride, :: self.stride]
            repeated = x if len(self.source) == self.in_channels else x[:, self.source]
            return torch.tanh(repeated * self.scale[:, None, None])

    return StandInBlock
