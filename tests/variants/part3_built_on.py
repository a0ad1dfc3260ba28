"""Right initializers of part 3 that are built on other functions of the student's own file, and ask fan_in about shapes of their own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import variant


@variant("3.3", "xavier")
def xavier_of_a_flat_convolution(right: Any) -> Any:
    file = right.__globals__

    def xavier(rng: Any, shape: Any) -> Any:
        if len(shape) == 4:
            return xavier(rng, (math.prod(shape[1:]), shape[0])).T.reshape(shape)
        return rng.standard_normal(shape) / np.sqrt(file["fan_in"](shape))

    return xavier


@variant("3.3", "xavier")
def xavier_filter_by_filter(right: Any) -> Any:
    file = right.__globals__

    def xavier(rng: Any, shape: Any) -> Any:
        if len(shape) == 2:
            return rng.standard_normal(shape) / math.sqrt(file["fan_in"](list(shape)))
        one = (1, *shape[1:])
        return np.concatenate([rng.standard_normal(one) / math.sqrt(file["fan_in"](np.array(one))) for _ in range(shape[0])])

    return xavier


@variant("3.3", "xavier")
def xavier_on_gaussian(right: Any) -> Any:
    file = right.__globals__
    return lambda rng, shape: file["gaussian"](rng, std=file["fan_in"](shape) ** -0.5, shape=shape)


@variant("3.4", "kaiming")
def kaiming_on_xavier(right: Any) -> Any:
    file = right.__globals__
    return lambda rng, shape, negative_slope=0.0: math.sqrt(2 / (1 + negative_slope**2)) * file["xavier"](rng, shape)


@variant("3.4", "kaiming")
def kaiming_of_a_flat_shape(right: Any) -> Any:
    file = right.__globals__

    def kaiming(rng: Any, shape: Any, negative_slope: float = 0.0) -> Any:
        flat = (math.prod(shape[1:]), shape[0]) if len(shape) > 2 else shape
        w = file["gaussian"](rng, flat, math.sqrt(2 / (1 + negative_slope**2) / file["fan_in"](flat)))
        return w if len(shape) == 2 else np.ascontiguousarray(w.T).reshape(shape)

    return kaiming


@variant("3.4", "kaiming")
def kaiming_uniform_where_leaky(right: Any) -> Any:
    """From one state other numbers for another slope: nothing says that they must be the same."""
    file = right.__globals__

    def kaiming(rng: Any, shape: Any, negative_slope: Any = None) -> Any:
        std = math.sqrt(2 / file["fan_in"](shape))
        if not negative_slope:
            return rng.normal(scale=std, size=shape)
        bound = math.sqrt(3) * std / math.hypot(1, negative_slope)
        return rng.uniform(-bound, bound, shape)

    return kaiming


@variant("3.5", "orthogonal")
def orthogonal_on_xavier(right: Any) -> Any:
    """The directions of normal numbers do not depend on their deviation."""
    file = right.__globals__

    def orthogonal(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = shape[0], math.prod(shape[1:])
        q, r = np.linalg.qr(file["xavier"](rng, (max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))
        return gain * (q if rows >= columns else q.T).reshape(shape)

    return orthogonal


@variant("3.6", "random_walk")
def random_walk_on_gaussian(right: Any) -> Any:
    file = right.__globals__

    def random_walk(rng: Any, shape: Any, activation: str) -> Any:
        n = file["fan_in"](shape if len(shape) == 2 else (math.prod(shape[1:]), shape[0]))
        log_gain = 1 / (2 * n) if activation == "linear" else math.log(2) / 2 + 1.2 / (max(n, 6) - 2.4)
        return file["gaussian"](rng, shape, math.exp(log_gain) / math.sqrt(n))

    return random_walk
