"""Known mistakes in 4.3, BatchNorm2d. See part4.py for how they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .altered import but, default
from .part4 import accumulating, with_gradients

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


def training_backward(right: Any, rule: Callable[[Any, Any], Any]) -> Any:
    """The right layer, but in training grad_x = weight/std · rule(self, g)."""

    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        return wide(self.parameters["weight"] * self.inverse_std) * rule(self, g) if self.batch_statistics else grad

    return but(right, backward=backward)


def keeping(right: Any, update: Callable[[Any, Any, Any, int], None]) -> Any:
    """The right layer, but update(self, mean, biased variance, count) keeps the running statistics."""

    def forward(self: Any, x: Any) -> Any:
        kept = self.running_mean, self.running_var
        y = right.forward(self, x)
        if self.training:
            self.running_mean, self.running_var = kept
            update(self, x.mean(axis=AXES), x.var(axis=AXES), x.size // x.shape[1])
        return y

    return but(right, forward=forward)


def blended(self: Any, new_mean: Any, new_variance: Any, weight: float) -> None:
    """running ← (1 − weight)·running + weight·new."""
    self.running_mean = (1 - weight) * self.running_mean + weight * new_mean
    self.running_var = (1 - weight) * self.running_var + weight * new_variance


def unbiased(variance: Any, count: int) -> Any:
    return variance * count / (count - 1)


# ---- normalization


@mistake(
    "4.3",
    "BatchNorm2d",
    "the batch is normalised by the unbiased variance, 1/(M − 1); that one is kept for evaluation only (handout 4.3)",
    fails=("forward", "backward"),
)
def batchnorm_unbiased_forward(right: Any) -> Any:
    def statistics(self: Any, x: Any) -> Any:
        return x.mean(axis=AXES), 1 / np.sqrt(x.var(axis=AXES, ddof=1) + self.eps)

    return normalizing(right, statistics, lambda self: np.full_like(self.variance, self.count / (self.count - 1)))


@mistake(
    "4.3",
    "BatchNorm2d",
    "eps is added to the standard deviation; it stands under the root, beside the variance (handout 4.3)",
    fails=("forward", "backward"),
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
    fails=("forward", "forward, a constant channel"),
)
def batchnorm_without_eps(right: Any) -> Any:
    return normalizing(right, lambda self, x: (x.mean(axis=AXES), 1 / np.sqrt(x.var(axis=AXES))))


@mistake(
    "4.3",
    "BatchNorm2d",
    "forward always uses 1e-5, whatever the argument eps says, while backward uses eps (handout 4.3)",
    fails=("forward", "evaluation"),
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
    fails=("forward, a large offset",),
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
    fails=("forward", "backward"),
)
def batchnorm_over_batch_only(right: Any) -> Any:
    return over(right, (0,))


@mistake(
    "4.3",
    "BatchNorm2d",
    "every image is normalised by its own statistics (that is instance normalization); they run over the batch too (handout 4.3)",
    fails=("forward", "backward"),
)
def batchnorm_of_each_image(right: Any) -> Any:
    return over(right, (2, 3))


@mistake(
    "4.3",
    "BatchNorm2d",
    "one mean and variance is taken over all channels together; every channel has its own (handout 4.3)",
    fails=("forward", "backward"),
)
def batchnorm_over_channels_too(right: Any) -> Any:
    return over(right, (0, 1, 2, 3))


@mistake(
    "4.3",
    "BatchNorm2d",
    "statistics run over the axes of images whose channels come last; here they are NCHW (handout 4.3)",
    fails=("forward", "backward"),
)
def batchnorm_channels_last(right: Any) -> Any:
    return over(right, (0, 1, 2))


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


@mistake("4.3", "BatchNorm2d", "the weight (gamma) is missing in grad_x (handout 4.3)", fails=("backward",))
def batchnorm_backward_without_weight(right: Any) -> Any:
    return but(right, backward=lambda self, g: right.backward(self, g) / wide(self.parameters["weight"]))


@mistake("4.3", "BatchNorm2d", "grad_x is multiplied by the standard deviation instead of divided by it (handout 4.3)", fails=("backward",))
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
    fails=("backward",),
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
    fails=("gradients",),
)
def batchnorm_weight_gradient_of_x(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.seen = x.copy()
        return right.forward(self, x)

    return but(with_gradients(right, weight=lambda self, g: (g * self.seen).sum(axis=AXES)), forward=forward)


@mistake(
    "4.3", "BatchNorm2d", "gradients of weight and bias are means; they are sums over batch and pixels (handout 4.3)", fails=("gradients",)
)
def batchnorm_gradients_averaged(right: Any) -> Any:
    return with_gradients(right, weight=lambda self, g: (g * self.normalized).mean(axis=AXES), bias=lambda self, g: g.mean(axis=AXES))


@mistake("4.3", "BatchNorm2d", "gradients of weight and bias are summed over the batch alone, not over pixels", fails=("gradients",))
def batchnorm_gradients_over_batch(right: Any) -> Any:
    return with_gradients(right, weight=lambda self, g: (g * self.normalized).sum(axis=0), bias=lambda self, g: g.sum(axis=0))


@mistake(
    "4.3", "BatchNorm2d", "gradients are added up over calls of backward; each backward overwrites them", fails=("gradients, called twice",)
)
def batchnorm_gradients_accumulate(right: Any) -> Any:
    return accumulating(right)


# ---- running statistics


@mistake(
    "4.3",
    "BatchNorm2d",
    "momentum weighs the old value; here it weighs the new one, running ← (1 − momentum)·running + momentum·new (handout 4.3)",
    fails=("running statistics",),
)
def batchnorm_momentum_swapped(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: blended(self, m, unbiased(v, n), 1 - self.momentum))


@mistake(
    "4.3",
    "BatchNorm2d",
    "the running variance is fed with the biased one; it gets the unbiased, 1/(M − 1) (handout 4.3)",
    fails=("running statistics",),
)
def batchnorm_running_biased(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: blended(self, m, v, self.momentum))


@mistake(
    "4.3", "BatchNorm2d", "the running variance is corrected by N/(N − 1); the count is N·H·W (handout 4.3)", fails=("running statistics",)
)
def batchnorm_running_counts_images(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        before = self.running_var
        y = right.forward(self, x)
        if self.training:
            wrong = x.var(axis=AXES) * len(x) / max(len(x) - 1, 1)
            self.running_var = (1 - self.momentum) * before + self.momentum * wrong
        return y

    return but(right, forward=forward)


@mistake("4.3", "BatchNorm2d", "the running variance is fed with standard deviations (handout 4.3)", fails=("running statistics",))
def batchnorm_running_std(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: blended(self, m, np.sqrt(unbiased(v, n)), self.momentum))


@mistake("4.3", "BatchNorm2d", "momentum is always the default, whatever the argument says", fails=("running statistics",))
def batchnorm_momentum_ignored(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: blended(self, m, unbiased(v, n), default(right, "momentum")))


@mistake(
    "4.3",
    "BatchNorm2d",
    "the running statistics are a plain average of all batches; old ones fade, by momentum (handout 4.3)",
    fails=("running statistics",),
)
def batchnorm_running_average(right: Any) -> Any:
    def update(self: Any, m: Any, v: Any, n: int) -> None:
        self.batches = getattr(self, "batches", 0) + 1
        blended(self, m, unbiased(v, n), 1 / self.batches)

    return keeping(right, update)


@mistake(
    "4.3",
    "BatchNorm2d",
    "the running statistics begin with the first batch; they begin with mean 0 and variance 1 and move by momentum (handout 4.3)",
    fails=("running statistics",),
)
def batchnorm_running_from_first(right: Any) -> Any:
    def update(self: Any, m: Any, v: Any, n: int) -> None:
        blended(self, m, unbiased(v, n), self.momentum if hasattr(self, "begun") else 1.0)
        self.begun = True

    return keeping(right, update)


@mistake("4.3", "BatchNorm2d", "the running statistics never move", fails=("running statistics",))
def batchnorm_running_never(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: None)


@mistake(
    "4.3",
    "BatchNorm2d",
    "the running statistics move in evaluation too; there they are constants (handout 4.3)",
    fails=("running statistics, after evaluation",),
)
def batchnorm_updates_in_evaluation(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        if not self.training and x[:, 0].size > 1:
            blended(self, x.mean(axis=AXES), x.var(axis=AXES, ddof=1), self.momentum)
        return y

    return but(right, forward=forward)


# ---- evaluation


@mistake(
    "4.3", "BatchNorm2d", "evaluation normalises by the batch too; it uses the running statistics (handout 4.3)", fails=("evaluation",)
)
def batchnorm_evaluates_by_batch(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        kept = self.running_mean, self.running_var, self.training
        self.training = True
        y = right.forward(self, x)
        self.training = kept[2]
        if not self.training:
            self.running_mean, self.running_var = kept[:2]
        return y

    return but(right, forward=forward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "training normalises by the running statistics; it uses those of the batch (handout 4.3)",
    fails=("forward",),
)
def batchnorm_trains_by_running(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        right.forward(self, x)
        self.batch_statistics = False
        self.inverse_std = 1 / np.sqrt(self.running_var + self.eps)
        self.normalized = (x - wide(self.running_mean)) * wide(self.inverse_std)
        return wide(self.parameters["weight"]) * self.normalized + wide(self.parameters["bias"])

    return but(right, forward=forward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "in evaluation, backward still follows mean and variance; there they are constants (handout 4.3)",
    fails=("evaluation, backward",),
)
def batchnorm_evaluation_backward_of_training(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        self.batch_statistics = True
        return right.backward(self, g)

    return but(right, backward=backward)


@mistake("4.3", "BatchNorm2d", "evaluation leaves out eps (handout 4.3)", fails=("evaluation, forward",))
def batchnorm_evaluation_without_eps(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        kept = self.eps
        self.eps = kept if self.training else 0.0
        y = right.forward(self, x)
        self.eps = kept
        return y

    return but(right, forward=forward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "evaluation leaves out weight and bias (gamma and beta); they are applied in both modes (handout 4.3)",
    fails=("evaluation, forward",),
)
def batchnorm_evaluation_without_parameters(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        return y if self.training else self.normalized

    return but(right, forward=forward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "the running variance begins at 0, so that a fresh layer in evaluation divides by √eps; it begins at 1 (handout 4.3)",
    fails=("evaluation, default arguments", "running statistics, default arguments"),
)
def batchnorm_variance_from_zero(right: Any) -> Any:
    def init(self: Any, channels: int, momentum: float = default(right, "momentum"), eps: float = default(right, "eps")) -> None:
        right.__init__(self, channels, momentum, eps)
        self.running_var = np.zeros(channels)

    return but(right, __init__=init)


@mistake("4.3", "BatchNorm2d", "the batch is centred in place, so that x holds something else after the call", fails=("conduct, x",))
def batchnorm_overwrites_x(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        x -= mean(x)
        return y

    return but(right, forward=forward)
