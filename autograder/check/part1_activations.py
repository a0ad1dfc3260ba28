"""Part 1: activation functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import gradient
from .agreement import each_entry, unchanged
from .draw import Draw
from .question import question
from .recording import keep
from .tracing import held_gradients, write

Steps = Iterator[tuple[Any, ...]]


def elementwise(draw: Draw, make: Callable[[], Any]) -> Steps:
    """What every activation is asked. make() builds a layer; random cotangents, kinks and extremes at random places.

    Ordinary, exactly-zero and huge entries are items of their own: beside a 1000 an error of 5e-7 would be lost.
    """
    shape = draw.size(16, 24)
    layer = make()
    x, g = every_digit(draw, draw.away_from(0.0, shape)), every_digit(draw, draw.normal(shape))
    yield "forward", lambda: layer.forward(x)
    yield "backward", lambda: layer.backward(g)
    yield "backward, called twice", lambda: layer.backward(g)
    yield "conduct, x", x, unchanged("x")
    yield "conduct, grad_output", g, unchanged("grad_output")
    yield from special_inputs(draw, make, shape)
    yield from other_shapes(draw, make)
    yield from second_forward(draw, make, shape)
    yield from two_layers(draw, make, shape)
    yield from gradient.gradient_check(gradient.of(make), draw, shape, x=draw.away_from(0.0, shape))


def every_digit(draw: Draw, values: Any) -> Any:
    """`values` with digits beyond float32's, in which a detour through float32 shows (no sum has to be exact here); short on the ladder."""
    return values if draw.small else values + draw.uniform(0.0, 2.0**-20, values.shape)


def special_inputs(draw: Draw, make: Callable[[], Any], shape: tuple[int, ...]) -> Steps:
    """Exact zeros and ±1000, among ordinary numbers."""
    for name, special in (("at 0", (0.0,)), ("large x", (1000.0, -1000.0))):
        layer = make()
        x, g = draw.sprinkle(draw.away_from(0.0, shape), special), draw.normal(shape)
        yield f"forward, {name}", lambda layer=layer, x=x: layer.forward(x), each_entry()
        yield f"backward, {name}", lambda layer=layer, g=g: layer.backward(g)


def other_shapes(draw: Draw, make: Callable[[], Any]) -> Steps:
    """Any number of dimensions, and one of length 1."""
    shapes = {"another shape": ((29,), (3, 7, 5), (2, 3, 4, 5)), "an axis of length 1": ((1, 24), (5, 1, 6), (3, 4, 2, 1))}
    for case, choices in shapes.items():
        layer, shape = make(), draw.size(*draw.choice(choices))
        x, g = draw.normal(shape), draw.normal(shape)
        yield f"forward, {case}", lambda layer=layer, x=x: layer.forward(x)
        yield f"backward, {case}", lambda layer=layer, g=g: layer.backward(g)


def second_forward(draw: Draw, make: Callable[[], Any], shape: tuple[int, ...]) -> Steps:
    """Backward belongs to the latest forward, and earlier results stay what they were."""
    layer, kept = make(), []
    first, later, g, g2 = draw.normal(shape), draw.normal(shape), draw.normal(shape), draw.normal(shape)

    def second() -> Any:
        kept.append(layer.forward(first))
        keep(kept, lambda: layer.backward(g))
        return layer.forward(later)

    yield "forward, a second time", second
    yield "backward, after a second forward", lambda: layer.backward(g2)
    yield "conduct, earlier result", lambda: kept[0], unchanged("the first forward's result")
    yield "conduct, earlier gradient", lambda: kept[1], unchanged("the first backward's result")


def two_layers(draw: Draw, make: Callable[[], Any], shape: tuple[int, ...]) -> Steps:
    """What one layer remembers is not another's."""
    layer, other = make(), make()
    x, elsewhere, g = draw.normal(shape), draw.normal(shape), draw.normal(shape)

    def between() -> Any:
        layer.forward(x)
        other.forward(elsewhere)
        return layer.backward(g)

    yield "backward, another layer in between", between


def with_default(ps2: Any, draw: Draw, name: str) -> Steps:
    """The layer made without arguments."""
    shape = draw.size(4, 6)
    x, g = draw.normal(shape), draw.normal(shape)
    layers: list[Any] = []

    def forward() -> Any:
        layers.append(getattr(ps2, name)())
        return layers[0].forward(x)

    yield "forward, default argument", forward
    yield "backward, default argument", lambda: layers[0].backward(g)


@question("1.1", "Sigmoid", stub="activations.Sigmoid", core=True)
def sigmoid(ps2: Any, draw: Draw) -> Steps:
    """1/(1 + e^-x) and its derivative, without overflow at x = -1000."""
    yield from elementwise(draw, lambda: ps2.Sigmoid())


@question("1.2", "Tanh", stub="activations.Tanh", core=True)
def tanh(ps2: Any, draw: Draw) -> Steps:
    """tanh x and 1 - tanh² x, saturated on both sides."""
    yield from elementwise(draw, lambda: ps2.Tanh())


@question("1.3", "ReLU", stub="activations.ReLU", core=True)
def relu(ps2: Any, draw: Draw) -> Steps:
    """max(0, x); at exactly 0 nothing passes back."""
    yield from elementwise(draw, lambda: ps2.ReLU())


@question("1.4", "LeakyReLU", stub="activations.LeakyReLU", core=True)
def leaky_relu(ps2: Any, draw: Draw) -> Steps:
    """x or slope·x, for slopes below and above 1, positive and negative."""
    gentle = draw.between(0.05, 0.75)
    yield from elementwise(draw, lambda: ps2.LeakyReLU(slope=gentle))
    for name, slope in (("slope above 1", draw.between(1.25, 3.0)), ("negative slope", draw.between(-2.0, -0.25))):
        shape = draw.size(4, 6)
        x, g = draw.normal(shape), draw.normal(shape)
        layers: list[Any] = []
        yield f"forward, {name}", lambda slope=slope, x=x, layers=layers: made(layers, ps2.LeakyReLU, slope).forward(x)
        yield f"backward, {name}", lambda g=g, layers=layers: layers[0].backward(g)
    yield from with_default(ps2, draw, "LeakyReLU")


def made(layers: list[Any], make: Callable[..., Any], *arguments: Any) -> Any:
    """Make a layer inside its item, so that an exception costs that item alone, and keep it for the next."""
    layers.append(make(*arguments))
    return layers[0]


@question("1.5", "ELU", stub="activations.ELU", core=True)
def elu(ps2: Any, draw: Draw) -> Steps:
    """ELU and its derivative, on both sides of zero and far into saturation."""
    alpha = draw.between(1.25, 3.0) if draw.integer(0, 1) else draw.between(0.25, 0.75)
    yield from elementwise(draw, lambda: ps2.ELU(alpha=alpha))
    yield from with_default(ps2, draw, "ELU")


@question("1.6", "PReLU", stub="activations.PReLU")
def prelu(ps2: Any, draw: Draw) -> Steps:
    """LeakyReLU whose slope is learned: its gradient is summed over every entry."""
    alpha = draw.between(0.05, 0.75)
    later = np.array([draw.between(1.25, 3.0)])
    yield from elementwise(draw, lambda: ps2.PReLU(alpha=alpha))
    shape = draw.size(5, 7)
    x, g = draw.sprinkle(draw.normal(shape), (0.0,)), draw.normal(shape)
    layer = ps2.PReLU(alpha)
    yield "conduct, default alpha", lambda: ps2.PReLU().parameters
    yield "gradients, alpha as made", lambda: layer.parameters  # no group of its own: the constructor is given, and so is this value

    def set_later() -> Any:
        write(layer.parameters, "alpha", later)
        return layer.forward(x)

    yield "forward, alpha changed", set_later
    yield "backward, alpha changed", lambda: layer.backward(g)
    yield "gradients", lambda: held_gradients(layer)
    yield "gradients, called twice", lambda: gradients_of(layer, g)
    yield "conduct, alpha after backward", lambda: layer.parameters, unchanged("alpha")
    shape = draw.size(2, 3, 4, 5)
    x4, g4 = draw.normal(shape), draw.normal(shape)

    def images() -> Any:
        other = ps2.PReLU(alpha)
        other.forward(x4)
        return gradients_of(other, g4)

    yield "gradients, four dimensions", images

    def build(x: Any, alpha: Any) -> Any:
        made = ps2.PReLU()
        write(made.parameters, "alpha", alpha)
        return made.forward(x), lambda u: {"x": made.backward(u), **made.gradients}

    steps = gradient.gradient_check(build, draw, shape, x=draw.away_from(0.0, shape), alpha=later)
    yield from ((name + ", alpha", value, judge) for name, value, judge in steps)


def gradients_of(layer: Any, g: Any) -> Any:
    """Run backward and return the gradients of the parameters."""
    layer.backward(g)
    return held_gradients(layer)


@question("1.7", "Maxout", stub="activations.Maxout")
def maxout(ps2: Any, draw: Draw) -> Steps:
    """The largest of k affine pieces; the winner alone gets the gradient, the first of equals wins."""
    n, d, m = draw.size(9, 7, 5)
    k = draw.integer(2, 5)
    weight, bias = draw.normal((k, d, m)), draw.normal((k, m))
    x, g = draw.normal((n, d)), draw.normal((n, m))
    layer = ps2.Maxout(weight.copy(), bias.copy())
    yield "forward", lambda: layer.forward(x)
    yield "backward", lambda: layer.backward(g)
    yield "gradients", lambda: held_gradients(layer)
    yield "backward, called twice", lambda: layer.backward(g)
    yield "gradients, called twice", lambda: held_gradients(layer)
    yield "conduct, x", x, unchanged("x")
    yield "conduct, grad_output", g, unchanged("grad_output")
    yield "conduct, parameters", lambda: {**layer.parameters}, unchanged("a parameter")
    yield from maxout_ties(ps2, draw, weight)
    x2, g2 = draw.normal((1, d)), draw.normal((1, m))  # one row: an axis of length 1
    kept: list[Any] = []

    def second() -> Any:
        kept.append(layer.forward(x))
        keep(kept, lambda: layer.backward(g))
        return layer.forward(x2)

    yield "forward, a second time", second
    yield "backward, after a second forward", lambda: layer.backward(g2)
    yield "gradients, after a second forward", lambda: held_gradients(layer)
    yield "conduct, earlier result", lambda: kept[0], unchanged("the first forward's result")
    yield "conduct, earlier gradient", lambda: kept[1], unchanged("the first backward's result")
    one, other = ps2.Maxout(weight.copy(), bias.copy()), ps2.Maxout(draw.normal((k, d, m)), draw.normal((k, m)))

    def between() -> Any:
        one.forward(x)
        other.forward(x2)
        return one.backward(g)

    yield "backward, another layer in between", between

    def build(x: Any, weight: Any, bias: Any) -> Any:
        made = ps2.Maxout(weight, bias)
        return made.forward(x), lambda u: {"x": made.backward(u), **made.gradients}

    yield from gradient.gradient_check(build, draw, (n, m), x=draw.normal((n, d)), weight=weight, bias=bias)


def maxout_ties(ps2: Any, draw: Draw, weight: Any) -> Steps:
    """Two pieces that are equal everywhere, at random places, and larger than the rest."""
    k, d, m = weight.shape
    n = draw.size(6)[0]
    first, second = sorted(draw.order(k)[:2])
    weight, bias = weight.copy(), draw.normal((k, m))
    weight[second] = weight[first]
    bias[first] = bias[second] = np.max(bias) + 64.0  # above the rest: |x·w| stays far below
    x, g = draw.normal((n, d)), draw.normal((n, m))
    layers: list[Any] = []
    yield "forward, ties", lambda: made(layers, ps2.Maxout, weight.copy(), bias.copy()).forward(x)
    yield "backward, ties", lambda: layers[0].backward(g)
    yield "gradients, ties", lambda: held_gradients(layers[0])


@question("1.8", "SELU", stub="activations.SELU")
def selu(ps2: Any, draw: Draw) -> Steps:
    """λ·ELU with the constants that make deep stacks normalise themselves."""
    yield from elementwise(draw, lambda: ps2.SELU())


@question("1.9", "GELU", stub="activations.GELU")
def gelu(ps2: Any, draw: Draw) -> Steps:
    """x·Φ(x) by the error function, exactly."""
    yield from elementwise(draw, lambda: ps2.GELU())
