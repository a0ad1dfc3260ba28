"""Known mistakes of part 3: initializers whose numbers are made to fit, or that are wrong for some shapes and arguments only."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .part3 import GAUSSIAN, LINEAR, fans, normal, transformed
from .part3_scaled import ALL_SLOPES, he, walk_gain
from .part3_stacks import sizes

TO_FIT = (
    "the sample (or a unit's weights) is shifted or scaled until its own mean, deviation or length is exact: "
    "its numbers then depend on one another"
)


def standardized(w: Any) -> Any:
    return (w - w.mean()) / w.std()


# ---- 3.1 and 3.2


@mistake(
    "3.1", "fan_in", "a 1×1 convolution is taken for a linear layer; its weights are (out, in, 1, 1) (handout 3.1)", fails=("convolution",)
)
def fan_pointwise(right: Any) -> Any:
    return lambda shape: int(shape[0]) if tuple(shape[2:]) == (1, 1) else right(shape)


@mistake(
    "3.2",
    "constant",
    "a value of 0 counts as no value (`value or …`) and is replaced; biases start at 0 (handout 3.2)",
    fails=("constant",),
)
def constant_zero_is_nothing(right: Any) -> Any:
    return lambda shape, value: right(shape, value or 1e-8)


@mistake(
    "3.2",
    "constant",
    "one number is shown at every place (np.broadcast_to), an array that cannot be written to; every result is a new one (handout 3.2)",
    fails=("constant, a new array",),
)
def constant_view(right: Any) -> Any:
    return lambda shape, value: np.broadcast_to(np.float64(value), shape)


@mistake(
    "3.2", "gaussian", "a deviation of 0 counts as none (`std or 0.01`) and is replaced (handout 3.2)", fails=("gaussian, deviation 0",)
)
def gaussian_zero_is_nothing(right: Any) -> Any:
    return lambda rng, shape, std=0.01: right(rng, shape, std or 0.01)


@mistake("3.2", "gaussian", TO_FIT, fails=GAUSSIAN)
def gaussian_standardized(right: Any) -> Any:
    return lambda rng, shape, std: std * standardized(right(rng, shape, std))


# ---- 3.3 and 3.4


@mistake("3.3", "xavier", TO_FIT, fails=(*LINEAR, "convolution"))
def xavier_standardized(right: Any) -> Any:
    return transformed(lambda rng, w: standardized(w) * fans(w.shape)[0] ** -0.5)(right)


@mistake(
    "3.3",
    "xavier",
    "the matrix is orthogonal, scaled to the right deviation: its numbers are not independent; that is question 3.5 (handout 3.3)",
    fails=(*LINEAR, "convolution"),
)
def xavier_orthogonal(right: Any) -> Any:
    def change(rng: Any, w: Any) -> Any:
        u, _, v = np.linalg.svd(w.reshape(len(w), -1), full_matrices=False)
        return (u @ v).reshape(w.shape) * (max(u.shape[0], v.shape[1]) / fans(w.shape)[0]) ** 0.5

    return transformed(change)(right)


@mistake(
    "3.3",
    "xavier",
    "half of the weights are the other half with the opposite sign; weights are independent (handout 3.3)",
    fails=(*LINEAR, "convolution"),
)
def xavier_mirrored(right: Any) -> Any:
    def change(rng: Any, w: Any) -> Any:
        half = w.ravel()[: (w.size + 1) // 2]
        return np.concatenate([half, -half])[: w.size].reshape(w.shape)

    return transformed(change)(right)


@mistake(
    "3.3",
    "xavier",
    "tails are clipped (np.clip) instead of drawn anew: one weight in twenty sits on the bound (handout 3.3)",
    fails=(*LINEAR, "convolution"),
)
def xavier_clipped(right: Any) -> Any:
    return lambda rng, shape: np.clip(rng.standard_normal(shape), -2, 2) / 0.9594 * fans(shape)[0] ** -0.5


@mistake("3.3", "xavier", "a 1×1 convolution is taken for a linear layer (handout 3.1)", fails=("convolution, 1×1",))
def xavier_pointwise(right: Any) -> Any:
    return normal(lambda shape: (shape[0] if tuple(shape[2:]) == (1, 1) else fans(shape)[0]) ** -0.5)(right)


@mistake("3.4", "kaiming", TO_FIT, fails=ALL_SLOPES)
def kaiming_standardized(right: Any) -> Any:
    return lambda rng, shape, negative_slope=0.0: standardized(right(rng, shape)) * (2 / ((1 + negative_slope**2) * fans(shape)[0])) ** 0.5


@mistake("3.4", "kaiming", "slopes above 1 are cut to 1; a may be of any size (handout 3.4)", fails=("leaky, steep",))
def kaiming_slope_capped(right: Any) -> Any:
    return he(lambda a: 2 / (1 + min(abs(a), 1.0) ** 2))(right)


@mistake(
    "3.4",
    "kaiming",
    "the default slope is 0.01, that of the usual leaky ReLU; it is 0, that of ReLU (handout 3.4)",
    fails=("leaky, from one state",),
)
def kaiming_default_slope(right: Any) -> Any:
    return lambda rng, shape, negative_slope=0.01: right(rng, shape, negative_slope)


@mistake(
    "3.4",
    "kaiming",
    "a slope of 0 counts as none (`negative_slope or 0.01`) and is replaced (handout 3.4)",
    fails=("leaky, from one state",),
)
def kaiming_zero_is_nothing(right: Any) -> Any:
    return lambda rng, shape, negative_slope=0.0: right(rng, shape, negative_slope or 0.01)


# ---- 3.5 and 3.6


@mistake(
    "3.5",
    "orthogonal",
    "the signs of R's diagonal are given back to Q only where there are more rows; a wide matrix needs them as well (handout 3.5)",
    fails=("all equally likely, 2×3",),
)
def orthogonal_signs_if_tall(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = sizes(shape)
        return right(rng, shape, gain) if rows >= columns else gain * np.linalg.qr(rng.standard_normal((columns, rows)))[0].T.reshape(shape)

    return wrong


@mistake(
    "3.5",
    "orthogonal",
    "the signs of R's diagonal are given back to Q only for square matrices; the others need them as well (handout 3.5)",
    fails=("all equally likely, 2×3", "all equally likely, 3×2"),
)
def orthogonal_signs_if_square(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = sizes(shape)
        if rows == columns:
            return right(rng, shape, gain)
        q = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))[0]
        return gain * (q if rows > columns else q.T).reshape(shape)

    return wrong


@mistake("3.6", "random_walk", "convolutions always get the gain for ReLU, linear or not (handout 3.6)", fails=("linear, convolution",))
def walk_convolution_is_relu(right: Any) -> Any:
    return lambda rng, shape, activation: right(rng, shape, activation if len(shape) == 2 else "relu")


@mistake("3.6", "random_walk", "max(N, 6) stands in the linear gain too; it belongs to the one for ReLU (handout 3.6)", fails=("linear",))
def walk_max_for_linear(right: Any) -> Any:
    return normal(lambda shape, kind: walk_gain(max(fans(shape)[0], 6), kind) * fans(shape)[0] ** -0.5)(right)
