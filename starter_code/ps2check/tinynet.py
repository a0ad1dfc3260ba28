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

    def speaking(self, times: float = 1.0, plus: float = 0.0) -> Tiny:
        """The same network, its logits `times` as large, and `plus` added to each."""
        louder = {"fc.weight": times * self.numbers["fc.weight"], "fc.bias": times * self.numbers["fc.bias"] + plus}
        return Tiny(self.shape, self.classes, {**self.numbers, **louder})


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


KEPT = {
    "parameters": "puts new parameters in the place of the model's own, which its optimizer does not know",
    "dtype": "changes the dtype of a parameter",
    "trains": "changes which parameters train (requires_grad)",
    "gradients": "changes the gradients that the parameters came with (.grad)",
    "mode": "leaves the model in another mode than it came in",
}
"""What a function leaves as it is in a model that is not its own, and what it does where it does not."""


class Kept:
    """A model as it came. Every other parameter is frozen here, and each is given a gradient, where those are to be kept."""

    def __init__(self, net: Any, gradients: bool = True) -> None:
        import torch

        self.net = net
        for i, parameter in enumerate(net.parameters()):
            parameter.requires_grad_(i % 2 == 0)
            if gradients:
                parameter.grad = torch.ones_like(parameter)
        self.before = dict(net.named_parameters())
        self.dtypes = [parameter.dtype for parameter in self.before.values()]
        self.trains = [parameter.requires_grad for parameter in self.before.values()]
        self.modes = [module.training for module in net.modules()]
        self.gradients = gradients

    def flags(self) -> dict[str, Array]:
        """By KEPT's names, whether it still is as it came."""
        now = dict(self.net.named_parameters())
        same = list(now) == list(self.before) and all(now[name] is parameter for name, parameter in self.before.items())
        found = {
            "parameters": same,
            "dtype": [parameter.dtype for parameter in now.values()] == self.dtypes,
            "trains": [parameter.requires_grad for parameter in now.values()] == self.trains,
            "gradients": not self.gradients or all(p.grad is not None and bool((p.grad == 1).all()) for p in now.values()),
            "mode": [module.training for module in self.net.modules()] == self.modes,
        }
        return {name: np.array(flag) for name, flag in found.items()}


def kept(*names: str) -> Judge:
    """Of Kept's flags those with these names are true; all, where none is named."""

    def rule(got: Parts, _: Parts) -> Verdict:
        broken = [says for name, says in KEPT.items() if name in (names or KEPT) and not (name in got and np.all(got[name] == 1))]
        return within(float("inf") if broken else 0.0, "; ".join(broken[:2]))

    return Judge(rule, alone=True)


SWITCHED = holds("leaves torch's gradients switched off, or on, for whatever comes next; they stay as they were")


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
