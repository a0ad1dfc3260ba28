"""Known mistakes in 4.3, BatchNorm2d: the running statistics, and evaluation by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .altered import but, default
from .part4_batchnorm2d import AXES, mean, wide


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


# ---- running statistics


@mistake(
    "4.3",
    "BatchNorm2d",
    "momentum weighs the old value; here it weighs the new one, running ← (1 − momentum)·running + momentum·new (handout 4.3)",
    fails=("running statistics", "evaluation"),
)
def batchnorm_momentum_swapped(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: blended(self, m, unbiased(v, n), 1 - self.momentum))


@mistake(
    "4.3",
    "BatchNorm2d",
    "the running variance is fed with the biased one; it gets the unbiased, 1/(M − 1) (handout 4.3)",
    fails=("running statistics", "evaluation"),
)
def batchnorm_running_biased(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: blended(self, m, v, self.momentum))


@mistake(
    "4.3",
    "BatchNorm2d",
    "the running variance is corrected by N/(N − 1); the count is N·H·W (handout 4.3)",
    fails=("running statistics", "evaluation"),
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


@mistake(
    "4.3", "BatchNorm2d", "the running variance is fed with standard deviations (handout 4.3)", fails=("running statistics", "evaluation")
)
def batchnorm_running_std(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: blended(self, m, np.sqrt(unbiased(v, n)), self.momentum))


@mistake(
    "4.3",
    "BatchNorm2d",
    "the running variance is fed with 1/σ, the factor that forward multiplies by; it gets the variance (handout 4.3)",
    fails=("running statistics", "evaluation"),
)
def batchnorm_running_inverse(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: blended(self, m, 1 / np.sqrt(v + self.eps), self.momentum))


@mistake("4.3", "BatchNorm2d", "momentum is always the default, whatever the argument says", fails=("running statistics", "evaluation"))
def batchnorm_momentum_ignored(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: blended(self, m, unbiased(v, n), default(right, "momentum")))


@mistake(
    "4.3",
    "BatchNorm2d",
    "the running statistics are a plain average of all batches; old ones fade, by momentum (handout 4.3)",
    fails=("running statistics", "evaluation"),
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
    fails=("running statistics", "evaluation"),
)
def batchnorm_running_from_first(right: Any) -> Any:
    def update(self: Any, m: Any, v: Any, n: int) -> None:
        blended(self, m, unbiased(v, n), self.momentum if hasattr(self, "begun") else 1.0)
        self.begun = True

    return keeping(right, update)


@mistake("4.3", "BatchNorm2d", "the running statistics never move", fails=("running statistics", "evaluation"))
def batchnorm_running_never(right: Any) -> Any:
    return keeping(right, lambda self, m, v, n: None)


@mistake(
    "4.3",
    "BatchNorm2d",
    "the running statistics move in evaluation too; there they are constants (handout 4.3)",
    fails=("running statistics, after evaluation", "evaluation"),
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
    fails=("forward", "gradients"),
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


@mistake(
    "4.3",
    "BatchNorm2d",
    "the batch is centred in place, so that x holds something else after the call",
    fails=("conduct, x", "evaluation", "running statistics"),
)
def batchnorm_overwrites_x(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        x -= mean(x)
        return y

    return but(right, forward=forward)
