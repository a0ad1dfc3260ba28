"""Part 4, Conv2d: any kernel, stride and padding."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from . import gradient
from .agreement import unchanged
from .draw import Draw
from .part4_layers import Make, Steps, again, arguments, in_evaluation, passes, second_forward
from .question import question
from .tracing import write
from .verdict import Array

KERNELS = ((2, 3), (3, 2), (3, 4), (4, 3), (1, 4), (4, 1), (2, 5), (5, 2))
PERIOD = 1021
"""After how many the numbers of a large array repeat, since more would take long to draw: a prime, so that its rows and channels differ."""
CASES = ("padding 0 stride 1", "padding", "padding beyond the kernel", "padding and stride", "stride", "stride beyond the kernel")


def kernel_and_geometry(draw: Draw, case: str) -> tuple[int, int, int, int]:
    """kh, kw, stride, padding of a case: one side even, the other odd, drawn anew each time."""
    kernel = draw.choice(((1, 2), (2, 1), (2, 3), (3, 2)) if draw.small else KERNELS)
    longest, stride, padding = max(kernel), draw.integer(2, 3), draw.integer(1, 2)
    geometry = {
        "padding 0 stride 1": (1, 0),
        "padding": (1, padding),
        "padding beyond the kernel": (1, longest + padding - 1),
        "padding and stride": (stride, padding),
        "stride": (stride, 0),
        "stride beyond the kernel": (longest + stride - 1, draw.integer(0, 1)),
    }
    return (*kernel, *geometry[case])


def extent(draw: Draw, least: int, kernel: int, stride: int, padding: int) -> int:
    """An image side with about `least` window positions, and, where the stride allows it, a rest that no window covers."""
    rest = draw.integer(1, stride - 1) if stride > 1 else 0
    return max((least - 1) * stride + kernel - 2 * padding, 1 if draw.small else 3) + rest


def positions(side: int, kernel: int, stride: int, padding: int) -> int:
    return (side + 2 * padding - kernel) // stride + 1


@question("4.2", "Conv2d", stub="layers.Conv2d", core=True)
def conv2d(ps2: Any, draw: Draw) -> Steps:
    """Cross-correlation with any kernel, stride and padding, on images that are not square and that the stride does not divide."""
    for case in CASES:
        make, x, g = convolution(ps2, draw, case)
        yield from passes(cache(make), x, g, case)
    make, x, g = convolution(ps2, draw, "padding and stride")
    layer = in_evaluation(make)
    yield from passes(layer, x, g, "evaluation")
    yield from again(layer, draw, g.shape)
    yield from second_forward(layer, draw, x.shape, g.shape)
    yield from arguments(x, g)
    yield "conduct, parameters", lambda: {**layer().parameters}, unchanged("a parameter")
    yield from defaults_of_convolution(ps2, draw)
    yield from numerical_convolution(ps2, draw)
    yield from large_convolution(ps2, draw)


def convolution(ps2: Any, draw: Draw, case: str) -> tuple[Make, Array, Array]:
    """make() for a layer of the case, its x and a grad_output. Channels and filters differ, height and width too."""
    kh, kw, stride, padding = kernel_and_geometry(draw, case)
    n, high, wide = draw.size(2, 4, 5)
    c, f = draw.choice(((2, 3), (3, 2), (1, 3), (4, 2)) if not draw.small else ((1, 2), (2, 1)))
    height, width = extent(draw, high, kh, stride, padding), extent(draw, wide, kw, stride, padding)
    width += stride if height == width else 0
    weight, bias, x = draw.normal((f, c, kh, kw)), draw.normal((f,)), draw.normal((n, c, height, width))
    g = draw.normal((n, f, positions(height, kh, stride, padding), positions(width, kw, stride, padding)))
    return lambda: ps2.Conv2d(weight, bias, stride=stride, padding=padding), x, g


def defaults_of_convolution(ps2: Any, draw: Draw) -> Steps:
    """stride and padding left out; then another set of weights."""
    c, f = draw.choice(((2, 3), (3, 2), (1, 3), (4, 2)))
    kernel = draw.choice(((3, 2), (2, 3)))
    x = draw.normal((draw.size(3)[0], c, *draw.size(5, 7, least=3)))
    weight, bias, later = draw.normal((f, c, *kernel)), draw.normal((f,)), draw.normal((f, c, *kernel))
    layer = cache(lambda: ps2.Conv2d(weight.copy(), bias))

    def changed() -> Any:
        write(layer().parameters, "weight", later)
        return layer().forward(x)

    yield "forward, default arguments", lambda: layer().forward(x)
    yield "forward, parameters changed", changed


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
