"""Known mistakes of part 3: lsuv with layers of all kinds, and statistics at negative, tiny and vanishing slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .part3_statistics import dead, saturated, statistics

# ---- 3.7 lsuv


@mistake(
    "3.7",
    "lsuv",
    'only weights that are matrices (or that have a bias beside them) are scaled; every layer with parameters["weight"] is (handout 3.7)',
    fails=("weights, of one dimension",),
)
def lsuv_matrices_only(right: Any) -> Any:
    def wrong(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> None:
        x = batch
        for layer in layers:
            if np.ndim(layer.parameters.get("weight", 0.0)) > 1:
                right([layer], x, tolerance, max_iterations)
            x = layer.forward(x)

    return wrong


@mistake("3.7", "lsuv", "biases are set to 0; they stay as they are (handout 3.7)", fails=("weights", "conduct, biases"))
def lsuv_zeroes_biases(right: Any) -> Any:
    def wrong(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> None:
        for layer in layers:
            if "bias" in layer.parameters:
                layer.parameters["bias"][...] = 0.0
        right(layers, batch, tolerance, max_iterations)

    return wrong


@mistake(
    "3.7", "lsuv", "the layers are left in evaluation mode; everything but the weights stays as it is", fails=("conduct, training flags",)
)
def lsuv_leaves_evaluation_mode(right: Any) -> Any:
    def wrong(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> None:
        for layer in layers:
            layer.training = False
        right(layers, batch, tolerance, max_iterations)

    return wrong


@mistake(
    "3.7",
    "lsuv",
    "the number of divisions is looked at after the first, so that there is one even where none is allowed (handout 3.7)",
    fails=("weights, no divisions",),
)
def lsuv_divides_first(right: Any) -> Any:
    return lambda layers, batch, tolerance=0.01, max_iterations=10: right(layers, batch, tolerance, max(max_iterations, 1))


# ---- 3.9 activation_statistics

Count = Callable[[Any, Any], Any]


def counting(sat: Count = lambda z, s: saturated(s), off: Count = lambda z, s: dead(s)) -> Callable[[Any], Any]:
    """A builder that counts saturated entries and dead units in another way: of z and of the slopes."""
    return statistics(lambda z, y, s: [y.mean(), y.std(), sat(z, s), off(z, s)])


@mistake(
    "3.9",
    "activation_statistics",
    "the absolute value is missing: φ′ < 0.01 holds for every negative slope, however steep (handout 3.9)",
    fails=("negative slopes",),
)
def statistics_saturated_without_abs(right: Any) -> Any:
    return counting(sat=lambda z, s: np.mean(s < 0.01))(right)


@mistake(
    "3.9",
    "activation_statistics",
    "a slope of exactly 0.01, a leaky ReLU's, counts as saturated: the inequality |φ′| < 0.01 is strict (handout 3.9)",
    fails=("one layer",),
)
def statistics_saturated_at_the_bound(right: Any) -> Any:
    return counting(sat=lambda z, s: np.mean(np.abs(s) <= 0.01))(right)


@mistake(
    "3.9",
    "activation_statistics",
    "units whose largest slope is not positive count as dead; negative slopes are slopes too: φ′ = 0 on the whole batch (handout 3.9)",
    fails=("negative slopes",),
)
def statistics_dead_by_maximum(right: Any) -> Any:
    return counting(off=lambda z, s: np.mean(s.max(axis=0) <= 0))(right)


@mistake(
    "3.9",
    "activation_statistics",
    "units whose slopes add up to 0 count as dead; negative and positive ones may cancel (handout 3.9)",
    fails=("negative slopes",),
)
def statistics_dead_by_sum(right: Any) -> Any:
    return counting(off=lambda z, s: np.mean(s.sum(axis=0) == 0))(right)


@mistake(
    "3.9",
    "activation_statistics",
    "units whose slopes are only nearly 0 (np.isclose, a threshold) count as dead; those still learn, slowly: φ′ = 0 exactly (handout 3.9)",
    fails=("SELU",),
)
def statistics_dead_by_threshold(right: Any) -> Any:
    return counting(off=lambda z, s: np.mean(np.all(np.abs(s) < 1e-8, axis=0)))(right)


@mistake(
    "3.9",
    "activation_statistics",
    "units whose pre-activations are never positive count as dead; that is so for ReLU alone, dead is where φ′ = 0 (handout 3.9)",
    fails=("tanh", "SELU", "negative slopes"),
)
def statistics_dead_by_sign(right: Any) -> Any:
    return counting(off=lambda z, s: np.mean(np.all(z <= 0, axis=0)))(right)


NEW = "each layer gets a new type(activation)(), which has lost the arguments of the given one; use the given one, or copies of it"


@mistake("3.9", "activation_statistics", NEW + " (handout 3.9)", fails=("raised ReLU", "one layer", "negative slopes"))
def statistics_new_object(right: Any) -> Any:
    return lambda weights, activation, x: right(weights, type(activation)(), x)


@mistake(
    "3.9",
    "activation_statistics",
    "the result is squeezed, so that a stack of one layer has the shape (4,); it is (L, 4) for L = 1 too (handout 3.9)",
    fails=("one layer",),
)
def statistics_squeezed(right: Any) -> Any:
    return lambda weights, activation, x: np.squeeze(right(weights, activation, x))


# ---- 3.10 gradient_statistics


@mistake("3.10", "gradient_statistics", NEW + " (handout 3.10)", fails=("one layer",))
def gradients_new_object(right: Any) -> Any:
    return lambda weights, activation, x, g: right(weights, type(activation)(), x, g)


@mistake(
    "3.10",
    "gradient_statistics",
    "the result is squeezed, so that a stack of one layer has the shape (2,); it is (L, 2) for L = 1 too (handout 3.10)",
    fails=("one layer",),
)
def gradients_squeezed(right: Any) -> Any:
    return lambda weights, activation, x, g: np.squeeze(right(weights, activation, x, g))
