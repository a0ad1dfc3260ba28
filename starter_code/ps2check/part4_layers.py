"""Part 4, Linear; and what every layer of part 4 is asked: forward, backward, gradients, and each once more: after other calls, beside
another layer, with other parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from . import gradient
from .agreement import unchanged
from .draw import Draw
from .question import question
from .tracing import held_gradients, write
from .verdict import Array

Steps = Iterator[tuple[Any, ...]]
Make = Callable[[], Any]
Shape = tuple[int, ...]


class Earlier:
    """Results that a layer handed out, to be looked at again after later calls, on arrays of the same shapes and of others."""

    def __init__(self) -> None:
        self.results: list[Any] = []
        self.gradients: list[Any] = []


def kept(values: list[Any], value: Any) -> Any:
    values.append(value)
    return value


def first_two(values: list[Any]) -> dict[str, Any]:
    """As an item's value. IndexError, which is no fault of their own, where a call raised."""
    return {"first": values[0], "second": values[1]}


def passes(layer: Make, x: Array, g: Array, case: str = "", gradients: bool = True, earlier: Earlier | None = None) -> Steps:
    """One forward and its backward. layer(): the same layer at every call, made at the first. earlier: where results are kept."""
    suffix, earlier = f", {case}" if case else "", earlier or Earlier()
    backward = Backward(layer, lambda: kept(earlier.gradients, layer().backward(g)))
    yield f"forward{suffix}", lambda: kept(earlier.results, layer().forward(x))
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
        return held_gradients(self.layer())


def again(layer: Make, draw: Draw, shape: Shape, gradients: bool = True) -> Steps:
    """backward once more, for another grad_output: the cache is still whole, and nothing adds up."""
    g = draw.normal(shape)
    backward = Backward(layer, lambda: layer().backward(g))
    yield "backward, called twice", backward
    if gradients:
        yield "gradients, called twice", backward.gradients


def beside_another(layer: Make, make_other: Make, draw: Draw, before: Shape, after: Shape, gradients: bool = True) -> Steps:
    """What a layer remembers is its own: another one of the same class, run in between, changes nothing, nor is it changed.

    layer has run forward on an x of shape `before`, with a y of shape `after`.
    """
    other, g = cache(make_other), draw.normal(after)
    x_other, g_other = draw.normal((before[0] + 1, *before[1:])), draw.normal((after[0] + 1, *after[1:]))

    def between() -> Any:
        other().forward(x_other)
        other().backward(g_other)
        return layer().backward(g)

    backward = Backward(layer, between)
    yield "backward, another layer in between", backward
    if gradients:
        yield "gradients, another layer in between", lambda: {"this": backward.gradients(), "other": held_gradients(other())}


def second_forward(
    layer: Make, draw: Draw, before: Shape, after: Shape, earlier: Earlier, gradients: bool = True, last: tuple[Shape, Shape] | None = None
) -> Steps:
    """Backward belongs to the latest forward, of another batch size too; earlier results stay what they were.

    before, after: shapes of x and y in a pass whose results are in `earlier`. last: those of the second forward, by default of one sample:
    where an axis of length 1 gets lost.
    """
    shapes = last or ((1, *before[1:]), (1, *after[1:]))
    x, (x_last, g_last) = draw.normal(before), map(draw.normal, shapes)

    def second() -> Any:
        earlier.results.append(layer().forward(x))
        return layer().forward(x_last)

    backward = Backward(layer, lambda: layer().backward(g_last))
    yield "forward, a second time", second
    yield "backward, after a second forward", backward
    if gradients:
        yield "gradients, after a second forward", backward.gradients
    yield "conduct, earlier result", lambda: first_two(earlier.results), unchanged("an earlier forward's result")
    yield "conduct, earlier gradient", lambda: earlier.gradients[0], unchanged("an earlier backward's result")


def parameters_changed(layer: Make, draw: Draw, x: Array, g: Array, **shapes: Shape) -> Steps:
    """Training changes `parameters` in place: forward and backward read them every time. layer has run both before.

    shapes: of the parameters.
    """
    later = {name: draw.normal(shape) for name, shape in shapes.items()}

    def forward() -> Any:
        for name, value in later.items():
            write(layer().parameters, name, value)
        return layer().forward(x)

    yield "forward, parameters changed", forward
    yield "backward, parameters changed", lambda: layer().backward(g)


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
    x, g, earlier = draw.normal((n, d)), draw.normal((n, m)), Earlier()
    layer = cache(lambda: ps2.Linear(weight.copy(), bias.copy()))
    yield from passes(layer, x, g, earlier=earlier)
    yield from again(layer, draw, (n, m))
    yield from beside_another(layer, lambda: ps2.Linear(weight + 1.0, bias.copy()), draw, (n, d), (n, m))
    yield from second_forward(layer, draw, (n, d), (n, m), earlier)
    yield "conduct, parameters", lambda: {**layer().parameters}, unchanged("a parameter")
    yield from parameters_changed(layer, draw, x, g, weight=(d, m), bias=(m,))
    yield from arguments(x, g)
    yield from passes(in_evaluation(lambda: ps2.Linear(weight.copy(), bias.copy())), draw.normal((n, d)), draw.normal((n, m)), "evaluation")
    single = weight[:, :1] + 1.0, bias[:1] + 1.0
    yield from passes(cache(lambda: ps2.Linear(*single)), draw.normal((n, d)), draw.normal((n, 1)), "one output")

    def build(x: Any, weight: Any, bias: Any) -> Any:
        made = ps2.Linear(weight, bias)
        return made.forward(x), lambda u: {"x": made.backward(u), **made.gradients}

    yield from gradient.gradient_check(build, draw, (n, m), x=draw.normal((n, d)), weight=weight, bias=bias)
