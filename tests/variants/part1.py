"""Honest other ways in part 1, Sigmoid to LeakyReLU: loops, other formulas, other caches, no subclass of Layer, math instead of numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from autograder.misconceptions.altered import default

from . import variant


class Bare:
    """What the contract asks of a layer, without its base class."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}
        self.gradients: dict[str, Any] = {}
        self.training = True


def entry_by_entry(function: Any, derivative: Any) -> Any:
    """A layer that loops over Python floats."""

    class Looped(Bare):
        def forward(self, x: Any) -> Any:
            self.inputs = [float(v) for v in x.ravel()]
            return np.array([function(v) for v in self.inputs]).reshape(x.shape)

        def backward(self, grad_output: Any) -> Any:
            out = np.zeros(grad_output.size)
            for i, (v, g) in enumerate(zip(self.inputs, grad_output.ravel(), strict=True)):
                out[i] = g * derivative(v)
            return out.reshape(grad_output.shape)

    return Looped


# ---- 1.1 Sigmoid


@variant("1.1", "Sigmoid")
def sigmoid_expit(right: Any) -> Any:
    class Sigmoid(Bare):
        def forward(self, x: Any) -> Any:
            self.out = special.expit(x)
            return self.out

        def backward(self, dout: Any) -> Any:
            return dout * self.out * (1 - self.out)

    return Sigmoid


@variant("1.1", "Sigmoid")
def sigmoid_by_tanh(right: Any) -> Any:
    class Sigmoid(right):
        def forward(self, x: Any) -> Any:
            self.s = 0.5 * (1 + np.tanh(0.5 * x))
            return self.s

        def backward(self, grad_output: Any) -> Any:
            return grad_output * (self.s - self.s**2)

    return Sigmoid


@variant("1.1", "Sigmoid")
def sigmoid_by_masks(right: Any) -> Any:
    class Sigmoid(right):
        def forward(self, x: Any) -> Any:
            y = np.empty_like(x)
            up = x >= 0
            y[up] = 1 / (1 + np.exp(-x[up]))
            e = np.exp(x[~up])
            y[~up] = e / (1 + e)
            self.cache = (x, y)
            return y

        def backward(self, grad_output: Any) -> Any:
            _, y = self.cache
            local = y * (1 - y)
            return np.multiply(grad_output, local)

    return Sigmoid


@variant("1.1", "Sigmoid")
def sigmoid_loop(right: Any) -> Any:
    def s(v: float) -> float:
        return 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))

    return entry_by_entry(s, lambda v: s(v) * s(-v))


@variant("1.1", "Sigmoid")
def sigmoid_clipped_far_out(right: Any) -> Any:
    class Sigmoid(right):
        def forward(self, x: Any) -> Any:
            self.y = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
            return self.y.copy()

    return Sigmoid


# ---- 1.2 Tanh


@variant("1.2", "Tanh")
def tanh_keeps_x(right: Any) -> Any:
    class Tanh(Bare):
        def forward(self, x: Any) -> Any:
            self.x = x
            return np.tanh(x)

        def backward(self, g: Any) -> Any:
            return g * (1 - np.tanh(self.x) ** 2)

    return Tanh


@variant("1.2", "Tanh")
def tanh_by_sigmoid(right: Any) -> Any:
    class Tanh(right):
        def forward(self, x: Any) -> Any:
            self.t = 2 * special.expit(2 * x) - 1
            return self.t

        def backward(self, g: Any) -> Any:
            return g - g * self.t * self.t

    return Tanh


@variant("1.2", "Tanh")
def tanh_factored(right: Any) -> Any:
    class Tanh(right):
        def backward(self, g: Any) -> Any:
            out = g.copy()
            out *= 1 - self.y
            out *= 1 + self.y
            return out

    return Tanh


@variant("1.2", "Tanh")
def tanh_loop(right: Any) -> Any:
    return entry_by_entry(math.tanh, lambda v: 1 - math.tanh(v) ** 2)


# ---- 1.3 ReLU


@variant("1.3", "ReLU")
def relu_keeps_argument(right: Any) -> Any:
    class ReLU(Bare):
        def forward(self, x: Any) -> Any:
            self.x = x
            return np.maximum(0, x)

        def backward(self, dout: Any) -> Any:
            return dout * (self.x > 0)

    return ReLU


@variant("1.3", "ReLU")
def relu_returns_its_cache(right: Any) -> Any:
    class ReLU(right):
        def forward(self, x: Any) -> Any:
            self.y = x * (x > 0)
            return self.y

        def backward(self, grad: Any) -> Any:
            return grad * np.sign(self.y)

    return ReLU


@variant("1.3", "ReLU")
def relu_own_copy(right: Any) -> Any:
    class ReLU(right):
        def forward(self, x: Any) -> Any:
            out = x.copy()
            self.off = out <= 0
            out[self.off] = 0
            return out

        def backward(self, grad_output: Any) -> Any:
            grad = np.array(grad_output)
            grad[self.off] = 0
            return grad

    return ReLU


@variant("1.3", "ReLU")
def relu_half_of_both(right: Any) -> Any:
    class ReLU(right):
        def forward(self, x: Any) -> Any:
            self.positive = x > 0
            return (x + abs(x)) / 2

        def backward(self, g: Any) -> Any:
            return g * np.heaviside(self.positive.astype(float), 0.0)

    return ReLU


@variant("1.3", "ReLU")
def relu_vectorized(right: Any) -> Any:
    class ReLU(right):
        def forward(self, x: Any) -> Any:
            self.x = x.copy()
            return np.vectorize(lambda v: v if v > 0 else 0.0, otypes=[float])(x)

        def backward(self, g: Any) -> Any:
            return np.vectorize(lambda v, u: u if v > 0 else 0.0, otypes=[float])(self.x, g)

    return ReLU


# ---- 1.4 LeakyReLU


@variant("1.4", "LeakyReLU")
def leaky_sum_of_two(right: Any) -> Any:
    class LeakyReLU(Bare):
        def __init__(self, slope: float = default(right, "slope")) -> None:
            super().__init__()
            self.negative_slope = slope

        def forward(self, x: Any) -> Any:
            self.x = x
            return np.maximum(x, 0) + self.negative_slope * np.minimum(x, 0)

        def backward(self, g: Any) -> Any:
            return g * (self.x > 0) + self.negative_slope * g * (self.x <= 0)

    return LeakyReLU


@variant("1.4", "LeakyReLU")
def leaky_own_copy(right: Any) -> Any:
    class LeakyReLU(right):
        def forward(self, x: Any) -> Any:
            self.mask = x > 0
            y = x.copy()
            y[~self.mask] *= self.slope
            return y

        def backward(self, grad_output: Any) -> Any:
            dx = grad_output.copy()
            dx[~self.mask] *= self.slope
            return dx

    return LeakyReLU


@variant("1.4", "LeakyReLU")
def leaky_piecewise(right: Any) -> Any:
    class LeakyReLU(right):
        def forward(self, x: Any) -> Any:
            self.kept = x
            return np.piecewise(x, [x > 0], [lambda v: v, lambda v: self.slope * v])

        def backward(self, g: Any) -> Any:
            return np.where(self.kept > 0, 1, self.slope) * g

    return LeakyReLU


@variant("1.4", "LeakyReLU")
def leaky_loop(right: Any) -> Any:
    class LeakyReLU(right):
        def forward(self, x: Any) -> Any:
            self.x, y = x, np.zeros(x.shape)
            for place in np.ndindex(*x.shape):
                y[place] = x[place] if x[place] > 0 else self.slope * x[place]
            return y

        def backward(self, g: Any) -> Any:
            dx = np.zeros_like(g)
            for place in np.ndindex(*g.shape):
                dx[place] = g[place] * (1 if self.x[place] > 0 else self.slope)
            return dx

    return LeakyReLU
