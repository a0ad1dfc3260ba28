"""Part 4, pooling: MaxPool2d and GlobalAveragePool2d."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from . import gradient
from .draw import Draw
from .part4_conv2d import extent, positions
from .part4_layers import Steps, again, arguments, in_evaluation, passes, second_forward
from .question import question


def pooled(draw: Draw, size: int, stride: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shapes of x and of y: height and width differ, and where the stride allows it the last rows and columns lie in no window."""
    n, c, high, wide = draw.size(3, 4, 3, 5)
    height, width = extent(draw, high, size, stride, 0), extent(draw, wide, size, stride, 0)
    width += stride if height == width else 0
    return (n, c, height, width), (n, c, positions(height, size, stride, 0), positions(width, size, stride, 0))


@question("4.4", "MaxPool2d", stub="layers.MaxPool2d")
def max_pool2d(ps2: Any, draw: Draw) -> Steps:
    """The largest entry of each window, with windows that touch, overlap or leave gaps; equal entries, negative images."""
    size = draw.integer(2, 3)
    geometry = {
        "windows side by side": (size, size),
        "overlapping windows": (size + 1, draw.integer(1, size)),
        "stride beyond the size": (size, size + draw.integer(1, 2)),
        "size 1": (1, draw.integer(1, 2)),
    }
    for case, (k, s) in geometry.items():
        before, after = pooled(draw, k, s)
        yield from passes(cache(lambda k=k, s=s: ps2.MaxPool2d(k, s)), draw.normal(before), draw.normal(after), case, gradients=False)
    yield from special_windows(ps2, draw)
    k, s = size + 1, draw.integer(1, size)
    before, after = pooled(draw, k, s)
    x, g = draw.normal(before), draw.normal(after)
    layer = in_evaluation(lambda: ps2.MaxPool2d(size=k, stride=s))
    yield from passes(layer, x, g, "evaluation", gradients=False)
    yield from again(layer, draw, after, gradients=False)
    yield from second_forward(layer, draw, before, after, gradients=False)
    yield from arguments(x, g)
    apart = draw.order(int(np.prod(before))).reshape(before) / 64.0  # every two entries far enough apart for a difference
    yield from gradient.gradient_check(gradient.of(lambda: ps2.MaxPool2d(k, s)), draw, after, x=apart)


def special_windows(ps2: Any, draw: Draw) -> Steps:
    """All entries negative; many equal maxima, as after a ReLU, where the first in row-major order wins."""
    k, s = draw.integer(2, 3), draw.integer(1, 2)
    before, after = pooled(draw, k, s)
    negative = -np.abs(draw.normal(before)) - 1.0
    yield from passes(cache(lambda: ps2.MaxPool2d(k, s)), negative, draw.normal(after), "negative entries", gradients=False)
    tied = draw.integers(3, before) * draw.between(0.5, 2.0)
    tied[draw.integer(0, before[0] - 1)] = draw.between(-2.0, 2.0)  # one image constant
    yield from passes(cache(lambda: ps2.MaxPool2d(k, s)), tied, draw.normal(after), "ties", gradients=False)


@question("4.5", "GlobalAveragePool2d", stub="layers.GlobalAveragePool2d")
def global_average_pool2d(ps2: Any, draw: Draw) -> Steps:
    """The mean of each channel; each pixel gets an equal share of the gradient."""
    shape = draw.size(4, 5, 3, 6)
    shape = (*shape[:3], shape[3] + (shape[2] == shape[3]))
    x, g = draw.normal(shape), draw.normal(shape[:2])
    layer = cache(lambda: ps2.GlobalAveragePool2d())
    yield from passes(layer, x, g, gradients=False)
    yield from again(layer, draw, shape[:2], gradients=False)
    turned = (*shape[:2], shape[3], shape[2])
    yield from second_forward(layer, draw, turned, shape[:2], gradients=False)
    yield from passes(in_evaluation(lambda: ps2.GlobalAveragePool2d()), draw.normal(shape), draw.normal(shape[:2]), "evaluation", False)
    yield from arguments(x, g)
    yield from gradient.gradient_check(gradient.of(lambda: ps2.GlobalAveragePool2d()), draw, shape[:2], x=draw.normal(shape))
