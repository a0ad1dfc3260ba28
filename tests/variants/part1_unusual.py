"""Right answers of an unusual build in part 1: slots, data classes, closures, properties, other kinds of dict, other memory orders,
complex steps.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
from typing import Any

import numpy as np
from scipy import special

from autograder.misconceptions.altered import default

from . import variant


@variant("1.1", "Sigmoid")
def sigmoid_in_slots_fortran_order(right: Any) -> Any:
    class Sigmoid:
        __slots__ = ("cache", "gradients", "parameters", "training")

        def __init__(self) -> None:
            self.parameters, self.gradients, self.training = {}, {}, True

        def forward(self, x: Any) -> Any:
            self.cache = np.asfortranarray(special.expit(x))
            self.cache.setflags(write=False)
            return self.cache

        def backward(self, grad_output: Any) -> Any:
            return np.asfortranarray(grad_output) * (self.cache - np.square(self.cache))

    return Sigmoid


@variant("1.2", "Tanh")
def tanh_by_a_complex_step(right: Any) -> Any:
    @dataclasses.dataclass
    class Tanh:
        parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
        gradients: dict[str, Any] = dataclasses.field(default_factory=dict)
        training: bool = True
        seen: Any = None

        def forward(self, x: Any) -> Any:
            self.seen = x + 1e-30j
            return np.tanh(self.seen).real.copy()

        def backward(self, grad_output: Any) -> Any:
            return grad_output * (np.tanh(self.seen).imag / 1e-30)

    return Tanh


@variant("1.2", "Tanh")
def tanh_by_one_exponential(right: Any) -> Any:
    class Tanh(right):
        def forward(self, x: Any) -> Any:
            e = np.exp(-2 * np.abs(x))
            self.y = np.sign(x) * (1 - e) / (1 + e)
            return self.y

    return Tanh


@variant("1.3", "ReLU")
def relu_whose_backward_is_a_closure(right: Any) -> Any:
    class ReLU(right):
        def forward(self, x: Any) -> Any:
            mask = np.heaviside(x, 0.0)
            self.backward = functools.partial(np.multiply, mask)
            return mask * x

    return ReLU


@variant("1.3", "ReLU")
def relu_in_every_other_place(right: Any) -> Any:
    """Results are views with gaps into a larger array."""

    class ReLU(right):
        def spread(self, values: Any) -> Any:
            room = np.full((*values.shape, 2), np.nan)
            room[..., 0] = values
            return room[..., 0]

        def forward(self, x: Any) -> Any:
            self.on = np.sign(np.clip(x, 0, None)) > 0
            return self.spread(np.where(self.on, x, 0.0))

        def backward(self, grad_output: Any) -> Any:
            return self.spread(np.select([self.on], [grad_output], 0.0))

    return ReLU


@variant("1.4", "LeakyReLU")
def leaky_by_recursion_and_properties(right: Any) -> Any:
    slope_of = default(right, "slope")

    class LeakyReLU:
        training = True

        def __init__(self, slope: float = slope_of) -> None:
            self._slope, self._seen = slope, [np.zeros(())]

        parameters = property(lambda self: {})
        gradients = property(lambda self: {})

        def each(self, values: Any, signs: Any) -> Any:
            if values.ndim == 0:
                return float(values) if signs > 0 else float(values) * self._slope
            return [self.each(v, s) for v, s in zip(values, signs, strict=True)]

        def forward(self, x: Any) -> Any:
            self._seen.append(x.copy())
            return np.array(self.each(x, x))

        def backward(self, grad_output: Any) -> Any:
            return np.array(self.each(grad_output, self._seen[-1]))

    return LeakyReLU


@variant("1.5", "ELU")
def elu_from_an_iterator(right: Any) -> Any:
    alpha_of = default(right, "alpha")

    class ELU:
        def __init__(self, alpha: float = alpha_of) -> None:
            self.alpha = alpha
            self.parameters, self.gradients, self.training = {}, {}, True

        @functools.cache  # noqa: B019
        def derivative(self, v: float) -> float:
            return 1.0 if v > 0 else self.alpha * float(np.exp(v))

        def forward(self, x: Any) -> Any:
            self.x = tuple(x.ravel().tolist()), x.shape
            values = (v if v > 0 else self.alpha * float(np.expm1(v)) for v in self.x[0])
            return np.fromiter(values, float, x.size).reshape(x.shape)

        def backward(self, grad_output: Any) -> Any:
            local = np.fromiter(map(self.derivative, self.x[0]), float, grad_output.size)
            return np.einsum("...,...->...", grad_output, local.reshape(self.x[1]))

    return ELU


@variant("1.6", "PReLU")
def prelu_with_other_kinds_of_dict(right: Any) -> Any:
    class PReLU(right):
        def __init__(self, alpha: float = default(right, "alpha")) -> None:
            super().__init__(alpha)
            self.parameters = collections.OrderedDict(self.parameters)

        def backward(self, grad_output: Any) -> Any:
            dx = super().backward(grad_output)
            self.gradients = collections.defaultdict(lambda: np.zeros(1), self.gradients)
            return dx

    return PReLU


@variant("1.7", "Maxout")
def maxout_with_pieces_last(right: Any) -> Any:
    class Maxout(right):
        def forward(self, x: Any) -> Any:
            pieces = np.einsum("nd,kdm->nmk", x, self.parameters["weight"], optimize=True) + self.parameters["bias"].T
            self.x, self.winner = np.asfortranarray(x), pieces.argmax(-1)
            return np.take_along_axis(pieces, self.winner[..., None], -1).squeeze(-1)

        def backward(self, grad_output: Any) -> Any:
            sent = grad_output[..., None] * np.eye(len(self.parameters["bias"]))[self.winner]
            self.gradients = {"weight": np.tensordot(sent, self.x, ([0], [0])).transpose(1, 2, 0), "bias": sent.sum(0).T}
            return np.einsum("nmk,kdm->nd", sent, self.parameters["weight"])

    return Maxout


@variant("1.9", "GELU")
def gelu_in_long_double(right: Any) -> Any:
    class GELU(right):
        def forward(self, x: Any) -> Any:
            self.wide = x.astype(np.longdouble)
            return (self.wide * special.ndtr(x)).astype(np.float64)

        def backward(self, grad_output: Any) -> Any:
            density = np.exp(-0.5 * self.wide**2) / np.sqrt(2 * np.longdouble(np.pi))
            return (grad_output * (special.ndtr(self.wide.astype(float)) + self.wide * density)).astype(np.float64)

    return GELU
