"""Part 2: data preprocessing by columns, by components, by channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .agreement import FLOOR, unchanged
from .draw import Draw
from .fitting import Make, Steps, fit_and, fitted, foreign, guarded, itself, ordinary
from .matrices import rotation
from .question import question
from .sign import up_to_sign
from .verdict import Array


@question("2.1", "ZeroCenter", stub="preprocessing.ZeroCenter")
def zero_center(ps2: Any, draw: Draw) -> Steps:
    """Column means of the training rows, subtracted from whatever comes."""
    n, d = draw.size(14, 9, least=2)
    yield from fitted(draw, lambda: ps2.ZeroCenter(), (n, d), (n + 3, d))


@question("2.2", "Standardize", stub="preprocessing.Standardize", core=True)
def standardize(ps2: Any, draw: Draw) -> Steps:
    """Column means and population standard deviations of the training rows; a constant column is only centred."""
    n, d = draw.size(14, 9, least=3)
    yield from fitted(draw, lambda: ps2.Standardize(), (n, d), (n + 3, d))
    yield from guarded(draw, lambda: ps2.Standardize(), (n + 3, d), "constant column")


SPREAD = np.array([8.0, 6.0, 4.0, 3.0, 2.0, 1.5, 1.0, 0.75])
"""Standard deviations of the factors: neighbouring variances differ by about a factor of two."""


def separated(draw: Draw, n: int, d: int, rank: int, directions: Array | None = None) -> tuple[Array, Array]:
    """(train, test): `rank` factors whose spreads keep the principal variances clearly apart; the test data come from elsewhere.

    directions: of the factors, as rows, the largest spread first; random ones if not given.
    """
    factors = draw.normal((n, rank))
    if not draw.small:  # uncorrelated, so that the variances are the spreads' squares
        factors = np.linalg.qr(factors - factors.mean(axis=0))[0] * np.sqrt(n) * draw.between(0.5, 2.0)
    directions = rotation(draw, d) if directions is None else directions
    train = factors @ (directions[:rank] * SPREAD[:rank, None]) + 4.0 * draw.normal((d,))
    return train, foreign(draw, (n // 2 + 2, d))


def in_pairs(draw: Draw, d: int) -> Array:
    """Directions each of which mixes two columns (one is left alone where d is odd), those of least variance the first two: an
    eigensolver that sorts nothing meets these first. The others are moved by a column: the matrix is not symmetric, whatever the signs.
    """
    blocks = np.eye(d)
    for i in range(0, d - 1, 2):
        blocks[i : i + 2, i : i + 2] = draw.choice(([[0.6, 0.8], [-0.8, 0.6]], [[0.8, 0.6], [-0.6, 0.8]], [[0.6, -0.8], [0.8, 0.6]]))
    blocks[:, 2:] = np.roll(blocks[:, 2:], 1, axis=1)
    directions: Array = blocks[::-1]
    return directions


def components_of(draw: Draw, make: Callable[[int], Any], *, distance: float, scale: float = 1.0) -> Steps:
    """What PCA and Whiten are asked; make(components) builds one. Two transforms of one fit are one item: their signs belong together.

    distance: from zero of the data with more columns than rows. A covariance as E[xxᵀ] − μμᵀ loses twice the digits that x − μ does.
    scale: of the data with a constant column.
    """
    n, d = draw.size(40, 8, least=4)
    n = max(n, d + 4)
    train, test = separated(draw, n, d, d)
    yield from scores("train and test", train, test, draw.integer(2, d - 1), make)
    yield from second_fit("train and test, a second fit and all components", train, test, test, make, d, chained=True)
    n, wide = draw.size(8, 16, least=7)
    train, test = separated(draw, n, wide + 2, 4)
    keep = draw.integer(2, 3 if draw.small else 4)
    yield from scores("more columns than rows", train + distance, test + distance, keep, make)
    yield from second_fit("more columns than rows, a second fit and one component", train, test, test[:, 1:], make, 1)
    train, test = separated(draw, draw.size(20, least=9)[0], d, d, in_pairs(draw, d))
    column, value = draw.integer(2, d), draw.between(0.5, 4.0)
    train, test = scale * np.insert(train, column, value, axis=1), scale * np.insert(test, column, 2.0 - value, axis=1)
    keep = draw.integer(2, d - 1)
    yield from scores("constant column", train, test, keep, make, scale)
    yield from second_fit("constant column, a second fit", train, test, test, make, keep, scale=scale)


def scores(name: str, train: Array, test: Array, keep: int, make: Callable[[int], Any], scale: float = 1.0) -> Steps:
    """Several transforms of one fit, among them a mirror image, whose scores have the opposite sign. scale: natural size of a score."""
    mirrored = 2 * train.mean(axis=0) - test

    def both() -> Any:
        tool = make(keep)
        tool.fit(train)
        return {"train": tool.transform(train), "test": tool.transform(test), "mirrored test": tool.transform(mirrored)}

    yield name, both, up_to_sign(floor=FLOOR * scale)
    yield f"conduct, train of {name}", train, unchanged("train")
    yield f"conduct, x of {name}", test, unchanged("x")


def second_fit(
    name: str,
    train: Array,
    test: Array,
    before: Array,
    make: Callable[[int], Any],
    keep: int,
    *,
    chained: bool = False,
    scale: float = 1.0,
) -> Steps:
    """A fit after another one, to the data `before`; then one row alone.

    chained: on what the first fit returned. A fit that returns nothing costs that group alone.
    """

    returned: list[bool] = []

    def one_row() -> Any:
        tool = make(keep)
        fitted = tool.fit(before)
        returned.append(fitted is tool)
        tool = fitted if chained else tool
        tool.fit(train)
        make(keep).fit(test)  # what another one learns is not this one's
        return {"one row": tool.transform(test[:1]), "train": tool.transform(train)}

    yield name, one_row, up_to_sign(floor=FLOOR * scale)
    if chained:
        yield "conduct, what fit returns", lambda: returned[0], itself()


SMALL = 2.0**-24


@question("2.3", "PCA", stub="preprocessing.PCA", core=True)
def pca(ps2: Any, draw: Draw) -> Steps:
    """Scores on the directions of largest training variance, also with more columns than rows; each column's sign is free."""
    yield from components_of(draw, lambda keep: ps2.PCA(keep), distance=200_000.0, scale=SMALL)


@question("2.4", "Whiten", stub="preprocessing.Whiten", core=True)
def whiten(ps2: Any, draw: Draw) -> Steps:
    """Principal components over the square root of their training variance plus eps."""
    eps = draw.between(0.25, 2.0)
    yield from components_of(draw, lambda keep: ps2.Whiten(keep, eps=eps), distance=60_000.0)
    d = draw.size(7, least=4)[0]
    train, test = separated(draw, draw.size(24, least=9)[0], d, d)
    yield from scores("train and test, default eps", train, test, draw.integer(2, d - 1), lambda keep: ps2.Whiten(keep))
    small = SMALL * train  # the variances are below 1e-12, and eps adds nothing
    keep = draw.integer(2, d - 1)
    yield from scores("train and test, small and no eps", small, SMALL * test, keep, lambda keep: ps2.Whiten(keep, eps=0.0))


def images_of(draw: Draw, make: Make, *, constants: bool = False, sizes: bool = True) -> Steps:
    """What the three image transformers are asked; sizes: whether test images may have another height and width."""
    n, h, w = draw.size(6, 5, 7, least=2)
    c = draw.size(3, least=2)[0] if draw.small else draw.choice((4, 5))  # never three: colour images are no special case
    yield from fitted(draw, make, (n, c, h, w), (n + 2, c, h, w))
    if sizes:
        train, test = ordinary(draw, (n, c, h, w)), foreign(draw, (n, c, h + 1, w + 3))
        yield "test data, another height and width", lambda: fit_and(make(), train, test)
    if constants:
        yield from guarded(draw, make, (3, c, h, w), "constant channel")
    grey, later = ordinary(draw, (1, 1, h, w)), foreign(draw, (n, 1, h, w))
    yield "test data, after one grey image", lambda: fit_and(make(), grey, later)
    yield "conduct, one grey image", grey, unchanged("train")


@question("2.5", "PerPixelMean", stub="preprocessing.PerPixelMean")
def per_pixel_mean(ps2: Any, draw: Draw) -> Steps:
    """The mean training image, subtracted."""
    yield from images_of(draw, lambda: ps2.PerPixelMean(), sizes=False)


@question("2.6", "PerChannelMean", stub="preprocessing.PerChannelMean")
def per_channel_mean(ps2: Any, draw: Draw) -> Steps:
    """One training mean a channel, subtracted, also from images of another size."""
    yield from images_of(draw, lambda: ps2.PerChannelMean())


@question("2.7", "PerChannelStandardize", stub="preprocessing.PerChannelStandardize", core=True)
def per_channel_standardize(ps2: Any, draw: Draw) -> Steps:
    """One training mean and one standard deviation a channel; a constant channel is only centred."""
    yield from images_of(draw, lambda: ps2.PerChannelStandardize(), constants=True)
