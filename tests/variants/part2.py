"""Honest other ways in part 2, rows: loops, covariance and Gram matrices instead of the SVD, other attribute names, running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.misconceptions.altered import default

from . import variant


class Shift:
    """x − a statistic of the training data, kept under another name."""

    def statistic(self, train: Any) -> Any:
        raise NotImplementedError

    def fit(self, train: Any) -> Any:
        self.offset_ = self.statistic(train)
        return self

    def transform(self, x: Any) -> Any:
        return np.subtract(x, self.offset_)


# ---- 2.1 ZeroCenter


@variant("2.1", "ZeroCenter")
def zero_center_by_sum(right: Any) -> Any:
    class ZeroCenter(Shift):
        def statistic(self, train: Any) -> Any:
            return train.sum(0) / train.shape[0]

    return ZeroCenter


@variant("2.1", "ZeroCenter")
def zero_center_by_product(right: Any) -> Any:
    class ZeroCenter(Shift):
        def statistic(self, train: Any) -> Any:
            return np.ones((1, len(train))) @ train / len(train)

    return ZeroCenter


@variant("2.1", "ZeroCenter")
def zero_center_running_mean(right: Any) -> Any:
    class ZeroCenter(Shift):
        def statistic(self, train: Any) -> Any:
            mean = np.zeros(train.shape[1])
            for count, row in enumerate(train, 1):
                mean += (row - mean) / count
            return mean

    return ZeroCenter


# ---- 2.2 Standardize


@variant("2.2", "Standardize")
def standardize_by_columns(right: Any) -> Any:
    class Standardize:
        def fit(self, train: Any) -> Any:
            self.columns = [(float(c.mean()), float(c.std()) if c.std() > 1e-12 else 1.0) for c in train.T]
            return self

        def transform(self, x: Any) -> Any:
            out = np.empty(x.shape)
            for j, (mean, std) in enumerate(self.columns):
                for i in range(len(x)):
                    out[i, j] = (x[i, j] - mean) / std
            return out

    return Standardize


@variant("2.2", "Standardize")
def standardize_by_second_moment(right: Any) -> Any:
    """About the first row, so that large means cancel no digits."""

    class Standardize:
        def fit(self, X: Any) -> Any:
            self.mu = np.mean(X, 0)
            Z = X - X[0]
            var = np.mean(Z**2, 0) - np.mean(Z, 0) ** 2
            self.sigma = np.sqrt(np.maximum(var, 0.0))
            self.sigma[self.sigma < 1e-12] = 1.0
            return self

        def transform(self, X: Any) -> Any:
            Y = X.copy()
            Y -= self.mu
            Y /= self.sigma
            return Y

    return Standardize


@variant("2.2", "Standardize")
def standardize_keeps_scale(right: Any) -> Any:
    class Standardize:
        def fit(self, x: Any) -> Any:
            centred = x - x.mean(axis=0, keepdims=True)
            s = np.linalg.norm(centred, axis=0) / np.sqrt(len(x))
            self.scale = np.divide(1.0, s, out=np.ones_like(s), where=s > 1e-12)
            self.shift = -x.mean(axis=0) * self.scale
            return self

        def transform(self, x: Any) -> Any:
            return x * self.scale + self.shift

    return Standardize


@variant("2.2", "Standardize")
def standardize_all_but_equal_columns(right: Any) -> Any:
    """A column is constant where all of its entries are the first one."""

    class Standardize:
        def fit(self, train: Any) -> Any:
            constant = (train == train[:1]).all(axis=0)
            self.mean, self.sd = np.where(constant, train[0], train.mean(0)), np.where(constant, 1.0, np.std(train, 0))
            return self

        def transform(self, x: Any) -> Any:
            return (x - self.mean) / self.sd

    return Standardize


# ---- 2.3 PCA and 2.4 Whiten


def by_covariance(train: Any) -> tuple[Any, Any, Any]:
    mean = train.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(train.T, bias=True))
    order = np.argsort(values)[::-1]
    return mean, values[order], vectors[:, order]


def by_eig(train: Any) -> tuple[Any, Any, Any]:
    mean = np.sum(train, axis=0) / len(train)
    c = (train - mean).T.dot(train - mean) / len(train)
    values, vectors = np.linalg.eig(c)
    order = np.argsort(-values.real)
    return mean, values.real[order], vectors.real[:, order]


def by_gram(train: Any) -> tuple[Any, Any, Any]:
    """The (N, N) Gram matrix: what one does when D is large."""
    mean = train.mean(axis=0)
    centred = train - mean
    values, left = np.linalg.eigh(centred @ centred.T / len(train))
    values, left = values[::-1], left[:, ::-1]
    vectors = centred.T @ left
    return mean, values, vectors / np.maximum(np.linalg.norm(vectors, axis=0), 1e-300)


def by_svd_of_covariance(train: Any) -> tuple[Any, Any, Any]:
    mean = train.mean(axis=0)
    u, s, _ = np.linalg.svd(np.cov(train, rowvar=False, ddof=0))
    return mean, s, u


def by_deflation(train: Any) -> tuple[Any, Any, Any]:
    """Power iteration, one direction after another, with arbitrary signs."""
    mean = train.mean(axis=0)
    left = train - mean
    values, vectors = [], []
    for k in range(min(left.shape)):
        v = np.ones(left.shape[1]) + 0.1 * np.arange(left.shape[1])
        for _ in range(120):
            w = left.T @ (left @ v)
            if not np.any(w):
                break
            w /= np.linalg.norm(w)
            done, v = np.abs(w - v).max() < 1e-16, w
            if done:
                break
        v = v / np.linalg.norm(v)
        values.append(float(np.sum((left @ v) ** 2)) / len(left))
        vectors.append(v * (-1) ** k)
        left = left - np.outer(left @ v, v)
    return mean, np.array(values), np.array(vectors).T


WAYS = {
    "covariance": by_covariance,
    "eig": by_eig,
    "gram": by_gram,
    "svd_of_covariance": by_svd_of_covariance,
    "deflation": by_deflation,
}


def pca_by(way: Any) -> Any:
    def build(right: Any) -> Any:
        class PCA:
            def __init__(self, components: int) -> None:
                self.k = components

            def fit(self, X: Any) -> Any:
                self.m, _, v = way(X)
                self.W = v[:, : self.k]
                return self

            def transform(self, X: Any) -> Any:
                return np.dot(X - self.m, self.W)

        return PCA

    return build


def whiten_by(way: Any) -> Any:
    def build(right: Any) -> Any:
        class Whiten:
            def __init__(self, components: int, eps: float = default(right, "eps")) -> None:
                self.k, self.e = components, eps

            def fit(self, X: Any) -> Any:
                self.m, values, vectors = way(X)
                self.S, self.U = values[: self.k], vectors[:, : self.k]
                return self

            def transform(self, X: Any) -> Any:
                return np.matmul(X - self.m, self.U) / np.sqrt(self.S + self.e)[None]

        return Whiten

    return build


for name, way in WAYS.items():
    for question, stub, maker in (("2.3", "PCA", pca_by), ("2.4", "Whiten", whiten_by)):
        built = maker(way)
        built.__name__ = f"{stub.lower()}_by_{name}"
        variant(question, stub)(built)


# ---- 2.13 hessian_condition


@variant("2.13", "hessian_condition")
def condition_by_singular_values(right: Any) -> Any:
    def hessian_condition(x: Any) -> Any:
        s = np.linalg.svd(np.hstack([x, np.ones((x.shape[0], 1))]), compute_uv=False)
        return (s[0] / s[-1]) ** 2

    return hessian_condition


@variant("2.13", "hessian_condition")
def condition_by_cond(right: Any) -> Any:
    def hessian_condition(x: Any) -> Any:
        t = np.c_[np.ones(len(x)), x]
        return np.linalg.cond(t.T @ t)

    return hessian_condition


@variant("2.13", "hessian_condition")
def condition_by_eigvals(right: Any) -> Any:
    def hessian_condition(x: Any) -> Any:
        t = np.pad(x, ((0, 0), (0, 1)), constant_values=1.0)
        v = np.real(np.linalg.eigvals(np.einsum("ni,nj->ij", t, t) / len(t)))
        return max(v) / min(v)

    return hessian_condition
