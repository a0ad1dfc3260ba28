"""Part 4, Linear; and what every layer of part 4 is asked: forward, backward, gradients, and both once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from . import gradient
from .agreement import unchanged
from .draw import Draw
from .question import question
from .recording import keep
from .tracing import held_gradients, write
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
        return held_gradients(self.layer())


def again(layer: Make, draw: Draw, shape: Shape, gradients: bool = True) -> Steps:
    """backward once more, for another grad_output: the cache is still whole, and nothing adds up."""
    g = draw.normal(shape)
    backward = Backward(layer, lambda: layer().backward(g))
    yield "backward, called twice", backward
    if gradients:
        yield "gradients, called twice", backward.gradients


def second_forward(layer: Make, draw: Draw, before: Shape, after: Shape, gradients: bool = True, batch: int = 1) -> Steps:
    """Backward belongs to the latest forward, of another batch size too; earlier results stay what they were.

    before, after: shapes of x and y. batch: of the second forward; one sample is where an axis of length 1 gets lost.
    """
    first = draw.normal(before), draw.normal(after)
    later = draw.normal((batch, *before[1:])), draw.normal((batch, *after[1:]))
    kept: list[Any] = []

    def second() -> Any:
        kept.append(layer().forward(first[0]))
        keep(kept, lambda: layer().backward(first[1]))
        return layer().forward(later[0])

    backward = Backward(layer, lambda: layer().backward(later[1]))
    yield "forward, a second time", second
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
