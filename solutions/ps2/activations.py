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
        ### BEGIN SOLUTION
        small = np.exp(-np.abs(x))  # in (0, 1], so it never overflows
        self.y = np.where(x > 0, 1.0, small) / (1.0 + small)
        return self.y.copy()
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return grad_output * self.y * (1.0 - self.y)
        ### END SOLUTION


class Tanh(Layer):
    """tanh x, with derivative 1 − tanh² x."""

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        self.y = np.tanh(x)
        return self.y.copy()
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return grad_output * (1.0 - self.y**2)
        ### END SOLUTION


class ReLU(Layer):
    """max(0, x). At exactly 0 the derivative is 0."""

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        self.positive = x > 0
        return np.where(self.positive, x, 0.0)
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return np.where(self.positive, grad_output, 0.0)
        ### END SOLUTION


class LeakyReLU(Layer):
    """x where x > 0, else slope·x. At exactly 0 the derivative is `slope`.

    slope: any real number: 0, negative, also above 1 (so this is not max(x, slope·x)).
    """

    def __init__(self, slope: float = 0.01) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        self.factor = np.where(x > 0, 1.0, self.slope)
        return x * self.factor
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return grad_output * self.factor
        ### END SOLUTION


class ELU(Layer):
    """x where x > 0, else α·(eˣ − 1), with derivative α·eˣ there (Clevert et al. 2016). At exactly 0 the derivative is α.

    alpha: α, any positive number.
    np.where computes both branches everywhere: keep e¹⁰⁰⁰ out of the unused one.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        negative = self.alpha * np.expm1(np.minimum(x, 0.0))
        self.derivative = np.where(x > 0, 1.0, negative + self.alpha)
        return np.where(x > 0, x, negative)
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return grad_output * self.derivative
        ### END SOLUTION


class PReLU(Layer):
    """LeakyReLU whose slope is learned: x where x > 0, else alpha·x (He et al. 2015). At exactly 0 the derivative is alpha.

    parameters["alpha"] and gradients["alpha"] have shape (1,); the one alpha is shared by all entries, so its gradient is a sum over
    all of them. Training changes alpha, which may be any real number.
    """

    def __init__(self, alpha: float = 0.25) -> None:
        super().__init__()
        self.parameters["alpha"] = np.array([alpha], dtype=np.float64)

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        self.negative = np.minimum(x, 0.0)
        self.factor = np.where(x > 0, 1.0, self.parameters["alpha"])
        return x * self.factor
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        self.gradients = {"alpha": np.array([np.sum(grad_output * self.negative)])}
        return grad_output * self.factor
        ### END SOLUTION


class Maxout(Layer):
    """The largest of k affine functions: y[n, m] = max over i of x[n]·weight[i, :, m] + bias[i, m] (Goodfellow et al. 2013).

    x: (N, D), y: (N, M). parameters: weight (k, D, M), bias (k, M). Only the winning piece receives gradient; a tie goes to the first.
    """

    def __init__(self, weight: ndarray, bias: ndarray) -> None:
        super().__init__()
        self.parameters = {"weight": weight, "bias": bias}

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        self.x = x.copy()
        pieces = np.einsum("nd,kdm->knm", x, self.parameters["weight"]) + self.parameters["bias"][:, None]
        self.winner = pieces.argmax(axis=0)  # (N, M); argmax takes the first of equals
        return pieces.max(axis=0)
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        weight = self.parameters["weight"]
        is_winner = np.arange(len(weight))[:, None, None] == self.winner
        routed = np.where(is_winner, grad_output, 0.0)  # (k, N, M)
        self.gradients = {"weight": np.einsum("nd,knm->kdm", self.x, routed), "bias": routed.sum(axis=1)}
        return np.einsum("knm,kdm->nd", routed, weight)
        ### END SOLUTION


class SELU(Layer):
    """λ·x where x > 0, else λ·α·(eˣ − 1) (Klambauer et al. 2017). At exactly 0 the derivative is λ·α.

    With these two constants a deep stack keeps its activations near mean 0 and variance 1.
    """

    alpha = 1.6732632423543772
    scale = 1.0507009873554805

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        negative = self.alpha * np.expm1(np.minimum(x, 0.0))
        self.derivative = self.scale * np.where(x > 0, 1.0, negative + self.alpha)
        return self.scale * np.where(x > 0, x, negative)
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return grad_output * self.derivative
        ### END SOLUTION


class GELU(Layer):
    """x·Φ(x), Φ the standard normal distribution function (Hendrycks & Gimpel 2016): exactly, by erf, not by the tanh approximation.

    Φ(x) = (1 + erf(x/√2)) / 2; its derivative is the normal density φ(x) = e^(−x²/2) / √(2π).
    """

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        below = special.ndtr(x)  # Φ(x)
        density = np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi)
        self.derivative = below + x * density
        return x * below
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return grad_output * self.derivative
        ### END SOLUTION
