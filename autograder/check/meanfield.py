"""What a deep random stack does to the size of signals and gradients, in theory; and a judge that compares a student's weights with it.

With weights of variance σ², independent of everything, a layer of D inputs has pre-activations of second moment v = D·σ²·q, where q is the
second moment of its inputs; for a wide layer they are normal, so that the outputs have q' = E[φ(√v·z)²], z standard normal. Backward,
the second moment p of dL/d(output) becomes D_out·σ²·E[φ'(√v·z)²]·p at the input. Judged are log ratios of measured to predicted moments,
each within a band that was calibrated on right weights: docs/deep-stack-band.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .histogram import Histogram, histogram
from .verdict import Array, Judge, Parts, Verdict, fails, within

BATCH = 64
WIDTHS = (200, 168, 140, 116, 96, 80, 66)
"""Of the stack's input and its layers, in the middle; a run's own widths are within JITTER of these."""
JITTER = 8
NODES = (np.arange(4000) - 1999.5) / 200
"""From −10 to 10, symmetric about a kink at 0: here the midpoint rule is better than Gauss–Hermite's for kinks and saturated tanh."""
NODE_WEIGHTS = np.exp(-(NODES**2) / 2)

Elementwise = Callable[[Array], Array]


@dataclass(frozen=True)
class Nonlinearity:
    """φ entry by entry, and φ' as a function of φ's own value."""

    name: str
    value: Elementwise
    slope: Elementwise


def expectation(values: Array) -> float:
    """E[f(z)] of a standard normal z, from f at the nodes."""
    return float(values @ NODE_WEIGHTS / NODE_WEIGHTS.sum())


def predicted(widths: Sequence[int], variance: Callable[[int], float], phi: Nonlinearity) -> Array:
    """(2, L): second moments of the outputs of layers 1 … L, and of the gradients at the inputs of layers 1 … L (both for unit ends).

    variance(fan_in) is that of the weights.
    """
    q, forward, factors = 1.0, [], []
    for inputs, outputs in pairwise(widths):
        y = phi.value(np.sqrt(inputs * variance(inputs) * q) * NODES)
        q = expectation(y**2)
        forward.append(q)
        factors.append(outputs * variance(inputs) * expectation(phi.slope(y) ** 2))
    backward = np.cumprod(factors[::-1])[::-1]
    return np.array([forward, backward])


def measured(weights: Sequence[Array], phi: Nonlinearity, seed: int) -> Array:
    """The same moments of a batch of random inputs and random gradients sent through these weights."""
    rng = np.random.default_rng(seed)
    x, forward, slopes = unit_rows(rng, weights[0].shape[0]), [], []
    for w in weights:
        x = phi.value(x @ w)
        slopes.append(phi.slope(x))
        forward.append(float(np.mean(x**2)))
    g, backward = unit_rows(rng, weights[-1].shape[1]), []
    for w, slope in zip(reversed(weights), reversed(slopes), strict=True):
        g = (g * slope) @ w.T
        backward.append(float(np.mean(g**2)))
    return np.array([forward, backward[::-1]])


def unit_rows(rng: np.random.Generator, width: int) -> Array:
    """Random directions, scaled to a mean square of exactly 1."""
    rows = rng.standard_normal((BATCH, width))
    scaled: Array = rows / np.sqrt(np.mean(rows**2, axis=1, keepdims=True))
    return scaled


TANH = Nonlinearity("tanh", np.tanh, lambda y: 1 - y**2)
RELU = Nonlinearity("ReLU", lambda z: np.maximum(z, 0.0), lambda y: np.heaviside(y, 0.0))

BANDS: dict[str, tuple[Array, Array]] = {
    "tanh": (
        np.array([[-0.081, -0.131, -0.185, -0.25, -0.326, -0.413], [-0.551, -0.53, -0.543, -0.453, -0.395, -0.254]]),
        np.array([[0.07, 0.125, 0.175, 0.25, 0.335, 0.48], [0.553, 0.514, 0.441, 0.402, 0.337, 0.234]]),
    ),
    "ReLU": (
        np.array([[-0.234, -0.901, -1.581, -2.211, -2.761, -3.473], [-1.849, -1.844, -1.83, -1.701, -1.533, -1.228]]),
        np.array([[0.186, 0.809, 1.463, 2.155, 2.869, 3.397], [1.605, 1.579, 1.426, 1.251, 1.116, 0.689]]),
    ),
}
"""Limits (low, high) of the log ratios, in the order of `predicted`; false-failure probability 1e-9: benchmarks/deep_stack_band.py."""


def keeps_moments(widths: Sequence[int], variance: Callable[[int], float], phi: Nonlinearity, seed: int) -> Judge:
    """The weights {"layer 1": (widths[0], widths[1]), …} keep the moments that theory predicts, layer after layer, forward and backward.

    seed: of the inputs and gradients that are sent through.
    """
    names = {f"layer {i}": shape for i, shape in enumerate(pairwise(widths), 1)}

    def rule(got: Parts, _: Parts) -> Verdict:
        for name, shape in names.items():
            if name not in got or got[name].shape != shape or got[name].dtype != np.float64:
                return fails(f"the weights of {name} are not a float64 array of shape {shape}")
        with np.errstate(all="ignore"):
            found = measured([got[name] for name in names], phi, seed)
            return compare(np.log(found / predicted(widths, variance, phi)), phi)

    def histograms(got: Parts) -> list[Histogram]:
        if any(name not in got or got[name].shape != shape or got[name].dtype != np.float64 for name, shape in names.items()):
            return []
        with np.errstate(all="ignore"):
            return activations(widths, variance, phi, [got[name] for name in names], seed)

    allowed = "what honest draws exceed with probability 1e-09"
    return Judge(rule, alone=True, chance=True, allowed=allowed, histograms=histograms)


def activations(
    widths: Sequence[int], variance: Callable[[int], float], phi: Nonlinearity, weights: Sequence[Array], seed: int
) -> list[Histogram]:
    """The outputs of each layer, as these weights make them and as theory expects them; of a ReLU those that are not 0."""
    bounded = phi.name == "tanh"
    x, q, made = unit_rows(np.random.default_rng(seed), widths[0]), 1.0, []
    for number, (w, inputs) in enumerate(zip(weights, widths, strict=False), 1):
        x = phi.value(x @ w)
        theory = phi.value(np.sqrt(inputs * variance(inputs) * q) * NODES)
        q = expectation(theory**2)
        seen = x[np.isfinite(x) & (bounded | (x > 0))]
        high = 1.0 if bounded else max(3.0 * np.sqrt(2 * q), float(np.quantile(seen, 0.99)) if seen.size else 0.0)
        title = f"output of layer {number}, {phi.name}" + ("" if bounded else ", where it is not 0")
        made.append(histogram(title, seen, theory, NODE_WEIGHTS * (bounded | (theory > 0)), -1.0 if bounded else 0.0, high))
    return made


def compare(logs: Array, phi: Nonlinearity) -> Verdict:
    """The log ratio that is largest relative to its band, in words; NaN counts as infinite."""
    low, high = BANDS[phi.name]
    error = np.where(np.isnan(logs), np.inf, np.where(logs > 0, logs / high, logs / low))
    direction, layer = np.unravel_index(int(np.argmax(error)), error.shape)
    factor = float(np.exp(logs[direction, layer] / 2))
    if direction == 0:
        says = f"the outputs of layer {layer + 1} of a deep {phi.name} stack are {factor:.3g} times the size that theory predicts"
    else:
        says = f"the gradients at the input of layer {layer + 1} of a deep {phi.name} stack are {factor:.3g} times the predicted size"
    return within(float(error[direction, layer]), says)
