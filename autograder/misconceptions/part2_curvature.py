"""Known mistakes in part 2, the loss that preprocessing helps: hessian_condition. Sentences go on after "This is what you get when …"."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake


def condition(matrix: Any) -> float:
    values = np.linalg.eigvalsh(matrix)
    return float(values[-1] / values[0])


def with_ones(x: Any) -> Any:
    return np.column_stack([x, np.ones(len(x))])


@mistake("2.13", "hessian_condition", "the column of ones for the bias is missing (handout 2.13)", fails=("raw data",))
def condition_without_bias(right: Any) -> Any:
    return lambda x: condition(x.T @ x)


@mistake(
    "2.13",
    "hessian_condition",
    "it is the ratio of the singular values of X̃, which is the square root of what is asked (handout 2.13)",
    fails=("raw data", "standardized data", "centred data"),
)
def condition_of_the_data(right: Any) -> Any:
    return lambda x: float(np.linalg.cond(with_ones(x)))


@mistake(
    "2.13",
    "hessian_condition",
    "the data are centred first; the Hessian is that of the data as they are (handout 2.13)",
    fails=("raw data",),
)
def condition_of_the_covariance(right: Any) -> Any:
    return lambda x: condition(with_ones(x - x.mean(axis=0)).T @ with_ones(x - x.mean(axis=0)))


@mistake(
    "2.13",
    "hessian_condition",
    "the ratio is upside down: smallest over largest eigenvalue (handout 2.13)",
    fails=("raw data", "standardized data", "centred data"),
)
def condition_inverse(right: Any) -> Any:
    return lambda x: 1 / right(x)


@mistake(
    "2.13",
    "hessian_condition",
    "the largest eigenvalue alone is returned; how steep one direction is *against* another is a ratio (handout 2.13)",
    fails=("raw data",),
)
def condition_largest(right: Any) -> Any:
    return lambda x: float(np.linalg.eigvalsh(with_ones(x).T @ with_ones(x) / len(x))[-1])


@mistake(
    "2.13",
    "hessian_condition",
    "the covariance np.cov of x is decomposed: it centres, and knows no bias column (handout 2.13)",
    fails=("raw data",),
)
def condition_of_np_cov(right: Any) -> Any:
    return lambda x: condition(np.cov(x.T).reshape(x.shape[1], -1))


@mistake(
    "2.13",
    "hessian_condition",
    "the diagonal of X̃ᵀX̃ is compared, largest against smallest; eigenvalues see the correlations too (handout 2.13)",
    fails=("raw data", "standardized data", "centred data"),
)
def condition_of_the_diagonal(right: Any) -> Any:
    return lambda x: float((with_ones(x) ** 2).sum(axis=0).max() / (with_ones(x) ** 2).sum(axis=0).min())
