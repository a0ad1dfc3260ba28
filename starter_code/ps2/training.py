"""Part 6: training a network (handout, section 6).

Models are `torch.nn.Module`s that map images (N, C, H, W) to logits (N, classes); labels are (N,) int64. Everything runs on whatever
device and dtype the model and the images have: make new tensors with `torch.zeros_like(…)` or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Epoch = Iterable[tuple[Tensor, Tensor]]


def he_initialize(model: nn.Module, generator: torch.Generator | None = None) -> None:
    """Give every parameter of `model` its starting value, in place (He et al. 2015a).

    Weights of convolutions and linear layers: mean 0, standard deviation √(2 / fan_in), independent, normal or uniform. fan_in is the
    number of inputs that one output sums over. Weights of batch normalizations: 1. Every bias: 0. Frozen parameters (requires_grad False)
    start anew too, and stay frozen; each stays the same Parameter, of the same dtype. `model` may be a single layer.
    generator: where all randomness comes from; None means torch's own.
    """
    raise NotImplementedError("6.1 he_initialize")


def make_optimizer(model: nn.Module, lr: float = 0.1, momentum: float = 0.9, weight_decay: float = 1e-5) -> torch.optim.Optimizer:
    """Stochastic gradient descent with momentum on every parameter of `model`; its steps are

        g ← g + weight_decay · w,     v ← momentum · v + g  (v = g in the first step),     w ← w − lr · v.

    The lecture's values are the defaults; He et al. decay by 1e-4. The model itself stays as it is: mode, gradients, what is frozen.
    """
    raise NotImplementedError("6.2 make_optimizer")


class PlateauSchedule:
    """Divides the learning rate of `optimizer` when the error stops falling.

    `step(error)` is called once an epoch. A call fails when its error is not below best − min_delta, best being the lowest error so far
    (a call that does not fail makes its error the best). NaN is below nothing: its call fails, even the first one. When more than
    `patience` calls in a row have failed, the rate that every parameter group of `optimizer` then has is multiplied by `factor`, however
    small it is, and failures are counted anew; best stays.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, factor: float = 0.1, patience: int = 5, min_delta: float = 0.0) -> None:
        self.optimizer = optimizer
        self.factor = factor
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.failures = 0

    def step(self, error: float) -> None:
        """Take note of this epoch's error, and lower the rates if it is time."""
        raise NotImplementedError("6.3 PlateauSchedule.step")


def evaluate(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 500) -> float:
    """The fraction of `images` whose largest logit is that of their label. Where logits are equal, an image still has one answer.

    Asked in eval mode, at most batch_size images at a time, without gradients. Afterwards the model is in the mode it came in, with the
    same dtype, gradients and frozen parameters, and torch's gradients are switched on or off as they were.
    """
    raise NotImplementedError("6.4 evaluate")


def train(
    model: nn.Module, epochs: Iterable[Epoch], validate: Callable[[], float] | None = None, lr: float = 0.1, patience: int = 5
) -> list[float]:
    """Train `model`, taken as it comes, and return the loss of every step, each computed before that step's update.

    epochs: each an iterable of batches (images, labels), to be read once and in order; a batch may have one image. The loss is the mean
    cross-entropy of the logits, however large they are, the optimizer make_optimizer(model, lr), the schedule
    PlateauSchedule(optimizer, patience=patience). Call both by these names: the checks put their own in their place.
    The model may come with gradients, which do not count, and with frozen parameters, which stay frozen. No seed is set.
    validate: called after each epoch where it is given; the error it returns goes to the schedule. It may leave the model in eval
    mode; every epoch starts in train mode. Whatever it returns, even NaN, all epochs are trained. At the end, also of no epochs, the model
    is in eval mode and has the weights of the last step, and torch's gradients are switched on as they were.
    """
    raise NotImplementedError("6.5 train")
