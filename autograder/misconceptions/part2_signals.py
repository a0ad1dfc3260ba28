"""Known mistakes of part 2: audio spectra and rewards."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but
from .part2 import fitting, guarded, refitting

# ---- 2.11 SpectralNormalize


def hearing(spectrum: Any) -> Any:
    """A builder whose log spectra are spectrum(self, frames); frames: (N, frames, frame)."""

    def build(right: Any) -> Any:
        def spectra(self: Any, x: Any) -> Any:
            return spectrum(self, np.lib.stride_tricks.sliding_window_view(x, self.frame, axis=1)[:, :: self.hop])

        return but(right, spectra=spectra)

    return build


def hann(frame: int) -> Any:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)


SOUND = ("training data", "test data", "silence", "training data, default arguments")


@mistake(
    "2.11",
    "SpectralNormalize",
    "the window is np.hanning(frame), the symmetric one; the periodic Hann window divides by frame, not frame − 1 (handout 2.11)",
    fails=SOUND,
)
def spectral_symmetric_window(right: Any) -> Any:
    return hearing(lambda self, f: np.log(np.abs(np.fft.rfft(f * np.hanning(self.frame))) + self.eps))(right)


@mistake("2.11", "SpectralNormalize", "no window is applied to the frames (handout 2.11)", fails=SOUND)
def spectral_without_window(right: Any) -> Any:
    return hearing(lambda self, f: np.log(np.abs(np.fft.rfft(f)) + self.eps))(right)


@mistake("2.11", "SpectralNormalize", "the logarithm is missing (handout 2.11)", fails=SOUND)
def spectral_without_log(right: Any) -> Any:
    return hearing(lambda self, f: np.abs(np.fft.rfft(f * hann(self.frame))) + self.eps)(right)


@mistake(
    "2.11",
    "SpectralNormalize",
    "the power |·|² is taken instead of the magnitude |·| (handout 2.11)",
    fails=("training data", "test data", "silence"),
)
def spectral_power(right: Any) -> Any:
    return hearing(lambda self, f: np.log(np.abs(np.fft.rfft(f * hann(self.frame))) ** 2 + self.eps))(right)


@mistake("2.11", "SpectralNormalize", "eps is left out: silence is ln 0 (handout 2.11)", fails=("training data", "test data", "silence"))
def spectral_without_eps(right: Any) -> Any:
    return hearing(lambda self, f: np.log(np.abs(np.fft.rfft(f * hann(self.frame)))))(right)


@mistake(
    "2.11", "SpectralNormalize", "the two-sided fft is used: it has `frame` columns, half of them mirror images (handout 2.11)", fails=SOUND
)
def spectral_two_sided(right: Any) -> Any:
    return hearing(lambda self, f: np.log(np.abs(np.fft.fft(f * hann(self.frame))) + self.eps))(right)


@mistake(
    "2.11",
    "SpectralNormalize",
    "one mean and deviation serve all frequencies; each has its own (handout 2.11)",
    fails=("training data", "test data", "training data, default arguments"),
)
def spectral_global(right: Any) -> Any:
    def prepare(self: Any, train: Any) -> None:
        spectra = self.spectra(train)
        self.mean, self.deviation = spectra.mean(), guarded(spectra.std())

    return fitting(right, prepare)


@mistake(
    "2.11",
    "SpectralNormalize",
    "mean and deviation are kept for each frame number, averaged over the waveforms only (handout 2.11)",
    fails=("training data", "test data"),
)
def spectral_per_frame(right: Any) -> Any:
    def prepare(self: Any, train: Any) -> None:
        spectra = self.spectra(train)
        self.mean, self.deviation = spectra.mean(axis=0), guarded(spectra.std(axis=0))

    return fitting(right, prepare)


@mistake(
    "2.11",
    "SpectralNormalize",
    "test waveforms are standardised by their own spectra; the statistics come from `fit` alone (handout 2.11)",
    fails=("test data", "silence", "training data"),
)
def spectral_own_statistics(right: Any) -> Any:
    return refitting(right)


@mistake(
    "2.11",
    "SpectralNormalize",
    "a frequency that never changes is divided by its deviation of 0, or of 1e-15 as computed; below 1e-12 it counts as 1 (handout 2.11)",
    fails=("silence",),
)
def spectral_silence_nan(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "deviation", self.spectra(t).std(axis=(0, 1))))


@mistake(
    "2.11",
    "SpectralNormalize",
    "the waveform is padded with zeros so that the last frame fits; only frames that fit whole count (handout 2.11)",
    fails=SOUND,
)
def spectral_pads(right: Any) -> Any:
    def spectra(self: Any, x: Any) -> Any:
        return right.spectra(self, np.pad(x, ((0, 0), (0, -(x.shape[1] - self.frame) % self.hop))))

    return but(right, spectra=spectra)


@mistake(
    "2.11",
    "SpectralNormalize",
    "frames follow each other without overlap: frame i starts at i·hop, not at i·frame (handout 2.11)",
    fails=SOUND,
)
def spectral_without_overlap(right: Any) -> Any:
    def spectra(self: Any, x: Any) -> Any:
        hop, self.hop = self.hop, self.frame
        try:
            return right.spectra(self, x)
        finally:
            self.hop = hop

    return but(right, spectra=spectra)


# ---- 2.12 RewardNormalizer

EPISODES = ("one episode", "episodes")


def rewarding(update: Any) -> Any:
    """A builder whose step is update(self, reward, done)."""
    return lambda right: but(right, step=lambda self, reward, done=False: update(self, reward, done))


def scale_of(returns: Any, ddof: int = 0) -> float:
    deviation = float(np.std(returns, ddof=ddof)) if len(returns) > ddof else 0.0
    return deviation if deviation >= 1e-12 else 1.0


def advance(self: Any, reward: float, done: bool) -> None:
    self.current = self.gamma * self.current + reward
    self.returns.append(self.current)
    self.current = 0.0 if done else self.current


@mistake(
    "2.12",
    "RewardNormalizer",
    "the deviation of the rewards is used; asked is that of the discounted returns R (handout 2.12)",
    fails=EPISODES,
)
def reward_of_rewards(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        self.returns.append(reward)
        return reward / scale_of(self.returns)

    return rewarding(update)(right)


@mistake(
    "2.12", "RewardNormalizer", "R goes on after the end of an episode; it starts from 0 after done (handout 2.12)", fails=("episodes",)
)
def reward_ignores_done(right: Any) -> Any:
    return but(right, step=lambda self, reward, done=False: right.step(self, reward))


@mistake(
    "2.12",
    "RewardNormalizer",
    "done clears the returns of earlier episodes too; only R itself starts anew (handout 2.12)",
    fails=("episodes",),
)
def reward_forgets_episodes(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        result = right.step(self, reward, done)
        self.returns = [] if done else self.returns
        return float(result)

    return rewarding(update)(right)


@mistake(
    "2.12",
    "RewardNormalizer",
    "R is reset before the step that ends the episode is counted; that step still belongs to it (handout 2.12)",
    fails=("episodes",),
)
def reward_resets_early(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        self.current = 0.0 if done else self.current
        return float(right.step(self, reward, done))

    return rewarding(update)(right)


@mistake(
    "2.12",
    "RewardNormalizer",
    "the mean is subtracted as well: that changes which behaviour is worth it; rewards are only scaled (handout 2.12)",
    fails=(*EPISODES, "equal returns"),
)
def reward_centred(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        advance(self, reward, done)
        return (reward - float(np.mean(self.returns))) / scale_of(self.returns)

    return rewarding(update)(right)


@mistake(
    "2.12",
    "RewardNormalizer",
    "as long as there is one return alone its size stands in for the deviation; a deviation of 0 counts as 1 (handout 2.12)",
    fails=(*EPISODES, "equal returns"),
)
def reward_first_as_deviation(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        advance(self, reward, done)
        return reward / (scale_of(self.returns) if len(self.returns) > 1 else abs(self.returns[0]))

    return rewarding(update)(right)


@mistake("2.12", "RewardNormalizer", "the return R is divided and returned instead of the reward (handout 2.12)", fails=EPISODES)
def reward_returns_return(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        advance(self, reward, done)
        return float(self.returns[-1]) / scale_of(self.returns)

    return rewarding(update)(right)


@mistake(
    "2.12", "RewardNormalizer", "the present R joins the statistics only after the division; it is included (handout 2.12)", fails=EPISODES
)
def reward_one_late(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        scale = scale_of(self.returns) if self.returns else 1.0
        advance(self, reward, done)
        return reward / scale

    return rewarding(update)(right)


@mistake("2.12", "RewardNormalizer", "the deviation divides by the count less one (ddof=1) (handout 2.12)", fails=EPISODES)
def reward_ddof_one(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        advance(self, reward, done)
        return reward / scale_of(self.returns, ddof=1)

    return rewarding(update)(right)


@mistake(
    "2.12", "RewardNormalizer", "the rewards are divided by the variance of the returns, not by its root (handout 2.12)", fails=EPISODES
)
def reward_by_variance(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        advance(self, reward, done)
        return reward / scale_of(self.returns) ** 2

    return rewarding(update)(right)


@mistake(
    "2.12",
    "RewardNormalizer",
    "the first deviation is 0 and is divided by; 0 counts as 1, so the first reward comes back as it is (handout 2.12)",
    fails=(*EPISODES, "equal returns"),
)
def reward_divides_by_zero(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        advance(self, reward, done)
        return float(np.float64(reward) / np.std(self.returns))

    return rewarding(update)(right)


@mistake("2.12", "RewardNormalizer", "gamma multiplies the new reward too, R ← γ·(R + r) instead of γ·R + r (handout 2.12)", fails=EPISODES)
def reward_discounts_the_present(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        self.current = self.gamma * (self.current + reward)
        self.returns.append(self.current)
        self.current = 0.0 if done else self.current
        return reward / scale_of(self.returns)

    return rewarding(update)(right)
