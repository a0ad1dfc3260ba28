"""Known mistakes of part 2: principal components and whitening."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but
from .part2 import NOTHING, ON_THE_CLASS, OWN, fitting, guarded, in_place, keeping_the_first_fit, on_the_class, refitting, returning_nothing

# ---- 2.3 PCA

PCA_GROUPS = ("train and test", "more columns than rows", "constant column")


def directions_of(matrix: Any, count: int) -> Any:
    """The leading eigenvectors of a symmetric matrix, as columns, largest first."""
    return np.linalg.eigh(matrix)[1][:, ::-1][:, :count]


@mistake("2.3", "PCA", f"{OWN} (handout 2.3)", fails=PCA_GROUPS)
def pca_own_mean(right: Any) -> Any:
    return but(right, transform=lambda self, x: (x - x.mean(axis=0)) @ self.directions)


@mistake(
    "2.3",
    "PCA",
    "each transform computes its own directions from the data that it is given; they are fixed by `fit` (handout 2.3)",
    fails=PCA_GROUPS,
)
def pca_own_directions(right: Any) -> Any:
    return refitting(right)


@mistake(
    "2.3",
    "PCA",
    "the eigenvalues ascend (as eigh sorts them), so that the directions of least variance are kept (handout 2.3)",
    fails=PCA_GROUPS,
)
def pca_ascending(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "directions", np.linalg.eigh(np.cov(t.T, bias=True))[1][:, : self.components]))


@mistake(
    "2.3", "PCA", "the right components are kept but in ascending order; the largest variance comes first (handout 2.3)", fails=PCA_GROUPS
)
def pca_reversed(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "directions", self.directions[:, ::-1]))


@mistake(
    "2.3",
    "PCA",
    "directions are taken from XᵀX of data that were not centred: the first one then points at the mean (handout 2.3)",
    fails=PCA_GROUPS,
)
def pca_uncentred(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "directions", directions_of(t.T @ t, self.components)))


@mistake("2.3", "PCA", "transform projects x itself; the training mean must come off first, here too (handout 2.3)", fails=PCA_GROUPS)
def pca_projects_uncentred(right: Any) -> Any:
    return but(right, transform=lambda self, x: x @ self.directions)


@mistake(
    "2.3",
    "PCA",
    "the eigenvectors are taken as the rows of eigh's matrix; they are its columns (of svd's third result, the rows) (handout 2.3)",
    fails=PCA_GROUPS,
)
def pca_rows_of_eigh(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        self.directions = np.linalg.eigh(np.cov(t.T, bias=True))[1][::-1][: self.components].T

    return fitting(right, prepare)


@mistake(
    "2.3",
    "PCA",
    "the matrix decomposed is XXᵀ (N, N), whose eigenvectors live among rows, not among features (handout 2.3)",
    fails=PCA_GROUPS,
)
def pca_gram_matrix(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        centred = t - self.mean
        self.directions = directions_of(centred @ centred.T, self.components)

    return fitting(right, prepare)


@mistake(
    "2.3",
    "PCA",
    "the columns are standardised before the decomposition: that is PCA of the correlations, another result (handout 2.3)",
    fails=PCA_GROUPS,
)
def pca_of_correlations(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        self.directions = directions_of(np.cov(((t - self.mean) / guarded(t.std(axis=0))).T, bias=True), self.components)

    return fitting(right, prepare)


@mistake(
    "2.3",
    "PCA",
    "the scores are multiplied back to the D original columns; asked are the (N, components) scores (handout 2.3)",
    fails=PCA_GROUPS,
)
def pca_reconstruction(right: Any) -> Any:
    return but(right, transform=lambda self, x: (x - self.mean) @ self.directions @ self.directions.T)


@mistake(
    "2.3",
    "PCA",
    "the sign of each column is chosen anew at each transform, from the data given; it is free, but fixed by `fit` (handout 2.3)",
    fails=("train and test", "constant column", "more columns than rows"),
)
def pca_sign_at_transform(right: Any) -> Any:
    def transform(self: Any, x: Any) -> Any:
        scores = right.transform(self, x)
        return scores * np.sign(scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])])

    return but(right, transform=transform)


@mistake("2.3", "PCA", "the columns are divided by their deviation: that is whitening, the next question (handout 2.3)", fails=PCA_GROUPS)
def pca_whitened(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "directions", self.directions / ((t - self.mean) @ self.directions).std(axis=0)))


@mistake("2.3", "PCA", "all components are returned, whatever number was asked for (handout 2.3)", fails=PCA_GROUPS)
def pca_all_components(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        self.directions = np.linalg.svd(t - self.mean, full_matrices=False)[2].T

    return fitting(right, prepare)


@mistake(
    "2.3",
    "PCA",
    "a second fit changes nothing; it must forget the first (handout 2.3)",
    fails=("train and test, a second fit and all components", "constant column", "more columns than rows"),
)
def pca_first_fit_stays(right: Any) -> Any:
    return keeping_the_first_fit(right)


@mistake("2.3", "PCA", ON_THE_CLASS, fails=("train and test, a second fit and all components", "constant column", "more columns than rows"))
def pca_on_the_class(right: Any) -> Any:
    return on_the_class(right)


@mistake(
    "2.4", "Whiten", ON_THE_CLASS, fails=("train and test, a second fit and all components", "constant column", "more columns than rows")
)
def whiten_on_the_class(right: Any) -> Any:
    return on_the_class(right)


@mistake("2.3", "PCA", NOTHING, fails=("train and test, a second fit and all components",))
def pca_fit_returns_none(right: Any) -> Any:
    return returning_nothing(right)


@mistake("2.4", "Whiten", NOTHING, fails=("train and test, a second fit and all components",))
def whiten_fit_returns_none(right: Any) -> Any:
    return returning_nothing(right)


@mistake("2.3", "PCA", "fit centres its argument in place and so changes the training data; make a new array", fails=("conduct",))
def pca_in_place(right: Any) -> Any:
    return in_place(right)


# ---- 2.4 Whiten


def scaling(right: Any, divisor: Any) -> Any:
    """`right`, with the unit directions divided by divisor(λ, eps)."""

    def prepare(self: Any, train: Any) -> None:
        unit = self.directions / np.linalg.norm(self.directions, axis=0)
        variance = ((train - self.mean) @ unit).var(axis=0)
        self.directions = unit / divisor(variance, self.eps)

    return fitting(right, prepare)


WHITEN_GROUPS = (*PCA_GROUPS, "train and test, default eps")


@mistake(
    "2.4",
    "Whiten",
    "the test data are centred by their own mean; whitening too uses the training statistics alone (handout 2.4)",
    fails=WHITEN_GROUPS,
)
def whiten_own_mean(right: Any) -> Any:
    return but(right, transform=lambda self, x: (x - x.mean(axis=0)) @ self.directions)


@mistake(
    "2.4",
    "Whiten",
    "every transform whitens what it is given by its own covariance; the whitening is fixed by `fit` (handout 2.4)",
    fails=WHITEN_GROUPS,
)
def whiten_own_statistics(right: Any) -> Any:
    return refitting(right)


@mistake("2.4", "Whiten", "the columns are divided by the variance λ, not by its square root (handout 2.4)", fails=WHITEN_GROUPS)
def whiten_by_variance(right: Any) -> Any:
    return scaling(right, lambda variance, eps: variance + eps)


@mistake("2.4", "Whiten", "eps is left out of the root: √λ instead of √(λ + eps) (handout 2.4)", fails=WHITEN_GROUPS)
def whiten_without_eps(right: Any) -> Any:
    return scaling(right, lambda variance, eps: np.sqrt(variance))


@mistake("2.4", "Whiten", "eps is added outside the root, √λ + eps; it belongs inside, √(λ + eps) (handout 2.4)", fails=WHITEN_GROUPS)
def whiten_eps_outside(right: Any) -> Any:
    return scaling(right, lambda variance, eps: np.sqrt(variance) + eps)


@mistake("2.4", "Whiten", "eps is 1e-5 whatever the argument says (handout 2.4)", fails=PCA_GROUPS)
def whiten_eps_fixed(right: Any) -> Any:
    return scaling(right, lambda variance, eps: np.sqrt(variance + 1e-5))


@mistake(
    "2.4",
    "Whiten",
    "the variance divides by N − 1 (as np.cov does unless bias=True); here it divides by N (handout 2.4)",
    fails=WHITEN_GROUPS,
)
def whiten_ddof_one(right: Any) -> Any:
    def prepare(self: Any, train: Any) -> None:
        unit = self.directions / np.linalg.norm(self.directions, axis=0)
        self.directions = unit / np.sqrt(((train - self.mean) @ unit).var(axis=0, ddof=1) + self.eps)

    return fitting(right, prepare)


@mistake("2.4", "Whiten", "singular values are taken for variances; the variance is s²/N (handout 2.4)", fails=WHITEN_GROUPS)
def whiten_singular_values(right: Any) -> Any:
    def prepare(self: Any, train: Any) -> None:
        unit = self.directions / np.linalg.norm(self.directions, axis=0)
        self.directions = unit / np.sqrt(np.linalg.norm((train - self.mean) @ unit, axis=0) + self.eps)

    return fitting(right, prepare)


@mistake("2.4", "Whiten", "the squared singular values are not divided by N: the variance is s²/N (handout 2.4)", fails=WHITEN_GROUPS)
def whiten_not_divided(right: Any) -> Any:
    def prepare(self: Any, train: Any) -> None:
        unit = self.directions / np.linalg.norm(self.directions, axis=0)
        self.directions = unit / np.sqrt(np.sum(((train - self.mean) @ unit) ** 2, axis=0) + self.eps)

    return fitting(right, prepare)


@mistake(
    "2.4",
    "Whiten",
    "the data are rotated back to the original axes (ZCA); asked are the whitened PCA columns (handout 2.4)",
    fails=WHITEN_GROUPS,
)
def whiten_zca(right: Any) -> Any:
    def transform(self: Any, x: Any) -> Any:
        unit = self.directions / np.linalg.norm(self.directions, axis=0)
        return (x - self.mean) @ self.directions @ unit.T

    return but(right, transform=transform)


@mistake("2.4", "Whiten", "the scores are multiplied by √(λ + eps) instead of divided (handout 2.4)", fails=WHITEN_GROUPS)
def whiten_multiplies(right: Any) -> Any:
    return scaling(right, lambda variance, eps: 1 / np.sqrt(variance + eps))


@mistake("2.4", "Whiten", "only PCA is done: the columns keep their variances (handout 2.4)", fails=WHITEN_GROUPS)
def whiten_is_pca(right: Any) -> Any:
    return scaling(right, lambda variance, eps: 1.0)


@mistake("2.4", "Whiten", "the directions of least variance are kept: eigh sorts in ascending order (handout 2.4)", fails=WHITEN_GROUPS)
def whiten_ascending(right: Any) -> Any:
    def prepare(self: Any, train: Any) -> None:
        values, vectors = np.linalg.eigh(np.cov(train.T, bias=True))
        self.directions = vectors[:, : self.components] / np.sqrt(np.maximum(values[: self.components], 0) + self.eps)

    return fitting(right, prepare)


@mistake("2.4", "Whiten", "transform subtracts the mean in place and so overwrites its argument", fails=("conduct",))
def whiten_in_place(right: Any) -> Any:
    return in_place(right)
