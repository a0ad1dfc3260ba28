"""Calibrates the bands of the deep-stack items (autograder/check/meanfield.py) on right weights: docs/deep-stack-band.md.

    python benchmarks/deep_stack_band.py --runs 20000 > band.txt

For each nonlinearity, layer and direction: mean, standard deviation and skewness of the log ratio of measured to predicted second moment,
over stacks of normal, uniform and corrected truncated normal weights; a gamma tail fitted to these moments; how well that fit describes
the observed 1e-3 tails; and the limits at a false-failure probability of 1e-9 for the whole item, widened by a fifth.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import special

sys.path.insert(0, str(Path(__file__).parents[1]))

from autograder.check import meanfield

ALPHA = 1e-9
WIDER = 1.2
GAINS = {"tanh": 1.0, "ReLU": 2.0}
FAMILIES = ("normal", "uniform", "truncated")
CUT = 2.0
CUT_STD = 0.8796256610342398  # of a standard normal cut at ±2


def unit_weights(rng: np.random.Generator, family: str, shape: tuple[int, int]) -> np.ndarray:
    """Zero mean, variance 1."""
    if family == "normal":
        return rng.standard_normal(shape)
    if family == "uniform":
        return rng.uniform(-np.sqrt(3), np.sqrt(3), shape)
    low = special.ndtr(-CUT)
    return special.ndtri(low + (1 - 2 * low) * rng.random(shape)) / CUT_STD


def log_ratios(phi: meanfield.Nonlinearity, family: str, runs: int, seed: int) -> np.ndarray:
    """(runs, 2, layers)."""
    rng = np.random.default_rng(seed)
    gain, rows = GAINS[phi.name], []
    for run in range(runs):
        widths = [w + int(rng.integers(-meanfield.JITTER, meanfield.JITTER + 1)) for w in meanfield.WIDTHS]
        weights = [unit_weights(rng, family, pair) * np.sqrt(gain / pair[0]) for pair in pairwise(widths)]
        rows.append(np.log(meanfield.measured(weights, phi, seed + run) / meanfield.predicted(widths, lambda n: gain / n, phi)))
    return np.array(rows)


def gamma_quantile(tail: float, mean: np.ndarray, std: np.ndarray, skew: np.ndarray, upper: bool) -> np.ndarray:
    """The quantile of a shifted gamma distribution (Pearson III) with these moments, `tail` beyond it."""
    toward = skew if upper else -skew  # skewness in the direction of this tail
    k = 4 / np.maximum(np.abs(toward), 1e-3) ** 2
    heavy = (special.gammainccinv(k, tail) - k) / np.sqrt(k)
    light = (k - special.gammaincinv(k, tail)) / np.sqrt(k)
    reach = np.where(toward > 0, heavy, light) * std
    return mean + reach if upper else mean - reach


def limits(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(low, high), each (2, layers): the skewness moved by two of its standard errors away from safety on either side."""
    mean, std = samples.mean(axis=0), samples.std(axis=0)
    skew = (((samples - mean) / std) ** 3).mean(axis=0)
    error = 2 * np.sqrt(6 / len(samples))
    tail = ALPHA / (2 * mean.size)
    low = gamma_quantile(tail, mean, std, skew - error, upper=False)
    high = gamma_quantile(tail, mean, std, skew + error, upper=True)
    return WIDER * low, WIDER * high


def report(phi: meanfield.Nonlinearity, runs: int) -> None:
    lows, highs = [], []
    for place, family in enumerate(FAMILIES):
        samples = log_ratios(phi, family, runs, 1_000_003 * (place + 1))
        mean, std = samples.mean(axis=0), samples.std(axis=0)
        z = (samples - mean) / std
        skew, kurtosis = (z**3).mean(axis=0), (z**4).mean(axis=0) - 3
        print(f"\n{phi.name}, {family} weights, {runs} stacks")
        for name, rows in (("mean", mean), ("std", std), ("skewness", skew), ("excess kurtosis", kurtosis)):
            print(f"  {name:<16}", np.array2string(rows.ravel(), precision=3, suppress_small=True, max_line_width=200))
        for upper, level in ((False, 1e-3), (True, 1e-3)):
            fitted = gamma_quantile(level, mean, std, skew, upper)
            seen = np.quantile(samples, 1 - level if upper else level, axis=0)
            says = np.array2string((np.abs(seen - mean) / np.abs(fitted - mean)).ravel(), precision=3, max_line_width=200)
            print(f"  {'upper' if upper else 'lower'} {level:g} quantile, seen / fitted", says)
        low, high = limits(samples)
        lows.append(low)
        highs.append(high)
    low, high = np.min(lows, axis=0), np.max(highs, axis=0)
    print(f"\n{phi.name}: limits of the log ratio")
    for name, rows in (("low", low), ("high", high)):
        print(f"  {name:<5}", [[round(float(v), 4) for v in row] for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20000, help="stacks for each nonlinearity and family")
    runs = parser.parse_args().runs
    for phi in (meanfield.TANH, meanfield.RELU):
        report(phi, runs)


if __name__ == "__main__":
    main()
