"""Known mistakes in part 3, initializers. Each sentence goes on after "This is what you get when …"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake

LINEAR = ("linear, wide", "linear, tall")
DRAWN = (*LINEAR, "convolution")
FIXED = "the generator is made anew inside the function from a fixed seed, so that every layer gets the same numbers; draw from `rng`"
GLOBAL = "the numbers come from numpy's global generator (np.random.…) instead of `rng`, so that a given state does not give a given array"
RESEEDED = "numpy's global generator is seeded and used, which changes every other random number of the program; draw from `rng` alone"


def fans(shape: Any) -> tuple[int, int]:
    """(inputs, outputs) of one unit."""
    if len(shape) == 2:
        return int(shape[0]), int(shape[1])
    area = int(np.prod(shape[2:]))
    return int(shape[1]) * area, int(shape[0]) * area


def normal(std: Callable[..., Any]) -> Callable[[Any], Any]:
    """A builder of normal(0, std(shape, …))."""

    def build(right: Any) -> Any:
        return lambda rng, shape, *rest, **named: rng.standard_normal(shape) * std(shape, *rest, **named)

    return build


def transformed(change: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """A builder of change(rng, right result)."""

    def build(right: Any) -> Any:
        return lambda rng, *rest, **named: change(rng, right(rng, *rest, **named))

    return build


def with_generator(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A builder that draws from make(rng) instead of rng."""

    def build(right: Any) -> Any:
        return lambda rng, *rest, **named: right(make(rng), *rest, **named)

    return build


class Global:
    """numpy's global generator, called as a Generator is."""

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None:
            np.random.seed(seed)

    def standard_normal(self, shape: Any) -> Any:
        return np.random.standard_normal(shape)


def reseeded(rng: Any) -> Any:
    return Global(int(rng.integers(2**31)))


def resized(w: Any, count: int) -> Any:
    """The first `count` numbers again and again."""
    return np.resize(w.ravel()[:count], w.shape)


# ---- 3.1 fan_in


@mistake(
    "3.1", "fan_in", "it is fan_out, shape[1], for linear weights; they are stored (fan_in, fan_out) here (handout 3.1)", fails=("linear",)
)
def fan_linear_out(right: Any) -> Any:
    return lambda shape: int(shape[1]) if len(shape) == 2 else right(shape)


@mistake(
    "3.1",
    "fan_in",
    "the kernel's area is left out for convolutions: each output sums in·kh·kw numbers (handout 3.1)",
    fails=("convolution",),
)
def fan_without_area(right: Any) -> Any:
    return lambda shape: int(shape[0]) if len(shape) == 2 else int(shape[1])


@mistake(
    "3.1",
    "fan_in",
    "output channels are counted instead of input channels: convolution weights are (out, in, kh, kw) (handout 3.1)",
    fails=("convolution",),
)
def fan_conv_out(right: Any) -> Any:
    return lambda shape: int(shape[0]) if len(shape) == 2 else int(shape[0] * shape[2] * shape[3])


@mistake("3.1", "fan_in", "shape[0] is taken for convolutions too; there it is the number of outputs (handout 3.1)", fails=("convolution",))
def fan_shape_zero(right: Any) -> Any:
    return lambda shape: int(shape[0])


@mistake("3.1", "fan_in", "one side of the kernel is squared, in·kh²; kernels need not be square (handout 3.1)", fails=("convolution",))
def fan_square_kernel(right: Any) -> Any:
    return lambda shape: int(shape[0]) if len(shape) == 2 else int(shape[1] * shape[2] ** 2)


@mistake(
    "3.1",
    "fan_in",
    "the shape is read as (kh, kw, in, out), another library's layout; here it is (out, in, kh, kw) (handout 3.1)",
    fails=("convolution",),
)
def fan_other_layout(right: Any) -> Any:
    return lambda shape: int(np.prod(shape[:-1]))


@mistake("3.1", "fan_in", "the input channels are left out: only kh·kw is counted (handout 3.1)", fails=("convolution",))
def fan_only_area(right: Any) -> Any:
    return lambda shape: int(shape[0]) if len(shape) == 2 else int(shape[2] * shape[3])


@mistake("3.1", "fan_in", "all weights are counted, whatever output they belong to (handout 3.1)", fails=("linear", "convolution"))
def fan_everything(right: Any) -> Any:
    return lambda shape: int(np.prod(shape))


@mistake("3.1", "fan_in", "a float is returned; a count is a whole number", fails=("linear", "convolution"))
def fan_float(right: Any) -> Any:
    return lambda shape: float(right(shape))


# ---- 3.2 constant and gaussian

GAUSSIAN = ("gaussian, matrix", "gaussian, four dimensions")


@mistake(
    "3.2",
    "constant",
    "a whole number gives an integer array, in which no weight can be updated; weights are float64 (handout 3.2)",
    fails=("constant, a whole number",),
)
def constant_integer(right: Any) -> Any:
    return lambda shape, value: np.full(shape, value)


@mistake("3.2", "constant", "the value is ignored and ones are returned (handout 3.2)", fails=("constant",))
def constant_ones(right: Any) -> Any:
    return lambda shape, value: np.ones(shape)


@mistake(
    "3.2",
    "constant",
    "only the first entry (or the diagonal) gets the value; it belongs everywhere (handout 3.2)",
    fails=("constant, matrix",),
)
def constant_diagonal(right: Any) -> Any:
    def wrong(shape: Any, value: Any) -> Any:
        w = np.zeros(shape)
        w[tuple(np.arange(min(shape)) for _ in shape)] = value
        return w

    return wrong


@mistake(
    "3.2", "gaussian", "the std argument is taken for a variance: the numbers are scaled by its root (handout 3.2)", fails=("gaussian",)
)
def gaussian_variance(right: Any) -> Any:
    return lambda rng, shape, std: right(rng, shape, std**0.5)


@mistake(
    "3.2", "gaussian", "std·rng.random(shape) draws between 0 and std: never negative, so the mean is not 0 (handout 3.2)", fails=GAUSSIAN
)
def gaussian_unit_interval(right: Any) -> Any:
    return lambda rng, shape, std: std * rng.random(shape)


@mistake(
    "3.2", "gaussian", "the numbers are uniform between −std and std, without tails and with deviation std/√3 (handout 3.2)", fails=GAUSSIAN
)
def gaussian_uniform_bound(right: Any) -> Any:
    return lambda rng, shape, std: std * rng.uniform(-1, 1, shape)


@mistake(
    "3.2", "gaussian", "the numbers are uniform with the right deviation; here normal ones are asked for (handout 3.2)", fails=GAUSSIAN
)
def gaussian_uniform(right: Any) -> Any:
    return lambda rng, shape, std: std * np.sqrt(3) * rng.uniform(-1, 1, shape)


@mistake("3.2", "gaussian", "the deviation is always 0.01, the lecture's number, whatever the argument says (handout 3.2)", fails=GAUSSIAN)
def gaussian_fixed_std(right: Any) -> Any:
    return lambda rng, shape, std: right(rng, shape, 0.007)


@mistake("3.2", "gaussian", "the absolute values are taken, so that no weight is negative (handout 3.2)", fails=GAUSSIAN)
def gaussian_absolute(right: Any) -> Any:
    return transformed(lambda rng, w: np.abs(w))(right)


@mistake("3.2", "gaussian", FIXED + " (handout 3.2)", fails=GAUSSIAN)
def gaussian_fixed_seed(right: Any) -> Any:
    return with_generator(lambda rng: np.random.default_rng(0))(right)


@mistake("3.2", "gaussian", GLOBAL + " (handout 3.2)", fails=GAUSSIAN)
def gaussian_global(right: Any) -> Any:
    return with_generator(lambda rng: Global())(right)


@mistake("3.2", "gaussian", RESEEDED, fails=("conduct, global generator",))
def gaussian_reseeded(right: Any) -> Any:
    return with_generator(reseeded)(right)


# ---- 3.3 xavier


@mistake(
    "3.3",
    "xavier",
    "fan_out is used: a layer that narrows then blows its signal up (handout 3.3)",
    fails=DRAWN,
)
def xavier_fan_out(right: Any) -> Any:
    return normal(lambda shape: fans(shape)[1] ** -0.5)(right)


@mistake(
    "3.3",
    "xavier",
    "the deviation is Glorot and Bengio's √(2/(fan_in + fan_out)); the lecture's, asked here, is 1/√fan_in (handout 3.3)",
    fails=DRAWN,
)
def xavier_glorot(right: Any) -> Any:
    return normal(lambda shape: (2 / sum(fans(shape))) ** 0.5)(right)


@mistake("3.3", "xavier", "the deviation is √(1/(fan_in + fan_out)); it is 1/√fan_in (handout 3.3)", fails=DRAWN)
def xavier_sum_of_fans(right: Any) -> Any:
    return normal(lambda shape: sum(fans(shape)) ** -0.5)(right)


@mistake(
    "3.3",
    "xavier",
    "the variance 1/fan_in is used as the deviation; the root is missing (handout 3.3)",
    fails=(*DRAWN, "linear, a deep tanh stack"),
)
def xavier_variance(right: Any) -> Any:
    return normal(lambda shape: 1 / fans(shape)[0])(right)


@mistake(
    "3.3",
    "xavier",
    "a uniform distribution gets the deviation as its bound; its bound is √3 times the deviation (handout 3.3)",
    fails=DRAWN,
)
def xavier_bound(right: Any) -> Any:
    return lambda rng, shape: rng.uniform(-1, 1, shape) / np.sqrt(fans(shape)[0])


@mistake(
    "3.3",
    "xavier",
    "the numbers are uniform between 0 and 1, never negative: the mean is not 0 (handout 3.3)",
    fails=(*DRAWN, "linear, a deep tanh stack"),
)
def xavier_positive(right: Any) -> Any:
    return lambda rng, shape: rng.random(shape) / np.sqrt(fans(shape)[0])


@mistake(
    "3.3",
    "xavier",
    "the factor √2 for ReLU is in it: that is Kaiming's, the next question (handout 3.3)",
    fails=(*DRAWN, "linear, a deep tanh stack"),
)
def xavier_is_kaiming(right: Any) -> Any:
    return normal(lambda shape: (2 / fans(shape)[0]) ** 0.5)(right)


@mistake(
    "3.3",
    "xavier",
    "normal numbers are cut off at two deviations and not rescaled: their deviation is only 0.88 of what is asked (handout 3.3)",
    fails=DRAWN,
)
def xavier_truncated(right: Any) -> Any:
    def wrong(rng: Any, shape: Any) -> Any:
        z = rng.standard_normal(shape)
        while np.any(far := np.abs(z) > 2):
            z[far] = rng.standard_normal(int(far.sum()))
        return z / np.sqrt(fans(shape)[0])

    return wrong


@mistake(
    "3.3",
    "xavier",
    "the kernel's area is left out for convolutions, so that their weights are √(kh·kw) times too large (handout 3.1)",
    fails=("convolution",),
)
def xavier_without_area(right: Any) -> Any:
    return normal(lambda shape: (shape[0] if len(shape) == 2 else shape[1]) ** -0.5)(right)


@mistake("3.3", "xavier", "only the signs are random: all weights have one magnitude (handout 3.3)", fails=DRAWN)
def xavier_signs(right: Any) -> Any:
    return transformed(lambda rng, w: np.sign(w) * w.std())(right)


@mistake("3.3", "xavier", "the distribution is Laplace's: the deviation is right, the shape is not (handout 3.3)", fails=DRAWN)
def xavier_laplace(right: Any) -> Any:
    return lambda rng, shape: rng.laplace(0.0, np.sqrt(0.5 / fans(shape)[0]), shape)


@mistake("3.3", "xavier", "all units get one and the same column of weights, repeated: they stay equal for ever (handout 3.3)", fails=DRAWN)
def xavier_tiled(right: Any) -> Any:
    return transformed(lambda rng, w: resized(w, w.size // len(w)))(right)


@mistake("3.3", "xavier", "half of the weights is drawn and used twice; weights are independent (handout 3.3)", fails=DRAWN)
def xavier_two_halves(right: Any) -> Any:
    return transformed(lambda rng, w: resized(w, w.size // 2 + 1))(right)


@mistake(
    "3.3",
    "xavier",
    "the weights are 0.01·normal, the lecture's first idea: they do not depend on the layer's size (handout 3.3)",
    fails=(*DRAWN, "linear, a deep tanh stack"),
)
def xavier_small_numbers(right: Any) -> Any:
    return normal(lambda shape: 0.01)(right)


@mistake(
    "3.3",
    "xavier",
    "1 is added to the fan for the bias; only the weights are counted (handout 3.3)",
    fails=(),
    equivalent="at the layer sizes asked the deviation changes by 1 % at most: too little for a sample of this size, and harmless",
)
def xavier_counts_bias(right: Any) -> Any:
    return normal(lambda shape: (fans(shape)[0] + 1) ** -0.5)(right)


@mistake("3.3", "xavier", FIXED + " (handout 3.3)", fails=DRAWN)
def xavier_fixed_seed(right: Any) -> Any:
    return with_generator(lambda rng: np.random.default_rng(42))(right)


@mistake("3.3", "xavier", GLOBAL + " (handout 3.3)", fails=DRAWN)
def xavier_global(right: Any) -> Any:
    return with_generator(lambda rng: Global())(right)


@mistake("3.3", "xavier", RESEEDED, fails=("conduct, global generator",))
def xavier_reseeded(right: Any) -> Any:
    return with_generator(reseeded)(right)
