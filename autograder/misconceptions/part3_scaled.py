"""Known mistakes of part 3: initializers with a gain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .part3 import FIXED, GLOBAL, RESEEDED, Global, fans, normal, reseeded, transformed, with_generator

# ---- 3.4 kaiming

SLOPES = ("leaky, linear", "leaky, convolution")
ALL_SLOPES = ("linear, wide", "linear, tall, slope 0", "convolution", *SLOPES)
RELU_STACK = "linear, a deep ReLU stack"


def he(factor: Callable[[float], float], fan: Callable[[Any], float] = lambda shape: fans(shape)[0]) -> Callable[[Any], Any]:
    """A builder of normal numbers of variance factor(negative_slope)/fan(shape)."""
    return normal(lambda shape, negative_slope=0.0: (factor(negative_slope) / fan(shape)) ** 0.5)


@mistake(
    "3.4",
    "kaiming",
    "the factor 2 is missing, 1/fan_in: a ReLU halves the second moment at each layer and nothing makes up for it (handout 3.4)",
    fails=("linear, wide", "convolution", RELU_STACK, "leaky"),
)
def kaiming_without_two(right: Any) -> Any:
    return he(lambda a: 1 / (1 + a * a))(right)


@mistake("3.4", "kaiming", "negative_slope is ignored: the factor is 2/(1 + a²), not 2 (handout 3.4)", fails=SLOPES)
def kaiming_ignores_slope(right: Any) -> Any:
    return he(lambda a: 2.0)(right)


@mistake("3.4", "kaiming", "the slope is not squared: 1 + a instead of 1 + a² (handout 3.4)", fails=SLOPES)
def kaiming_slope_not_squared(right: Any) -> Any:
    return he(lambda a: 2 / (1 + abs(a)))(right)


@mistake("3.4", "kaiming", "the variance is multiplied by 1 + a² instead of divided (handout 3.4)", fails=SLOPES)
def kaiming_multiplies(right: Any) -> Any:
    return he(lambda a: 2 * (1 + a * a))(right)


@mistake("3.4", "kaiming", "fan_out is used instead of fan_in (handout 3.4)", fails=ALL_SLOPES)
def kaiming_fan_out(right: Any) -> Any:
    return he(lambda a: 2 / (1 + a * a), lambda shape: fans(shape)[1])(right)


@mistake(
    "3.4",
    "kaiming",
    "the variance 2/((1 + a²)·fan_in) is used as the deviation; the root is missing (handout 3.4)",
    fails=(*ALL_SLOPES, RELU_STACK),
)
def kaiming_variance(right: Any) -> Any:
    return normal(lambda shape, negative_slope=0.0: 2 / ((1 + negative_slope**2) * fans(shape)[0]))(right)


@mistake(
    "3.4",
    "kaiming",
    "a uniform distribution gets the deviation as its bound; its bound is √3 times the deviation (handout 3.4)",
    fails=ALL_SLOPES,
)
def kaiming_bound(right: Any) -> Any:
    return lambda rng, shape, negative_slope=0.0: rng.uniform(-1, 1, shape) * (2 / ((1 + negative_slope**2) * fans(shape)[0])) ** 0.5


@mistake(
    "3.4",
    "kaiming",
    "the root is taken of the 2 alone or of the fan alone: √2/fan_in instead of √(2/fan_in) (handout 3.4)",
    fails=(*ALL_SLOPES, RELU_STACK),
)
def kaiming_root_of_two(right: Any) -> Any:
    return normal(lambda shape, negative_slope=0.0: (2 / (1 + negative_slope**2)) ** 0.5 / fans(shape)[0])(right)


@mistake("3.4", "kaiming", "the kernel's area is left out for convolutions (handout 3.1)", fails=("convolution", "leaky, convolution"))
def kaiming_without_area(right: Any) -> Any:
    return he(lambda a: 2 / (1 + a * a), lambda shape: shape[0] if len(shape) == 2 else shape[1])(right)


@mistake(
    "3.4",
    "kaiming",
    "the bounds are −√(6/fan_in) and +√(6/fan_out): one distribution needs one fan (handout 3.4)",
    fails=("linear, wide", "linear, tall, slope 0", "convolution", "leaky"),
)
def kaiming_two_bounds(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, negative_slope: float = 0.0) -> Any:
        inputs, outputs = fans(shape)
        scale = (6 / (1 + negative_slope**2)) ** 0.5
        return rng.uniform(-scale * inputs**-0.5, scale * outputs**-0.5, shape)

    return wrong


@mistake(
    "3.4",
    "kaiming",
    "normal numbers are cut off at two deviations and not rescaled: the deviation is 0.88 of what is asked (handout 3.3)",
    fails=ALL_SLOPES,
)
def kaiming_truncated(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, negative_slope: float = 0.0) -> Any:
        z = rng.standard_normal(shape)
        while np.any(far := np.abs(z) > 2):
            z[far] = rng.standard_normal(int(far.sum()))
        return z * (2 / ((1 + negative_slope**2) * fans(shape)[0])) ** 0.5

    return wrong


@mistake(
    "3.4",
    "kaiming",
    "the absolute values are taken, so that no ReLU dies at the start; the mean must be 0 (handout 3.4)",
    fails=(*ALL_SLOPES, RELU_STACK),
)
def kaiming_absolute(right: Any) -> Any:
    return transformed(lambda rng, w: np.abs(w))(right)


@mistake("3.4", "kaiming", FIXED + " (handout 3.4)", fails=ALL_SLOPES)
def kaiming_fixed_seed(right: Any) -> Any:
    return with_generator(lambda rng: np.random.default_rng(0))(right)


@mistake("3.4", "kaiming", GLOBAL + " (handout 3.4)", fails=ALL_SLOPES)
def kaiming_global(right: Any) -> Any:
    return with_generator(lambda rng: Global())(right)


@mistake("3.4", "kaiming", RESEEDED, fails=("conduct, global generator",))
def kaiming_reseeded(right: Any) -> Any:
    return with_generator(reseeded)(right)


# ---- 3.6 random_walk

WALKS = ("linear", "relu, few inputs", "relu", "convolution")


def walk(gain: Callable[[int, str], float], power: float = -0.5) -> Callable[[Any], Any]:
    return normal(lambda shape, activation: gain(fans(shape)[0], activation) * fans(shape)[0] ** power)


def walk_gain(n: int, activation: str) -> float:
    return float(np.exp(0.5 / n) if activation == "linear" else np.sqrt(2) * np.exp(1.2 / (max(n, 6) - 2.4)))


@mistake("3.6", "random_walk", "there is no correction for few inputs: g is 1 or √2, as in xavier and kaiming (handout 3.6)", fails=WALKS)
def walk_without_correction(right: Any) -> Any:
    return walk(lambda n, a: 1.0 if a == "linear" else 2**0.5)(right)


@mistake("3.6", "random_walk", "the linear gain serves for ReLU too (handout 3.6)", fails=("relu, few inputs", "relu", "convolution"))
def walk_always_linear(right: Any) -> Any:
    return walk(lambda n, a: walk_gain(n, "linear"))(right)


@mistake("3.6", "random_walk", "the ReLU gain serves for linear layers too (handout 3.6)", fails=("linear",))
def walk_always_relu(right: Any) -> Any:
    return walk(lambda n, a: walk_gain(n, "relu"))(right)


@mistake("3.6", "random_walk", "√2 is missing from the ReLU gain (handout 3.6)", fails=("relu, few inputs", "relu", "convolution"))
def walk_without_root_two(right: Any) -> Any:
    return walk(lambda n, a: walk_gain(n, a) / (1.0 if a == "linear" else 2**0.5))(right)


@mistake("3.6", "random_walk", "the linear gain is exp(1/N); it is exp(1/(2N)) (handout 3.6)", fails=("linear",))
def walk_exp_one_over_n(right: Any) -> Any:
    return walk(lambda n, a: np.exp(1 / n) if a == "linear" else walk_gain(n, a))(right)


@mistake(
    "3.6",
    "random_walk",
    "max(N, 6) is left out: for N below 6 the formula was never meant and the gain explodes (handout 3.6)",
    fails=("relu, few inputs",),
)
def walk_without_max(right: Any) -> Any:
    return walk(lambda n, a: walk_gain(n, a) if a == "linear" else np.sqrt(2) * np.exp(1.2 / (n - 2.4)))(right)


@mistake("3.6", "random_walk", "g is used as the deviation of each weight; it is divided by √N (handout 3.6)", fails=WALKS)
def walk_without_fan(right: Any) -> Any:
    return walk(walk_gain, 0.0)(right)


@mistake("3.6", "random_walk", "g is divided by N instead of √N (handout 3.6)", fails=WALKS)
def walk_by_n(right: Any) -> Any:
    return walk(walk_gain, -1.0)(right)


@mistake("3.6", "random_walk", "N is fan_out; it is fan_in (handout 3.6)", fails=WALKS)
def walk_fan_out(right: Any) -> Any:
    return normal(lambda shape, activation: walk_gain(fans(shape)[1], activation) * fans(shape)[1] ** -0.5)(right)


@mistake(
    "3.6", "random_walk", "the numbers are uniform; Sussillo and Abbott's gains are derived for normal ones (handout 3.6)", fails=WALKS
)
def walk_uniform(right: Any) -> Any:
    return lambda rng, shape, activation: rng.uniform(-1, 1, shape) * np.sqrt(3 / fans(shape)[0]) * walk_gain(fans(shape)[0], activation)


@mistake("3.6", "random_walk", FIXED + " (handout 3.6)", fails=WALKS)
def walk_fixed_seed(right: Any) -> Any:
    return with_generator(lambda rng: np.random.default_rng(0))(right)


@mistake("3.6", "random_walk", RESEEDED, fails=("conduct, global generator",))
def walk_reseeded(right: Any) -> Any:
    return with_generator(reseeded)(right)
