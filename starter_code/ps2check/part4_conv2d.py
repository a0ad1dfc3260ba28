"""Part 4, Conv2d: any kernel, stride and padding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from . import gradient
from .agreement import unchanged
from .draw import Draw
from .part4_layers import (
    Earlier,
    Make,
    Shape,
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
from .verdict import Array

KERNELS = ((2, 3), (3, 2), (3, 4), (4, 3), (1, 4), (4, 1), (2, 5), (5, 2))
PERIOD = 1021
"""After how many the numbers of a large array repeat, since more would take long to draw: a prime, so that its rows and channels differ."""
CASES = (
    "padding 0 in another memory order",
    "padding",
    "padding beyond the kernel",
    "padding and stride",
    "stride beyond the kernel",
    "a kernel of one entry",
)


def kernel_and_geometry(draw: Draw, case: str) -> tuple[int, int, int, int]:
    """kh, kw, stride, padding of a case: one side even, the other odd, drawn anew each time. Stride and padding differ."""
    kernel = draw.choice(((1, 2), (2, 1), (2, 3), (3, 2)) if draw.small else KERNELS)
    longest, stride, padding = max(kernel), draw.integer(2, 3), draw.integer(1, 2)
    geometry = {
        "padding 0 in another memory order": (1, 0),
        "padding": (1, padding),
        "padding beyond the kernel": (1, longest + padding - 1),
        "padding and stride": (stride, min(padding, stride - 1)),
        "stride in evaluation": (stride, 0),
        "stride beyond the kernel": (longest + stride - 1, draw.integer(0, 1)),
    }
    return (1, 1, stride, 1) if case == "a kernel of one entry" else (*kernel, *geometry[case])


def rests(draw: Draw, stride: int, below: bool | None = None) -> tuple[int, int]:
    """How much of an image's height and of its width no window covers: nothing of one of the two, half a stride or more of the other.

    below: whether that is the height; drawn where not given.
    """
    rest = draw.integer(stride // 2 + 1, stride - 1) if stride > 2 else stride - 1
    return (rest, 0) if (draw.integer(0, 1) if below is None else below) else (0, rest)


def extent(draw: Draw, least: int, kernel: int, stride: int, padding: int, rest: int) -> int:
    """An image side with about `least` window positions, and a rest that no window covers."""
    side = max((least - 1) * stride + kernel - 2 * padding, 1 if draw.small else 3)
    return side + (rest - side - 2 * padding + kernel) % stride


def positions(side: int, kernel: int, stride: int, padding: int) -> int:
    return (side + 2 * padding - kernel) // stride + 1


@question("4.2", "Conv2d", stub="layers.Conv2d", core=True)
def conv2d(ps2: Any, draw: Draw) -> Steps:
    """Cross-correlation with any kernel, stride and padding, on images that are not square and that the stride divides or does not."""
    for case in CASES:
        asked = convolution(ps2, draw, case)
        yield from passes(cache(asked.make), asked.x, asked.g, case)
    yield from state_of_convolution(ps2, draw)
    yield from defaults_of_convolution(ps2, draw)
    yield from numerical_convolution(ps2, draw)
    yield from large_convolution(ps2, draw)


@dataclass(frozen=True)
class Asked:
    """make() for a layer of some case, an x for it and a grad_output, and the shapes of its weight and bias."""

    make: Make
    x: Array
    g: Array
    weight: Shape
    bias: Shape


def convolution(ps2: Any, draw: Draw, case: str) -> Asked:
    """Channels and filters differ, height and width too. A kernel of one entry comes with one filter: where axes of length 1 get lost."""
    kh, kw, stride, padding = kernel_and_geometry(draw, case)
    n, high, wide = draw.size(2, 4, 5)
    c, f = draw.choice(((2, 3), (3, 2), (1, 3), (4, 2)) if not draw.small else ((1, 2), (2, 1)))
    c, f = (max(c, 2), 1) if case == "a kernel of one entry" else (c, f)
    below, beside = rests(draw, stride, {"padding and stride": True, "stride beyond the kernel": False}.get(case))
    height, width = extent(draw, high, kh, stride, padding, below), extent(draw, wide, kw, stride, padding, beside)
    width += stride if height == width else 0
    weight, bias, x = draw.normal((f, c, kh, kw)), draw.normal((f,)), draw.normal((n, c, height, width))
    g = draw.normal((n, f, positions(height, kh, stride, padding), positions(width, kw, stride, padding)))
    if case == "padding 0 in another memory order":
        x, g = np.asfortranarray(x), np.asfortranarray(g)
    if case == "padding and stride":
        return Asked(lambda: ps2.Conv2d(weight, bias, stride, padding), x, g, weight.shape, bias.shape)  # by position
    return Asked(lambda: ps2.Conv2d(weight.copy(), bias.copy(), stride=stride, padding=padding), x, g, weight.shape, bias.shape)


def state_of_convolution(ps2: Any, draw: Draw) -> Steps:
    """What a layer keeps from call to call, and what it must not; in evaluation, which makes no difference here."""
    asked, earlier = convolution(ps2, draw, "stride in evaluation"), Earlier()
    before, after = asked.x.shape, asked.g.shape
    layer = in_evaluation(asked.make)
    yield from passes(layer, asked.x, asked.g, "stride in evaluation", earlier=earlier)
    yield from again(layer, draw, after)
    yield from beside_another(layer, asked.make, draw, before, after)
    filters, channels, *kernel = asked.weight
    last = (1, channels, *kernel), (1, filters, 1, 1)  # an image as large as the kernel
    yield from second_forward(layer, draw, before, after, earlier, last=last)
    yield "conduct, parameters", lambda: {**layer().parameters}, unchanged("a parameter")
    yield from parameters_changed(layer, draw, asked.x, asked.g, weight=asked.weight, bias=asked.bias)
    yield from arguments(asked.x, asked.g)


def defaults_of_convolution(ps2: Any, draw: Draw) -> Steps:
    """stride and padding left out."""
    c, f = draw.choice(((2, 3), (3, 2), (1, 3), (4, 2)))
    kernel = draw.choice(((3, 2), (2, 3)))
    x = draw.normal((draw.size(3)[0], c, *draw.size(5, 7, least=3)))
    weight, bias = draw.normal((f, c, *kernel)), draw.normal((f,))
    yield "forward, default arguments", lambda: ps2.Conv2d(weight, bias).forward(x)


def numerical_convolution(ps2: Any, draw: Draw) -> Steps:
    """The gradient check, at a stride that leaves a border, with padding."""
    stride, padding, height, width = draw.integer(1, 2), draw.integer(0, 1), draw.integer(4, 5), draw.integer(6, 7)
    x, weight, bias = draw.normal((2, 2, height, width)), draw.normal((3, 2, 2, 3)), draw.normal((3,))
    output = (2, 3, positions(height, 2, stride, padding), positions(width, 3, stride, padding))

    def build(x: Any, weight: Any, bias: Any) -> Any:
        made = ps2.Conv2d(weight, bias, stride=stride, padding=padding)
        return made.forward(x), lambda u: {"x": made.backward(u), **made.gradients}

    yield from gradient.gradient_check(build, draw, output, x=x, weight=weight, bias=bias)


def large_convolution(ps2: Any, draw: Draw) -> Steps:
    """Large enough that differences entry by entry in place of a backward exceed the CPU limit, while plain loops do not. Asked last."""
    n, height, width = draw.size(6, 36, 44)
    c, f = draw.choice(((4, 5), (5, 4)))
    weight, bias = draw.normal((f, c, 3, 2)), draw.normal((f,))
    x, g = (np.resize(draw.normal((PERIOD,)), shape) for shape in ((n, c, height, width), (n, f, height, width + 1)))
    yield from passes(cache(lambda: ps2.Conv2d(weight, bias, stride=1, padding=1)), x, g, "larger image")
