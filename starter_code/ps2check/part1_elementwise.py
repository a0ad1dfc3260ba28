"""What every activation that works entry by entry is asked, one kind of call a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import gradient
from .agreement import each_entry, unchanged
from .draw import Draw
from .recording import keep
from .tracing import held_gradients
from .verdict import Judge, Parts, Verdict, fails

Steps = Iterator[tuple[Any, ...]]
Shape = tuple[int, ...]


def elementwise(draw: Draw, make: Callable[[], Any], learns: bool = False) -> Steps:
    """What every activation is asked. make() builds a layer; random cotangents, kinks and extremes at random places.

    learns: whether there are gradients of parameters. Ordinary, exactly-zero and huge entries are items of their own: beside a 1000 an
    error of 5e-7 would be lost.
    """
    small = draw.size(6, 8)  # of what is asked of calls, not of numbers
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
    yield from second_forward(draw, make, small)
    yield from two_layers(draw, make, small)
    yield from in_evaluation(draw, make, small, small, learns)
    yield from transposed_views(draw, make, small)
    yield from gradient.gradient_check(gradient.of(make), draw, shape, x=draw.away_from(0.0, shape))


def every_digit(draw: Draw, values: Any) -> Any:
    """`values` with digits beyond float32's, in which a detour through float32 shows (no sum has to be exact here); short on the ladder."""
    return values if draw.small else values + draw.uniform(0.0, 2.0**-20, values.shape)


TINY = 2.0**-40
"""Next to a kink, but on one side of it: a derivative that allows for rounding takes the wrong one."""


def special_inputs(draw: Draw, make: Callable[[], Any], shape: Shape) -> Steps:
    """Exact zeros and what is next to them; ±1000, and where a function is nearly but not yet at its limit. Among ordinary numbers.

    How near decides what nine digits can see: GELU's limit 0 is 3e-10 away at −6.5, tanh's 1 is 3e-8 away at 9, and the sigmoid's 0 is
    1e-7 away at −16.
    """
    near, far, further = draw.between(6.25, 6.75), draw.between(8.25, 9.0), draw.between(15.5, 17.0)
    cases = {"at 0": (0.0, TINY, -TINY), "large x": (1000.0, -1000.0, -near, far, -far, -further)}
    given: dict[str, Any] = {}
    for name, special in cases.items():
        layer = make()
        x, g = draw.sprinkle(draw.away_from(0.0, shape), special), draw.normal(shape)
        given |= {f"x, {name}": x, f"grad_output, {name}": g}
        yield f"forward, {name}", lambda layer=layer, x=x: layer.forward(x), each_entry()
        yield f"backward, {name}", lambda layer=layer, g=g: layer.backward(g)
    yield "conduct, at 0 and large x", given, unchanged("x or grad_output")


def other_shapes(draw: Draw, make: Callable[[], Any]) -> Steps:
    """One layer is given any number of dimensions, and one of length 1."""
    shapes = {"an axis of length 1": ((1, 24), (5, 1, 6), (3, 4, 2, 1)), "another shape": ((29,), (3, 7, 5), (2, 3, 4, 5))}
    layer = make()
    for case, choices in shapes.items():
        shape = draw.size(*draw.choice(choices))
        x, g = draw.normal(shape), draw.normal(shape)
        yield f"forward, {case}", lambda x=x: layer.forward(x)
        yield f"backward, {case}", lambda g=g: layer.backward(g)


def second_forward(draw: Draw, make: Callable[[], Any], shape: Shape) -> Steps:
    """Backward belongs to the latest forward, and earlier results stay what they were."""
    layer, kept = make(), []
    first, later, g, g2 = draw.normal(shape), draw.normal(shape), draw.normal(shape), draw.normal(shape)

    def second() -> Any:
        kept.append(layer.forward(first))
        keep(kept, lambda: layer.backward(g))
        layer.forward(first)  # that no backward follows
        return layer.forward(later)

    yield "forward, a second time", second
    yield "backward, after a second forward", lambda: layer.backward(g2)
    yield "conduct, earlier result", lambda: kept[0], unchanged("the first forward's result")
    yield "conduct, earlier gradient", lambda: kept[1], unchanged("the first backward's result")


def two_layers(draw: Draw, make: Callable[[], Any], shape: Shape) -> Steps:
    """What one layer remembers is not another's."""
    layer, other = make(), make()
    x, elsewhere, g = draw.normal(shape), draw.normal(shape), draw.normal(shape)

    def between() -> Any:
        layer.forward(x)
        other.forward(elsewhere)
        return layer.backward(g)

    yield "backward, another layer in between", between


def in_evaluation(draw: Draw, make: Callable[[], Any], of_x: Shape, of_y: Shape, learns: bool = False) -> Steps:
    """Activations have no modes."""
    layer, x, g = make(), draw.normal(of_x), draw.normal(of_y)

    def forward() -> Any:
        layer.training = False
        return layer.forward(x)

    yield "forward, in evaluation mode", forward
    yield "backward, in evaluation mode", lambda: layer.backward(g)
    if learns:
        yield "gradients, in evaluation mode", lambda: held_gradients(layer)


def transposed_views(draw: Draw, make: Callable[[], Any], shape: Shape) -> Steps:
    """Arguments in another memory order."""
    layer, x, g = make(), draw.normal(shape).T, draw.normal(shape).T
    yield "forward, a transposed view", lambda: layer.forward(x)
    yield "backward, a transposed view", lambda: layer.backward(g)


def own_arrays(draw: Draw, make: Callable[[], Any]) -> Steps:
    """Of a layer that is the identity on positive numbers: its results are arrays of their own there too."""
    shape = draw.size(6, 8)
    layer, x, g = make(), np.abs(draw.normal(shape)), draw.normal(shape)

    def shared() -> Any:
        return {"y": np.may_share_memory(layer.forward(x), x), "dx": np.may_share_memory(layer.backward(g), g)}

    def rule(got: Parts, _: Parts) -> Verdict:
        shares = any(np.any(flag) for flag in got.values())
        return fails("for positive x a result has the memory of its argument: return a new array") if shares else Verdict(True)

    yield "conduct, results where x > 0", shared, Judge(rule, allowed="none", shown=False)


def with_arguments(draw: Draw, make: Callable[[float], Any], cases: dict[str, float]) -> Steps:
    """The layer made with each of these arguments."""
    for name, argument in cases.items():
        shape = draw.size(6, 8)
        x, g = draw.normal(shape), draw.normal(shape)
        layers: list[Any] = []
        yield f"forward, {name}", lambda argument=argument, x=x, layers=layers: made(layers, make, argument).forward(x)
        yield f"backward, {name}", lambda g=g, layers=layers: layers[0].backward(g)


def made(layers: list[Any], make: Callable[..., Any], *arguments: Any) -> Any:
    """Make a layer inside its item, so that an exception costs that item alone, and keep it for the next."""
    layers.append(make(*arguments))
    return layers[0]


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
