"""Honest other ways in part 1, what is made of exponentials: ELU, SELU, GELU."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special, stats

from autograder.misconceptions.altered import default

from . import variant
from .part1 import Bare, entry_by_entry

# ---- 1.5 ELU


@variant("1.5", "ELU")
def elu_loops(right: Any) -> Any:
    class ELU(Bare):
        def __init__(self, alpha: float = default(right, "alpha")) -> None:
            super().__init__()
            self.a = alpha

        def forward(self, x: Any) -> Any:
            flat = x.copy().reshape(-1)
            for i, v in enumerate(flat):
                if v <= 0:
                    flat[i] = self.a * (math.exp(v) - 1)
            self.saved = x
            return flat.reshape(x.shape)

        def backward(self, g: Any) -> Any:
            return np.where(self.saved > 0, g, g * self.a * np.exp(np.minimum(self.saved, 0)))

    return ELU


@variant("1.5", "ELU")
def elu_from_output(right: Any) -> Any:
    class ELU(right):
        def forward(self, x: Any) -> Any:
            self.on = x > 0
            self.y = np.where(self.on, x, self.alpha * (np.exp(x) - 1))
            return self.y

        def backward(self, grad_output: Any) -> Any:
            return np.where(self.on, grad_output, grad_output * (self.y + self.alpha))

    return ELU


@variant("1.5", "ELU")
def elu_by_masked_entries(right: Any) -> Any:
    class ELU(right):
        def forward(self, x: Any) -> Any:
            self.cache = x
            out = np.array(x)
            out[x <= 0] = self.alpha * np.expm1(x[x <= 0])
            return out

        def backward(self, grad_output: Any) -> Any:
            local = np.ones_like(self.cache)
            local[self.cache <= 0] = self.alpha * np.exp(self.cache[self.cache <= 0])
            return local * grad_output

    return ELU


@variant("1.5", "ELU")
def elu_max_plus_min(right: Any) -> Any:
    class ELU(right):
        def forward(self, x: Any) -> Any:
            self.low = np.minimum(x, 0)
            self.flag = (x > 0).astype(int)
            return np.maximum(x, 0) + self.alpha * (np.e**self.low - 1)

        def backward(self, g: Any) -> Any:
            return g * (self.flag + (1 - self.flag) * self.alpha * np.e**self.low)

    return ELU


# ---- 1.8 SELU


@variant("1.8", "SELU")
def selu_loop(right: Any) -> Any:
    a, s = 1.6732632423543772, 1.0507009873554805
    return entry_by_entry(lambda v: s * v if v > 0 else s * a * math.expm1(v), lambda v: s if v > 0 else s * a * math.exp(v))


@variant("1.8", "SELU")
def selu_from_output(right: Any) -> Any:
    class SELU(right):
        def forward(self, x: Any) -> Any:
            self.x = x
            self.y = self.scale * (np.maximum(0, x) + np.minimum(0, self.alpha * (np.exp(np.minimum(x, 0)) - 1)))
            return self.y

        def backward(self, g: Any) -> Any:
            return g * np.where(self.x > 0, self.scale, self.y + self.scale * self.alpha)

    return SELU


@variant("1.8", "SELU")
def selu_product_of_constants(right: Any) -> Any:
    both = 1.6732632423543772848170429916717 * 1.0507009873554804934193349852946

    class SELU(Bare):
        def forward(self, x: Any) -> Any:
            self.x = x
            return np.where(x > 0, 1.0507009873554804934193349852946 * x, both * np.exp(x) - both)

        def backward(self, g: Any) -> Any:
            local = np.exp(self.x) * both
            local[self.x > 0] = 1.0507009873554804934193349852946
            return local * g

    return SELU


# ---- 1.9 GELU


@variant("1.9", "GELU")
def gelu_by_erf(right: Any) -> Any:
    class GELU(Bare):
        def forward(self, x: Any) -> Any:
            self.x = x
            return 0.5 * x * (1 + special.erf(x / np.sqrt(2)))

        def backward(self, g: Any) -> Any:
            pdf = np.exp(-(self.x**2) / 2) / math.sqrt(2 * math.pi)
            return g * (0.5 * (1 + special.erf(self.x / np.sqrt(2))) + self.x * pdf)

    return GELU


@variant("1.9", "GELU")
def gelu_by_stats(right: Any) -> Any:
    class GELU(right):
        def forward(self, x: Any) -> Any:
            self.derivative = stats.norm.cdf(x) + x * stats.norm.pdf(x)
            return x * stats.norm.cdf(x)

    return GELU


@variant("1.9", "GELU")
def gelu_by_erfc_loop(right: Any) -> Any:
    def phi(v: float) -> float:
        return math.erfc(-v / math.sqrt(2)) / 2

    return entry_by_entry(lambda v: v * phi(v), lambda v: phi(v) + v * math.exp(-v * v / 2) / math.sqrt(2 * math.pi))


@variant("1.9", "GELU")
def gelu_vectorized_erf(right: Any) -> Any:
    erf = np.vectorize(math.erf, otypes=[float])

    class GELU(right):
        def forward(self, x: Any) -> Any:
            cdf = (1 + erf(x / 2**0.5)) * 0.5
            self.kept = (x, cdf)
            return x * cdf

        def backward(self, g: Any) -> Any:
            x, cdf = self.kept
            return g * cdf + g * x * 0.3989422804014327 * np.e ** (-0.5 * np.square(x))

    return GELU
