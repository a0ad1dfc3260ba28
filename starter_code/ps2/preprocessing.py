"""Part 2: data preprocessing (handout, section 2).

A transformer learns its statistics in `fit(train)`, which returns the object itself, and applies them in `transform(x)`: to training,
validation and test data alike. Nothing that `transform` sees may change a statistic. Every result is a new float64 array, no argument is
written into, and a second `fit` forgets the first. Standard deviations are population ones (ddof 0); one of 0 (below 1e-12) counts as 1.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray


class Standardize:
    """(x − μ) / σ, column by column. x: (N, D).

    σ is the population standard deviation over the training rows; a constant column has σ = 0, which counts as 1.
    """

    def fit(self, train: ndarray) -> Standardize:
        raise NotImplementedError("2.2 Standardize.fit")

    def transform(self, x: ndarray) -> ndarray:
        raise NotImplementedError("2.2 Standardize.transform")


class PCA:
    """Principal components: (x − μ)·V, with V (D, components) the directions of largest training variance, in descending order.

    The columns of V are unit eigenvectors of the covariance (X − μ)ᵀ(X − μ)/N; the right singular vectors of X − μ are the same
    directions. x: (N, D), result: (N, components). The sign of each direction is free, but fixed by `fit`. D may exceed N;
    `components` never exceeds the rank.
    """

    def __init__(self, components: int) -> None:
        self.components = components

    def fit(self, train: ndarray) -> PCA:
        raise NotImplementedError("2.3 PCA.fit")

    def transform(self, x: ndarray) -> ndarray:
        raise NotImplementedError("2.3 PCA.transform")


class Whiten:
    """PCA scores, each column divided by √(λ + eps), λ its training variance (over N).

    On the training data every column then has variance λ/(λ + eps) ≈ 1. eps stands in the formula, so no other guard is needed.
    x: (N, D), result: (N, components).
    """

    def __init__(self, components: int, eps: float = 1e-5) -> None:
        self.components = components
        self.eps = eps

    def fit(self, train: ndarray) -> Whiten:
        raise NotImplementedError("2.4 Whiten.fit")

    def transform(self, x: ndarray) -> ndarray:
        raise NotImplementedError("2.4 Whiten.transform")


class PerChannelStandardize:
    """(x − μ) / σ with one mean and one standard deviation a channel, as in ResNet. x: (N, C, H, W).

    Both are taken over images and places together, from the training images; σ = 0 counts as 1. Other images may have another H and W.
    """

    def fit(self, train: ndarray) -> PerChannelStandardize:
        raise NotImplementedError("2.7 PerChannelStandardize.fit")

    def transform(self, x: ndarray) -> ndarray:
        raise NotImplementedError("2.7 PerChannelStandardize.transform")
