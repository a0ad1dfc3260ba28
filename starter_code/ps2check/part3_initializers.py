"""Part 3: initializers, judged as distributions, and the statistics of deep stacks, judged exactly.

Wherever an initializer needs `fan_in`, a table stands in for it, so that a wrong `fan_in` costs its own question only. The activations and
layers here are stand-ins too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from . import meanfield
from .agreement import each_entry, equal, unchanged
from .distribution import draws, haar, orthonormal, random_weights
from .draw import Draw, Shape
from .matrices import rotation
from .question import question
from .tracing import literal, stand_in
from .verdict import Array

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


# ---- layers that stand in for the student's


class Curve:
    """An activation made from its function alone: the derivative is taken by a complex step, exact to rounding."""

    STEP = 1e-100

    def __init__(self) -> None:
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        self.training = True

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @staticmethod
    def function(z: Array) -> Array:
        raise NotImplementedError

    def forward(self, x: Array) -> Array:
        self.x = np.array(x, dtype=np.float64)
        return self.function(self.x)

    def backward(self, grad_output: Array) -> Array:
        slope: Array = self.function(self.x + 1j * self.STEP).imag / self.STEP
        return grad_output * slope


@stand_in
class StandInTanh(Curve):
    @staticmethod
    def function(z: Array) -> Array:
        return np.tanh(z)


@stand_in
class StandInReLU(Curve):
    @staticmethod
    def function(z: Array) -> Array:
        return np.where(z.real > 0, z, 0 * z)


@stand_in
class StandInSELU(Curve):
    @staticmethod
    def function(z: Array) -> Array:
        return 1.0507009873554805 * np.where(z.real > 0, z, 1.6732632423543772 * np.expm1(np.where(z.real > 0, 0, z)))


CURVES: dict[str, type[Curve]] = {"tanh": StandInTanh, "ReLU": StandInReLU, "SELU": StandInSELU}


@stand_in
class Affine(Curve):
    """x·W + b, with W (D_in, D_out)."""

    def __init__(self, weight: Array) -> None:
        super().__init__()
        self.parameters = {"weight": weight, "bias": np.zeros(weight.shape[1])}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({literal(self.parameters['weight'])})"

    def forward(self, x: Array) -> Array:
        z: Array = x @ self.parameters["weight"] + self.parameters["bias"]
        return z


@stand_in
class Squeezed(Affine):
    """An affine layer with a soft limit built in, so that one division by the deviation is not enough."""

    def forward(self, x: Array) -> Array:
        z = super().forward(x)
        return z / (1 + np.abs(z) / 2)


@stand_in
class LearnedSlope(Curve):
    """Has a parameter, but no weight."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.parameters = {"alpha": np.array([alpha])}

    def __repr__(self) -> str:
        return f"LearnedSlope({float(self.parameters['alpha'][0])})"

    def forward(self, x: Array) -> Array:
        return np.where(x > 0, x, self.parameters["alpha"] * x)


@question("3.7", "lsuv", stub="initializers.lsuv")
def lsuv(ps2: Any, draw: Draw) -> Steps:
    """Layer after layer, weights divided in place until each output has variance 1 on the batch."""
    n, d = draw.size(24, 9, least=4)
    batch = draw.normal((n, d)) * draw.between(1.5, 4.0)
    weights = [rotation(draw, d) for _ in range(3)]
    slope = draw.between(0.25, 0.75)
    stacks: list[list[Any]] = []

    def stack(kinds: str) -> list[Any]:
        made = {"a": Affine, "s": Squeezed}
        arrays = iter(weights)
        stacks.append([LearnedSlope(slope) if k == "p" else CURVES["ReLU"]() if k == "r" else made[k](next(arrays).copy()) for k in kinds])
        return stacks[-1]

    def weights_after(layers: list[Any], *arguments: Any, **named: Any) -> Any:
        ps2.lsuv(layers, *arguments, **named)
        return {f"layer {i}": layer.parameters["weight"] for i, layer in enumerate(layers) if "weight" in layer.parameters}

    yield "weights", lambda: weights_after(stack("arapa"), batch)
    tolerance, most = draw.between(0.02, 0.2), draw.integer(2, 4)
    yield "weights, several divisions", lambda: weights_after(stack("srsps"), batch, tolerance=tolerance, max_iterations=20)
    yield "weights, few divisions", lambda: weights_after(stack("srsps"), batch, tolerance=1e-6, max_iterations=most)
    unit = draw.normal((n, d))
    unit = unit / unit.std() * draw.between(1.03, 1.2)
    yield "weights, near enough", lambda: weights_after(stack("arapa"), unit, tolerance=0.5)

    def held() -> Any:
        layers = stack("ara")
        arrays = [layer.parameters["weight"] for layer in layers if "weight" in layer.parameters]
        ps2.lsuv(layers, batch)
        return {str(i): array for i, array in enumerate(arrays)}

    yield "weights, in place", held
    yield "conduct, batch", batch, unchanged("batch")
    yield "conduct, biases", lambda: {str(i): s.parameters["bias"] for i, s in enumerate(stacks[0]) if "bias" in s.parameters}
    yield "conduct, returns None", lambda: {"None": ps2.lsuv(stack("ar"), batch) is None}, equal()


@question("3.8", "fixup_scale", stub="initializers.fixup_scale")
def fixup_scale(ps2: Any, draw: Draw) -> Steps:
    """L^(−1/(2m − 2)) for L blocks of m layers."""
    for number in ("one", "two"):
        blocks, layers = draw.integer(2, 200), draw.integer(3, 8)
        yield f"scale, {number}", lambda blocks=blocks, layers=layers: ps2.fixup_scale(blocks, layers)
    blocks = draw.integer(2, 200)
    yield "scale, two layers a block", lambda: ps2.fixup_scale(blocks, 2)


def stack_of(draw: Draw, strength: float) -> tuple[list[Array], Array, Array]:
    """(weights, x, dL/d(last output)) of a small stack of different widths; some units after the first layer get negative weights only.

    strength: of the weights; above 2 a bounded activation saturates here and there.
    """
    widths = [
        draw.integer(2, 3) if draw.small else draw.integer(5, 11) for _ in range(draw.integer(2, 3) if draw.small else draw.integer(4, 5))
    ]
    n = draw.size(9, least=2)[0]
    weights = [draw.normal((a, b)) * strength / 2.0 ** round(np.log2(a) / 2) for a, b in pairwise(widths)]
    for w in weights[1:]:
        column = draw.integer(0, w.shape[1] - 1)
        w[:, column] = -np.abs(w[:, column])
    return weights, draw.normal((n, widths[0])), draw.normal((n, widths[-1]))


STRENGTHS = {"tanh": 2.0, "ReLU": 1.0, "SELU": 4.0}
"""Enough for entries to saturate, in nearly every layer; for gradients half of it, so that they do not vanish."""


@question("3.9", "activation_statistics", stub="deep_stacks.activation_statistics", core=True)
def activation_statistics(ps2: Any, draw: Draw) -> Steps:
    """Mean, deviation, saturated and dead fraction of each layer's output, for tanh, ReLU and SELU."""
    for name, make in CURVES.items():
        weights, x, _ = stack_of(draw, STRENGTHS[name])
        yield name, lambda weights=weights, make=make, x=x: ps2.activation_statistics(weights, make(), x), each_entry()
        yield f"conduct, x of {name}", x, unchanged("x")
        yield f"conduct, weights of {name}", dict(enumerate_arrays(weights)), unchanged("a weight")


def enumerate_arrays(arrays: list[Array]) -> Iterator[tuple[str, Array]]:
    return ((f"weight {i}", array) for i, array in enumerate(arrays, 1))


@question("3.10", "gradient_statistics", stub="deep_stacks.gradient_statistics", core=True)
def gradient_statistics(ps2: Any, draw: Draw) -> Steps:
    """Deviation of each layer's weight gradient and input gradient, for tanh, ReLU and SELU."""
    for name, make in CURVES.items():
        weights, x, g = stack_of(draw, STRENGTHS[name] / (1 if name == "ReLU" else 2))
        yield name, lambda weights=weights, make=make, x=x, g=g: ps2.gradient_statistics(weights, make(), x, g), each_entry()
        yield f"conduct, x of {name}", x, unchanged("x")
        yield f"conduct, grad_output of {name}", g, unchanged("grad_output")
        yield f"conduct, weights of {name}", dict(enumerate_arrays(weights)), unchanged("a weight")
