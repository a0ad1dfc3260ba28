"""Honest other ways in part 3: any way of drawing, other distributions, other orders, other algorithms."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
from scipy import linalg, special, stats

from . import variant


def fan(shape: Any) -> int:
    return int(shape[0]) if len(shape) == 2 else int(np.prod(shape[1:]))


# ---- 3.1 fan_in


@variant("3.1", "fan_in")
def fan_by_size(right: Any) -> Any:
    return lambda shape: math.prod(shape) // shape[1 if len(shape) == 2 else 0]


@variant("3.1", "fan_in")
def fan_numpy_integer(right: Any) -> Any:
    return lambda shape: shape[0] if len(shape) == 2 else np.prod(shape[1:])


@variant("3.1", "fan_in")
def fan_by_dummy(right: Any) -> Any:
    return lambda shape: np.empty(shape)[:, 0].size if len(shape) == 2 else np.empty(shape)[0].size


# ---- 3.2 to 3.4 and 3.6: any way of drawing a std

STD: dict[str, tuple[str, Any]] = {
    "gaussian": ("3.2", lambda shape, std: std),
    "xavier": ("3.3", lambda shape: 1 / math.sqrt(fan(shape))),
    "kaiming": ("3.4", lambda shape, negative_slope=0.0: math.sqrt(2 / (1 + negative_slope**2) / fan(shape))),
    "random_walk": (
        "3.6",
        lambda shape, activation: (
            (math.exp(1 / (2 * fan(shape))) if activation == "linear" else math.sqrt(2) * math.exp(1.2 / (max(fan(shape), 6) - 2.4)))
            / math.sqrt(fan(shape))
        ),
    ),
}


def by_rows_backwards(rng: Any, s: float, shape: Any) -> Any:
    w = np.empty(shape)
    for i in reversed(range(len(w))):
        w[i] = rng.normal(0, s, w[i].shape)
    return w


def by_polar_pairs(rng: Any, s: float, shape: Any) -> Any:
    """Box and Muller's way."""
    n = int(np.prod(shape))
    radius = np.sqrt(-2 * np.log1p(-rng.random((n + 1) // 2)))
    angle = 2 * np.pi * rng.random((n + 1) // 2)
    return s * np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:n].reshape(shape)


def by_redrawing(rng: Any, s: float, shape: Any) -> Any:
    """Truncated at two deviations, and scaled up so that the deviation is right."""
    z = rng.normal(size=shape)
    while (bad := np.abs(z) > 2).any():
        z[bad] = rng.normal(size=bad.sum())
    return z * s / 0.8796256610342398


def by_inversion(rng: Any, s: float, shape: Any, cut: float) -> Any:
    """Truncated at `cut`, by the inverse of the distribution function, and scaled up."""
    low = special.ndtr(-cut)
    z = special.ndtri(low + (1 - 2 * low) * rng.random(shape))
    return z * s / np.sqrt(1 - 2 * cut * math.exp(-cut * cut / 2) / math.sqrt(2 * math.pi) / (1 - 2 * low))


NORMAL_WAYS = {
    "normal": lambda rng, s, shape: rng.normal(0, s, shape),
    "standard_normal": lambda rng, s, shape: s * rng.standard_normal(shape),
    "rows_backwards": by_rows_backwards,
    "float32_draws": lambda rng, s, shape: s * rng.standard_normal(shape, dtype=np.float32).astype(np.float64),
    "child_generator": lambda rng, s, shape: rng.spawn(1)[0].normal(0.0, s, size=shape),
    "scipy": lambda rng, s, shape: stats.norm.rvs(scale=s, size=shape, random_state=rng),
    "polar_pairs": by_polar_pairs,
    "seeded_child": lambda rng, s, shape: np.random.default_rng(rng.integers(2**63)).normal(size=shape) * s,
    "transposed": lambda rng, s, shape: rng.normal(0, s, shape[::-1]).T.copy(),
}
OTHER_WAYS = {
    "uniform": lambda rng, s, shape: rng.uniform(-math.sqrt(3) * s, math.sqrt(3) * s, shape),
    "float32_uniform": lambda rng, s, shape: (2.0 * rng.random(shape, dtype=np.float32).astype(np.float64) - 1) * s * math.sqrt(3),
    "truncated": by_redrawing,
    "truncated_at_three": lambda rng, s, shape: by_inversion(rng, s, shape, 3.0),
    "truncated_odd_cut": lambda rng, s, shape: by_inversion(rng, s, shape, 1.7),
}


def drawing(way: Any, std: Any) -> Any:
    return lambda right: lambda rng, shape, *rest, **named: way(rng, std(shape, *rest, **named), shape)


for stub, (question, std) in STD.items():
    for name, way in {**NORMAL_WAYS, **(OTHER_WAYS if stub in ("xavier", "kaiming") else {})}.items():
        built = drawing(way, std)
        built.__name__ = f"{stub}_{name}"
        variant(question, stub)(built)


@variant("3.2", "constant")
def constant_by_ones(right: Any) -> Any:
    return lambda shape, value: value * np.ones(shape)


@variant("3.2", "constant")
def constant_by_sum(right: Any) -> Any:
    return lambda shape, value: np.zeros(shape) + value


@variant("3.2", "constant")
def constant_by_fill(right: Any) -> Any:
    def constant(shape: Any, value: Any) -> Any:
        w = np.empty(shape, dtype=float)
        w.fill(value)
        return w

    return constant


# ---- 3.5 orthogonal


def matrix_of(shape: Any) -> tuple[int, int]:
    return shape[0], int(np.prod(shape[1:]))


@variant("3.5", "orthogonal")
def orthogonal_polar(right: Any) -> Any:
    def orthogonal(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        u, _, vt = np.linalg.svd(rng.normal(size=matrix_of(shape)), full_matrices=False)
        return (gain * u @ vt).reshape(shape)

    return orthogonal


@variant("3.5", "orthogonal")
def orthogonal_random_signs(right: Any) -> Any:
    """QR without the sign fix, columns then multiplied by random signs: as good."""

    def orthogonal(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = matrix_of(shape)
        q, r = np.linalg.qr(rng.standard_normal((rows, columns) if rows >= columns else (columns, rows)))
        q *= rng.choice([-1.0, 1.0], size=r.shape[0])
        return np.ascontiguousarray(gain * (q if rows >= columns else q.T)).reshape(shape)

    return orthogonal


@variant("3.5", "orthogonal")
def orthogonal_scipy_group(right: Any) -> Any:
    def orthogonal(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = matrix_of(shape)
        return gain * stats.ortho_group.rvs(max(rows, columns), random_state=rng)[:rows, :columns].reshape(shape)

    return orthogonal


@variant("3.5", "orthogonal")
def orthogonal_gram_schmidt(right: Any) -> Any:
    def orthogonal(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = matrix_of(shape)
        w = rng.standard_normal((min(rows, columns), max(rows, columns)))
        for i in range(len(w)):
            for _ in range(2):
                w[i] -= w[:i].T @ (w[:i] @ w[i])
            w[i] /= np.linalg.norm(w[i])
        return gain * (w if rows <= columns else w.T).reshape(shape)

    return orthogonal


@variant("3.5", "orthogonal")
def orthogonal_root_of_gram(right: Any) -> Any:
    def orthogonal(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = matrix_of(shape)
        g = rng.normal(size=(max(rows, columns), min(rows, columns)))
        values, vectors = linalg.eigh(g.T @ g)
        q = g @ (vectors / np.sqrt(values)) @ vectors.T
        u, _, vt = np.linalg.svd(q, full_matrices=False)  # polish
        q = u @ vt
        return gain * (q if rows >= columns else q.T).reshape(shape)

    return orthogonal


# ---- 3.7 lsuv


@variant("3.7", "lsuv")
def lsuv_while(right: Any) -> Any:
    def lsuv(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> None:
        h = batch.copy()
        for layer in layers:
            if "weight" not in layer.parameters:
                h = layer.forward(h)
                continue
            tries = 0
            while tries < max_iterations:
                variance = layer.forward(h).var()
                if not abs(variance - 1.0) >= tolerance:
                    break
                layer.parameters["weight"][...] = layer.parameters["weight"] / np.sqrt(variance)
                tries += 1
            h = layer.forward(h)

    return lsuv


@variant("3.7", "lsuv")
def lsuv_from_the_start(right: Any) -> Any:
    """Runs the whole stack from the batch each time."""

    def lsuv(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> Any:
        def output(k: int) -> Any:
            h = batch
            for layer in layers[: k + 1]:
                h = layer.forward(h)
            return h

        for k, layer in enumerate(layers):
            weight = layer.parameters.get("weight")
            if weight is None:
                continue
            for _ in range(max_iterations):
                y = output(k)
                spread = np.sqrt(np.mean((y - y.mean()) ** 2))
                if abs(spread * spread - 1) < tolerance:
                    break
                np.divide(weight, spread, out=weight)

    return lsuv


@variant("3.7", "lsuv")
def lsuv_recursive(right: Any) -> Any:
    def scaled(layer: Any, x: Any, tolerance: float, left: int) -> Any:
        y = layer.forward(x)
        if "weight" in layer.parameters and left and abs(np.var(y) - 1) >= tolerance:
            layer.parameters["weight"] *= 1 / np.std(y)
            return scaled(layer, x, tolerance, left - 1)
        return y

    def lsuv(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> None:
        for layer in layers:
            batch = scaled(layer, batch, tolerance, max_iterations)

    return lsuv


# ---- 3.8 fixup_scale


@variant("3.8", "fixup_scale")
def fixup_by_exponential(right: Any) -> Any:
    return lambda L, m: math.exp(-math.log(L) / (2 * m - 2))


@variant("3.8", "fixup_scale")
def fixup_by_root(right: Any) -> Any:
    return lambda num_blocks, layers_per_block: 1 / np.power(num_blocks, 0.5 / (layers_per_block - 1))


@variant("3.8", "fixup_scale")
def fixup_numpy(right: Any) -> Any:
    return lambda num_blocks, layers_per_block: np.sqrt(np.float64(num_blocks)) ** (-1 / (layers_per_block - 1))


# ---- 3.9 and 3.10: deep stacks


@variant("3.9", "activation_statistics")
def statistics_by_counting(right: Any) -> Any:
    def activation_statistics(weights: Any, activation: Any, x: Any) -> Any:
        out = np.zeros((len(weights), 4))
        h = x
        for l, W in enumerate(weights):
            h = activation.forward(np.dot(h, W))
            d = activation.backward(np.ones(h.shape))
            n, units = h.shape
            mean = h.sum() / h.size
            dead = sum(1 for j in range(units) if not d[:, j].any())
            out[l] = mean, math.sqrt(((h - mean) ** 2).sum() / h.size), (abs(d) < 0.01).sum() / (n * units), dead / units
        return out

    return activation_statistics


@variant("3.9", "activation_statistics")
def statistics_with_copies(right: Any) -> Any:
    def activation_statistics(weights: Any, activation: Any, x: Any) -> Any:
        layers, outputs = [], [x]
        for w in weights:
            layers.append(copy.deepcopy(activation))
            outputs.append(layers[-1].forward(outputs[-1] @ w))
        slopes = [layer.backward(np.full(y.shape, 1.0)) for layer, y in zip(layers, outputs[1:], strict=True)]
        return np.array(
            [
                [y.mean(), y.std(), (np.abs(s) < 0.01).mean(), (np.abs(s).max(axis=0) == 0).mean()]
                for y, s in zip(outputs[1:], slopes, strict=True)
            ]
        )

    return activation_statistics


@variant("3.9", "activation_statistics")
def statistics_by_columns(right: Any) -> Any:
    def activation_statistics(weights: Any, activation: Any, x: Any) -> Any:
        means, stds, sat, dead = [], [], [], []
        for w in weights:
            x = activation.forward(np.einsum("nd,dm->nm", x, w))
            slope = np.abs(activation.backward(np.ones_like(x)))
            means += [np.average(x)]
            stds += [np.sqrt(np.mean(x * x) - np.mean(x) ** 2)]
            sat += [np.count_nonzero(slope < 1e-2) / slope.size]
            dead += [np.mean(np.sum(slope, axis=0) == 0)]
        return np.stack([means, stds, sat, dead], axis=1)

    return activation_statistics


@variant("3.10", "gradient_statistics")
def gradients_with_copies(right: Any) -> Any:
    def gradient_statistics(weights: Any, activation: Any, x: Any, grad_output: Any) -> Any:
        tape, h = [], x
        for w in weights:
            act = copy.deepcopy(activation)
            tape.append((h, w, act))
            h = act.forward(h @ w)
        out = np.zeros((len(weights), 2))
        for i in range(len(weights) - 1, -1, -1):
            h, w, act = tape[i]
            dz = act.backward(grad_output)
            grad_output = dz @ w.T
            out[i] = np.std(h.T @ dz), np.std(grad_output)
        return out

    return gradient_statistics


@variant("3.10", "gradient_statistics")
def gradients_with_slopes(right: Any) -> Any:
    def gradient_statistics(weights: Any, activation: Any, x: Any, grad_output: Any) -> Any:
        inputs, slopes = [], []
        for w in weights:
            inputs.append(x)
            x = activation.forward(np.dot(x, w))
            slopes.append(activation.backward(np.ones(x.shape)))
        rows = []
        g = grad_output
        for w, h, s in list(zip(weights, inputs, slopes, strict=True))[::-1]:
            delta = g * s
            g = np.einsum("nm,dm->nd", delta, w)
            rows.insert(0, (np.dot(h.T, delta).std(), g.std()))
        return np.array(rows)

    return gradient_statistics


@variant("3.10", "gradient_statistics")
def gradients_recursive(right: Any) -> Any:
    def gradient_statistics(weights: Any, activation: Any, x: Any, grad_output: Any) -> Any:
        rows: list[Any] = []

        def through(k: int, h: Any) -> Any:
            if k == len(weights):
                return grad_output
            z = h @ weights[k]
            upstream = through(k + 1, activation.forward(z))
            activation.forward(z)
            dz = activation.backward(upstream)
            dh = dz @ weights[k].T
            rows.append([(h.T @ dz).std(), dh.std()])
            return dh

        through(0, x)
        return np.asarray(rows[::-1])

    return gradient_statistics
