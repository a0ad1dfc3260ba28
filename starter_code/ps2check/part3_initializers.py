"""Part 3: initializers, judged as distributions.

Wherever an initializer needs `fan_in`, a table stands in for it, so that a wrong `fan_in` costs its own question only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from . import meanfield
from .agreement import equal, unchanged
from .distribution import draws, haar, orthonormal, random_weights
from .draw import Draw, Shape
from .question import question
from .tracing import literal

Steps = Iterator[tuple[Any, ...]]
Table = dict[Shape, int]

ENTRIES = 16384
"""Least number of weights in an array that is judged as a distribution."""


def wide(draw: Draw, low: int = 48, high: int = 96) -> tuple[Shape, int]:
    """A linear layer with more outputs than inputs, and its fan."""
    fan = draw.integer(low, high)
    return (fan, ENTRIES // fan + draw.integer(1, max(40, ENTRIES // fan // 6))), fan


def tall(draw: Draw) -> tuple[Shape, int]:
    """A linear layer with more inputs than outputs, and its fan."""
    outputs = draw.integer(48, 96)
    fan = ENTRIES // outputs + draw.integer(1, 40)
    return (fan, outputs), fan


def kernel(draw: Draw, sides: tuple[int, int], fans: tuple[int, int]) -> tuple[int, int, int]:
    """(input channels, height, width) of a kernel that is not square, with sides and a fan in these ranges."""
    within = range(sides[0], sides[1] + 1)
    height, width = draw.choice([(h, w) for h in within for w in within if h != w and h * w <= fans[1]])
    least, most = -(-fans[0] // (height * width)), fans[1] // (height * width)
    return draw.integer(least, most), height, width


def convolution(draw: Draw, sides: tuple[int, int] = (2, 5), fans: tuple[int, int] = (54, 150)) -> tuple[Shape, int]:
    """A convolution whose kernel is not square, and its fan."""
    inputs, height, width = kernel(draw, sides, fans)
    fan = inputs * height * width
    return (ENTRIES // fan + draw.integer(1, max(24, ENTRIES // fan // 6)), inputs, height, width), fan


def looked_up(table: Table) -> Callable[[Shape], int]:
    """The stand-in for fan_in: knows the shapes of this run only."""

    def fan_in(shape: Shape) -> int:
        if tuple(shape) not in table:
            raise ValueError(f"fan_in was asked about the shape {tuple(shape)}, which is not that of the array wanted")
        return table[tuple(shape)]

    return fan_in


class Calling:
    """ps2.NAME(rng, …), looked up only when it is called: a missing one costs its own items. `str` is the call as one writes it."""

    def __init__(self, ps2: Any, name: str, *arguments: Any, **named: Any) -> None:
        self.ps2, self.name, self.arguments, self.named = ps2, name, arguments, named

    def __call__(self, rng: np.random.Generator) -> Any:
        return getattr(self.ps2, self.name)(rng, *self.arguments, **self.named)

    def __str__(self) -> str:
        given = [literal(a) for a in self.arguments] + [f"{k}={literal(a)}" for k, a in self.named.items()]
        return f"{self.name}({', '.join(['rng', *given])})"


def global_state() -> dict[str, Any]:
    """numpy's global generator as arrays."""
    _, keys, place, _, _ = np.random.get_state()
    return {"keys": np.asarray(keys, dtype=np.int64), "place": place}


def untouched(make: Callable[[np.random.Generator], Any], seed: int) -> Callable[[], Any]:
    """The global generator's state after a call that began with a known one; it is put back afterwards."""

    def run() -> Any:
        before = np.random.get_state()
        try:
            np.random.seed(seed)
            make(np.random.default_rng(seed))
            return global_state()
        finally:
            np.random.set_state(before)

    return run


def global_generator(make: Callable[[np.random.Generator], Any], draw: Draw) -> Steps:
    """Conduct: numpy's global generator is neither used nor seeded."""
    yield (
        "conduct, global generator",
        untouched(make, draw.seeds(1)[0]),
        unchanged("numpy's global generator", "draw from `rng` instead", shown=False),
    )


@question("3.1", "fan_in", stub="initializers.fan_in", core=True)
def fan_in(ps2: Any, draw: Draw) -> Steps:
    """How many inputs are summed for one output, in linear and in convolution weights."""
    for name in ("wide", "tall"):
        small, large = draw.integer(2, 300), draw.integer(301, 2000)
        shape: Shape = (small, large) if name == "wide" else (large, small)
        yield f"linear, {name}", lambda shape=shape: ps2.fan_in(shape), equal()
    for number in ("one", "two"):
        height = draw.integer(1, 5)
        shape = (draw.integer(2, 300), draw.integer(2, 300), height, height + draw.integer(1, 4))
        yield f"convolution, {number}", lambda shape=shape: ps2.fan_in(shape), equal()


@question("3.2", "constant and gaussian", stub=("initializers.constant", "initializers.gaussian"))
def constant_and_gaussian(ps2: Any, draw: Draw) -> Steps:
    """The same value everywhere; and independent normal numbers of a given deviation."""
    for name, dimensions in (("matrix", (7, 11)), ("four dimensions", (5, 4, 3, 2))):
        shape, value = draw.size(*dimensions), draw.between(-3.0, 3.0)
        yield f"constant, {name}", lambda shape=shape, value=value: ps2.constant(shape, value), equal()
    shape, whole = draw.size(6, 5), draw.integer(2, 90)
    yield "constant, a whole number", lambda: ps2.constant(shape, whole), equal()
    if draw.small:
        return
    for name, (wanted, _) in (("matrix", wide(draw)), ("four dimensions", convolution(draw))):
        std, seeds = draw.between(0.01, 0.5), draw.seeds(2)
        make = Calling(ps2, "gaussian", wanted, std)
        yield (
            f"gaussian, {name}",
            lambda make=make, seeds=seeds: draws(make, seeds),
            random_weights(wanted, std, normal_only=True, call=str(make)),
        )
    yield from global_generator(Calling(ps2, "gaussian", (3, 4), 0.5), draw)


Case = tuple[str, Shape, int, Calling, float]
"""Item name, shape, fan, the call, and the standard deviation that is right."""


def initialized(draw: Draw, cases: list[Case], *, normal_only: bool = False) -> Steps:
    """Judge each case as a distribution, and the conduct of the first."""
    for name, shape, _, make, std in cases:
        seeds = draw.seeds(2)
        yield name, lambda make=make, seeds=seeds: draws(make, seeds), random_weights(shape, std, normal_only=normal_only, call=str(make))
    yield from global_generator(cases[0][3], draw)


def deep_stack(draw: Draw, widths: list[int], make: Callable[..., Any], gain: float, phi: meanfield.Nonlinearity) -> Steps:
    """Weights for a whole stack, from one generator; the judge sends signals and gradients through."""
    seed, batch = draw.seeds(2)

    def stack() -> Any:
        rng = np.random.default_rng(seed)
        return {f"layer {i}": make(rng, shape) for i, shape in enumerate(pairwise(widths), 1)}

    yield f"linear, a deep {phi.name} stack", stack, meanfield.keeps_moments(widths, lambda fan: gain / fan, phi, batch)


def stack_widths(draw: Draw) -> list[int]:
    return [width + draw.integer(-meanfield.JITTER, meanfield.JITTER) for width in meanfield.WIDTHS]


def fans_of(widths: list[int]) -> Table:
    return dict(zip(pairwise(widths), widths, strict=False))


@question("3.3", "xavier", stub="initializers.xavier", core=True, ladder=False)
def xavier(ps2: Any, draw: Draw) -> Steps:
    """Zero mean, deviation 1/√fan_in, independent, however drawn; and what that does in a deep tanh stack."""
    cases: list[Case] = []
    for name, (shape, fan) in (("linear, wide", wide(draw)), ("linear, tall", tall(draw)), ("convolution", convolution(draw))):
        cases.append((name, shape, fan, Calling(ps2, "xavier", shape), fan**-0.5))
    widths = stack_widths(draw)
    table = {shape: fan for _, shape, fan, _, _ in cases} | fans_of(widths)
    with ps2.standing_in(fan_in=looked_up(table)):
        yield from initialized(draw, cases)
        yield from deep_stack(draw, widths, lambda rng, shape: ps2.xavier(rng, shape), 1.0, meanfield.TANH)


@question("3.4", "kaiming", stub="initializers.kaiming", core=True, ladder=False)
def kaiming(ps2: Any, draw: Draw) -> Steps:
    """Deviation √(2/((1 + a²)·fan_in)), at slope 0 and at slopes around a half; and what that does in a deep ReLU stack."""
    slopes = [draw.between(0.45, 0.6) for _ in range(2)]
    shapes = [wide(draw), tall(draw), wide(draw), convolution(draw), convolution(draw)]
    cases: list[Case] = [
        case("linear, wide", shapes[0], ps2, None),
        case("linear, tall, slope 0", shapes[1], ps2, 0.0),
        case("leaky, linear", shapes[2], ps2, slopes[0]),
        case("convolution", shapes[3], ps2, None),
        case("leaky, convolution", shapes[4], ps2, -slopes[1]),
    ]
    widths = stack_widths(draw)
    table = {shape: fan for _, shape, fan, _, _ in cases} | fans_of(widths)
    with ps2.standing_in(fan_in=looked_up(table)):
        yield from initialized(draw, cases)
        yield from deep_stack(draw, widths, lambda rng, shape: ps2.kaiming(rng, shape), 2.0, meanfield.RELU)


def case(name: str, shape_and_fan: tuple[Shape, int], ps2: Any, slope: float | None) -> Case:
    """One call of kaiming; slope None: the default."""
    shape, fan = shape_and_fan
    if slope is None:
        return name, shape, fan, Calling(ps2, "kaiming", shape), (2.0 / fan) ** 0.5
    return name, shape, fan, Calling(ps2, "kaiming", shape, negative_slope=slope), (2.0 / (fan * (1 + slope * slope))) ** 0.5


SMALL_MATRICES = 400
"""Draws of 3×3 matrices: enough for a distance of 0.17, where unfixed signs have 0.5."""


@question("3.5", "orthogonal", stub="initializers.orthogonal", ladder=False)
def orthogonal(ps2: Any, draw: Draw) -> Steps:
    """Random orthogonal matrices, all equally likely; orthonormal rows or columns when not square; convolutions as matrices."""
    side, less = draw.integer(8, 24), draw.integer(9, 30)
    inputs, height, width = kernel(draw, (2, 5), (54, 150))
    shapes = {
        "matrix, square": (side, side),
        "matrix, tall": (less + draw.integer(3, 20), less),
        "matrix, wide": (less, less + draw.integer(3, 20)),
        "convolution, more inputs": (draw.integer(8, 30), inputs, height, width),
        "convolution, more outputs": (draw.integer(25, 40), draw.integer(2, 3), 2, 3),
    }
    for name, shape in shapes.items():
        gain, seeds = draw.between(0.5, 2.0), draw.seeds(2)
        make = Calling(ps2, "orthogonal", shape, gain=gain)
        yield name, lambda make=make, seeds=seeds: draws(make, seeds), orthonormal(shape, gain)
    seed, gain = draw.seeds(1)[0], draw.between(0.5, 2.0)
    half = SMALL_MATRICES // 2

    def many() -> Any:
        rng = np.random.default_rng(seed)
        default = [ps2.orthogonal(rng, (3, 3)) for _ in range(half)]
        return np.stack([*default, *(ps2.orthogonal(rng, (3, 3), gain=gain) for _ in range(half))])

    yield "all equally likely", many, haar(np.repeat([1.0, gain], half))
    yield from global_generator(Calling(ps2, "orthogonal", (3, 4)), draw)


@question("3.6", "random_walk", stub="initializers.random_walk", ladder=False)
def random_walk(ps2: Any, draw: Draw) -> Steps:
    """Normal, with Sussillo and Abbott's gain for few inputs, where it differs from the other initializers."""
    shapes = {
        "linear": wide(draw, 3, 6),
        "relu, few inputs": wide(draw, 3, 5),
        "relu": wide(draw, 8, 12),
        "convolution": convolution(draw, (1, 5), (8, 13)),
    }
    cases: list[Case] = []
    for name, (shape, fan) in shapes.items():
        kind = "linear" if name == "linear" else "relu"
        gain = float(np.exp(0.5 / fan) if kind == "linear" else np.exp(0.5 * np.log(2) + 1.2 / (max(fan, 6) - 2.4)))
        cases.append((name, shape, fan, Calling(ps2, "random_walk", shape, kind), gain * fan**-0.5))
    with ps2.standing_in(fan_in=looked_up({shape: fan for _, shape, fan, _, _ in cases})):
        yield from initialized(draw, cases, normal_only=True)
