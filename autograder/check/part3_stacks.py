"""Part 3, what needs layers: lsuv and fixup, and the statistics of deep stacks, judged exactly. The layers are stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
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


@stand_in
class StandInRaisedReLU(Curve):
    """max(0, z) + ½: a dead unit's output is not 0."""

    @staticmethod
    def function(z: Array) -> Array:
        return np.where(z.real > 0, z, 0 * z) + 0.5


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
    """Mean, deviation, saturated and dead fraction of each layer's output, for tanh, ReLU, SELU and a ReLU whose dead units give ½."""
    for name, make in (CURVES | {"raised ReLU": StandInRaisedReLU}).items():
        weights, x, _ = stack_of(draw, STRENGTHS.get(name, 1.0))
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
