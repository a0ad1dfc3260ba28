"""Right answers of an unusual build in part 3: other generators made from rng, inverse distribution functions, other decompositions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import linalg, special, stats

from . import variant


@variant("3.1", "fan_in")
def fan_by_strides(right: Any) -> Any:
    """The offset of one step along the output axis of an array of this shape, in Fortran or C order."""

    def fan_in(shape: Any) -> Any:
        flat = np.empty(shape, np.int8, order="F" if len(shape) == 2 else "C")
        return flat.strides[1] if len(shape) == 2 else flat.strides[0]

    return fan_in


@variant("3.3", "xavier")
def xavier_by_the_inverse_distribution(right: Any) -> Any:
    def xavier(rng: Any, shape: Any) -> Any:
        n = shape[0] if len(shape) == 2 else math.prod(shape[1:])
        return np.asfortranarray(special.ndtri(np.nextafter(rng.random(shape[::-1]).T, 1.0)) / np.sqrt(n))

    return xavier


@variant("3.3", "xavier")
def xavier_from_another_bit_generator(right: Any) -> Any:
    def xavier(rng: Any, shape: Any) -> Any:
        n = shape[0] if len(shape) == 2 else math.prod(shape[1:])
        own = np.random.Generator(np.random.MT19937(rng.integers(0, 2**32, 4)))
        return own.uniform(-math.sqrt(3 / n), math.sqrt(3 / n), shape)

    return xavier


@variant("3.4", "kaiming")
def kaiming_truncated_by_scipy(right: Any) -> Any:
    def kaiming(rng: Any, shape: Any, negative_slope: float = 0.0) -> Any:
        n = shape[0] if len(shape) == 2 else math.prod(shape[1:])
        cut = stats.truncnorm(-2.0, 2.0)
        values = (cut.rvs(random_state=rng) for _ in range(math.prod(shape))) if math.prod(shape) < 50 else cut.rvs(shape, random_state=rng)
        values = np.array(list(values)).reshape(shape)
        return values / cut.std() * math.sqrt(2 / ((1 + negative_slope**2) * n))

    return kaiming


@variant("3.4", "kaiming")
def kaiming_one_by_one_in_another_order(right: Any) -> Any:
    def kaiming(rng: Any, shape: Any, negative_slope: float = 0.0) -> Any:
        n = shape[0] if len(shape) == 2 else math.prod(shape[1:])
        w, s = np.zeros(shape), math.sqrt(2 / (1 + negative_slope**2) / n)
        for place in rng.permutation(w.size):
            w.flat[place] = rng.standard_normal() * s
        return w

    return kaiming


@variant("3.5", "orthogonal")
def orthogonal_by_the_polar_factor(right: Any) -> Any:
    def orthogonal(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows = (shape[0], math.prod(shape[1:]))
        unitary, _ = linalg.polar(rng.standard_normal(rows))
        return (gain * unitary).reshape(shape)

    return orthogonal


@variant("3.5", "orthogonal")
def orthogonal_by_whitening(right: Any) -> Any:
    def orthogonal(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        a = rng.standard_normal((shape[0], math.prod(shape[1:])))
        short = a if a.shape[0] <= a.shape[1] else a.T
        for _ in range(2):  # once more, for the last digits
            values, vectors = np.linalg.eigh(short @ short.T)
            short = (vectors / np.sqrt(values)) @ vectors.T @ short
        return gain * np.ascontiguousarray(short if a.shape[0] <= a.shape[1] else short.T).reshape(shape)

    return orthogonal


@variant("3.9", "activation_statistics")
def statistics_by_masked_arrays(right: Any) -> Any:
    def activation_statistics(weights: Any, activation: Any, x: Any) -> Any:
        def rows(h: Any) -> Any:
            for w in weights:
                h = np.einsum("nd,dm->nm", h, w, optimize="greedy")
                out = activation.forward(np.asfortranarray(h))
                slope = np.abs(activation.backward(np.ones(h.shape, order="F")))
                dead = np.logical_and.reduce(slope == 0, axis=0)
                yield np.fromiter(out.flat, float).mean(), out.std(), np.count_nonzero(slope < 0.01) / slope.size, dead.mean()
                h = out

        return np.array([*rows(x)])

    return activation_statistics


@variant("3.10", "gradient_statistics")
def gradients_by_recursion(right: Any) -> Any:
    def gradient_statistics(weights: Any, activation: Any, x: Any, grad_output: Any) -> Any:
        table = np.empty((len(weights), 2), order="F")

        def through(i: int, h: Any) -> Any:
            if i == len(weights):
                return grad_output
            z = h @ weights[i]
            after = through(i + 1, activation.forward(z))
            activation.forward(z)  # its cache is by now another layer's
            g = activation.backward(after)
            table[i] = np.std(np.tensordot(h, g, ([0], [0]))), np.std(down := np.inner(g, weights[i]))
            return down

        through(0, x)
        return table

    return gradient_statistics
