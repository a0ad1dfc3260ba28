"""Judges for random arrays: exact tail probabilities, no reference value. Derivations: docs/initializers.md.

An array of n independent numbers with mean 0 and a known standard deviation is accepted unless one of these is exceeded, each of which
honest draws exceed with probability at most ALPHA:

- mean: |x̄| ≤ 6.11·σ/√n (normal tail), and not nearer to 0 than NEAR·σ/√n: a sample that was shifted to fit;
- standard deviation: Σ(x − x̄)²/σ² within the χ² limits (exact for normal, conservative for uniform and truncated normal numbers), and
  not on its mean to within rounding: a sample that was scaled to fit;
- units: the sums Σw² of the rows (and of the columns) scatter, as those of normalized ones do not;
- shape: Kolmogorov's distance to the nearest allowed distribution, by the Dvoretzky–Kiefer–Wolfowitz inequality;
- independence: the largest singular value, σ·(√m + √k + √(2·ln(2/α))) by Davidson and Szarek;
- repeats: distinct magnitudes, two calls differ, the same state gives the same array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from .histogram import Histogram, histogram
from .verdict import Array, Judge, Parts, Tail, Verdict, fails, within

ALPHA = 1e-9
ALLOWED = f"what honest draws exceed with probability {ALPHA:.0e}"
NORMAL_LIMIT = float(-special.ndtri(ALPHA / 2))
HEAD = 64
"""How many numbers of the further draws are recorded: enough to tell whether they repeat."""
DISTINCT = 0.995
"""Least fraction of distinct magnitudes: uniform float32 draws have 2²³ of them, so that one in a thousand is repeated, and five in a
thousand with probability below 1e-20; tails that are clipped at 2.5 deviations are twelve in a thousand, a mirrored half is half."""
NEAR = ALPHA * float(np.sqrt(np.pi / 2))
"""So near to a given number, in its own deviations, comes a normal number with probability ALPHA. (The mean of 16,384 uniform float32
draws, a multiple of 2⁻²³, is exactly 0 with probability 6e-10 besides.) Rounding leaves a sample that was made to fit at 1e-12."""
DENSEST = 0.7
"""No density of a unit's Σz² is higher anywhere, in units of √(2·fan): 0.66 for three uniform numbers, 0.59 for three normal ones."""
CUTS = (1.0, 1.5, 2.0, 2.5, 3.0)
"""Where the search for a truncated normal distribution begins, in its own standard deviations; any cut is as good."""
BETWEEN = 0.013
"""No allowed distribution is further from the nearest of normal, uniform and CUTS."""

TINY = 1e-300
MADE_TO_FIT = "it was made to fit, and so its numbers depend on one another; scale independent numbers by the formula alone"

NORMAL = special.ndtri((np.arange(20000) + 0.5) / 20000)
"""Evenly likely points of a normal distribution."""

Draws = Callable[[np.random.Generator], Any]


def draws(make: Draws, seeds: list[int]) -> dict[str, Any]:
    """One array in full, and the heads of three more: the next from the same generator, from the same state, from another state."""
    rng = np.random.default_rng(seeds[0])
    weights = make(rng)
    return {
        "weights": weights,
        "next": head(make(rng)),
        "same state": head(make(np.random.default_rng(seeds[0]))),
        "other state": head(make(np.random.default_rng(seeds[1]))),
    }


def head(weights: Any) -> Array:
    return np.array(np.ravel(weights)[:HEAD], dtype=np.float64)


def random_weights(shape: tuple[int, ...], std: float, *, normal_only: bool = False, call: str = "") -> Judge:
    """Independent numbers of mean 0 and deviation `std`, normal, or uniform or truncated normal as well; the value is made by `draws`.

    call: what was called, for the sentence.
    """
    asked = f"; asked was {call}" if call else f"; the shape is {shape}"

    def rule(got: Parts, _: Parts) -> Verdict:
        wrong = malformed(got, shape) or repeats(got)
        if wrong:
            return fails(wrong)
        found = ratios(got["weights"], std, normal_only)
        ratio, says = found[max(found, key=lambda name: found[name][0])]
        return within(ratio, says + asked)

    def histograms(got: Parts) -> list[Histogram]:
        if malformed(got, shape):
            return []
        weights = got["weights"].ravel()
        limit = max(3.5 * std, float(np.quantile(np.abs(weights), 0.99)))
        title = f"{call or 'weights'}, beside a normal distribution of standard deviation {std:.4g}"
        return [histogram(title, weights, std * NORMAL, np.ones(NORMAL.size), -limit, limit)]

    def tails(got: Parts) -> dict[str, Tail]:
        return tail_probabilities(got["weights"], std, normal_only)

    return Judge(rule, alone=True, chance=True, allowed=ALLOWED, tails=tails, histograms=histograms)


def malformed(got: Parts, shape: tuple[int, ...]) -> str:
    """What is wrong with the form of recorded draws, or "": they come from the student's process."""
    if set(got) != {"weights", "next", "same state", "other state"}:
        return "has other entries than were asked for"
    weights = got["weights"]
    if weights.shape != shape:
        return f"has shape {weights.shape}, expected {shape}"
    if weights.dtype != np.float64:
        return f"has dtype {weights.dtype}, expected float64"
    return "" if np.isfinite(weights).all() else "has entries that are not finite"


def repeats(got: Parts) -> str:
    """How the draws repeat, or fail to, as a sentence; "" where all is well."""
    first = head(got["weights"])
    if not np.array_equal(first, got["same state"]):
        return "the same state of `rng` gave two different arrays: all randomness must come from `rng`"
    if overlap(first, got["next"]):
        return "two calls with one generator gave the same numbers: a fixed or renewed seed gives every layer the same weights"
    if overlap(first, got["other state"]):
        return "another state of `rng` gave the same numbers: all randomness must come from `rng`"
    return ""


def overlap(a: Array, b: Array) -> bool:
    """Whether two heads are equal, up to a factor and a number that is added."""
    if a.shape != b.shape:
        return True
    if a.size > 2:
        a, b = a - a.mean(), b - b.mean()
    size = float(np.linalg.norm(a)) * float(np.linalg.norm(b))
    return not abs(float(a @ b)) < (1 - 1e-9) * size


def ratios(weights: Array, std: float, normal_only: bool = False) -> dict[str, tuple[float, str]]:
    """For each statistic its error relative to what is allowed, and the sentence for where that is too much."""
    z: Array = weights.ravel() / std
    ordered = np.sort(z)
    found = {
        "mean": mean_ratio(z, std),
        "std": std_ratio(z, std),
        "units": units_ratio(z.reshape(len(weights), -1)),
        "independence": independence_ratio(z.reshape(len(weights), -1)),
        "copies": copies_ratio(ordered),
    }
    fails_already = any(ratio > 1 for ratio, _ in found.values())
    return found | {"shape": shape_ratio(ordered, normal_only, enough=1.0 if fails_already else 0.5)}


def mean_ratio(z: Array, std: float) -> tuple[float, str]:
    allowed = NORMAL_LIMIT / np.sqrt(z.size)
    mean = float(z.mean())
    near = NEAR / max(abs(mean) * np.sqrt(z.size), TINY)
    if near > 1:
        return near, f"the mean of the sample is 0 to the last digit (chance alone leaves about {std / np.sqrt(z.size):.2g}): {MADE_TO_FIT}"
    says = f"the mean is {mean * std:.4g}, should be 0 (chance explains at most {allowed * std:.2g})"
    return float(abs(mean) / allowed), says


def std_ratio(z: Array, std: float) -> tuple[float, str]:
    n = z.size - 1
    low, high = chi_squared(n, ALPHA / 2)
    centred = z - z.mean()
    total = float(centred @ centred)
    near = NEAR / 6.4 / max(off_target(total, z), TINY)  # four targets, and for uniform numbers a density 1.6 times as high
    if near > 1:
        return near, f"the standard deviation of the sample is {std:.4g} to the last digit, which chance does not give: {MADE_TO_FIT}"
    ratio = (total - n) / (high - n) if total > n else (n - total) / (n - low)
    between = f"{std * np.sqrt(low / n):.4g} to {std * np.sqrt(high / n):.4g}"
    return ratio, f"the standard deviation is {std * np.sqrt(total / n):.4g}, should be {std:.4g} (chance explains {between})"


def off_target(total: float, z: Array) -> float:
    """How far Σ(z − z̄)² and Σz² are from n and n − 1, whatever divisor a sample is scaled with, in their own deviations."""
    sums = (total, total + z.size * float(z.mean()) ** 2)
    return min(abs(found - target) for found in sums for target in (z.size, z.size - 1)) / float(np.sqrt(2 * z.size))


def units_ratio(matrix: Array) -> tuple[float, str]:
    """Whether the sums Σz² of the rows, or of the columns, scatter less than chance lets them."""
    sums = np.einsum("ij,ij->j", matrix, matrix), np.einsum("ij,ij->i", matrix, matrix)
    ratio = max(evenness(of, fan) for of, fan in zip(sums, matrix.shape, strict=True))
    return ratio, f"the weights of each unit have the same length, √Σw², which chance does not give: {MADE_TO_FIT}"


def evenness(sums: Array, fan: int) -> float:
    """The least scatter that honest sums of `fan` squares have, but for ALPHA, divided by theirs.

    J independent numbers of density at most M have Σ(s − s̄)² ≤ v with probability at most √J·M^(J−1) times the volume of a (J − 1)-ball of
    radius √v: the J − 1 deviations have a density of at most √J·M^(J−1).
    """
    count = len(sums) - 1
    if count < 1 or fan < 3:
        return 0.0
    scatter = float(np.sum((sums - sums.mean()) ** 2)) / (2 * fan)
    logarithm = np.log(ALPHA) - np.log(len(sums)) / 2 + float(special.gammaln(count / 2 + 1))
    least = float(np.exp(2 / count * logarithm)) / (np.pi * DENSEST**2)
    return least / max(scatter, TINY)


def chi_squared(n: int, tail: float) -> tuple[float, float]:
    """The limits of χ² with n degrees of freedom, `tail` beyond each."""
    return 2 * float(special.gammaincinv(n / 2, tail)), 2 * float(special.gammainccinv(n / 2, tail))


def shape_ratio(ordered: Array, normal_only: bool, enough: float = 0.5) -> tuple[float, str]:
    """enough: of what is allowed; a distribution that near is not searched for a nearer one."""
    allowed = float(np.sqrt(np.log(2 / ALPHA) / (2 * ordered.size)))
    least = kolmogorov(special.ndtr(ordered)) if normal_only else nearest(ordered, enough * allowed, allowed)
    kind = "normal" if normal_only else "normal, uniform or truncated normal"
    return least / allowed, f"the values are not {kind} (distance {least:.3f}, chance explains at most {allowed:.3f})"


def nearest(ordered: Array, enough: float = 0.0, hopeless: float = np.inf) -> float:
    """Kolmogorov's distance to the nearest allowed distribution: normal, uniform, or normal cut anywhere.

    The search ends at `enough`, and between the CUTS where none of them shows that it could come below `hopeless`.
    """
    least, best = kolmogorov(special.ndtr(ordered)), CUTS[-1]
    for cut in (0.0, *CUTS):
        if least <= enough:
            return least
        distance = kolmogorov(truncated(ordered, cut))
        if distance < least:
            least, best = distance, cut
    low, high = max(best - 1.0, 0.1), best + 1.0
    while high - low > 0.01 and enough < least < hopeless + BETWEEN:
        cuts = low + (high - low) / 3, high - (high - low) / 3
        distances = [kolmogorov(truncated(ordered, cut)) for cut in cuts]
        least = min(least, *distances)
        low, high = (low, cuts[1]) if distances[0] < distances[1] else (cuts[0], high)
    return least


def truncated(z: Array, cut: float) -> Array:
    """The distribution function of a normal variable cut at ±`cut` of its own deviations and scaled to variance 1; at cut 0, uniform."""
    if cut == 0.0:
        flat: Array = np.clip(z / np.sqrt(12) + 0.5, 0.0, 1.0)
        return flat
    inside = float(special.ndtr(cut) - special.ndtr(-cut))
    std = np.sqrt(1 - 2 * cut * np.exp(-(cut**2) / 2) / np.sqrt(2 * np.pi) / inside)
    curve: Array = (special.ndtr(np.clip(z * std, -cut, cut)) - special.ndtr(-cut)) / inside
    return curve


def kolmogorov(curve: Array) -> float:
    """sup |F_n − F|, from F at the ordered sample."""
    n = curve.size
    steps = np.arange(n + 1) / n
    return float(max(np.max(steps[1:] - curve), np.max(curve - steps[:-1])))


def independence_ratio(matrix: Array) -> tuple[float, str]:
    m, k = matrix.shape
    gram = matrix @ matrix.T if m <= k else matrix.T @ matrix
    largest = float(np.sqrt(np.linalg.eigvalsh(gram)[-1]))
    expected = float(np.sqrt(m) + np.sqrt(k))
    ratio = max(0.0, (largest - expected) / float(np.sqrt(2 * np.log(2 / ALPHA))))
    return (
        ratio,
        f"rows or columns depend on one another (the largest singular value is {largest / expected:.2f} times that of honest draws)",
    )


def copies_ratio(ordered: Array) -> tuple[float, str]:
    magnitudes = np.abs(ordered)
    magnitudes.sort(kind="stable")  # two runs in order, which this kind only merges
    distinct = 1 + np.count_nonzero(magnitudes[1:] != magnitudes[:-1])
    enough = distinct >= DISTINCT * ordered.size
    return (
        0.0 if enough else float("inf")
    ), f"only {distinct} of {ordered.size} magnitudes are distinct: numbers are used more than once, or clipped"


def tail_probabilities(weights: Array, std: float, normal_only: bool = False) -> dict[str, Tail]:
    """Of the statistics in `ratios`, both sides together. Bounds are the shape's where other distributions are allowed, since the distance
    is the least of several, and independence's, which is Davidson and Szarek's inequality."""
    z: Array = weights.ravel() / std
    n = z.size - 1
    total = float(np.sum((z - z.mean()) ** 2))
    upper = float(special.gammaincc(n / 2, total / 2))
    ordered = np.sort(z)
    distance = kolmogorov(special.ndtr(ordered)) if normal_only else nearest(ordered)
    beyond = independence_ratio(z.reshape(len(weights), -1))[0] ** 2 * np.log(2 / ALPHA)
    return {
        "mean": Tail(2 * float(special.ndtr(-abs(z.mean()) * np.sqrt(z.size))), exact=True),
        "std": Tail(2 * min(upper, 1 - upper), exact=True),
        "shape": Tail(kolmogorov_tail(distance, z.size), exact=normal_only),
        "independence": Tail(min(1.0, 2 * float(np.exp(-beyond))), exact=False),
    }


def kolmogorov_tail(distance: float, n: int) -> float:
    """P(sup |F_n − F| ≥ distance), by the asymptotic law with Vrbik's correction (2018), off by at most 2e-4 from n = 100 on."""
    x = distance * np.sqrt(n)
    return float(special.kolmogorov(x + 1 / (6 * np.sqrt(n)) + (x - 1) / (4 * n)))


def in_proportion(factors: dict[str, float], base: str, tolerance: float = 1e-6) -> Judge:
    """Heads of arrays from one state, each its factor times that of `base`. An answer that draws otherwise, so that the numbers are not in
    proportion, is right too: nothing is asked of it. (Numbers in float32 are off by 6e-8.)"""

    def rule(got: Parts, _: Parts) -> Verdict:
        if set(got) != set(factors) or any(part.shape != (HEAD,) or not part.any() or not np.isfinite(part).all() for part in got.values()):
            return fails("has other entries than were asked for, or some that are not finite, or zeros alone")
        worst, says, first = 0.0, "", got[base]
        for name, factor in factors.items():
            product = float(first @ got[name])
            times = product / float(first @ first)
            in_step = product >= (1 - 1e-9) * float(np.linalg.norm(first) * np.linalg.norm(got[name]))
            if in_step and abs(times / factor - 1) > worst:
                worst, says = abs(times / factor - 1), f"{name}: {times:.7g} times the weights of {base}, should be {factor:.7g} times"
        return within(worst / tolerance, says)

    return Judge(rule, alone=True, allowed=f"{tolerance:.0e}")
