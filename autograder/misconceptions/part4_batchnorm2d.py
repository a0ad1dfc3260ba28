"""Known mistakes in 4.3, BatchNorm2d: what is normalized by what. See part4.py for how they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .altered import but

AXES = (0, 2, 3)


def wide(values: Any) -> Any:
    """(C,) against (N, C, H, W)."""
    return values[:, None, None]


def mean(values: Any) -> Any:
    return values.mean(axis=AXES, keepdims=True)


def normalizing(right: Any, statistics: Callable[[Any, Any], tuple[Any, Any]], correction: Callable[[Any], Any] | None = None) -> Any:
    """Training with (mean, 1/std) = statistics(self, x), both (C,); correction(self) scales the variance term of the true derivative."""

    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        if not self.training:
            return y
        centre, self.inverse_std = statistics(self, x)
        self.variance = x.var(axis=AXES)
        self.count = x.size // x.shape[1]
        self.normalized = (x - wide(centre)) * wide(self.inverse_std)
        return wide(self.parameters["weight"]) * self.normalized + wide(self.parameters["bias"])

    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        if not self.batch_statistics or correction is None:
            return grad
        inner = g - mean(g) - wide(correction(self)) * self.normalized * mean(g * self.normalized)
        return wide(self.parameters["weight"] * self.inverse_std) * inner

    return but(right, forward=forward, backward=backward)


# ---- normalization


@mistake(
    "4.3",
    "BatchNorm2d",
    "the batch is normalised by the unbiased variance, 1/(M − 1); that one is kept for evaluation only (handout 4.3)",
    fails=("forward", "backward", "gradients"),
)
def batchnorm_unbiased_forward(right: Any) -> Any:
    def statistics(self: Any, x: Any) -> Any:
        return x.mean(axis=AXES), 1 / np.sqrt(x.var(axis=AXES, ddof=1) + self.eps)

    return normalizing(right, statistics, lambda self: np.full_like(self.variance, self.count / (self.count - 1)))


@mistake(
    "4.3",
    "BatchNorm2d",
    "eps is added to the standard deviation; it stands under the root, beside the variance (handout 4.3)",
    fails=("forward", "backward", "gradients"),
)
def batchnorm_eps_outside(right: Any) -> Any:
    def statistics(self: Any, x: Any) -> Any:
        return x.mean(axis=AXES), 1 / (np.sqrt(x.var(axis=AXES)) + self.eps)

    def correction(self: Any) -> Any:
        return 1 / (np.maximum(np.sqrt(self.variance), 1e-300) * self.inverse_std)

    return normalizing(right, statistics, correction)


@mistake(
    "4.3",
    "BatchNorm2d",
    "eps is left out: a constant channel gives 0/0, which is NaN (handout 4.3)",
    fails=("forward", "forward, a constant channel", "backward", "gradients"),
)
def batchnorm_without_eps(right: Any) -> Any:
    return normalizing(right, lambda self, x: (x.mean(axis=AXES), 1 / np.sqrt(x.var(axis=AXES))))


@mistake(
    "4.3",
    "BatchNorm2d",
    "forward always uses 1e-5, whatever the argument eps says, while backward uses eps (handout 4.3)",
    fails=("forward", "evaluation", "gradients"),
)
def batchnorm_eps_ignored(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        kept, self.eps = self.eps, 1e-5
        y = right.forward(self, x)
        self.eps = kept
        return y

    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        variance = 1 / self.inverse_std**2 - 1e-5
        return grad / wide(self.inverse_std * np.sqrt(variance + self.eps))

    return but(right, forward=forward, backward=backward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "the variance is E[x²] − E[x]²: far from 0 that is the small difference of two large numbers (handout 4.3)",
    fails=("forward, a large offset", "backward", "gradients"),
)
def batchnorm_difference_of_squares(right: Any) -> Any:
    def statistics(self: Any, x: Any) -> Any:
        centre = x.mean(axis=AXES)
        return centre, 1 / np.sqrt(np.maximum((x**2).mean(axis=AXES) - centre**2, 0) + self.eps)

    return normalizing(right, statistics)


def over(right: Any, axes: tuple[int, ...]) -> Any:
    """Training with statistics over `axes`, and its true derivative."""

    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        self.axes = axes if self.training else None
        if not self.training:
            return y
        centre, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
        self.inverse = 1 / np.sqrt(variance + self.eps)
        self.normalized = (x - centre) * self.inverse
        return wide(self.parameters["weight"]) * self.normalized + wide(self.parameters["bias"])

    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        if self.axes is None:
            return grad
        g = wide(self.parameters["weight"]) * g
        along = (g * self.normalized).mean(axis=self.axes, keepdims=True)
        return self.inverse * (g - g.mean(axis=self.axes, keepdims=True) - self.normalized * along)

    return but(right, forward=forward, backward=backward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "statistics are taken over the batch alone, one for each pixel; a channel has one, over batch and pixels (handout 4.3)",
    fails=("forward", "backward", "gradients"),
)
def batchnorm_over_batch_only(right: Any) -> Any:
    return over(right, (0,))


@mistake(
    "4.3",
    "BatchNorm2d",
    "statistics run over the axes (0, 1), batch and channels, one for each pixel; a channel has one, over (0, 2, 3) (handout 4.3)",
    fails=("forward", "backward", "gradients"),
)
def batchnorm_over_batch_and_channels(right: Any) -> Any:
    return over(right, (0, 1))


@mistake(
    "4.3",
    "BatchNorm2d",
    "every image is normalised by its own statistics (that is instance normalization); they run over the batch too (handout 4.3)",
    fails=("forward", "backward", "gradients"),
)
def batchnorm_of_each_image(right: Any) -> Any:
    return over(right, (2, 3))


@mistake(
    "4.3",
    "BatchNorm2d",
    "one mean and variance is taken over all channels together; every channel has its own (handout 4.3)",
    fails=("forward", "backward", "gradients"),
)
def batchnorm_over_channels_too(right: Any) -> Any:
    return over(right, (0, 1, 2, 3))


@mistake(
    "4.3",
    "BatchNorm2d",
    "statistics run over the axes of images whose channels come last; here they are NCHW (handout 4.3)",
    fails=("forward", "backward", "gradients"),
)
def batchnorm_channels_last(right: Any) -> Any:
    return over(right, (0, 1, 2))
