"""Part 1: activation functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import gradient
from .agreement import unchanged
from .draw import Draw
from .part1_elementwise import Shape, Steps, elementwise, in_evaluation, made, own_arrays, with_arguments, with_default
from .question import question
from .recording import keep
from .tracing import held_gradients, write


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
    yield from own_arrays(draw, lambda: ps2.ReLU())


@question("1.4", "LeakyReLU", stub="activations.LeakyReLU", core=True)
def leaky_relu(ps2: Any, draw: Draw) -> Steps:
    """x or slope·x, for slopes below and above 1, positive, negative and 0."""
    gentle = draw.between(0.05, 0.75)
    yield from elementwise(draw, lambda: ps2.LeakyReLU(slope=gentle))
    yield from own_arrays(draw, lambda: ps2.LeakyReLU(slope=gentle))
    slopes = {"slope above 1": draw.between(1.25, 3.0), "negative slope": draw.between(-2.0, -0.25), "slope 0": 0.0}
    yield from with_arguments(draw, lambda slope: ps2.LeakyReLU(slope), slopes)
    yield from with_default(ps2, draw, "LeakyReLU")


@question("1.5", "ELU", stub="activations.ELU", core=True)
def elu(ps2: Any, draw: Draw) -> Steps:
    """ELU and its derivative, on both sides of zero and far into saturation, for α below and above 1."""
    alpha = draw.between(0.25, 0.75)
    yield from elementwise(draw, lambda: ps2.ELU(alpha=alpha))
    yield from own_arrays(draw, lambda: ps2.ELU(alpha=alpha))
    yield from with_arguments(draw, lambda alpha: ps2.ELU(alpha), {"alpha above 1": draw.between(2.0, 4.0)})
    yield from with_default(ps2, draw, "ELU")


@question("1.6", "PReLU", stub="activations.PReLU")
def prelu(ps2: Any, draw: Draw) -> Steps:
    """LeakyReLU whose slope is learned, of any sign: its gradient is summed over every entry."""
    alpha = draw.between(0.3, 0.75)  # not the default
    later = np.array([draw.between(1.25, 3.0)])
    yield from elementwise(draw, lambda: ps2.PReLU(alpha=alpha), learns=True)
    yield from own_arrays(draw, lambda: ps2.PReLU(alpha=alpha))
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
    yield from any_alpha(ps2, draw, layer, shape)
    yield from own_gradients(draw, lambda: ps2.PReLU(alpha), shape)
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


def any_alpha(ps2: Any, draw: Draw, layer: Any, shape: Shape) -> Steps:
    """A further forward of a layer whose alpha training has made negative; an alpha of 0."""
    negative = np.array([draw.between(-2.0, -0.25)])
    x, g = draw.normal(shape), draw.normal(shape)

    def set_negative() -> Any:
        write(layer.parameters, "alpha", negative)
        return layer.forward(x)

    yield "forward, negative alpha", set_negative
    yield "backward, negative alpha", lambda: layer.backward(g)
    yield "gradients, negative alpha", lambda: held_gradients(layer)
    layers: list[Any] = []
    yield "forward, alpha 0", lambda: made(layers, ps2.PReLU, 0.0).forward(x)
    yield "gradients, alpha 0", lambda: gradients_of(layers[0], g)


def own_gradients(draw: Draw, make: Callable[[], Any], shape: Shape) -> Steps:
    """One layer's gradients after another's forward and backward."""
    one, other = make(), make()
    x, elsewhere, g, g2 = draw.normal(shape), draw.normal(shape), draw.normal(shape), draw.normal(shape)

    def between() -> Any:
        one.forward(x)
        other.forward(elsewhere)
        one.backward(g)
        other.backward(g2)
        return held_gradients(one)

    yield "gradients, another layer in between", between


def gradients_of(layer: Any, g: Any) -> Any:
    """Run backward and return the gradients of the parameters."""
    layer.backward(g)
    return held_gradients(layer)


@question("1.7", "Maxout", stub="activations.Maxout")
def maxout(ps2: Any, draw: Draw) -> Steps:
    """The largest of k affine pieces; the winner alone gets the gradient, the first of equals wins."""
    n, d, m = draw.size(9, 7, 5)
    k = draw.integer(3, 5)
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

    def after_other() -> Any:
        other.backward(g2)
        return held_gradients(one)

    yield "backward, another layer in between", between
    yield "gradients, another layer in between", after_other
    yield from maxout_changed(one, x, g, draw.normal((k, d, m)), draw.normal((k, m)))
    yield from in_evaluation(draw, lambda: ps2.Maxout(weight.copy(), bias.copy()), (n, d), (n, m), learns=True)

    def build(x: Any, weight: Any, bias: Any) -> Any:
        made = ps2.Maxout(weight, bias)
        return made.forward(x), lambda u: {"x": made.backward(u), **made.gradients}

    yield from gradient.gradient_check(build, draw, (n, m), x=draw.normal((n, d)), weight=weight, bias=bias)


def maxout_changed(layer: Any, x: Any, g: Any, weight: Any, bias: Any) -> Steps:
    """Training has changed both parameters in place, to these."""

    def changed() -> Any:
        write(layer.parameters, "weight", weight)
        write(layer.parameters, "bias", bias)
        return layer.forward(x)

    yield "forward, parameters changed", changed
    yield "backward, parameters changed", lambda: layer.backward(g)
    yield "gradients, parameters changed", lambda: held_gradients(layer)


def maxout_ties(ps2: Any, draw: Draw, weight: Any) -> Steps:
    """Two pieces at random places that are larger than the rest: equal, but for some units where the later one is larger by a trifle."""
    k, d, m = weight.shape
    n = draw.size(6)[0]
    first, second = sorted(draw.order(k)[:2])
    weight, bias = weight.copy(), draw.normal((k, m))
    weight[second] = weight[first]
    bias[first] = bias[second] = np.max(bias) + 64.0  # above the rest: |x·w| stays far below
    bias[second, draw.order(m)[: m // 2]] += 2.0**-30  # sums are exact here: these are no ties
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
