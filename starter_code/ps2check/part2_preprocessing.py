"""Part 2: data preprocessing.

Leakage is tested by what `transform` is given: test data with another mean and spread, and single rows, must meet the training
statistics. No test row is ever shown to `fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .agreement import each_entry, unchanged
from .draw import Draw, Shape
from .matrices import rotation
from .question import question
from .sign import up_to_sign
from .verdict import Array

Steps = Iterator[tuple[Any, ...]]
Make = Callable[[], Any]


def ordinary(draw: Draw, shape: Shape) -> Array:
    """Data with a mean and a spread of its own in every column (or channel, axis 1)."""
    along = (1, shape[1], *(1,) * (len(shape) - 2))
    scale, mean = 0.5 + np.abs(draw.normal(along)), 3 * draw.normal(along)
    data: Array = draw.normal(shape) * scale + mean
    return data


def foreign(draw: Draw, shape: Shape) -> Array:
    """Test data that is visibly not distributed like `ordinary` training data."""
    return 3.5 * draw.normal(shape) - 5.0


def fitted(draw: Draw, make: Make, rows: Shape, other: Shape, *, images: bool = False) -> Steps:
    """What every transformer with `fit` and `transform` is asked. other: the shape of the test data."""
    train, test = ordinary(draw, rows), foreign(draw, other)
    tool = make()
    yield "training data", lambda: fit_and(tool, train, train)
    yield "test data", lambda: tool.transform(test)
    yield "test data, one example", lambda: tool.transform(test[:1])
    yield "test data, the training data again", lambda: tool.transform(train)
    yield "conduct, train", train, unchanged("train")
    yield "conduct, x", test, unchanged("x")
    yield from fit_twice(draw, make, rows, other)
    yield from earlier_result(draw, make, rows)


def fit_and(tool: Any, train: Array, x: Array) -> Any:
    """fit, then transform, with no use made of what fit returns."""
    tool.fit(train)
    return tool.transform(x)


def fit_twice(draw: Draw, make: Make, rows: Shape, other: Shape) -> Steps:
    """fit returns the object, a second fit forgets the first, and what one object learns is not another's."""
    first, second, x = ordinary(draw, rows), ordinary(draw, rows), foreign(draw, other)

    def chained() -> Any:
        tool = make()
        tool.fit(first)
        return tool.fit(second).transform(x)

    def between() -> Any:
        tool = make()
        tool.fit(second)
        make().fit(first)
        return tool.transform(x)

    yield "test data, chained after a second fit", chained
    yield "test data, another one fitted in between", between


def earlier_result(draw: Draw, make: Make, rows: Shape) -> Steps:
    """A result stays what it was when transform is called again."""
    train, x = ordinary(draw, rows), foreign(draw, rows)
    kept: list[Any] = []

    def again() -> Any:
        tool = make().fit(train)
        kept.append(tool.transform(train))
        return tool.transform(x)

    yield "test data, after an earlier transform", again
    yield "conduct, earlier result", lambda: kept[0], unchanged("the first transform's result")


def with_constants(draw: Draw, shape: Shape) -> tuple[Array, int]:
    """Data one of whose columns (channels) is constant, and that column."""
    train, column = ordinary(draw, shape), draw.integer(0, shape[1] - 1)
    train[:, column] = draw.between(0.5, 4.0)
    return train, column


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
    train, _ = with_constants(draw, (n + 1, d))
    test = foreign(draw, (n, d))
    tool = ps2.Standardize()
    yield "constant column, training data", lambda: fit_and(tool, train, train)
    yield "constant column, test data", lambda: tool.transform(test)


SPREAD = np.array([8.0, 6.0, 4.0, 3.0, 2.0, 1.5, 1.0, 0.75])
"""Standard deviations of the factors: neighbouring variances differ by about a factor of two."""


def separated(draw: Draw, n: int, d: int, rank: int) -> tuple[Array, Array]:
    """(train, test): `rank` factors whose spreads keep the principal variances clearly apart; the test data come from elsewhere."""
    factors = draw.normal((n, rank))
    if not draw.small:  # uncorrelated, so that the variances are the spreads' squares
        factors = np.linalg.qr(factors - factors.mean(axis=0))[0] * np.sqrt(n) * draw.between(0.5, 2.0)
    train = factors @ (rotation(draw, d)[:rank] * SPREAD[:rank, None]) + 4.0 * draw.normal((d,))
    return train, foreign(draw, (n // 2 + 2, d))


def components_of(draw: Draw, make: Callable[[int], Any]) -> Steps:
    """What PCA and Whiten are asked; make(components) builds one. Two transforms of one fit are one item: their signs belong together."""
    n, d = draw.size(40, 8, least=4)
    n = max(n, d + 4)
    train, test = separated(draw, n, d, d)
    yield from scores("train and test", train, test, draw.integer(2, d - 1), make, chained=True)
    n, wide = draw.size(8, 16, least=7)
    train, test = separated(draw, n, wide + 2, 4)
    yield from scores("more columns than rows", train, test, draw.integer(2, 3 if draw.small else 4), make)
    train, test = separated(draw, draw.size(20, least=9)[0], d, d)
    column, value = draw.integer(0, d), draw.between(0.5, 4.0)
    train, test = np.insert(train, column, value, axis=1), np.insert(test, column, 2.0 - value, axis=1)
    yield from scores("constant column", train, test, draw.integer(2, d - 1), make)


def scores(name: str, train: Array, test: Array, keep: int, make: Callable[[int], Any], chained: bool = False) -> Steps:
    """Several transforms of one fit, among them a mirror image, whose scores have the opposite sign; and a fit after another.

    chained: on what the first fit returned. A fit that returns nothing costs that group alone.
    """
    mirrored = 2 * train.mean(axis=0) - test

    def both() -> Any:
        tool = make(keep)
        tool.fit(train)
        return {"train": tool.transform(train), "test": tool.transform(test), "mirrored test": tool.transform(mirrored)}

    def one_row() -> Any:
        tool = make(keep)
        fitted = tool.fit(test)
        tool = fitted if chained else tool
        tool.fit(train)
        make(keep).fit(mirrored)  # what another one learns is not this one's
        return {"one row": tool.transform(test[:1]), "train": tool.transform(train)}

    yield name, both, up_to_sign()
    yield f"{name}, a second fit and one row", one_row, up_to_sign()
    yield f"conduct, train of {name}", train, unchanged("train")
    yield f"conduct, x of {name}", test, unchanged("x")


@question("2.3", "PCA", stub="preprocessing.PCA", core=True)
def pca(ps2: Any, draw: Draw) -> Steps:
    """Scores on the directions of largest training variance, also with more columns than rows; each column's sign is free."""
    yield from components_of(draw, lambda keep: ps2.PCA(keep))


@question("2.4", "Whiten", stub="preprocessing.Whiten", core=True)
def whiten(ps2: Any, draw: Draw) -> Steps:
    """Principal components over the square root of their training variance plus eps."""
    eps = draw.between(0.25, 2.0)
    yield from components_of(draw, lambda keep: ps2.Whiten(keep, eps=eps))
    d = draw.size(7, least=4)[0]
    train, test = separated(draw, draw.size(24, least=9)[0], d, d)
    yield from scores("train and test, default eps", train, test, draw.integer(2, d - 1), lambda keep: ps2.Whiten(keep))


def images_of(draw: Draw, make: Make, *, constants: bool = False, sizes: bool = True) -> Steps:
    """What the three image transformers are asked; sizes: whether test images may have another height and width."""
    n, c, h, w = draw.size(6, 4, 5, 8, least=2)
    yield from fitted(draw, make, (n, c, h, w), (n + 2, c, h, w))
    if sizes:
        train, test = ordinary(draw, (n, c, h, w)), foreign(draw, (n, c, h + 1, w + 3))
        yield "test data, another height and width", lambda: fit_and(make(), train, test)
    if constants:
        flat, _ = with_constants(draw, (n, c, h, w))
        other = foreign(draw, (n, c, h, w))
        tool = make()
        yield "constant channel, training data", lambda: fit_and(tool, flat, flat)
        yield "constant channel, test data", lambda: tool.transform(other)


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


@question("2.8", "unit_norm", stub="preprocessing.unit_norm")
def unit_norm(ps2: Any, draw: Draw) -> Steps:
    """Rows of Euclidean norm 1, small and large ones alike; a zero row stays zero."""
    n, d = draw.size(9, 7, least=2)
    x = ordinary(draw, (n, d))
    yield "rows", lambda: ps2.unit_norm(x)
    yield "conduct, embeddings", x, unchanged("embeddings")
    small = draw.normal((n + 1, d)) / 16
    yield "rows, small", lambda: ps2.unit_norm(small)
    mixed = draw.normal((n, d)) * np.array([0.5, 512.0])[draw.integers(2, (n, 1))]
    yield "rows, small beside large", lambda: ps2.unit_norm(mixed)
    zero = draw.normal((n + 2, d))
    zero[draw.order(n + 2)[: draw.integer(1, 2)]] = 0.0
    yield "zero rows", lambda: ps2.unit_norm(zero)


def graph(draw: Draw, n: int, *, isolated: bool = False) -> Array:
    """A directed graph with weights, some self-loops and some missing edges; every node has an edge out unless isolated ones are asked for.

    Of the isolated nodes one has no edge at all, another (where there is room) has edges in but none out.
    """
    keep = draw.uniform(0.0, 1.0, (n, n)) < 0.6
    adjacency = np.where(keep, np.ceil(8 * draw.uniform(0.0, 1.0, (n, n))) / 4, 0.0)
    order = draw.order(n)
    adjacency[order, np.roll(order, 1)] = 0.25 + np.ceil(4 * draw.uniform(0.0, 1.0, (n,))) / 4
    if isolated:
        adjacency[order[0]] = 0.0
        adjacency[:, order[0]] = 0.0
        adjacency[order[1]] = 0.0
        adjacency[order[2], order[1]] = draw.between(0.5, 2.0)
        adjacency[order[2], order[2]] = draw.between(0.5, 2.0)
    return adjacency


@question("2.9", "degree_normalize", stub="preprocessing.degree_normalize")
def degree_normalize(ps2: Any, draw: Draw) -> Steps:
    """Rows over their out-degree or its square root, in directed weighted graphs, with isolated nodes."""
    n, d = draw.size(9, 5, least=3)
    x, adjacency = draw.normal((n, d)), graph(draw, n)
    yield "by degree", lambda: ps2.degree_normalize(x, adjacency, power=1.0)
    yield "by the square root", lambda: ps2.degree_normalize(x, adjacency, power=0.5)
    yield "conduct, features", x, unchanged("features")
    yield "conduct, adjacency", adjacency, unchanged("adjacency")
    x2, other = draw.normal((n, d)), graph(draw, n)
    yield "by degree, default power", lambda: ps2.degree_normalize(x2, other)
    x3, holes = draw.normal((n + 1, d)), graph(draw, n + 1, isolated=True)
    power = draw.choice((0.5, 1.0))
    yield "isolated nodes", lambda: ps2.degree_normalize(x3, holes, power)
    x4, light = draw.normal((n + 1, d)), graph(draw, n + 1) / 64
    yield "by degree, degrees below 1", lambda: ps2.degree_normalize(x4, light)


@question("2.10", "symmetric_normalize", stub="preprocessing.symmetric_normalize")
def symmetric_normalize(ps2: Any, draw: Draw) -> Steps:
    """Edges over the square roots of both ends' degrees, in undirected and directed graphs, with isolated nodes."""
    n = draw.size(9, least=3)[0]
    one_way = graph(draw, n)
    both_ways = one_way + one_way.T
    yield "undirected graph", lambda: ps2.symmetric_normalize(both_ways)
    yield "conduct, adjacency", both_ways, unchanged("adjacency")
    directed = graph(draw, n + 1)
    yield "directed graph", lambda: ps2.symmetric_normalize(directed)
    holes = graph(draw, n + 2, isolated=True)
    yield "isolated nodes", lambda: ps2.symmetric_normalize(holes)
    light = graph(draw, n + 1) / 64
    yield "directed graph, degrees below 1", lambda: ps2.symmetric_normalize(light)


@question("2.11", "SpectralNormalize", stub="preprocessing.SpectralNormalize")
def spectral_normalize(ps2: Any, draw: Draw) -> Steps:
    """Log spectra of windowed frames, standardised per frequency over all training frames."""
    frame, n = draw.integer(6, 8) if draw.small else draw.integer(14, 25), draw.size(4, least=2)[0]
    hop, eps = draw.integer(3, frame - 2), draw.between(0.01, 0.5)
    length = frame + 3 * hop + draw.integer(1, hop - 1)  # the last frame does not fit whole

    def make() -> Any:
        return ps2.SpectralNormalize(frame=frame, hop=hop, eps=eps)

    train, test = draw.normal((n, length)), foreign(draw, (n + 1, length + hop))
    tool = make()
    yield "training data", lambda: fit_and(tool, train, train)
    yield "test data", lambda: tool.transform(test)
    yield "test data, one waveform", lambda: tool.transform(test[:1])
    yield "conduct, train", train, unchanged("train")
    yield "conduct, x", test, unchanged("x")
    yield from fit_twice(draw, make, (n, length), (n, length))
    yield from earlier_result(draw, make, (n, length))
    silent, heard = np.zeros((n, length)), draw.normal((n, length))  # every frequency is constant
    yield "silence", lambda: fit_and(make(), silent, heard)
    small = draw.size(2, least=2)[0]
    speech, later = draw.normal((small, 700)), draw.normal((small, 600))
    yield "training data, default arguments", lambda: fit_and(ps2.SpectralNormalize(), speech, later)


def rewards_of(normalizer: Any, rewards: Array, ends: Array) -> Any:
    """The normalised rewards of a whole run, one step at a time."""
    return np.array([float(normalizer.step(float(r), done=bool(e))) for r, e in zip(rewards, ends, strict=True)])


def rewards(draw: Draw, count: int, centre: float) -> Array:
    """Of which the second has the other sign: the deviation of two returns that are nearly equal is nothing but rounding."""
    values = draw.normal((count,)) + centre
    values[1] = -np.copysign(max(abs(values[1]), 0.5), values[0])
    return values


@question("2.12", "RewardNormalizer", stub="preprocessing.RewardNormalizer")
def reward_normalizer(ps2: Any, draw: Draw) -> Steps:
    """Rewards over the standard deviation of all discounted returns so far; a new episode starts its return from zero."""
    gamma, count = draw.between(0.3, 0.95), draw.size(24, least=3)[0]
    never = np.zeros(count)
    first, second, third = (rewards(draw, count, centre) for centre in (1.0, -2.0, 0.5))
    yield "one episode", lambda: rewards_of(ps2.RewardNormalizer(gamma=gamma), first, never)
    ends = never.copy()
    ends[draw.order(count - 1)[: max(1, count // 6)]] = 1.0
    yield "episodes", lambda: rewards_of(ps2.RewardNormalizer(gamma=gamma), second, ends)
    yield "one episode, default gamma", lambda: rewards_of(ps2.RewardNormalizer(), third, never)

    def without_done() -> Any:
        normalizer = ps2.RewardNormalizer(gamma)
        return np.array([float(normalizer.step(float(r))) for r in third])

    yield "one episode, without saying done", without_done
    same = np.full(count, draw.between(0.5, 3.0))
    yield "equal returns", lambda: rewards_of(ps2.RewardNormalizer(gamma=0.0), same, never)


@question("2.13", "hessian_condition", stub="preprocessing.hessian_condition")
def hessian_condition(ps2: Any, draw: Draw) -> Steps:
    """How much steeper a linear model's loss is in one direction than in another, before and after normalization."""
    n, d = draw.size(30, 5, least=2)
    n = max(n, d + 4)
    raw = ordinary(draw, (n, d)) * 2.0 ** (2 + draw.integers(3, (1, d))) + 6.0  # every variance is above 1, that of the bias
    yield "raw data", lambda: ps2.hessian_condition(raw)
    yield "conduct, x", raw, unchanged("x")
    tidy = draw.normal((n + 2, d))
    tidy = (tidy - tidy.mean(axis=0)) / tidy.std(axis=0) * draw.between(0.5, 2.0)
    yield "standardized data", lambda: ps2.hessian_condition(tidy), each_entry()
    centred = ordinary(draw, (n + 1, d))
    centred = centred - centred.mean(axis=0)
    yield "centred data", lambda: ps2.hessian_condition(centred), each_entry()
