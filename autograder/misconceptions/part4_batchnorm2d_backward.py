"""Known mistakes in 4.3, BatchNorm2d: its backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .altered import but
from .part4 import accumulating, with_gradients
from .part4_batchnorm2d import AXES, mean, wide


def training_backward(right: Any, rule: Callable[[Any, Any], Any]) -> Any:
    """The right layer, but in training grad_x = weight/std · rule(self, g)."""

    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        return wide(self.parameters["weight"] * self.inverse_std) * rule(self, g) if self.batch_statistics else grad

    return but(right, backward=backward)


# ---- backward


@mistake(
    "4.3", "BatchNorm2d", "backward takes the batch mean and variance for constants; both depend on x (handout 4.3)", fails=("backward",)
)
def batchnorm_constant_statistics(right: Any) -> Any:
    return training_backward(right, lambda self, g: g)


@mistake("4.3", "BatchNorm2d", "backward drops what passes through the mean (handout 4.3)", fails=("backward",))
def batchnorm_without_mean_term(right: Any) -> Any:
    return training_backward(right, lambda self, g: g - self.normalized * mean(g * self.normalized))


@mistake("4.3", "BatchNorm2d", "backward drops what passes through the variance (handout 4.3)", fails=("backward",))
def batchnorm_without_variance_term(right: Any) -> Any:
    return training_backward(right, lambda self, g: g - mean(g))


@mistake("4.3", "BatchNorm2d", "the weight (gamma) is missing in grad_x (handout 4.3)", fails=("backward", "evaluation"))
def batchnorm_backward_without_weight(right: Any) -> Any:
    return but(right, backward=lambda self, g: right.backward(self, g) / wide(self.parameters["weight"]))


@mistake(
    "4.3",
    "BatchNorm2d",
    "grad_x is multiplied by the standard deviation instead of divided by it (handout 4.3)",
    fails=("backward", "evaluation"),
)
def batchnorm_backward_times_std(right: Any) -> Any:
    return but(right, backward=lambda self, g: right.backward(self, g) / wide(self.inverse_std**2))


@mistake("4.3", "BatchNorm2d", "backward averages over N where it must average over N·H·W (handout 4.3)", fails=("backward",))
def batchnorm_backward_counts_images(right: Any) -> Any:
    def rule(self: Any, g: Any) -> Any:
        pixels = g.shape[2] * g.shape[3]
        return g - pixels * (mean(g) + self.normalized * mean(g * self.normalized))

    return training_backward(right, rule)


@mistake(
    "4.3",
    "BatchNorm2d",
    "backward leaves out eps: its standard deviation is not the one that forward divided by (handout 4.3)",
    fails=("backward", "evaluation"),
)
def batchnorm_backward_without_eps(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        bare = np.sqrt(np.maximum(1 / self.inverse_std**2 - self.eps, 1e-300))
        return grad / wide(self.inverse_std * bare)

    return but(right, backward=backward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "the weight's gradient uses x; it is the sum of grad_output times the normalised x̂ (handout 4.3)",
    fails=("gradients", "evaluation"),
)
def batchnorm_weight_gradient_of_x(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.seen = x.copy()
        return right.forward(self, x)

    return but(with_gradients(right, weight=lambda self, g: (g * self.seen).sum(axis=AXES)), forward=forward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "gradients of weight and bias are means; they are sums over batch and pixels (handout 4.3)",
    fails=("gradients", "evaluation"),
)
def batchnorm_gradients_averaged(right: Any) -> Any:
    return with_gradients(right, weight=lambda self, g: (g * self.normalized).mean(axis=AXES), bias=lambda self, g: g.mean(axis=AXES))


@mistake(
    "4.3", "BatchNorm2d", "gradients of weight and bias are summed over the batch alone, not over pixels", fails=("gradients", "evaluation")
)
def batchnorm_gradients_over_batch(right: Any) -> Any:
    return with_gradients(right, weight=lambda self, g: (g * self.normalized).sum(axis=0), bias=lambda self, g: g.sum(axis=0))


@mistake(
    "4.3", "BatchNorm2d", "gradients are added up over calls of backward; each backward overwrites them", fails=("gradients, called twice",)
)
def batchnorm_gradients_accumulate(right: Any) -> Any:
    return accumulating(right)
