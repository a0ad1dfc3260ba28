"""Part 2: data preprocessing (handout, section 2).

A transformer learns its statistics in `fit(train)`, which returns the object itself, and applies them in `transform(x)`: to training,
validation and test data alike. Nothing that `transform` sees may change a statistic. Every result is a new float64 array, no argument is
written into, and a second `fit` forgets the first. Standard deviations are population ones (ddof 0); one of 0 (below 1e-12) counts as 1.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray


class ZeroCenter:
    """x − μ, with μ the mean of each column over the training rows. x: (N, D)."""

    def fit(self, train: ndarray) -> ZeroCenter:
        ### BEGIN SOLUTION
        self.mean = train.mean(axis=0)
        return self
        ### END SOLUTION

    def transform(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return x - self.mean
        ### END SOLUTION


class Standardize:
    """(x − μ) / σ, column by column. x: (N, D).

    σ is the population standard deviation over the training rows; a constant column has σ = 0, which counts as 1.
    """

    def fit(self, train: ndarray) -> Standardize:
        ### BEGIN SOLUTION
        self.mean = train.mean(axis=0)
        deviation = train.std(axis=0)
        self.deviation = np.where(deviation < 1e-12, 1.0, deviation)
        return self
        ### END SOLUTION

    def transform(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return (x - self.mean) / self.deviation
        ### END SOLUTION


class PCA:
    """Principal components: (x − μ)·V, with V (D, components) the directions of largest training variance, in descending order.

    The columns of V are unit eigenvectors of the covariance (X − μ)ᵀ(X − μ)/N; the right singular vectors of X − μ are the same
    directions. x: (N, D), result: (N, components). The sign of each direction is free, but fixed by `fit`. D may exceed N;
    `components` never exceeds the rank.
    """

    def __init__(self, components: int) -> None:
        self.components = components

    def fit(self, train: ndarray) -> PCA:
        ### BEGIN SOLUTION
        self.mean = train.mean(axis=0)
        _, _, rows = np.linalg.svd(train - self.mean, full_matrices=False)  # singular values descend
        self.directions = rows[: self.components].T
        return self
        ### END SOLUTION

    def transform(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return (x - self.mean) @ self.directions
        ### END SOLUTION


class Whiten:
    """PCA scores, each column divided by √(λ + eps), λ its training variance (over N).

    On the training data every column then has variance λ/(λ + eps) ≈ 1. eps stands in the formula, so no other guard is needed.
    x: (N, D), result: (N, components).
    """

    def __init__(self, components: int, eps: float = 1e-5) -> None:
        self.components = components
        self.eps = eps

    def fit(self, train: ndarray) -> Whiten:
        ### BEGIN SOLUTION
        self.mean = train.mean(axis=0)
        _, singular, rows = np.linalg.svd(train - self.mean, full_matrices=False)
        variance = singular[: self.components] ** 2 / len(train)
        self.directions = rows[: self.components].T / np.sqrt(variance + self.eps)
        return self
        ### END SOLUTION

    def transform(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return (x - self.mean) @ self.directions
        ### END SOLUTION


class PerPixelMean:
    """x − mean image, as in AlexNet. x: (N, C, H, W); the mean image is (C, H, W)."""

    def fit(self, train: ndarray) -> PerPixelMean:
        ### BEGIN SOLUTION
        self.mean = train.mean(axis=0)
        return self
        ### END SOLUTION

    def transform(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return x - self.mean
        ### END SOLUTION


class PerChannelMean:
    """x − μ with one mean a channel, C numbers, as in VGG. x: (N, C, H, W); other images may have another H and W."""

    def fit(self, train: ndarray) -> PerChannelMean:
        ### BEGIN SOLUTION
        self.mean = train.mean(axis=(0, 2, 3), keepdims=True)
        return self
        ### END SOLUTION

    def transform(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return x - self.mean
        ### END SOLUTION


class PerChannelStandardize:
    """(x − μ) / σ with one mean and one standard deviation a channel, as in ResNet. x: (N, C, H, W).

    Both are taken over images and places together, from the training images; σ = 0 counts as 1. Other images may have another H and W.
    """

    def fit(self, train: ndarray) -> PerChannelStandardize:
        ### BEGIN SOLUTION
        self.mean = train.mean(axis=(0, 2, 3), keepdims=True)
        deviation = train.std(axis=(0, 2, 3), keepdims=True)
        self.deviation = np.where(deviation < 1e-12, 1.0, deviation)
        return self
        ### END SOLUTION

    def transform(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return (x - self.mean) / self.deviation
        ### END SOLUTION


def unit_norm(embeddings: ndarray) -> ndarray:
    """Each row divided by its Euclidean norm, as for word vectors. embeddings: (N, D). A zero row stays zero."""
    ### BEGIN SOLUTION
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return embeddings / np.where(norms == 0.0, 1.0, norms)
    ### END SOLUTION


def degree_normalize(features: ndarray, adjacency: ndarray, power: float = 1.0) -> ndarray:
    """Row i of the features divided by degree_i**power. features: (N, D), adjacency: (N, N), power: 1 or ½.

    degree_i = Σ_j adjacency[i, j]: the weights of the edges that leave i. Weights are non-negative; the graph may be directed;
    no self-loop is added. A node of degree 0 gets a zero row.
    """
    ### BEGIN SOLUTION
    degree = adjacency.sum(axis=1)
    scale = np.where(degree > 0, np.where(degree > 0, degree, 1.0) ** -power, 0.0)
    return features * scale[:, None]
    ### END SOLUTION


def symmetric_normalize(adjacency: ndarray) -> ndarray:
    """D^−½ A D^−½ with A = adjacency (N, N), the propagation matrix of graph convolutions (Kipf & Welling 2017, without self-loops).

    D holds the same degrees as in `degree_normalize`; where a degree is 0 its D^−½ is 0.
    """
    ### BEGIN SOLUTION
    degree = adjacency.sum(axis=1)
    scale = np.where(degree > 0, np.where(degree > 0, degree, 1.0) ** -0.5, 0.0)
    return scale[:, None] * adjacency * scale
    ### END SOLUTION


class SpectralNormalize:
    """Log spectra of waveforms, standardised frequency by frequency.

    Frame i is x[i·hop : i·hop + frame]; only frames that fit whole count. A frame gives ln(|rfft(w·frame)| + eps) with the periodic Hann
    window w_n = ½ − ½·cos(2πn/frame). Mean and standard deviation of each of the frame//2 + 1 frequencies are taken over all training
    frames of all training waveforms. x: (N, T), result: (N, frames, frame//2 + 1). A standard deviation of 0 counts as 1.
    """

    def __init__(self, frame: int = 256, hop: int = 128, eps: float = 1e-8) -> None:
        self.frame = frame
        self.hop = hop
        self.eps = eps

    def fit(self, train: ndarray) -> SpectralNormalize:
        ### BEGIN SOLUTION
        spectra = self.spectra(train)
        self.mean = spectra.mean(axis=(0, 1))
        deviation = spectra.std(axis=(0, 1))
        self.deviation = np.where(deviation < 1e-12, 1.0, deviation)
        return self
        ### END SOLUTION

    def transform(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        return (self.spectra(x) - self.mean) / self.deviation
        ### END SOLUTION

    ### BEGIN SOLUTION
    def spectra(self, x: ndarray) -> ndarray:
        """(N, frames, frame//2 + 1) log magnitudes."""
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.frame) / self.frame)
        frames = np.lib.stride_tricks.sliding_window_view(x, self.frame, axis=1)[:, :: self.hop]
        return np.log(np.abs(np.fft.rfft(frames * window)) + self.eps)

    ### END SOLUTION


class RewardNormalizer:
    """Rewards scaled by the standard deviation of the discounted return, as reinforcement learning does it.

    step(reward, done=False): R ← gamma·R + reward, then reward / std(every R so far, this one included). The standard deviation is a
    population one and 0 counts as 1, so the first reward comes back as it is. After a step with done=True the next R starts from 0;
    the R of earlier episodes still count.
    """

    def __init__(self, gamma: float = 0.99) -> None:
        self.gamma = gamma
        ### BEGIN SOLUTION
        self.current = 0.0
        self.returns: list[float] = []
        ### END SOLUTION

    def step(self, reward: float, done: bool = False) -> float:
        ### BEGIN SOLUTION
        self.current = self.gamma * self.current + reward
        self.returns.append(self.current)
        if done:
            self.current = 0.0
        deviation = float(np.std(self.returns))
        return reward / (deviation if deviation >= 1e-12 else 1.0)
        ### END SOLUTION


def hessian_condition(x: ndarray) -> float:
    """λmax/λmin of X̃ᵀX̃/N, with X̃ = x and a column of ones appended (for the bias). x: (N, D), of full rank.

    X̃ᵀX̃/N is the Hessian of a linear model's mean squared error (½ each): the ratio says how much steeper the loss is in one direction
    than in another, and so how small the step of gradient descent must be.
    """
    ### BEGIN SOLUTION
    extended = np.column_stack([x, np.ones(len(x))])
    eigenvalues = np.linalg.eigvalsh(extended.T @ extended / len(x))  # ascending
    return float(eigenvalues[-1] / eigenvalues[0])
    ### END SOLUTION
