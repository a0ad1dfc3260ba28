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
        raise NotImplementedError("4.1 Linear.forward")

    def backward(self, grad_output: ndarray) -> ndarray:
        raise NotImplementedError("4.1 Linear.backward")


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
        raise NotImplementedError("4.2 Conv2d.forward")

    def backward(self, grad_output: ndarray) -> ndarray:
        raise NotImplementedError("4.2 Conv2d.backward")


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
        raise NotImplementedError("4.3 BatchNorm2d.forward")

    def backward(self, grad_output: ndarray) -> ndarray:
        raise NotImplementedError("4.3 BatchNorm2d.backward")


class SoftmaxCrossEntropy:
    """The mean over the batch of −log softmax(logits)[label] = log Σ exp(logits) − logits[label].

    logits: (N, C), labels: (N,) whole numbers 0 … C − 1. backward(): dL/dlogits = (softmax − onehot)/N, shape (N, C).
    Take the logarithm of the sum, not of the softmax: the probability of the right class may well be 0 in float64.
    """

    def forward(self, logits: ndarray, labels: ndarray) -> float:
        raise NotImplementedError("4.6 SoftmaxCrossEntropy.forward")

    def backward(self) -> ndarray:
        raise NotImplementedError("4.6 SoftmaxCrossEntropy.backward")
