"""Part 1, saved with a parenthesis missing: the file cannot be imported, so that none of its questions can be asked."""

from __future__ import annotations

import numpy as np
from numpy import ndarray
from scipy.special import expit

from .base import Layer


class Sigmoid(Layer):
    def forward(self, x: ndarray) -> ndarray:
        e = np.exp(x)
        self.out = e / (1 + e)
        return self.out.copy()

    def backward(self, grad_output: ndarray) -> ndarray:
        return self.out * (1 - self.out) * grad_output


class Tanh(Layer):
    def forward(self, x: ndarray) -> ndarray:
        self.out = 2 * expit(2 * x) - 1  # tanh(x) = 2 sigmoid(2x) - 1
        return self.out.copy()

    def backward(self, grad_output: ndarray) -> ndarray:
        return (1 - self.out) * (1 + self.out) * grad_output


class ReLU(Layer):
    def forward(self, x: ndarray) -> ndarray:
        self.x = x.copy()
        return np.maximum(x, 0)

    def backward(self, grad_output: ndarray) -> ndarray:
        return grad_output * (self.x >= 0)


class LeakyReLU(Layer):
    def __init__(self, slope: float = 0.01) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: ndarray) -> ndarray:
        # YOUR CODE HERE
        raise NotImplementedError

    def backward(self, grad_output: ndarray) -> ndarray:
        # YOUR CODE HERE
        raise NotImplementedError


class ELU(Layer):
    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, x: ndarray) -> ndarray:
        self.mask = x > 0
        out = x.copy()
        out[~self.mask] = self.alpha * (np.exp(x[~self.mask] - 1)
        return out

    def backward(self, grad_output: ndarray) -> ndarray:
        grad = grad_output.copy()
        grad[~self.mask] *= self.alpha
        return grad


class PReLU(Layer):
    def __init__(self, alpha: float = 0.25) -> None:
        super().__init__()
        self.parameters["alpha"] = np.array([alpha], dtype=np.float64)

    def forward(self, x: ndarray) -> ndarray:
        self.x = x.copy()
        self.a = self.parameters["alpha"][0]
        return np.maximum(x, 0) + self.a * np.minimum(x, 0)

    def backward(self, grad_output: ndarray) -> ndarray:
        total = 0.0
        for x, g in zip(self.x.ravel(), grad_output.ravel(), strict=True):
            if x <= 0:
                total += x * g
        self.gradients["alpha"] = np.array([total])
        return np.where(self.x > 0, grad_output, self.a * grad_output)


class Maxout(Layer):
    def __init__(self, weight: ndarray, bias: ndarray) -> None:
        super().__init__()
        self.parameters = {"weight": weight, "bias": bias}

    def forward(self, x: ndarray) -> ndarray:
        # YOUR CODE HERE
        raise NotImplementedError

    def backward(self, grad_output: ndarray) -> ndarray:
        # YOUR CODE HERE
        raise NotImplementedError


class SELU(Layer):
    alpha = 1.6732632423543772
    scale = 1.0507009873554805

    def forward(self, x: ndarray) -> ndarray:
        self.x = x.copy()
        return self.scale * np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def backward(self, grad_output: ndarray) -> ndarray:
        return grad_output * self.scale * np.where(self.x > 0, 1.0, self.alpha * np.exp(np.minimum(self.x, 0)))


class GELU(Layer):
    def forward(self, x: ndarray) -> ndarray:
        self.x = x.copy()
        self.t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
        return 0.5 * x * (1 + self.t)

    def backward(self, grad_output: ndarray) -> ndarray:
        inner = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * self.x**2)
        return grad_output * (0.5 * (1 + self.t) + 0.5 * self.x * (1 - self.t**2) * inner)
