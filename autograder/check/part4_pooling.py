"""Part 4, pooling: MaxPool2d and GlobalAveragePool2d."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from . import gradient
from .draw import Draw
from .part4_conv2d import extent, positions, rests
from .part4_layers import Earlier, Shape, Steps, again, arguments, beside_another, in_evaluation, passes, second_forward
from .question import question
from .verdict import Array


def pooled(draw: Draw, size: int, stride: int, fitting: bool = False, rows: bool | None = None) -> tuple[Shape, Shape]:
    """Shapes of x and of y: height and width differ, and where the stride allows it the last rows or columns lie in no window.

    fitting: none are left over. rows: whether it is rows that are; drawn where not given.
    """
    n, c, high, wide = draw.size(3, 4, 3, 5)
    below, beside = (0, 0) if fitting else rests(draw, stride, rows)
    height, width = extent(draw, high, size, stride, 0, below), extent(draw, wide, size, stride, 0, beside)
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
        before, after = pooled(draw, k, s, rows=case == "windows side by side")
        yield from passes(cache(lambda k=k, s=s: ps2.MaxPool2d(k, s)), draw.normal(before), draw.normal(after), case, gradients=False)
    yield from special_windows(ps2, draw)
    k, s = size + 1, draw.integer(1, size)
    before, after = pooled(draw, k, s)
    x, g, earlier = draw.normal(before), draw.normal(after), Earlier()
    layer = in_evaluation(lambda: ps2.MaxPool2d(size=k, stride=s))
    yield from passes(layer, x, g, "evaluation", gradients=False, earlier=earlier)
    yield from again(layer, draw, after, gradients=False)
    yield from beside_another(layer, lambda: ps2.MaxPool2d(k, s), draw, before, after, gradients=False)
    yield from second_forward(layer, draw, before, after, earlier, gradients=False)
    yield from arguments(x, g)
    apart = draw.order(int(np.prod(before))).reshape(before) / 64.0  # every two entries far enough apart for a difference
    yield from gradient.gradient_check(gradient.of(lambda: ps2.MaxPool2d(k, s)), draw, after, x=apart)


def special_windows(ps2: Any, draw: Draw) -> Steps:
    """All entries negative; images in another memory order; many equal maxima, as after a ReLU, where the first in row-major order wins."""
    k, s = draw.integer(2, 3), draw.integer(1, 2)
    before, after = pooled(draw, k, s)
    negative = -np.abs(draw.normal(before)) - 1.0
    negative[draw.integer(0, before[0] - 1)] -= draw.integer(1000, 1200)  # one image below any "very small" number
    yield from passes(cache(lambda: ps2.MaxPool2d(k, s)), negative, draw.normal(after), "negative entries", gradients=False)
    x, g = np.asfortranarray(draw.normal(before)), np.asfortranarray(draw.normal(after))
    yield from passes(cache(lambda: ps2.MaxPool2d(k, s)), x, g, "another memory order", gradients=False)
    yield from passes(cache(lambda: ps2.MaxPool2d(k, s)), tied(draw, before), draw.normal(after), "ties", gradients=False)
    before, after = pooled(draw, k, k, fitting=True)
    yield from passes(cache(lambda: ps2.MaxPool2d(k, k)), tied(draw, before), draw.normal(after), "ties side by side", gradients=False)


def tied(draw: Draw, shape: Shape) -> Array:
    """Images of three different numbers, the first one of a single number, the last of numbers that are only nearly equal, and grow.

    A channel of the one before is a chessboard, where the first in row-major order is not the first of the columns.
    """
    images = draw.integers(3, shape) * draw.between(0.5, 2.0)
    images[0] = draw.between(-2.0, 2.0)
    if len(images) > 2:
        images[-2, 0] = np.indices(shape[2:]).sum(axis=0) % 2
    if len(images) > 1:
        images[-1] = draw.between(0.5, 2.0) + np.arange(images[-1].size).reshape(shape[1:]) * 2.0**-30
    return images


@question("4.5", "GlobalAveragePool2d", stub="layers.GlobalAveragePool2d")
def global_average_pool2d(ps2: Any, draw: Draw) -> Steps:
    """The mean of each channel; each pixel gets an equal share of the gradient."""
    shape = draw.size(4, 5, 3, 6)
    shape = (*shape[:3], shape[3] + (shape[2] == shape[3]))
    x, g, earlier = draw.normal(shape), draw.normal(shape[:2]), Earlier()
    layer = cache(lambda: ps2.GlobalAveragePool2d())
    yield from passes(layer, x, g, gradients=False, earlier=earlier)
    yield from again(layer, draw, shape[:2], gradients=False)
    yield from beside_another(layer, lambda: ps2.GlobalAveragePool2d(), draw, shape, shape[:2], gradients=False)
    last = (1, shape[1], shape[3], shape[2]), (1, shape[1])  # turned
    yield from second_forward(layer, draw, shape, shape[:2], earlier, gradients=False, last=last)
    yield from passes(in_evaluation(lambda: ps2.GlobalAveragePool2d()), draw.normal(shape), draw.normal(shape[:2]), "evaluation", False)
    yield from arguments(x, g)
    yield from gradient.gradient_check(gradient.of(lambda: ps2.GlobalAveragePool2d()), draw, shape[:2], x=draw.normal(shape))
