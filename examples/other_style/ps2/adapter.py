"""Functions of the form `forward(x, w, b) -> (out, cache)`, `backward(dout, cache) -> (dx, dw, db)` as layers of PS2.

Copy this file into `ps2/` beside the functions and write one line a layer: which functions, which parameters, in which order. The functions
stay as they are. See docs/adapt-your-course.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .base import Layer

Function = Callable[..., Any]


def elementwise(forward: Function, backward: Function, *constants: str) -> type[Layer]:
    """A layer without parameters: forward(x, *constants) -> (out, cache), backward(dout, cache) -> dx.

    constants: the names of the constructor's arguments, each "name=default"; handed on in this order.
    """
    defaults = {name: float(value) for name, _, value in (text.partition("=") for text in constants)}

    class Adapted(Layer):
        def __init__(self, *given: float, **named: float) -> None:
            super().__init__()
            self.constants = {**defaults, **dict(zip(defaults, given, strict=False)), **named}

        def forward(self, x: Any) -> Any:
            out, self.cache = forward(x, *self.constants.values())
            return out

        def backward(self, grad_output: Any) -> Any:
            return backward(grad_output, self.cache)

    return Adapted


def affine(forward: Function, backward: Function, settings: Callable[..., Any] | None = None) -> type[Layer]:
    """A layer with weight and bias: forward(x, w, b) -> (out, cache), backward(dout, cache) -> (dx, dw, db).

    settings(*constructor's further arguments): what forward takes as a fourth argument, such as {"stride": 1, "pad": 0}.
    """

    class Adapted(Layer):
        def __init__(self, weight: Any, bias: Any, *more: int, **named: int) -> None:
            super().__init__()
            self.parameters = {"weight": weight, "bias": bias}
            self.more = () if settings is None else (settings(*more, **named),)

        def forward(self, x: Any) -> Any:
            out, self.cache = forward(x, self.parameters["weight"], self.parameters["bias"], *self.more)
            return out

        def backward(self, grad_output: Any) -> Any:
            dx, dw, db = backward(grad_output, self.cache)
            self.gradients = {"weight": dw, "bias": db}
            return dx

    return Adapted


def spatial_batchnorm(forward: Function, backward: Function) -> type[Layer]:
    """forward(x, gamma, beta, bn_param) -> (out, cache), backward(dout, cache) -> (dx, dgamma, dbeta), as in CS231n.

    bn_param has mode "train" or "test", eps, momentum, running_mean, running_var. There momentum weighs the *old* value, so it is handed
    over as 1 − momentum; and the running variance there takes the biased one, which is made unbiased here, as PS2 asks.
    """

    class Adapted(Layer):
        def __init__(self, channels: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
            super().__init__()
            self.parameters = {"weight": np.ones(channels), "bias": np.zeros(channels)}
            self.running_mean, self.running_var = np.zeros(channels), np.ones(channels)
            self.momentum, self.eps = momentum, eps

        def forward(self, x: Any) -> Any:
            state = {"running_mean": self.running_mean.copy(), "running_var": self.running_var.copy()}
            mode = "train" if self.training else "test"
            bn_param = {"mode": mode, "eps": self.eps, "momentum": 1.0 - self.momentum, **state}
            out, self.cache = forward(x, self.parameters["weight"], self.parameters["bias"], bn_param)
            if self.training:
                count = x.size / x.shape[1]
                new = (bn_param["running_var"] - (1.0 - self.momentum) * self.running_var) * count / (count - 1.0)
                self.running_var = (1.0 - self.momentum) * self.running_var + new
                self.running_mean = bn_param["running_mean"]
            return out

        def backward(self, grad_output: Any) -> Any:
            dx, dgamma, dbeta = backward(grad_output, self.cache)
            self.gradients = {"weight": dgamma, "bias": dbeta}
            return dx

    return Adapted
