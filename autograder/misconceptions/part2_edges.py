"""Known mistakes in part 2, at the edges: all components or one, one channel, the last frame, a first step that ends an episode.

Each sentence goes on after "This is what you get when …".
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from . import mistake
from .altered import but
from .part2 import fitting
from .part2_curvature import with_ones
from .part2_images import BOTH, PLACES
from .part2_signals import rewarding

# ---- fit


@mistake("2.1", "ZeroCenter", "fit returns a copy of the object; it returns the object itself (handout, part 2)", fails=("conduct",))
def zero_center_fit_returns_a_copy(right: Any) -> Any:
    return but(right, fit=lambda self, train: copy.copy(right.fit(self, train)))


REFIT = "a second fit writes into the arrays of the first, which have another width; it forgets them and makes new ones"


def refitting_in_place(right: Any) -> Any:
    def fit(self: Any, train: Any) -> Any:
        mean = train.mean(axis=0)
        if hasattr(self, "mean"):
            self.mean[...] = mean
        return right.fit(self, train)

    return but(right, fit=fit)


@mistake("2.1", "ZeroCenter", f"{REFIT} (handout, part 2)", fails=("test data, after a fit to wider data",))
def zero_center_refits_in_place(right: Any) -> Any:
    return refitting_in_place(right)


@mistake("2.3", "PCA", f"{REFIT} (handout, part 2)", fails=("more columns than rows, a second fit and one component",))
def pca_refits_in_place(right: Any) -> Any:
    return refitting_in_place(right)


@mistake(
    "2.2",
    "Standardize",
    "fit sets the constant columns of its argument to 0, so the training data are changed; work on a copy",
    fails=("conduct",),
)
def standardize_clears_constants(right: Any) -> Any:
    def fit(self: Any, train: Any) -> Any:
        right.fit(self, train)
        train[:, train.std(axis=0) < 1e-12] = 0.0
        return self

    return but(right, fit=fit)


# ---- components


@mistake(
    "2.3",
    "PCA",
    "the last columns are sliced backwards, v[:, D−1 : D−1−K : −1], which is empty where K = D: −1 means the end (handout 2.3)",
    fails=("train and test, a second fit and all components",),
)
def pca_slices_backwards(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        vectors, last = np.linalg.eigh(np.cov(t.T, bias=True))[1], t.shape[1] - 1
        self.directions = vectors[:, last : last - self.components : -1]

    return fitting(right, prepare)


@mistake(
    "2.3",
    "PCA",
    "axes of length 1 are squeezed away: with one component the scores are (N, 1), not (N,) (handout 2.3)",
    fails=("more columns than rows, a second fit and one component",),
)
def pca_squeezes_one_component(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "directions", np.squeeze(self.directions)))


@mistake(
    "2.3",
    "PCA",
    "np.linalg.eig's order is taken as it comes; it sorts nothing, so sort the variances in descending order (handout 2.3)",
    fails=("constant column",),
)
def pca_eig_unsorted(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "directions", np.linalg.eig(np.cov(t.T, bias=True))[1].real[:, : self.components]))


# ---- channels


@mistake(
    "2.6",
    "PerChannelMean",
    "axes of length 1 are squeezed away, so that grey images, with one channel, fail; C may be 1 (handout 2.6)",
    fails=("test data, after one grey image",),
)
def channel_squeezes_grey(right: Any) -> Any:
    def transform(self: Any, x: Any) -> Any:
        return x - np.squeeze(self.mean)[:, None, None]

    return but(right, transform=transform)


@mistake("2.6", "PerChannelMean", "three channels are taken for granted; there may be one, or any other number (handout 2.6)", fails=BOTH)
def channel_always_three(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean(axis=PLACES).reshape(1, 3, 1, 1)))


@mistake(
    "2.7",
    "PerChannelStandardize",
    "grey images are standardised by their own mean and deviation; one channel is no special case (handout 2.7)",
    fails=("test data, after one grey image",),
)
def channels_grey_by_itself(right: Any) -> Any:
    def transform(self: Any, x: Any) -> Any:
        return right.transform(self, x) if x.shape[1] > 1 else (x - x.mean()) / x.std()

    return but(right, transform=transform)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "fit centres in place what may be a view: a reshape copies three channels, but of one channel it is the training data themselves",
    fails=("conduct",),
)
def channels_centre_a_view(right: Any) -> Any:
    def fit(self: Any, train: Any) -> Any:
        right.fit(self, train)
        flat = train.transpose(1, 0, 2, 3).reshape(train.shape[1], -1)
        flat -= flat.mean(axis=1, keepdims=True)
        return self

    return but(right, fit=fit)


# ---- zero rows, isolated nodes


@mistake(
    "2.8",
    "unit_norm",
    "a row whose entries sum to 0 is taken for a zero row, such as (3, −3); its norm is not 0 (handout 2.8)",
    fails=("zero rows",),
)
def unit_norm_sum_zero(right: Any) -> Any:
    return lambda e: np.where(e.sum(axis=1, keepdims=True) == 0, e, right(e))


@mistake(
    "2.8",
    "unit_norm",
    "a row with a 0 in it is taken for a zero row; all of its entries have to be 0 (handout 2.8)",
    fails=("zero rows",),
)
def unit_norm_any_zero(right: Any) -> Any:
    return lambda e: np.where((e == 0).any(axis=1, keepdims=True), e, right(e))


@mistake("2.8", "unit_norm", "zero rows are filled up before the division, in the argument itself; work on a copy", fails=("conduct",))
def unit_norm_fills_zero_rows(right: Any) -> Any:
    def wrong(embeddings: Any) -> Any:
        result = right(embeddings)
        embeddings[~embeddings.any(axis=1)] = 1.0
        return result

    return wrong


@mistake("2.9", "degree_normalize", "the features of isolated nodes are set to 0 in the argument itself", fails=("conduct",))
def degree_clears_features(right: Any) -> Any:
    def wrong(features: Any, adjacency: Any, power: float = 1.0) -> Any:
        features[adjacency.sum(axis=1) == 0] = 0.0
        return right(features, adjacency, power)

    return wrong


@mistake(
    "2.10", "symmetric_normalize", "isolated nodes get a self-loop in the adjacency that was given; work on a copy", fails=("conduct",)
)
def symmetric_marks_isolated(right: Any) -> Any:
    def wrong(adjacency: Any) -> Any:
        result, isolated = right(adjacency), adjacency.sum(axis=1) == 0
        adjacency[isolated, isolated] = 1.0
        return result

    return wrong


# ---- frames


def framed(count: Any, used: Any = lambda frame: frame) -> Any:
    """A builder that cuts count(length, frame, hop) frames, of each of which the first used(frame) samples are heard."""

    def build(right: Any) -> Any:
        def spectra(self: Any, x: Any) -> Any:
            n, heard = count(x.shape[1], self.frame, self.hop), used(self.frame)
            frames = np.stack([x[:, i * self.hop : i * self.hop + self.frame] for i in range(n)], axis=1)[..., :heard]
            window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.frame) / self.frame)
            return np.log(np.abs(np.fft.rfft(frames * window[:heard])) + self.eps)

        return but(right, spectra=spectra)

    return build


@mistake(
    "2.11",
    "SpectralNormalize",
    "the last frame is lost where it fits exactly: starts run up to length − frame, that one included (handout 2.11)",
    fails=("training data", "test data"),
)
def spectral_loses_the_last_frame(right: Any) -> Any:
    return framed(lambda length, frame, hop: len(range(0, length - frame, hop)))(right)


@mistake(
    "2.11",
    "SpectralNormalize",
    "frames are counted as length//hop − frame//hop + 1; the remainders count as well: (length − frame)//hop + 1 (handout 2.11)",
    fails=("test data", "silence"),
)
def spectral_counts_by_hops(right: Any) -> Any:
    return framed(lambda length, frame, hop: length // hop - frame // hop + 1)(right)


@mistake(
    "2.11",
    "SpectralNormalize",
    "frames of odd length lose their last sample before the transform; it takes any length (handout 2.11)",
    fails=("training data", "test data", "silence"),
)
def spectral_evens_frames(right: Any) -> Any:
    return framed(lambda length, frame, hop: (length - frame) // hop + 1, lambda frame: frame - frame % 2)(right)


# ---- episodes


@mistake(
    "2.12",
    "RewardNormalizer",
    "a reward of 0 is answered at once; it too moves R on, joins the list, and may end an episode (handout 2.12)",
    fails=("episodes",),
)
def reward_skips_zero(right: Any) -> Any:
    return rewarding(lambda self, reward, done: 0.0 if reward == 0 else right.step(self, reward, done))(right)


@mistake(
    "2.12",
    "RewardNormalizer",
    "an episode that ends with the very first step is not ended; done holds at every step (handout 2.12)",
    fails=("episodes",),
)
def reward_first_step_never_ends(right: Any) -> Any:
    return rewarding(lambda self, reward, done: right.step(self, reward, done and len(self.returns) > 0))(right)


@mistake(
    "2.12",
    "RewardNormalizer",
    "only the last hundred returns are kept, a deque(maxlen=100) perhaps; every R so far counts (handout 2.12)",
    fails=("one episode, without saying done",),
)
def reward_keeps_a_hundred(right: Any) -> Any:
    def update(self: Any, reward: float, done: bool) -> float:
        del self.returns[:-99]
        return float(right.step(self, reward, done))

    return rewarding(update)(right)


# ---- eigenvalues


def hessian(x: Any) -> Any:
    return with_ones(x).T @ with_ones(x) / len(x)


@mistake(
    "2.13",
    "hessian_condition",
    "eigenvalues below 1e-6 are raised to it or left out; the data are of full rank, and the least one counts however small (handout 2.13)",
    fails=("raw data, small numbers",),
)
def condition_floor(right: Any) -> Any:
    return lambda x: float(np.linalg.eigvalsh(hessian(x))[-1] / max(np.linalg.eigvalsh(hessian(x))[0], 1e-6))


@mistake(
    "2.13",
    "hessian_condition",
    "the first and the last of np.linalg.eigvals are divided; it sorts nothing, take the largest and the smallest (handout 2.13)",
    fails=("centred data",),
)
def condition_unsorted(right: Any) -> Any:
    return lambda x: float(np.linalg.eigvals(hessian(x)).real[0] / np.linalg.eigvals(hessian(x)).real[-1])


@mistake(
    "2.13",
    "hessian_condition",
    "a hundred power iterations are taken for enough; eigenvalues close to each other need thousands (handout 2.13)",
    fails=("centred data",),
)
def condition_by_iteration(right: Any) -> Any:
    def wrong(x: Any) -> Any:
        h, v, w = hessian(x), np.ones(x.shape[1] + 1), np.ones(x.shape[1] + 1)
        for _ in range(100):
            v, w = h @ v, np.linalg.solve(h, w)
            v, w = v / np.linalg.norm(v), w / np.linalg.norm(w)
        return float((v @ h @ v) / (w @ h @ w))

    return wrong
