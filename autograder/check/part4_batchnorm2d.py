"""Part 4, BatchNorm2d: train and eval mode, each with its backward."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from . import gradient
from .agreement import unchanged
from .draw import Draw
from .part4_layers import (
    Backward,
    Earlier,
    Make,
    Steps,
    again,
    arguments,
    beside_another,
    in_evaluation,
    parameters_changed,
    passes,
    second_forward,
)
from .question import question
from .tracing import write, write_attribute


def statistics(layer: Any) -> dict[str, Any]:
    return {"running_mean": layer.running_mean, "running_var": layer.running_var}


def batchnorm(ps2: Any, draw: Draw, channels: int, running: bool = False, positional: bool = False) -> Make:
    """make() for a layer with drawn arguments and parameters; `running`: also with drawn running statistics."""
    momentum, eps = draw.between(0.125, 0.4375), draw.between(0.5, 0.9375)  # never equal
    arguments, named = ((channels, momentum, eps), {}) if positional else ((channels,), {"momentum": momentum, "eps": eps})
    parameters = {"weight": draw.normal((channels,)), "bias": draw.normal((channels,))}
    stored = {"running_mean": draw.normal((channels,)), "running_var": draw.normal((channels,)) ** 2 + 0.25}

    def make() -> Any:
        layer = ps2.BatchNorm2d(*arguments, **named)
        for name, value in parameters.items():
            write(layer.parameters, name, value)
        for name, value in stored.items() if running else ():
            write_attribute(layer, name, value)
        return layer

    return make


def images(draw: Draw, n: int = 5, channels: int = 4) -> tuple[int, ...]:
    """(N, C, H, W), all different on the graded run; never fewer than two values a channel."""
    n, c = draw.size(n, channels)
    return (n, c, *draw.size(3, 6, least=2))


@question("4.3", "BatchNorm2d", stub="layers.BatchNorm2d", core=True)
def batchnorm2d(ps2: Any, draw: Draw) -> Steps:
    """Normalization by batch statistics and by running ones, each with its own backward; how the running ones move."""
    shape = images(draw)
    x, g, earlier = draw.normal(shape), draw.normal(shape), Earlier()
    make = batchnorm(ps2, draw, shape[1])
    layer = cache(make)
    yield from passes(layer, x, g, earlier=earlier)
    yield from again(layer, draw, shape)
    yield "conduct, parameters", lambda: {**layer().parameters}, unchanged("a parameter")
    yield from beside_another(layer, make, draw, shape, shape)
    yield from second_forward(layer, draw, shape, shape, earlier)
    yield from parameters_changed(layer, draw, x, g, weight=shape[1:2], bias=shape[1:2])
    yield "backward, training ended since", lambda: ended(layer()).backward(g)
    yield from arguments(x, g)
    yield from unusual_features(ps2, draw)
    yield from unusual_arguments(ps2, draw)
    yield from running_statistics(ps2, draw)
    yield from evaluation(ps2, draw)
    yield from default_batchnorm(ps2, draw)
    yield from numerical_batchnorm(ps2, draw)


def ended(layer: Any) -> Any:
    """Out of training, between a forward and its backward."""
    layer.training = False
    return layer


def unusual_features(ps2: Any, draw: Draw) -> Steps:
    """One channel constant (its variance is exactly 0), and channels far from 0, where E[x²] − E[x]² drowns in rounding; one channel of
    one pixel, where axes of length 1 get lost."""
    shape = images(draw, channels=3)
    x, g = draw.normal(shape), draw.normal(shape)
    x[:, draw.integer(0, shape[1] - 1)] = draw.between(-3.0, 3.0)
    yield from passes(cache(batchnorm(ps2, draw, shape[1], positional=True)), x, g, "a constant channel")
    offset = np.array([draw.integer(50_000, 90_000) for _ in range(shape[1])], dtype=np.float64)
    far = draw.normal(shape) + offset[:, None, None]
    yield from passes(cache(batchnorm(ps2, draw, shape[1])), far, draw.normal(shape), "a large offset")
    shape = (*draw.size(8, least=2), 1, 1, 1)
    yield from passes(cache(batchnorm(ps2, draw, 1)), draw.normal(shape), draw.normal(shape), "one channel of one pixel")


def unusual_arguments(ps2: Any, draw: Draw) -> Steps:
    """A momentum of 0, where the running statistics stay, and of 1, where only the last batch counts; a very small eps."""
    shape = images(draw, n=3, channels=2)
    x, mean, eps = draw.normal(shape), draw.normal(shape[1:2]), 2.0 ** -draw.integer(24, 30)

    def after_one(momentum: float) -> Any:
        layer = ps2.BatchNorm2d(shape[1], momentum=momentum)
        write_attribute(layer, "running_mean", mean)
        layer.forward(x)
        return statistics(layer)

    yield "running statistics, momentum 0", lambda: after_one(0.0)
    yield "running statistics, momentum 1", lambda: after_one(1.0)
    yield "forward, a small eps", lambda: ps2.BatchNorm2d(shape[1], eps=eps).forward(x)


def running_statistics(ps2: Any, draw: Draw) -> Steps:
    """After one forward and after several, one of a single image, one of single pixels; the variance that is kept is the unbiased one.
    backward and evaluation leave them alone."""
    shape = images(draw)
    layer = cache(batchnorm(ps2, draw, shape[1], running=True))
    shapes = (shape, (max(shape[0], 2), shape[1], 1, 1), (1, *shape[1:]), shape)
    batches = [draw.normal(each) + draw.between(-2.0, 2.0) for each in shapes]
    g = draw.normal(batches[2].shape)

    def after(*calls: Callable[[Any], Any]) -> Any:
        for call in calls:
            call(layer())
        return statistics(layer())

    yield "running statistics", lambda: after(lambda made: made.forward(batches[0]))
    yield "running statistics, after several batches", lambda: after(*(lambda made, b=b: made.forward(b) for b in batches[1:3]))
    yield "running statistics, after backward", lambda: after(lambda made: made.backward(g))

    def evaluate(made: Any) -> None:
        made.training = False
        made.forward(batches[2])
        made.backward(g)

    def back_to_training() -> Any:
        layer().training = True
        return layer().forward(batches[3])

    def evaluate_again() -> Any:
        layer().training = False
        return layer().forward(batches[3])

    yield "running statistics, after evaluation", lambda: after(evaluate)
    yield "evaluation, after training", lambda: layer().forward(batches[3])
    yield "forward, training again", back_to_training
    yield "evaluation, after training again", evaluate_again
    yield "conduct, batches", dict(enumerate(batches)), unchanged("x")


def evaluation(ps2: Any, draw: Draw) -> Steps:
    """training = False: the running statistics are constants, so that backward is one product."""
    shape = images(draw)
    x, g, g_again = draw.normal(shape), draw.normal(shape), draw.normal(shape)
    layer = in_evaluation(batchnorm(ps2, draw, shape[1], running=True))
    yield "evaluation, forward", lambda: layer().forward(x)
    backward = Backward(layer, lambda: layer().backward(g))
    yield "evaluation, backward", backward
    yield "evaluation, gradients", backward.gradients
    yield "evaluation, backward called twice", lambda: layer().backward(g_again)
    one = draw.normal((1, shape[1], 1, 1))
    yield "evaluation, a single value", lambda: layer().forward(one)


def default_batchnorm(ps2: Any, draw: Draw) -> Steps:
    """Made from the number of channels alone: weight 1, bias 0, running mean 0 and variance 1, the default momentum and eps."""
    shape = images(draw)
    x = draw.normal(shape) * 2.0**-8  # a variance near eps, so that eps shows
    fresh = in_evaluation(lambda: ps2.BatchNorm2d(shape[1]))
    yield "evaluation, default arguments", lambda: fresh().forward(x)
    layer = cache(lambda: ps2.BatchNorm2d(shape[1]))
    yield "forward, default arguments", lambda: layer().forward(x)
    yield "running statistics, default arguments", lambda: statistics(layer())


def numerical_batchnorm(ps2: Any, draw: Draw) -> Steps:
    """The gradient check, of training and of evaluation."""
    shape = draw.size(4, 3, 3, 4)
    for mode in (True, False):
        eps = draw.between(0.0625, 0.5)
        mean, variance = draw.normal((shape[1],)), draw.normal((shape[1],)) ** 2 + 0.25

        def build(x: Any, weight: Any, bias: Any, mode: Any = mode, eps: Any = eps, mean: Any = mean, variance: Any = variance) -> Any:
            made = ps2.BatchNorm2d(shape[1], eps=eps)
            write(made.parameters, "weight", weight)
            write(made.parameters, "bias", bias)
            write_attribute(made, "running_mean", mean)
            write_attribute(made, "running_var", variance)
            made.training = mode
            return made.forward(x), lambda u: {"x": made.backward(u), **made.gradients}

        inputs = {"x": draw.normal(shape), "weight": draw.normal((shape[1],)), "bias": draw.normal((shape[1],))}
        for name, value, judge in gradient.gradient_check(build, draw, shape, **inputs):
            yield name if mode else f"{name}, evaluation", value, judge
