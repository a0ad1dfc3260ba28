"""Part 4: layers and their backward passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from . import gradient
from .agreement import each_entry, unchanged
from .draw import Draw
from .question import question
from .tracing import write, write_attribute
from .verdict import Array

Steps = Iterator[tuple[Any, ...]]
Make = Callable[[], Any]
Shape = tuple[int, ...]


def passes(layer: Make, x: Array, g: Array, case: str = "", gradients: bool = True) -> Steps:
    """One forward and its backward. layer(): the same layer at every call, made at the first."""
    suffix = f", {case}" if case else ""
    backward = Backward(layer, lambda: layer().backward(g))
    yield f"forward{suffix}", lambda: layer().forward(x)
    yield f"backward{suffix}", backward
    if gradients:
        yield f"gradients{suffix}", backward.gradients


class Backward:
    """The items backward and gradients: where the first raised, so does the second, in place of showing what was left from before."""

    def __init__(self, layer: Make, run: Callable[[], Any]) -> None:
        self.layer, self.run, self.ran = layer, run, False

    def __call__(self) -> Any:
        result = self.run()
        self.ran = True
        return result

    def gradients(self) -> Any:
        if not self.ran:
            self()
        return self.layer().gradients


def again(layer: Make, draw: Draw, shape: Shape, gradients: bool = True) -> Steps:
    """backward once more, for another grad_output: the cache is still whole, and nothing adds up."""
    g = draw.normal(shape)
    backward = Backward(layer, lambda: layer().backward(g))
    yield "backward, called twice", backward
    if gradients:
        yield "gradients, called twice", backward.gradients


def second_forward(layer: Make, draw: Draw, before: Shape, after: Shape, gradients: bool = True) -> Steps:
    """Backward belongs to the latest forward, of another batch size too; earlier results stay what they were.

    before, after: shapes of x and y.
    """
    first = draw.normal(before), draw.normal(after)
    later = draw.normal((before[0] + 1, *before[1:])), draw.normal((after[0] + 1, *after[1:]))
    kept: list[Any] = []

    def twice() -> Any:
        kept.append(layer().forward(first[0]))
        kept.append(layer().backward(first[1]))
        layer().forward(later[0])
        return layer().backward(later[1])

    backward = Backward(layer, twice)
    yield "backward, after a second forward", backward
    if gradients:
        yield "gradients, after a second forward", backward.gradients
    yield "conduct, earlier result", lambda: kept[0], unchanged("the first forward's result")
    yield "conduct, earlier gradient", lambda: kept[1], unchanged("the first backward's result")


def arguments(x: Array, g: Array) -> Steps:
    """What was handed in, after all calls."""
    yield "conduct, x", x, unchanged("x")
    yield "conduct, grad_output", g, unchanged("grad_output")


def in_evaluation(make: Make) -> Make:
    """The layer with training = False."""

    @cache
    def layer() -> Any:
        made = make()
        made.training = False
        return made

    return layer


# Linear


@question("4.1", "Linear", stub="layers.Linear", core=True)
def linear(ps2: Any, draw: Draw) -> Steps:
    """x·W + b and its three gradients, for rectangular weights."""
    n, d, m = draw.size(9, 7, 5)
    m += d == m
    weight, bias = draw.normal((d, m)), draw.normal((m,))
    x, g = draw.normal((n, d)), draw.normal((n, m))
    layer = cache(lambda: ps2.Linear(weight.copy(), bias.copy()))
    yield from passes(layer, x, g)
    yield from again(layer, draw, (n, m))
    yield from second_forward(layer, draw, (n, d), (n, m))
    yield from arguments(x, g)
    yield "conduct, parameters", lambda: {**layer().parameters}, unchanged("a parameter")
    yield from passes(in_evaluation(lambda: ps2.Linear(weight.copy(), bias.copy())), draw.normal((n, d)), draw.normal((n, m)), "evaluation")
    yield from parameters_changed(cache(lambda: ps2.Linear(weight.copy(), bias.copy())), draw, (n, d), (n, m))

    def build(x: Any, weight: Any, bias: Any) -> Any:
        made = ps2.Linear(weight, bias)
        return made.forward(x), lambda u: {"x": made.backward(u), **made.gradients}

    yield from gradient.gradient_check(build, draw, (n, m), x=draw.normal((n, d)), weight=weight, bias=bias)


def parameters_changed(layer: Make, draw: Draw, before: Shape, after: Shape) -> Steps:
    """Training changes `parameters` in place: forward reads them every time."""
    x, g = draw.normal(before), draw.normal(after)
    later = {"weight": draw.normal((before[1], after[1])), "bias": draw.normal((after[1],))}

    def forward() -> Any:
        for name, value in later.items():
            write(layer().parameters, name, value)
        return layer().forward(x)

    yield "forward, parameters changed", forward
    yield "backward, parameters changed", lambda: layer().backward(g)


# Conv2d


KERNELS = ((2, 3), (3, 2), (3, 4), (4, 3), (1, 4), (4, 1), (2, 5), (5, 2))
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
    weight, bias, x = draw.normal((f, c, 3, 2)), draw.normal((f,)), draw.normal((n, c, height, width))
    g = draw.normal((n, f, height, width + 1))
    yield from passes(cache(lambda: ps2.Conv2d(weight, bias, stride=1, padding=1)), x, g, "larger image")


# BatchNorm2d


def statistics(layer: Any) -> dict[str, Any]:
    return {"running_mean": layer.running_mean, "running_var": layer.running_var}


def batchnorm(ps2: Any, draw: Draw, channels: int, running: bool = False) -> Make:
    """make() for a layer with drawn arguments and parameters; `running`: also with drawn running statistics."""
    momentum, eps = draw.between(0.125, 0.4375), draw.between(0.0625, 0.5)
    parameters = {"weight": draw.normal((channels,)), "bias": draw.normal((channels,))}
    stored = {"running_mean": draw.normal((channels,)), "running_var": draw.normal((channels,)) ** 2 + 0.25}

    def make() -> Any:
        layer = ps2.BatchNorm2d(channels, momentum=momentum, eps=eps)
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
    x, g = draw.normal(shape), draw.normal(shape)
    layer = cache(batchnorm(ps2, draw, shape[1]))
    yield from passes(layer, x, g)
    yield from again(layer, draw, shape)
    yield "conduct, parameters", lambda: {**layer().parameters}, unchanged("a parameter")
    yield from second_forward(layer, draw, shape, shape)
    yield from arguments(x, g)
    yield from unusual_features(ps2, draw)
    yield from running_statistics(ps2, draw)
    yield from evaluation(ps2, draw)
    yield from default_batchnorm(ps2, draw)
    yield from numerical_batchnorm(ps2, draw)


def unusual_features(ps2: Any, draw: Draw) -> Steps:
    """One channel constant (its variance is exactly 0), and channels far from 0, where E[x²] − E[x]² drowns in rounding."""
    shape = images(draw, channels=3)
    x, g = draw.normal(shape), draw.normal(shape)
    x[:, draw.integer(0, shape[1] - 1)] = draw.between(-3.0, 3.0)
    yield from passes(cache(batchnorm(ps2, draw, shape[1])), x, g, "a constant channel")
    offset = np.array([draw.integer(20_000, 90_000) for _ in range(shape[1])], dtype=np.float64)
    far = draw.normal(shape) + offset[:, None, None]
    yield from passes(cache(batchnorm(ps2, draw, shape[1])), far, draw.normal(shape), "a large offset")


def running_statistics(ps2: Any, draw: Draw) -> Steps:
    """After one forward and after several; the variance that is kept is the unbiased one. backward and evaluation leave them alone."""
    shape = images(draw)
    layer = cache(batchnorm(ps2, draw, shape[1], running=True))
    batches = [draw.normal((shape[0] + extra, *shape[1:])) + draw.between(-2.0, 2.0) for extra in (0, 1, 0, 0)]
    g = draw.normal(shape)

    def after(*calls: Callable[[Any], Any]) -> Any:
        for call in calls:
            call(layer())
        return statistics(layer())

    yield "running statistics", lambda: after(lambda made: made.forward(batches[0]))
    yield "running statistics, after several batches", lambda: after(*(lambda made, b=b: made.forward(b) for b in batches[1:3]))
    yield "running statistics, after backward", lambda: after(lambda made: made.backward(g))

    def evaluate(made: Any) -> None:
        made.training = False
        made.forward(batches[3])
        made.backward(g)

    def back_to_training() -> Any:
        layer().training = True
        return layer().forward(batches[3])

    yield "running statistics, after evaluation", lambda: after(evaluate)
    yield "evaluation, after training", lambda: layer().forward(batches[3])

    yield "forward, training again", back_to_training
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


# Pooling


def pooled(draw: Draw, size: int, stride: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shapes of x and of y: height and width differ, and where the stride allows it the last rows and columns lie in no window."""
    n, c, high, wide = draw.size(3, 4, 3, 4)
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


# SoftmaxCrossEntropy


@question("4.6", "SoftmaxCrossEntropy", stub="layers.SoftmaxCrossEntropy", core=True)
def softmax_cross_entropy(ps2: Any, draw: Draw) -> Steps:
    """Mean cross-entropy by log-sum-exp: logits of ±1000, and a right class whose probability is 0 in float64."""
    n, classes = (least_two(d) for d in draw.size(9, 6))
    logits, labels = draw.normal((n, classes)) * 2, draw.integers(classes, (n,))
    loss = cache(lambda: ps2.SoftmaxCrossEntropy())
    yield "forward", lambda: loss().forward(logits, labels)
    yield "backward", lambda: loss().backward()
    yield "backward, called twice", lambda: loss().backward()
    yield from extreme_logits(ps2, draw, n, classes)
    yield from second_loss(loss, draw, n, classes)
    one, its = draw.normal((1, classes)), draw.integers(classes, (1,))
    yield "forward, one sample", lambda: loss().forward(one, its)
    yield "backward, one sample", lambda: loss().backward()
    yield "conduct, logits", logits, unchanged("logits")
    yield "conduct, labels", labels, unchanged("labels")

    answers = draw.integers(classes, (n,))

    def build(logits: Any) -> Any:
        made = ps2.SoftmaxCrossEntropy()
        return made.forward(logits, answers.copy()), lambda u: {"logits": u * made.backward()}

    yield from gradient.gradient_check(build, draw, (), logits=draw.normal((n, classes)))


def least_two(size: int) -> int:
    """One class alone has probability 1 whatever the logits are, and one sample hides a missing mean."""
    return max(size, 2)


def extreme_logits(ps2: Any, draw: Draw, n: int, classes: int) -> Steps:
    """±1000 among ordinary logits; all of them shifted far up; the right class a thousand below the rest."""
    labels = draw.integers(classes, (n,))
    ordinary = draw.normal((n, classes))
    unlikely = ordinary.copy()
    unlikely[np.arange(n), labels] -= draw.integer(800, 1200)
    cases = {
        "large logits": draw.sprinkle(ordinary, (1000.0, -1000.0)),
        "shifted logits": ordinary + draw.integer(800, 1200),
        "the right class unlikely": unlikely,
    }
    for name, logits in cases.items():
        loss = cache(lambda: ps2.SoftmaxCrossEntropy())
        yield f"forward, {name}", lambda loss=loss, logits=logits: loss().forward(logits, labels)
        yield f"backward, {name}", lambda loss=loss: loss().backward(), each_entry()


def second_loss(loss: Make, draw: Draw, n: int, classes: int) -> Steps:
    """backward belongs to the latest forward, and an earlier gradient stays what it was."""
    first = draw.normal((n, classes)), draw.integers(classes, (n,))
    later, labels = draw.normal((n + 1, classes)), draw.integers(classes, (n + 1,))
    kept: list[Any] = []

    def twice() -> Any:
        loss().forward(*first)
        kept.append(loss().backward())
        loss().forward(later, labels)
        return loss().backward()

    yield "backward, after a second forward", twice
    yield "conduct, earlier gradient", lambda: kept[0], unchanged("the first backward's result")
