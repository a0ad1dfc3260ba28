"""Known mistakes in part 2: guards that catch too little or too much, floors and caps, and variances that lose their digits.

Each sentence goes on after "This is what you get when …".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but
from .part2 import fitting
from .part2_domains import inverse
from .part2_images import PLACES, channel_deviation
from .part2_signals import advance, rewarding

EXACTLY_ZERO = (
    "the deviation is compared with 0 itself; that of a constant such as 5.1 is computed as 1e-15 or so, and below 1e-12 it counts as 1"
)
TOO_LARGE = "a deviation of 1e-10 is taken for 0; only below 1e-12 does 1 take its place"
ONE_PASS = "the variance is E[x²] − μ², whose digits cancel where the mean is large; subtract the mean first, then square"

# ---- deviations


@mistake("2.2", "Standardize", f"{EXACTLY_ZERO} (handout 2.2)", fails=("constant column",))
def standardize_guard_exact(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "deviation", np.where(t.std(axis=0) == 0, 1.0, t.std(axis=0))))


@mistake("2.2", "Standardize", f"{TOO_LARGE} (handout 2.2)", fails=("constant column, small spreads beside",))
def standardize_guard_too_large(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "deviation", np.where(t.std(axis=0) < 1e-8, 1.0, t.std(axis=0))))


@mistake("2.2", "Standardize", f"{ONE_PASS} (handout 2.2)", fails=("training data, far from zero",))
def standardize_one_pass(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        deviation = np.sqrt(np.maximum((t**2).mean(axis=0) - self.mean**2, 0.0))
        self.deviation = np.where(deviation < 1e-12, 1.0, deviation)

    return fitting(right, prepare)


@mistake("2.7", "PerChannelStandardize", f"{EXACTLY_ZERO} (handout 2.7)", fails=("constant channel",))
def channels_guard_exact(right: Any) -> Any:
    return channel_deviation(lambda t: np.where(t.std(axis=PLACES) == 0, 1.0, t.std(axis=PLACES))[:, None, None])(right)


@mistake("2.7", "PerChannelStandardize", f"{TOO_LARGE} (handout 2.7)", fails=("constant channel, small spreads beside",))
def channels_guard_too_large(right: Any) -> Any:
    return channel_deviation(lambda t: np.where(t.std(axis=PLACES) < 1e-8, 1.0, t.std(axis=PLACES))[:, None, None])(right)


@mistake("2.7", "PerChannelStandardize", f"{ONE_PASS} (handout 2.7)", fails=("training data, far from zero",))
def channels_one_pass(right: Any) -> Any:
    def deviation(t: Any) -> Any:
        found = np.sqrt(np.maximum((t**2).mean(axis=PLACES) - t.mean(axis=PLACES) ** 2, 0.0))
        return np.where(found < 1e-12, 1.0, found)[:, None, None]

    return channel_deviation(deviation)(right)


# ---- covariances


@mistake(
    "2.3",
    "PCA",
    "the covariance is E[xxᵀ] − μμᵀ, whose digits cancel where the mean is large; subtract the mean first (handout 2.3)",
    fails=("more columns than rows",),
)
def pca_one_pass(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        covariance = t.T @ t / len(t) - np.outer(self.mean, self.mean)
        self.directions = np.linalg.eigh(covariance)[1][:, ::-1][:, : self.components]

    return fitting(right, prepare)


@mistake(
    "2.3",
    "PCA",
    "directions whose variance is below 1e-8 are dropped; that depends on the unit, and `components` are to be kept (handout 2.3)",
    fails=("constant column",),
)
def pca_drops_small_variances(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        self.directions = self.directions[:, ((t - self.mean) @ self.directions).var(axis=0) > 1e-8]

    return fitting(right, prepare)


def whitening(right: Any, divisor: Any) -> Any:
    """`right`, with the unit directions divided by divisor(self, λ)."""

    def prepare(self: Any, t: Any) -> None:
        unit = self.directions / np.linalg.norm(self.directions, axis=0)
        self.directions = unit / divisor(self, ((t - self.mean) @ unit).var(axis=0))

    return fitting(right, prepare)


@mistake(
    "2.4",
    "Whiten",
    "an eps of 0 is replaced, as by `eps or 1e-5`; whatever eps is given stands in the formula (handout 2.4)",
    fails=("train and test, small and no eps",),
)
def whiten_replaces_no_eps(right: Any) -> Any:
    return whitening(right, lambda self, variance: np.sqrt(variance + (self.eps or 1e-5)))


@mistake(
    "2.4",
    "Whiten",
    "small variances are guarded besides, as by max(λ, 1e-10); eps stands in the formula, which alone holds (handout 2.4)",
    fails=("train and test, small and no eps",),
)
def whiten_floors_the_variance(right: Any) -> Any:
    return whitening(right, lambda self, variance: np.sqrt(np.maximum(variance, 1e-10) + self.eps))


# ---- norms, degrees


@mistake(
    "2.8",
    "unit_norm",
    "the norm is bounded from below, as by max(norm, 1e-12), so that tiny rows stay short; only a row of zeros does (handout 2.8)",
    fails=("rows, small",),
)
def unit_norm_floor(right: Any) -> Any:
    return lambda e: e / np.maximum(np.linalg.norm(e, axis=1, keepdims=True), 1e-12)


@mistake(
    "2.9",
    "degree_normalize",
    "a tiny degree counts as 0 (degree > 1e-8); only a node of degree 0 itself gets a zero row (handout 2.9)",
    fails=("by degree, degrees below 1",),
)
def degree_threshold(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: (
        right(features, adjacency, power) * (adjacency.sum(axis=1, keepdims=True) > 1e-8).astype(float)
    )


@mistake(
    "2.9",
    "degree_normalize",
    "a small number is added to every degree; divide by the degree itself, and guard degree 0 alone (handout 2.9)",
    fails=("by degree, degrees below 1",),
)
def degree_plus_eps(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: np.where(
        adjacency.sum(axis=1, keepdims=True) > 0, features / (adjacency.sum(axis=1, keepdims=True) + 1e-12) ** power, 0.0
    )


@mistake(
    "2.10",
    "symmetric_normalize",
    "a tiny degree counts as 0 (degree > 1e-8); only that of a degree of 0 itself is 0 (handout 2.10)",
    fails=("directed graph, degrees below 1",),
)
def symmetric_threshold(right: Any) -> Any:
    return lambda a: (
        np.where(a.sum(axis=1) > 1e-8, inverse(a.sum(axis=1), 0.5), 0.0)[:, None]
        * a
        * np.where(a.sum(axis=1) > 1e-8, inverse(a.sum(axis=1), 0.5), 0.0)
    )


# ---- rewards


def over(scale: Any) -> Any:
    """A builder whose step divides by scale(deviation of the returns)."""

    def update(self: Any, reward: float, done: bool) -> float:
        advance(self, reward, done)
        return reward / float(scale(float(np.std(self.returns))))

    return rewarding(update)


@mistake("2.12", "RewardNormalizer", f"{EXACTLY_ZERO} (handout 2.12)", fails=("equal returns",))
def reward_guard_exact(right: Any) -> Any:
    return over(lambda deviation: deviation or 1.0)(right)


@mistake(
    "2.12",
    "RewardNormalizer",
    "a deviation of 1e-9 is taken for 0; only below 1e-12 does 1 take its place (handout 2.12)",
    fails=("one episode, default gamma",),
)
def reward_guard_too_large(right: Any) -> Any:
    return over(lambda deviation: deviation if deviation > 1e-8 else 1.0)(right)


@mistake(
    "2.12",
    "RewardNormalizer",
    "the results are clipped to [−10, 10]; they are only divided, and a first reward of 100 comes back as 100 (handout 2.12)",
    fails=("one episode, without saying done",),
)
def reward_clips(right: Any) -> Any:
    return but(right, step=lambda self, reward, done=False: float(np.clip(right.step(self, reward, done), -10.0, 10.0)))


@mistake(
    "2.12",
    "RewardNormalizer",
    "the variance is E[R²] − E[R]², whose digits cancel: sum squared deviations from the running mean (handout 2.12)",
    fails=("equal returns, nearly",),
)
def reward_one_pass(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        advance(self, reward, done)
        returns = np.array(self.returns)
        deviation = float(np.sqrt(max(np.mean(returns**2) - np.mean(returns) ** 2, 0.0)))
        return reward / (deviation if deviation >= 1e-12 else 1.0)

    return rewarding(update)(right)
