"""Part 3: initializers, judged as distributions.

Right functions stand in for `fan_in` and for other initializers that one may be built on: initializing.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from . import meanfield
from .agreement import equal, unchanged
from .distribution import draws, head, in_proportion, random_weights
from .draw import Draw, Shape
from .initializing import building_blocks
from .orthogonality import directions, haar, orthonormal
from .question import question
from .tracing import literal

Steps = Iterator[tuple[Any, ...]]

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


def pointwise(draw: Draw) -> tuple[Shape, int]:
    """A 1×1 convolution, and its fan. A few numbers will do: counted as a linear layer's, its fan would be ten times as large."""
    inputs = draw.integer(8, 12)
    return (draw.integer(100, 128), inputs, 1, 1), inputs


def small(draw: Draw) -> tuple[Shape, int]:
    """A small linear layer, and its fan, for what changes the deviation to twice or half."""
    fan = draw.integer(16, 24)
    return (fan, draw.integer(50, 64)), fan


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
    channels, height = draw.integer(2, 300), draw.integer(1, 5)
    for name, wanted in (
        ("as many in as out", (channels, channels, height, height + draw.integer(1, 4))),
        ("1×1", (draw.integer(2, 300), draw.integer(301, 600), 1, 1)),
    ):
        yield f"convolution, {name}", lambda wanted=wanted: ps2.fan_in(wanted), equal()


@question("3.2", "constant and gaussian", stub=("initializers.constant", "initializers.gaussian"))
def constant_and_gaussian(ps2: Any, draw: Draw) -> Steps:
    """The same value everywhere; and independent normal numbers of a given deviation."""
    for name, dimensions in (("matrix", (7, 11)), ("four dimensions", (5, 4, 3, 2))):
        shape, value = draw.size(*dimensions), draw.either((-3.0, -0.25), (0.25, 3.0))
        yield f"constant, {name}", lambda shape=shape, value=value: ps2.constant(shape, value), equal()
    shape, whole = draw.size(6, 5), draw.integer(2, 90)
    yield "constant, a whole number", lambda: {"": ps2.constant(shape, whole), "of 0": ps2.constant(shape[1:], 0)}, equal()

    def overwritten() -> Any:
        first = ps2.constant(shape, whole)
        first *= 2
        return {"overwritten": first, "another": ps2.constant(shape, whole)}

    yield "constant, a new array", overwritten, equal()
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
    seed, start = draw.seeds(1)[0], draw.normal(draw.size(9, 8))
    yield "gaussian, deviation 0", lambda: {"start": start, "noise": ps2.gaussian(np.random.default_rng(seed), start.shape, 0.0)}
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


@question("3.3", "xavier", stub="initializers.xavier", core=True, ladder=False)
def xavier(ps2: Any, draw: Draw) -> Steps:
    """Zero mean, deviation 1/√fan_in, independent, however drawn; and what that does in a deep tanh stack."""
    cases: list[Case] = []
    layers = {"linear, wide": wide, "linear, tall": tall, "convolution": convolution, "convolution, 1×1": pointwise}
    for name, layer in layers.items():
        shape, fan = layer(draw)
        cases.append((name, shape, fan, Calling(ps2, "xavier", shape), fan**-0.5))
    widths = stack_widths(draw)
    with building_blocks(ps2, "xavier"):
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
        case("convolution, 1×1", pointwise(draw), ps2, None),
        case("leaky, steep", small(draw), ps2, draw.between(2.5, 4.0)),
    ]
    widths = stack_widths(draw)
    with building_blocks(ps2, "kaiming"):
        yield from initialized(draw, cases)
        yield from one_state(ps2, draw, slopes[0])
        yield from deep_stack(draw, widths, lambda rng, shape: ps2.kaiming(rng, shape), 2.0, meanfield.RELU)


def case(name: str, shape_and_fan: tuple[Shape, int], ps2: Any, slope: float | None) -> Case:
    """One call of kaiming; slope None: the default."""
    shape, fan = shape_and_fan
    if slope is None:
        return name, shape, fan, Calling(ps2, "kaiming", shape), (2.0 / fan) ** 0.5
    return name, shape, fan, Calling(ps2, "kaiming", shape, negative_slope=slope), (2.0 / (fan * (1 + slope * slope))) ** 0.5


def one_state(ps2: Any, draw: Draw, slope: float) -> Steps:
    """From one state the same numbers, each time scaled: a default slope of 0.01, which no sample would show, does in the seventh digit."""
    shape, seed = (draw.integer(8, 16), draw.integer(8, 12)), draw.seeds(1)[0]

    def heads() -> Any:
        calls: dict[str, dict[str, float]] = {"default": {}, "slope 0": {"negative_slope": 0.0}, "leaky": {"negative_slope": slope}}
        return {name: head(ps2.kaiming(np.random.default_rng(seed), shape, **named)) for name, named in calls.items()}

    wanted = {"default": 1.0, "slope 0": 1.0, "leaky": (1 + slope * slope) ** -0.5}
    yield "leaky, from one state", heads, in_proportion(wanted, "slope 0")


MATRICES = {(3, 3): 200, (2, 3): 110, (3, 2): 110}
"""How many small ones are drawn: enough for a distance of 0.25, where unfixed signs have 0.5, and for signs that never change."""
COLUMNS = 6
"""How many single columns are drawn besides: enough for a largest entry that uniform numbers do not have."""


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
    with building_blocks(ps2):
        for name, shape in shapes.items():
            gain, seeds = gain_of(draw), draw.seeds(2)
            make = Calling(ps2, "orthogonal", shape, gain=gain)
            yield name, lambda make=make, seeds=seeds: draws(make, seeds), orthonormal(shape, gain)
        seed, gain, long = draw.seeds(1)[0], gain_of(draw), draw.integer(200, 240)

        def many(small: Shape, half: int) -> Any:
            rng = np.random.default_rng(seed)
            default = [ps2.orthogonal(rng, small) for _ in range(half)]
            return np.stack([*default, *(ps2.orthogonal(rng, small, gain=gain) for _ in range(half))])

        for (rows, columns), count in MATRICES.items():
            judge = haar(np.repeat([1.0, gain], count // 2), (rows, columns))
            yield f"all equally likely, {rows}×{columns}", lambda shape=(rows, columns), half=count // 2: many(shape, half), judge
        yield "all equally likely, one column", lambda: columns_of(ps2, seed, long), directions(COLUMNS, long)
        yield from global_generator(Calling(ps2, "orthogonal", (3, 4)), draw)


def gain_of(draw: Draw) -> float:
    """Any but 1, the default."""
    return draw.either((0.5, 0.875), (1.125, 2.0))


def columns_of(ps2: Any, seed: int, entries: int) -> Any:
    rng = np.random.default_rng(seed)
    return np.stack([ps2.orthogonal(rng, (entries, 1)) for _ in range(COLUMNS)])


@question("3.6", "random_walk", stub="initializers.random_walk", ladder=False)
def random_walk(ps2: Any, draw: Draw) -> Steps:
    """Normal, with Sussillo and Abbott's gain for few inputs, where it differs from the other initializers."""
    shapes = {
        "linear": wide(draw, 3, 3),
        "relu, few inputs": wide(draw, 3, 5),
        "relu": wide(draw, 8, 12),
        "convolution": six(draw),
        "linear, convolution": small_convolution(draw),
    }
    cases: list[Case] = []
    for name, (shape, fan) in shapes.items():
        kind = name.split(",")[0] if name.startswith("linear") else "relu"
        gain = float(np.exp(0.5 / fan) if kind == "linear" else np.exp(0.5 * np.log(2) + 1.2 / (max(fan, 6) - 2.4)))
        cases.append((name, shape, fan, Calling(ps2, "random_walk", shape, kind), gain * fan**-0.5))
    with building_blocks(ps2):
        yield from initialized(draw, cases, normal_only=True)


def six(draw: Draw) -> tuple[Shape, int]:
    """A convolution of exactly six inputs a unit, where max(N, 6) has its corner."""
    inputs, height, width = draw.choice([(3, 1, 2), (3, 2, 1), (2, 1, 3), (2, 3, 1), (1, 2, 3), (1, 3, 2)])
    return (ENTRIES // 6 + draw.integer(1, 400), inputs, height, width), 6


def small_convolution(draw: Draw) -> tuple[Shape, int]:
    """Enough numbers to tell the linear gain from the one for ReLU, which is nearly twice as large."""
    inputs, height, width = draw.choice([(2, 1, 2), (2, 2, 1), (1, 1, 5), (1, 5, 1), (2, 1, 3), (2, 3, 1)])
    return (draw.integer(220, 280), inputs, height, width), inputs * height * width
