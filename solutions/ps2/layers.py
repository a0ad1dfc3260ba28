"""Part 4: layers and their backward passes (handout, section 4).

Rows are samples: a linear layer takes (N, D), an image layer (N, C, H, W), all float64. No argument is written into. `backward` belongs
to the latest `forward`, may be called twice with the same result, and overwrites `gradients`.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from .base import Layer


class Linear(Layer):
    """y = x·W + b, with dL/dx = g·Wᵀ, dL/dW = xᵀ·g and dL/db = the sum of g over the rows.

    x: (N, D), y and g = dL/dy: (N, M). parameters: weight (D, M), bias (M,).
    """

    def __init__(self, weight: ndarray, bias: ndarray) -> None:
        super().__init__()
        self.parameters = {"weight": weight, "bias": bias}

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        self.x = x.copy()
        return x @ self.parameters["weight"] + self.parameters["bias"]
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        self.gradients = {"weight": self.x.T @ grad_output, "bias": grad_output.sum(axis=0)}
        return grad_output @ self.parameters["weight"].T
        ### END SOLUTION


class Conv2d(Layer):
    """Cross-correlation (the kernel is not flipped), zero padding on all four sides:

    y[n, f, i, j] = bias[f] + Σ over c, a, b of padded[n, c, s·i + a, s·j + b] · weight[f, c, a, b]

    x: (N, C, H, W), y: (N, F, (H + 2p − kh)//s + 1, (W + 2p − kw)//s + 1). parameters: weight (F, C, kh, kw), bias (F,).
    Any padding p ≥ 0 and stride s ≥ 1; pixels that no window covers get a gradient of 0.
    """

    def __init__(self, weight: ndarray, bias: ndarray, stride: int = 1, padding: int = 0) -> None:
        super().__init__()
        self.parameters = {"weight": weight, "bias": bias}
        self.stride = stride
        self.padding = padding

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        weight, s, p = self.parameters["weight"], self.stride, self.padding
        padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(2, 3))
        self.windows = windows[:, :, ::s, ::s]  # (N, C, h, w, kh, kw)
        self.padded_shape = padded.shape
        y = np.einsum("nchwab,fcab->nfhw", self.windows, weight, optimize=True)
        return y + self.parameters["bias"][:, None, None]
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        weight, s, p = self.parameters["weight"], self.stride, self.padding
        self.gradients = {
            "weight": np.einsum("nchwab,nfhw->fcab", self.windows, grad_output, optimize=True),
            "bias": grad_output.sum(axis=(0, 2, 3)),
        }
        height, width = self.padded_shape[2:]
        h, w = grad_output.shape[2:]
        grad = np.zeros(self.padded_shape)
        sent = np.einsum("nfhw,fcab->abnchw", grad_output, weight, optimize=True)  # by each entry of the kernel to the pixels that it met
        for a, b in np.ndindex(*weight.shape[2:]):
            grad[:, :, a : a + s * h : s, b : b + s * w : s] += sent[a, b]
        return grad[:, :, p : height - p, p : width - p]
        ### END SOLUTION


class BatchNorm2d(Layer):
    """y = weight·x̂ + bias with x̂ = (x − mean) / √(variance + eps), per channel (Ioffe & Szegedy 2015).

    x: (N, C, H, W), C = channels; M = N·H·W ≥ 2 values a channel. parameters: weight and bias, both (C,).
    Training: mean and (biased, 1/M) variance of this batch, whose dependence on x backward has to follow; then
    running ← (1 − momentum)·running + momentum·new, where the new variance is the *unbiased* one, 1/(M − 1).
    Evaluation (training = False): running_mean and running_var, which are then constants and never change.
    backward follows the mode in which the latest forward ran. 0 ≤ momentum ≤ 1, eps > 0.
    """

    def __init__(self, channels: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.parameters = {"weight": np.ones(channels), "bias": np.zeros(channels)}
        self.running_mean = np.zeros(channels)
        self.running_var = np.ones(channels)
        self.momentum = momentum
        self.eps = eps

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        self.batch_statistics = self.training
        mean, variance = self.running_mean, self.running_var
        if self.training:
            mean, variance = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
            self._update_running(mean, variance, count=x.size // x.shape[1])
        self.inverse_std = 1.0 / np.sqrt(variance + self.eps)
        self.normalized = (x - per_channel(mean)) * per_channel(self.inverse_std)
        return per_channel(self.parameters["weight"]) * self.normalized + per_channel(self.parameters["bias"])
        ### END SOLUTION

    ### BEGIN SOLUTION
    def _update_running(self, mean: ndarray, variance: ndarray, count: int) -> None:
        unbiased = variance * (count / (count - 1))
        self.running_mean = (1.0 - self.momentum) * self.running_mean + self.momentum * mean
        self.running_var = (1.0 - self.momentum) * self.running_var + self.momentum * unbiased

    ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        axes = (0, 2, 3)
        self.gradients = {"weight": (grad_output * self.normalized).sum(axis=axes), "bias": grad_output.sum(axis=axes)}
        grad = grad_output
        if self.batch_statistics:  # less what would move this batch's mean, and what would move its variance
            along = (grad_output * self.normalized).mean(axis=axes)
            grad = grad_output - per_channel(grad_output.mean(axis=axes)) - self.normalized * per_channel(along)
        return grad * per_channel(self.parameters["weight"] * self.inverse_std)
        ### END SOLUTION


### BEGIN SOLUTION
def per_channel(values: ndarray) -> ndarray:
    """(C,) so that it broadcasts over (N, C, H, W)."""
    return values[:, None, None]


### END SOLUTION


class MaxPool2d(Layer):
    """The largest entry of each size×size window, windows `stride` apart, only those that fit, no padding.

    x: (N, C, H, W), y: (N, C, (H − size)//stride + 1, (W − size)//stride + 1). The gradient goes to the winner; of equal entries that is
    the first in row-major order. Where windows overlap, one pixel may win several times: its gradients add up.
    """

    def __init__(self, size: int, stride: int) -> None:
        super().__init__()
        self.size = size
        self.stride = stride

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        k, s = self.size, self.stride
        windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::s, ::s]
        windows = windows.reshape(*windows.shape[:4], k * k)
        self.shape = x.shape
        self.winner = windows.argmax(axis=-1)  # (N, C, h, w); argmax takes the first of equals
        return windows.max(axis=-1)
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        k, s = self.size, self.stride
        h, w = grad_output.shape[2:]
        grad = np.zeros(self.shape)
        for place in range(k * k):
            a, b = divmod(place, k)
            grad[:, :, a : a + s * h : s, b : b + s * w : s] += np.where(self.winner == place, grad_output, 0.0)
        return grad
        ### END SOLUTION


class GlobalAveragePool2d(Layer):
    """The mean of each channel over its pixels (Lin et al. 2014). x: (N, C, H, W), y: (N, C)."""

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        self.shape = x.shape
        return x.mean(axis=(2, 3))
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        height, width = self.shape[2:]
        return np.ones(self.shape) * grad_output[:, :, None, None] / (height * width)
        ### END SOLUTION


class SoftmaxCrossEntropy:
    """The mean over the batch of −log softmax(logits)[label] = log Σ exp(logits) − logits[label].

    logits: (N, C), labels: (N,) whole numbers 0 … C − 1. backward(): dL/dlogits = (softmax − onehot)/N, shape (N, C).
    Take the logarithm of the sum, not of the softmax: the probability of the right class may well be 0 in float64.
    """

    def forward(self, logits: ndarray, labels: ndarray) -> float:
        ### BEGIN SOLUTION
        rows = np.arange(len(labels))
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis=1))
        self.difference = np.exp(shifted - log_sum[:, None])  # softmax − onehot
        self.difference[rows, labels] -= 1.0
        return float(np.mean(log_sum - shifted[rows, labels]))
        ### END SOLUTION

    def backward(self) -> ndarray:
        ### BEGIN SOLUTION
        return self.difference / len(self.difference)
        ### END SOLUTION
