"""Right answers of an unusual build in part 2: statistics computed late, data classes, sparse matrices, memory orders, other solvers."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
from scipy import fft, linalg, sparse

from autograder.misconceptions.altered import default

from . import variant


@variant("2.1", "ZeroCenter")
def zero_center_when_asked(right: Any) -> Any:
    """fit only keeps the training data."""

    class ZeroCenter:
        def fit(self, train: Any) -> Any:
            self.__dict__.pop("mean", None)
            self.train = train
            return self

        @functools.cached_property
        def mean(self) -> Any:
            return np.einsum("nd->d", self.train) / len(self.train)

        def transform(self, x: Any) -> Any:
            return np.asfortranarray(x - self.mean)

    return ZeroCenter


@variant("2.2", "Standardize")
def standardize_by_a_running_variance(right: Any) -> Any:
    """Welford's way, one row at a time."""

    @dataclasses.dataclass
    class Standardize:
        count: int = 0
        mean: Any = 0.0
        moment: Any = 0.0

        def fit(self, train: Any) -> Any:
            self.__init__()
            for row in train:
                self.count += 1
                before = row - self.mean
                self.mean = self.mean + before / self.count
                self.moment = self.moment + before * (row - self.mean)
            return self

        def transform(self, x: Any) -> Any:
            deviation = np.sqrt(np.asarray(self.moment) / self.count)
            return (x - self.mean) / np.where(deviation < 1e-12, 1.0, deviation)

    return Standardize


@variant("2.3", "PCA")
def pca_by_another_driver_in_fortran_order(right: Any) -> Any:
    class PCA(right):
        def fit(self, train: Any) -> Any:
            self.centre = np.add.reduce(train) / len(train)
            _, _, rows = linalg.svd(np.asfortranarray(train - self.centre), full_matrices=False, lapack_driver="gesvd")
            self.axes = np.asfortranarray(rows[: self.components].T)
            self.axes.setflags(write=False)
            return self

        def transform(self, x: Any) -> Any:
            return np.stack([(x - self.centre) @ axis for axis in self.axes.T]).T

    return PCA


@variant("2.4", "Whiten")
def whiten_by_one_matrix(right: Any) -> Any:
    """Rotation and scales as one matrix and one offset."""
    eps_of = default(right, "eps")

    class Whiten:
        def __init__(self, components: int, eps: float = eps_of) -> None:
            self.components, self.eps = components, eps

        def fit(self, train: Any) -> Any:
            mean = train.mean(0)
            _, s, rows = np.linalg.svd(train - mean, full_matrices=False)
            scale = 1 / np.sqrt(s[: self.components] ** 2 / len(train) + self.eps)
            self.matrix = -rows[: self.components].T * scale  # every sign turned
            self.offset = mean @ self.matrix
            return self

        def transform(self, x: Any) -> Any:
            return x @ self.matrix - self.offset

    return Whiten


@variant("2.7", "PerChannelStandardize")
def channels_by_moved_axes(right: Any) -> Any:
    class PerChannelStandardize:
        def fit(self, train: Any) -> Any:
            flat = np.moveaxis(train, 1, 0).reshape(train.shape[1], -1)
            self.of = [(c.mean(), c.std() if c.std() >= 1e-12 else 1.0) for c in flat]
            return self

        def transform(self, x: Any) -> Any:
            return np.stack([(plane - m) / s for plane, (m, s) in zip(np.moveaxis(x, 1, 0), self.of, strict=True)], axis=1)

    return PerChannelStandardize


@variant("2.9", "degree_normalize")
def degrees_as_a_sparse_matrix(right: Any) -> Any:
    power_of = default(right, "power")

    def degree_normalize(features: Any, adjacency: Any, power: float = power_of) -> Any:
        degree = np.asarray(sparse.csr_array(adjacency).sum(axis=1)).ravel()
        scale = np.divide(1.0, degree**power, out=np.zeros_like(degree), where=degree > 0)
        return sparse.diags_array(scale) @ features

    return degree_normalize


@variant("2.10", "symmetric_normalize")
def symmetric_by_sparse_products(right: Any) -> Any:
    def symmetric_normalize(adjacency: Any) -> Any:
        degree = adjacency.sum(axis=1)
        root = sparse.diags_array(np.array([d**-0.5 if d > 0 else 0.0 for d in degree]))
        return (root @ sparse.coo_array(adjacency) @ root).toarray(order="F")

    return symmetric_normalize


@variant("2.11", "SpectralNormalize")
def spectra_by_matrix_and_other_transform(right: Any) -> Any:
    class SpectralNormalize(right):
        def logarithms(self, waves: Any) -> Any:
            count = (waves.shape[1] - self.frame) // self.hop + 1
            starts = np.arange(count)[:, None] * self.hop + np.arange(self.frame)
            window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.frame) / self.frame)
            return np.log(np.abs(fft.rfft(waves[:, starts] * window, axis=-1)) + self.eps)

        def fit(self, train: Any) -> Any:
            flat = self.logarithms(train).reshape(-1, self.frame // 2 + 1)
            self.centre, spread = flat.mean(0), flat.std(0)
            self.spread = np.where(spread < 1e-12, 1.0, spread)
            return self

        def transform(self, x: Any) -> Any:
            return (self.logarithms(x) - self.centre) / self.spread

    return SpectralNormalize


@variant("2.13", "hessian_condition")
def condition_by_numpys_own(right: Any) -> Any:
    return lambda x: float(np.linalg.cond(np.c_[x, np.ones(len(x))]) ** 2)
