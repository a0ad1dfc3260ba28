"""Part 3, what needs layers: lsuv and fixup, and the statistics of deep stacks, judged exactly. The layers are stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from .agreement import each_entry, equal, unchanged
from .draw import Draw
from .matrices import rotation
from .part3_initializers import Steps
from .question import question
from .tracing import literal, stand_in
from .verdict import Array


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


class Adjusted(Curve):
    """A curve with arguments, which another object of its class does not have by itself."""

    def __init__(self, *arguments: float) -> None:
        super().__init__()
        self.arguments = arguments

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.arguments))})"


@stand_in
class StandInRaisedReLU(Adjusted):
    """max(0, z) + height: a dead unit's output is not 0."""

    def __init__(self, height: float = 0.5) -> None:
        super().__init__(height)

    def function(self, z: Array) -> Array:  # type: ignore[override]
        return np.where(z.real > 0, z, 0 * z) + self.arguments[0]


@stand_in
class StandInSlopes(Adjusted):
    """left·z up to 0, middle·z up to 100, far·z from there on; the slopes are exactly these."""

    def __init__(self, left: float = 0.5, middle: float = 2.0, far: float = 1.0) -> None:
        super().__init__(left, middle, far)

    def forward(self, x: Array) -> Array:
        left, middle, far = self.arguments
        self.slope = np.where(x > 100, far, np.where(x > 0, middle, left))
        y: Array = x * self.slope
        return y

    def backward(self, grad_output: Array) -> Array:
        return grad_output * self.slope


CURVES: dict[str, type[Curve]] = {"tanh": StandInTanh, "ReLU": StandInReLU, "SELU": StandInSELU}


@stand_in
class Affine(Curve):
    """x·W + b, with W (D_in, D_out)."""

    def __init__(self, weight: Array, bias: Array | None = None) -> None:
        super().__init__()
        self.parameters = {"weight": weight, "bias": np.zeros(weight.shape[1]) if bias is None else bias}

    def __repr__(self) -> str:
        bias = self.parameters["bias"]
        return f"{type(self).__name__}({literal(self.parameters['weight'])}{', ' + literal(bias) if bias.any() else ''})"

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
class Scales(Curve):
    """Each unit times a weight of its own: a weight of one dimension, and no bias."""

    def __init__(self, weight: Array) -> None:
        super().__init__()
        self.parameters = {"weight": weight}

    def __repr__(self) -> str:
        return f"Scales({literal(self.parameters['weight'])})"

    def forward(self, x: Array) -> Array:
        y: Array = x * self.parameters["weight"]
        return y


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
    bias, scales = draw.normal((d,)) / 8, 16 * draw.away_from(0.0, (d,))  # no variance is near 1 by itself
    slope = draw.between(0.25, 0.75)
    stacks: list[list[Any]] = []

    def stack(kinds: str) -> list[Any]:
        """a, b: affine, without and with a bias; s: squeezed; w: scales; p: a learned slope; r: ReLU."""
        arrays = iter(weights)
        made: dict[str, Callable[[], Any]] = {
            "a": lambda: Affine(next(arrays).copy()),
            "b": lambda: Affine(next(arrays).copy(), bias.copy()),
            "s": lambda: Squeezed(next(arrays).copy()),
            "w": lambda: Scales(scales.copy()),
            "p": lambda: LearnedSlope(slope),
            "r": CURVES["ReLU"],
        }
        stacks.append([made[kind]() for kind in kinds])
        return stacks[-1]

    def weights_after(layers: list[Any], *arguments: Any, **named: Any) -> Any:
        ps2.lsuv(layers, *arguments, **named)
        return {f"layer {i}": layer.parameters["weight"] for i, layer in enumerate(layers) if "weight" in layer.parameters}

    yield "weights", lambda: weights_after(stack("brapa"), batch)
    tolerance, most = draw.between(0.02, 0.2), draw.integer(2, 4)
    yield "weights, of one dimension", lambda: weights_after(stack("arw"), batch)
    yield "weights, several divisions", lambda: weights_after(stack("srsps"), batch, tolerance=tolerance, max_iterations=20)
    yield "weights, few divisions", lambda: weights_after(stack("srsps"), batch, tolerance=1e-6, max_iterations=most)
    yield "weights, no divisions", lambda: weights_after(stack("ar"), batch, max_iterations=0)
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
    yield "conduct, training flags", lambda: {str(i): s.training for i, s in enumerate(stacks[0])}, equal()
    yield "conduct, returns None", lambda: {"None": ps2.lsuv(stack("ar"), batch) is None}, equal()


@question("3.8", "fixup_scale", stub="initializers.fixup_scale")
def fixup_scale(ps2: Any, draw: Draw) -> Steps:
    """L^(−1/(2m − 2)) for L blocks of m layers."""
    for number in ("one", "two"):
        blocks, layers = draw.integer(9, 200), draw.integer(3, 8)  # never as many of one as of the other
        yield f"scale, {number}", lambda blocks=blocks, layers=layers: ps2.fixup_scale(blocks, layers)
    blocks = draw.integer(2, 200)
    yield "scale, two layers a block", lambda: ps2.fixup_scale(blocks, 2)


def stack_of(draw: Draw, strength: float) -> tuple[list[Array], Array, Array]:
    """(weights, x, dL/d(last output)) of a small stack of different widths. After the first layer one unit gets negative weights only, and
    one positive ones, so that no stack of ReLUs is all dead.

    strength: of the weights; above 2 a bounded activation saturates here and there.
    """
    widths = [
        draw.integer(2, 3) if draw.small else draw.integer(5, 11) for _ in range(draw.integer(2, 3) if draw.small else draw.integer(4, 5))
    ]
    n = draw.size(9, least=2)[0]
    weights = [draw.normal((a, b)) * strength / 2.0 ** round(np.log2(a) / 2) for a, b in pairwise(widths)]
    for w in weights[1:]:
        column = draw.integer(0, w.shape[1] - 1)
        w[:, column], w[:, column - 1] = -np.abs(w[:, column]), np.abs(w[:, column - 1])
    return weights, draw.normal((n, widths[0])), draw.normal((n, widths[-1]))


STRENGTHS = {"tanh": 2.0, "ReLU": 1.0, "SELU": 4.0}
"""Enough for entries to saturate, in nearly every layer; for gradients half of it, so that they do not vanish."""


EXTREMES = {"tanh": (1000.0, 1000.0, 1000.0, 2.65), "SELU": (-50.0, -2000.0), "negative slopes": (200.0,)}
"""Units of the first layer that get about so much from every example. tanh′ is exactly 0 at 1000, and the units not off; from 2.65 to
2.98 |tanh| is above 0.99, and its slope above 0.01. SELU′ is 1e-22, so that the unit is nearly dead but not dead, and exactly 0. Of the
negative slopes the batch is mirrored, so that those of a unit, or the largest of them, add up to 0 though it is not dead."""


def single_out(weight: Array, x: Array, sums: tuple[float, ...]) -> None:
    """In place: the first units see the first input only, which lies between 1 and 1⅛; the last unit stays as it is."""
    if sums:
        x[:, 0] = 1 + np.abs(x[:, 0]) % 0.125
    for unit, total in enumerate(sums[: weight.shape[1] - 1]):
        weight[:, unit] = 0.0
        weight[0, unit] = total


@question("3.9", "activation_statistics", stub="deep_stacks.activation_statistics", core=True)
def activation_statistics(ps2: Any, draw: Draw) -> Steps:
    """Mean, deviation, saturated and dead fraction of each layer's output, for tanh, ReLU, SELU, a ReLU whose dead units do not give 0,
    slopes of exactly 0.01 and negative slopes."""
    left, right, height = draw.between(0.5, 0.9), draw.between(0.6, 1.4), draw.between(0.6, 1.5)
    activations: dict[str, Callable[[], Any]] = {
        **CURVES,
        "raised ReLU": lambda: StandInRaisedReLU(height),
        "one layer, slope 0.01": lambda: StandInSlopes(0.01, right),
        "negative slopes": lambda: StandInSlopes(-left, left, 0.0),
    }
    judge = each_entry(floor=0.1)  # where nearly all units are dead, √(E[h²] − E[h]²) keeps nine digits of the mean, not of itself
    for name, make in activations.items():
        weights, x, _ = stack_of(draw, STRENGTHS.get(name, 1.0))
        single_out(weights[0], x, EXTREMES.get(name, ()))
        weights = weights[:1] if name.startswith("one layer") else weights
        x = np.concatenate([x, -x]) if name == "negative slopes" else x
        yield name, lambda weights=weights, make=make, x=x: ps2.activation_statistics(weights, make(), x), judge
        yield f"conduct, x of {name}", x, unchanged("x")
        yield f"conduct, weights of {name}", dict(enumerate_arrays(weights)), unchanged("a weight")


def enumerate_arrays(arrays: list[Array]) -> Iterator[tuple[str, Array]]:
    return ((f"weight {i}", array) for i, array in enumerate(arrays, 1))


@question("3.10", "gradient_statistics", stub="deep_stacks.gradient_statistics", core=True)
def gradient_statistics(ps2: Any, draw: Draw) -> Steps:
    """Deviation of each layer's weight gradient and input gradient, for tanh, ReLU, SELU and a single layer of two slopes."""
    left, right = draw.between(-0.9, -0.3), draw.between(0.6, 1.4)
    activations: dict[str, Callable[[], Any]] = {**CURVES, "one layer": lambda: StandInSlopes(left, right)}
    for name, make in activations.items():
        weights, x, g = stack_of(draw, STRENGTHS.get(name, 1.0) / (1 if name == "ReLU" else 2))
        if name == "one layer":
            weights, g = weights[:1], draw.normal((len(x), weights[0].shape[1]))
        yield name, lambda weights=weights, make=make, x=x, g=g: ps2.gradient_statistics(weights, make(), x, g), each_entry()
        yield f"conduct, x of {name}", x, unchanged("x")
        yield f"conduct, grad_output of {name}", g, unchanged("grad_output")
        yield f"conduct, weights of {name}", dict(enumerate_arrays(weights)), unchanged("a weight")
