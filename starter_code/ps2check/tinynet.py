"""A tiny network of the checks' own, with drawn numbers, and what is asked of it: the stand-in for a student's model in part 6."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from .draw import Draw
from .modules import array, uninitialized
from .recording import describe
from .verdict import Array, Judge, Parts, Unfit, Verdict, within


@functools.cache
def tiny_class() -> Any:
    """A network of the check's own in float64: batch normalization, tanh, linear.

    It notes each forward: (train mode, gradients on, images).
    """
    import torch

    class TinyNet(torch.nn.Module):
        def __init__(self, shape: tuple[int, ...], classes: int) -> None:
            super().__init__()
            self.norm = torch.nn.BatchNorm2d(shape[0], dtype=torch.float64)
            self.fc = torch.nn.Linear(math.prod(shape), classes, dtype=torch.float64)
            self.log: list[tuple[bool, bool, int]] = []

        def forward(self, x: Any) -> Any:
            self.log.append((self.training, torch.is_grad_enabled(), len(x)))
            return self.fc(torch.tanh(self.norm(x)).flatten(1))

    return TinyNet


class Tiny:
    """Makes, at each call, a TinyNet with the same numbers."""

    def __init__(self, shape: tuple[int, ...], classes: int, numbers: dict[str, Array]) -> None:
        self.shape, self.classes, self.numbers = shape, classes, numbers

    def __call__(self) -> Any:
        import torch

        with uninitialized():
            net = tiny_class()(self.shape, self.classes)
        own = net.state_dict()
        for key, value in self.numbers.items():
            own[key].copy_(torch.from_numpy(value))
        return net


def drawn_net(draw: Draw, shape: tuple[int, ...], classes: int) -> Tiny:
    """A TinyNet's numbers; its statistics are far from those of any batch."""
    numbers = {
        "norm.weight": 1 + draw.normal((shape[0],)) / 4,
        "norm.bias": draw.normal((shape[0],)) / 2,
        "norm.running_mean": draw.normal((shape[0],)),
        "norm.running_var": draw.uniform(0.25, 4.0, (shape[0],)),
        "fc.weight": draw.normal((classes, math.prod(shape))),
        "fc.bias": draw.normal((classes,)) / 2,
    }
    return Tiny(shape, classes, numbers)


def holds(says: str) -> Judge:
    """For conduct: every recorded flag is true."""

    def rule(got: Parts, _: Parts) -> Verdict:
        good = bool(got) and all(flags.size > 0 and bool(np.all(flags == 1)) for flags in got.values())
        return within(0.0 if good else float("inf"), says)

    return Judge(rule, alone=True)


def state_of(net: Any) -> dict[str, Array]:
    return {key: array(value) for key, value in net.state_dict().items()}


def number(value: Any, what: str) -> float:
    """A student's number; a tensor with one entry will do."""
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise Unfit(f"{what} is {describe(value)}, expected a number") from None


def shapes_of(shape: tuple[int, ...], classes: int) -> list[tuple[int, ...]]:
    """Of TinyNet's parameters in order."""
    return [(shape[0],), (shape[0],), (classes, math.prod(shape)), (classes,)]
