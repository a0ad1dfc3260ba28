"""Known mistakes in part 2, images and the lecture's other domains: embeddings, graphs, audio, rewards. Each sentence goes on after
"This is what you get when …".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but
from .part2 import fitting, guarded, refitting, returning_nothing

# ---- 2.5 PerPixelMean

BOTH = ("training data", "test data")
PLACES = (0, 2, 3)


@mistake(
    "2.5", "PerPixelMean", "test images are centred by their own mean image; it comes from `fit` alone (handout 2.5)", fails=("test data",)
)
def pixel_own_mean(right: Any) -> Any:
    return refitting(right)


@mistake(
    "2.5",
    "PerPixelMean",
    "one mean a channel is subtracted (VGG); asked is a whole mean image (C, H, W), as in AlexNet (handout 2.5)",
    fails=BOTH,
)
def pixel_is_per_channel(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean(axis=PLACES, keepdims=True)))


@mistake(
    "2.5", "PerPixelMean", "the mean image is averaged over the channels as well, (H, W) instead of (C, H, W) (handout 2.5)", fails=BOTH
)
def pixel_grey_mean(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean(axis=(0, 1))))


@mistake("2.5", "PerPixelMean", "each image loses its own mean; the mean image is an average over images (handout 2.5)", fails=BOTH)
def pixel_mean_of_each_image(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - x.mean(axis=(1, 2, 3), keepdims=True))


@mistake("2.5", "PerPixelMean", "one number, the mean of all pixels, is subtracted (handout 2.5)", fails=BOTH)
def pixel_global_mean(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean()))


@mistake("2.5", "PerPixelMean", "transform subtracts in place and so overwrites the images that it is given", fails=("conduct",))
def pixel_in_place(right: Any) -> Any:
    def transform(self: Any, x: Any) -> Any:
        x -= self.mean
        return x

    return but(right, transform=transform)


# ---- 2.6 PerChannelMean


@mistake(
    "2.6",
    "PerChannelMean",
    "test images are centred by their own channel means; they come from `fit` alone (handout 2.6)",
    fails=("test data",),
)
def channel_own_mean(right: Any) -> Any:
    return refitting(right)


@mistake("2.6", "PerChannelMean", "the mean runs over all channels too, one number in all; asked are C numbers (handout 2.6)", fails=BOTH)
def channel_global_mean(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean()))


@mistake("2.6", "PerChannelMean", "a whole mean image is subtracted (AlexNet); asked is one number a channel (handout 2.6)", fails=BOTH)
def channel_is_per_pixel(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean(axis=0)))


@mistake("2.6", "PerChannelMean", "images are read as NHWC: the last axis is the width here, channels are axis 1 (handout 2.6)", fails=BOTH)
def channel_last(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - x.mean(axis=(0, 1, 2)))


@mistake(
    "2.6", "PerChannelMean", "each image is centred by its own channel means (that is instance normalization) (handout 2.6)", fails=BOTH
)
def channel_of_each_image(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - x.mean(axis=(2, 3), keepdims=True))


@mistake(
    "2.6",
    "PerChannelMean",
    "the mean is taken over the images and the height only, axes (0, 2); the width belongs to it (handout 2.6)",
    fails=BOTH,
)
def channel_not_over_width(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean(axis=(0, 2))[:, None, :]))


@mistake(
    "2.6",
    "PerChannelMean",
    "fit returns nothing, so that fit(train).transform(x) fails; it returns the object itself",
    fails=("test data",),
)
def channel_fit_returns_none(right: Any) -> Any:
    return returning_nothing(right)


# ---- 2.7 PerChannelStandardize


def channel_deviation(make: Any) -> Any:
    """A builder whose deviation is make(train)."""
    return lambda right: fitting(right, lambda self, t: setattr(self, "deviation", make(t)))


@mistake(
    "2.7",
    "PerChannelStandardize",
    "test images are standardised by their own statistics; these come from `fit` alone (handout 2.7)",
    fails=("test data",),
)
def channels_own_statistics(right: Any) -> Any:
    return refitting(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "one mean and one deviation serve all channels; the channels must not be averaged over (handout 2.7)",
    fails=BOTH,
)
def channels_global(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        self.mean, self.deviation = t.mean(), t.std()

    return fitting(right, prepare)


@mistake("2.7", "PerChannelStandardize", "the means are per channel but the deviation is one for all channels (handout 2.7)", fails=BOTH)
def channels_one_deviation(right: Any) -> Any:
    return channel_deviation(np.std)(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "the deviation is averaged over the images' own; deviations do not average, take all pixels at once (handout 2.7)",
    fails=BOTH,
)
def channels_averaged_deviations(right: Any) -> Any:
    return channel_deviation(lambda t: guarded(t.std(axis=(2, 3)).mean(axis=0))[:, None, None])(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "a channel that is constant is divided by 0; a deviation of 0 counts as 1 (handout 2.7)",
    fails=("constant channel",),
)
def channels_constant_nan(right: Any) -> Any:
    return channel_deviation(lambda t: t.std(axis=PLACES, keepdims=True))(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "the deviation divides by the count less one (ddof=1); it is the population one (handout 2.7)",
    fails=BOTH,
)
def channels_ddof_one(right: Any) -> Any:
    return channel_deviation(lambda t: guarded(t.std(axis=PLACES, keepdims=True, ddof=1)))(right)


@mistake("2.7", "PerChannelStandardize", "the images are divided by the variance, not by its square root (handout 2.7)", fails=BOTH)
def channels_by_variance(right: Any) -> Any:
    return channel_deviation(lambda t: guarded(t.var(axis=PLACES, keepdims=True)))(right)


@mistake("2.7", "PerChannelStandardize", "means and deviations are taken pixel by pixel, over the images alone (handout 2.7)", fails=BOTH)
def channels_per_pixel(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        self.mean, self.deviation = t.mean(axis=0), guarded(t.std(axis=0))

    return fitting(right, prepare)


@mistake("2.7", "PerChannelStandardize", "images are read as NHWC; channels are axis 1 here (handout 2.7)", fails=BOTH)
def channels_last(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        self.mean, self.deviation = t.mean(axis=(0, 1, 2)), guarded(t.std(axis=(0, 1, 2)))

    return fitting(right, prepare)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "a small number is added to every deviation; divide by the deviation itself, and by 1 where it is 0 (handout 2.7)",
    fails=(*BOTH, "constant channel"),
)
def channels_plus_eps(right: Any) -> Any:
    return channel_deviation(lambda t: t.std(axis=PLACES, keepdims=True) + 1e-7)(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "the means are subtracted and the deviations forgotten: that is VGG's way, not ResNet's (handout 2.7)",
    fails=BOTH,
)
def channels_only_centred(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - self.mean)


# ---- 2.8 unit_norm


@mistake("2.8", "unit_norm", "a zero row is divided by its norm 0 and becomes NaN; it stays zero (handout 2.8)", fails=("zero rows",))
def unit_norm_nan(right: Any) -> Any:
    return lambda e: e / np.linalg.norm(e, axis=1, keepdims=True)


@mistake("2.8", "unit_norm", "columns get norm 1; an embedding is a row (handout 2.8)", fails=("rows",))
def unit_norm_columns(right: Any) -> Any:
    return lambda e: e / np.maximum(np.linalg.norm(e, axis=0, keepdims=True), 1e-300)


@mistake("2.8", "unit_norm", "the whole matrix is divided by one norm (no axis is given) (handout 2.8)", fails=("rows", "zero rows"))
def unit_norm_whole(right: Any) -> Any:
    return lambda e: e / np.linalg.norm(e)


@mistake(
    "2.8",
    "unit_norm",
    "rows are divided by the sum of their absolute values, which is not the Euclidean norm (handout 2.8)",
    fails=("rows", "zero rows"),
)
def unit_norm_l1(right: Any) -> Any:
    return lambda e: e / np.maximum(np.abs(e).sum(axis=1, keepdims=True), 1e-300)


@mistake("2.8", "unit_norm", "rows are divided by their squared norm: the root is missing (handout 2.8)", fails=("rows", "zero rows"))
def unit_norm_squared(right: Any) -> Any:
    return lambda e: e / np.maximum((e**2).sum(axis=1, keepdims=True), 1e-300)


@mistake(
    "2.8",
    "unit_norm",
    "1e-8 is added to the norm, so that small rows come out shorter than 1; guard zero rows alone (handout 2.8)",
    fails=("rows, small",),
)
def unit_norm_plus_eps(right: Any) -> Any:
    return lambda e: e / (np.linalg.norm(e, axis=1, keepdims=True) + 1e-8)


@mistake(
    "2.8",
    "unit_norm",
    "only rows longer than 1 are shortened; short ones have to grow to norm 1 as well (handout 2.8)",
    fails=("rows, small",),
)
def unit_norm_clips(right: Any) -> Any:
    return lambda e: e / np.maximum(np.linalg.norm(e, axis=1, keepdims=True), 1.0)


@mistake("2.8", "unit_norm", "the division happens in place and overwrites the embeddings", fails=("conduct",))
def unit_norm_in_place(right: Any) -> Any:
    def wrong(embeddings: Any) -> Any:
        embeddings[...] = right(embeddings)
        return embeddings

    return wrong


# ---- 2.9 degree_normalize

POWERS = ("by degree", "by the square root")


def by_degree(degrees: Any) -> Any:
    """A builder whose degrees are degrees(adjacency)."""

    def build(right: Any) -> Any:
        def wrong(features: Any, adjacency: Any, power: float = 1.0) -> Any:
            degree = degrees(adjacency)
            return features * np.where(degree > 0, np.where(degree > 0, degree, 1.0) ** -power, 0.0)[:, None]

        return wrong

    return build


@mistake(
    "2.9",
    "degree_normalize",
    "degrees are column sums; in a directed graph the degree asked for is the row sum (handout 2.9)",
    fails=POWERS,
)
def degree_of_columns(right: Any) -> Any:
    return by_degree(lambda a: a.sum(axis=0))(right)


@mistake(
    "2.9",
    "degree_normalize",
    "edges are counted and their weights ignored; the degree is the sum of the weights (handout 2.9)",
    fails=POWERS,
)
def degree_counts_edges(right: Any) -> Any:
    return by_degree(lambda a: (a > 0).sum(axis=1).astype(float))(right)


@mistake(
    "2.9",
    "degree_normalize",
    "a self-loop is added to every node; here the graph is taken as it is (handout 2.9)",
    fails=(*POWERS, "isolated nodes"),
)
def degree_with_self_loops(right: Any) -> Any:
    return by_degree(lambda a: a.sum(axis=1) + 1)(right)


@mistake(
    "2.9",
    "degree_normalize",
    "a node without edges is divided by 0, giving inf or NaN; its row becomes zero (handout 2.9)",
    fails=("isolated nodes",),
)
def degree_nan(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: features / (adjacency.sum(axis=1) ** power)[:, None]


@mistake(
    "2.9",
    "degree_normalize",
    "a node without edges keeps its features (degree 0 counted as 1); its row becomes zero (handout 2.9)",
    fails=("isolated nodes",),
)
def degree_zero_is_one(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: (
        features / (np.where(adjacency.sum(axis=1) == 0, 1, adjacency.sum(axis=1)) ** power)[:, None]
    )


@mistake(
    "2.9", "degree_normalize", "the power is ignored, so that the square root is never taken (handout 2.9)", fails=("by the square root",)
)
def degree_ignores_power(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: right(features, adjacency, 1.0)


@mistake("2.9", "degree_normalize", "rows are multiplied by their degree instead of divided (handout 2.9)", fails=POWERS)
def degree_multiplies(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: features * (adjacency.sum(axis=1) ** power)[:, None]


@mistake(
    "2.9",
    "degree_normalize",
    "the features are also averaged over the neighbours, D⁻¹·A·X; asked is the scaling alone (handout 2.9)",
    fails=POWERS,
)
def degree_aggregates(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: right(adjacency @ features, adjacency, power)


# ---- 2.10 symmetric_normalize

GRAPHS = ("undirected graph", "directed graph", "isolated nodes")


def inverse(degree: Any, power: float) -> Any:
    return np.where(degree > 0, np.where(degree > 0, degree, 1.0) ** -power, 0.0)


@mistake(
    "2.10",
    "symmetric_normalize",
    "only the rows are divided, D⁻¹·A; both ends of an edge take part, each with its root (handout 2.10)",
    fails=GRAPHS,
)
def symmetric_rows_only(right: Any) -> Any:
    return lambda a: inverse(a.sum(axis=1), 1.0)[:, None] * a


@mistake("2.10", "symmetric_normalize", "the roots are missing: D⁻¹·A·D⁻¹ instead of D^−½·A·D^−½ (handout 2.10)", fails=GRAPHS)
def symmetric_without_roots(right: Any) -> Any:
    return lambda a: inverse(a.sum(axis=1), 1.0)[:, None] * a * inverse(a.sum(axis=1), 1.0)


@mistake(
    "2.10",
    "symmetric_normalize",
    "self-loops are added as in Kipf & Welling's renormalization trick; not here (handout 2.10)",
    fails=GRAPHS,
)
def symmetric_self_loops(right: Any) -> Any:
    return lambda a: right(a + np.eye(len(a)))


@mistake(
    "2.10",
    "symmetric_normalize",
    "an isolated node divides by 0: NaN or inf in its row and column; they become 0 (handout 2.10)",
    fails=("isolated nodes",),
)
def symmetric_nan(right: Any) -> Any:
    return lambda a: a.sum(axis=1)[:, None] ** -0.5 * a * a.sum(axis=1) ** -0.5


@mistake(
    "2.10",
    "symmetric_normalize",
    "columns are divided by their own sums: in a directed graph both sides use the row sums (handout 2.10)",
    fails=("directed graph",),
)
def symmetric_in_and_out(right: Any) -> Any:
    return lambda a: inverse(a.sum(axis=1), 0.5)[:, None] * a * inverse(a.sum(axis=0), 0.5)


@mistake("2.10", "symmetric_normalize", "degrees are column sums; they are row sums (handout 2.10)", fails=("directed graph",))
def symmetric_column_sums(right: Any) -> Any:
    return lambda a: inverse(a.sum(axis=0), 0.5)[:, None] * a * inverse(a.sum(axis=0), 0.5)


@mistake("2.10", "symmetric_normalize", "edges are counted and weights ignored (handout 2.10)", fails=GRAPHS)
def symmetric_counts_edges(right: Any) -> Any:
    return lambda a: inverse((a > 0).sum(axis=1), 0.5)[:, None] * a * inverse((a > 0).sum(axis=1), 0.5)


@mistake("2.10", "symmetric_normalize", "the result is the Laplacian I − D^−½·A·D^−½ (handout 2.10)", fails=GRAPHS)
def symmetric_laplacian(right: Any) -> Any:
    return lambda a: np.eye(len(a)) - right(a)


@mistake("2.10", "symmetric_normalize", "the adjacency is scaled in place and so overwritten", fails=("conduct",))
def symmetric_in_place(right: Any) -> Any:
    def wrong(adjacency: Any) -> Any:
        adjacency[...] = right(adjacency)
        return adjacency

    return wrong


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
    fails=("training data",),
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
    fails=("test data",),
)
def spectral_own_statistics(right: Any) -> Any:
    return refitting(right)


@mistake(
    "2.11",
    "SpectralNormalize",
    "a frequency that never changes is divided by 0; a deviation of 0 counts as 1 (handout 2.11)",
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
    fails=EPISODES,
)
def reward_centred(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        advance(self, reward, done)
        return (reward - float(np.mean(self.returns))) / scale_of(self.returns)

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
    fails=EPISODES,
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
