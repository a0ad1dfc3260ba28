"""Part 1: activation functions (handout, section 1).

Every layer works on float64 arrays, entry by entry on any shape unless it says otherwise, and returns a new float64 array: no argument is
written into. At a kink the branch is "x ≤ 0". Inputs as large as ±1000 give the right finite limit, never NaN or inf;
warnings on the way do not matter.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray
from scipy import special

from .base import Layer


class Sigmoid(Layer):
    """σ(x) = 1 / (1 + e⁻ˣ), dσ/dx = σ(x)·(1 − σ(x)).

    Cache what backward needs; e⁻ˣ overflows for x = −1000 unless you choose the formula by the sign of x.
    """

    def forward(self, x: ndarray) -> ndarray:
        raise NotImplementedError("1.1 Sigmoid.forward")

    def backward(self, grad_output: ndarray) -> ndarray:
        raise NotImplementedError("1.1 Sigmoid.backward")


class Tanh(Layer):
    """tanh x, with derivative 1 − tanh² x."""

    def forward(self, x: ndarray) -> ndarray:
        raise NotImplementedError("1.2 Tanh.forward")

    def backward(self, grad_output: ndarray) -> ndarray:
        raise NotImplementedError("1.2 Tanh.backward")


class ReLU(Layer):
    """max(0, x). At exactly 0 the derivative is 0."""

    def forward(self, x: ndarray) -> ndarray:
        raise NotImplementedError("1.3 ReLU.forward")

    def backward(self, grad_output: ndarray) -> ndarray:
        raise NotImplementedError("1.3 ReLU.backward")


class LeakyReLU(Layer):
    """x where x > 0, else slope·x. At exactly 0 the derivative is `slope`.

    slope: any real number: 0, negative, also above 1 (so this is not max(x, slope·x)).
    """

    def __init__(self, slope: float = 0.01) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: ndarray) -> ndarray:
        raise NotImplementedError("1.4 LeakyReLU.forward")

    def backward(self, grad_output: ndarray) -> ndarray:
        raise NotImplementedError("1.4 LeakyReLU.backward")


class ELU(Layer):
    """x where x > 0, else α·(eˣ − 1), with derivative α·eˣ there (Clevert et al. 2016). At exactly 0 the derivative is α.

    alpha: α, any positive number.
    np.where computes both branches everywhere: keep e¹⁰⁰⁰ out of the unused one.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, x: ndarray) -> ndarray:
        raise NotImplementedError("1.5 ELU.forward")

    def backward(self, grad_output: ndarray) -> ndarray:
        raise NotImplementedError("1.5 ELU.backward")
