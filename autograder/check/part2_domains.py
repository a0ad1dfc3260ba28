"""Part 2, other kinds of data: embeddings, graphs, waveforms, rewards; and how steep the loss is on data as they come."""

from __future__ import annotations

from typing import Any

import numpy as np

from .agreement import each_entry, unchanged
from .draw import Draw
from .fitting import Steps, earlier_result, fit_and, fit_twice, foreign, ordinary, uneven
from .question import question
from .verdict import Array


@question("2.8", "unit_norm", stub="preprocessing.unit_norm")
def unit_norm(ps2: Any, draw: Draw) -> Steps:
    """Rows of Euclidean norm 1, small and large ones alike; a zero row stays zero, and no other."""
    n, d = draw.size(9, 7, least=3)
    x = ordinary(draw, (n, d))
    yield "rows", lambda: ps2.unit_norm(x)
    yield "conduct, embeddings", x, unchanged("embeddings")
    small = draw.normal((n + 1, d)) * sizes(draw, n + 1, 2.0**-66)
    yield "rows, small", lambda: ps2.unit_norm(small)
    mixed = draw.normal((n, d)) * np.array([0.5, 512.0])[draw.integers(2, (n, 1))]
    yield "rows, small beside large", lambda: ps2.unit_norm(mixed)
    zero = draw.normal((n + 2, d))
    order = draw.order(n + 2)
    zero[order[: draw.integer(1, 2)]] = 0.0
    balanced = order[2]  # entries that are 0, that sum to 0, that begin with 0: none of it makes a row zero
    zero[balanced] = 0.0
    zero[balanced, 1], zero[balanced, 2] = 2.0, -2.0
    zero[order[3], 0] = 0.0
    yield "zero rows", lambda: ps2.unit_norm(zero)
    yield "conduct, embeddings with zero rows", zero, unchanged("embeddings")


def sizes(draw: Draw, n: int, least: float = 2.0**-46) -> Array:
    """(n, 1) factors of some 1e-2, 1e-9 and `least`, each at least once (n ≥ 3): small numbers, which are not 0."""
    factors: Array = np.resize([2.0**-6, 2.0**-30, least], n)[draw.order(n)][:, None]
    return factors


def graph(draw: Draw, n: int, *, isolated: bool = False) -> Array:
    """A directed graph with weights, some self-loops and some missing edges; every node has an edge out unless isolated ones are asked for.

    Of the isolated nodes one has no edge at all, another (where there is room) has edges in but none out.
    """
    keep = draw.uniform(0.0, 1.0, (n, n)) < 0.6
    weights = draw.uniform(0.0, 2.0, (n, n))  # with more digits than float32 has
    adjacency = np.where(keep, np.ceil(4 * weights) / 4 if draw.small else weights, 0.0)
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
    x, adjacency = draw.normal((n, d)) if draw.small else draw.uniform(-2.0, 2.0, (n, d)), graph(draw, n)
    yield "by degree", lambda: ps2.degree_normalize(x, adjacency, power=1.0)
    yield "by the square root", lambda: ps2.degree_normalize(x, adjacency, power=0.5)
    yield "conduct, features", x, unchanged("features")
    yield "conduct, adjacency", adjacency, unchanged("adjacency")
    x2, other = draw.normal((n, d)), graph(draw, n)
    yield "by degree, default power", lambda: ps2.degree_normalize(x2, other)
    x3, holes = draw.normal((n + 1, d)), graph(draw, n + 1, isolated=True)
    power = draw.choice((0.5, 1.0))
    yield "isolated nodes", lambda: ps2.degree_normalize(x3, holes, power)
    yield "conduct, features of isolated nodes", x3, unchanged("features")
    yield "conduct, adjacency of isolated nodes", holes, unchanged("adjacency")
    x4, light = draw.normal((n + 1, d)), graph(draw, n + 1) * sizes(draw, n + 1)
    yield "by degree, degrees below 1", lambda: ps2.degree_normalize(x4, light), each_entry()


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
    yield "conduct, adjacency of isolated nodes", holes, unchanged("adjacency")
    light = graph(draw, n + 1) * sizes(draw, n + 1)
    yield "directed graph, degrees below 1", lambda: ps2.symmetric_normalize(light), each_entry()


@question("2.11", "SpectralNormalize", stub="preprocessing.SpectralNormalize")
def spectral_normalize(ps2: Any, draw: Draw) -> Steps:
    """Log spectra of windowed frames, standardised per frequency over all training frames."""
    frame, n = 2 * (draw.integer(3, 4) if draw.small else draw.integer(7, 12)) + 1, draw.size(4, least=2)[0]  # even by default
    hop, eps = draw.choice([h for h in range(3, frame - 1) if frame % h]), draw.between(0.0625, 0.5)
    whole = frame + 3 * hop  # the last frame ends with the waveform
    longer = whole + hop + draw.integer(hop - frame % hop, hop - 1)  # it does not, and length//hop counts one frame more

    def make() -> Any:
        return ps2.SpectralNormalize(frame=frame, hop=hop, eps=eps)

    train, test = draw.normal((n, whole)), foreign(draw, (n + 1, longer))
    tool = make()
    yield "training data", lambda: fit_and(tool, train, train)
    yield "test data", lambda: tool.transform(test)
    yield "test data, one waveform of one frame", lambda: tool.transform(test[:1, :frame])
    yield "conduct, train", train, unchanged("train")
    yield "conduct, x", test, unchanged("x")
    yield from fit_twice(draw, make, (n, whole), (n, whole))
    yield from earlier_result(draw, make, (n, whole))
    silent, heard = draw.normal((n, longer)) * 2.0**-50, draw.normal((n, longer))  # every frequency is constant but for the last digits
    yield "silence", lambda: fit_and(make(), silent, heard)
    small = draw.size(2, least=2)[0]
    speech, later = draw.normal((small, 560)), draw.normal((small, 530))
    yield "training data, default arguments", lambda: fit_and(ps2.SpectralNormalize(), speech, later)


def rewards_of(normalizer: Any, rewards: Array, ends: Array) -> Any:
    """The normalised rewards of a whole run, one step at a time."""
    return np.array([float(normalizer.step(float(r), done=bool(e))) for r, e in zip(rewards, ends, strict=True)])


def rewards(draw: Draw, count: int, centre: float) -> Array:
    """Of which the second has the other sign: the deviation of two returns that are nearly equal is nothing but rounding."""
    values = draw.normal((count,)) + centre
    values[1] = -np.copysign(max(abs(values[1]), 0.5), values[0])
    return values if draw.small else values * draw.uniform(0.75, 1.0, (count,))  # with more digits than float32 has


@question("2.12", "RewardNormalizer", stub="preprocessing.RewardNormalizer")
def reward_normalizer(ps2: Any, draw: Draw) -> Steps:
    """Rewards over the standard deviation of all discounted returns so far; a new episode starts its return from zero."""
    gamma, count = draw.between(0.3, 0.95), draw.size(10, least=4)[0]
    never = np.zeros(count)
    first, third = (rewards(draw, count, centre) for centre in (1.0, 0.5))
    large = rewards(draw, count if draw.small else draw.integer(110, 130), 0.5)  # a hundred returns and more count, not the last hundred
    yield "one episode", lambda: rewards_of(ps2.RewardNormalizer(gamma=gamma), first, never)
    second, ends = rewards(draw, 2 * count, -2.0), np.zeros(2 * count)
    ends[[0, 1, 4, *5 + draw.order(2 * count - 5)[: count // 4]]] = 1.0  # at once, and twice in a row
    second[[2, 4]] = 0.0  # the latter at an end
    yield "episodes", lambda: rewards_of(ps2.RewardNormalizer(gamma=gamma), second, ends)
    tiny = third * 2.0**-30
    yield "one episode, default gamma", lambda: rewards_of(ps2.RewardNormalizer(), tiny, never)
    large[0] = np.copysign(draw.between(64.0, 256.0), large[0])  # it comes back as it is: nothing is clipped

    def without_done() -> Any:
        normalizer = ps2.RewardNormalizer(gamma)
        return np.array([float(normalizer.step(float(r))) for r in large])

    yield "one episode, without saying done", without_done, each_entry()
    same = np.full(count, uneven(draw, 3))
    yield "equal returns", lambda: rewards_of(ps2.RewardNormalizer(gamma=0.0), same, never)
    alike = draw.normal((count,)) + 50_000.0  # E[R²] − E[R]² loses nine digits here
    yield "equal returns, nearly", lambda: rewards_of(ps2.RewardNormalizer(gamma=0.0), alike, never)


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
    if not draw.small:  # uncorrelated columns, turned: of their variances the two least differ by one in a thousand, and the two largest
        least, most = draw.uniform(0.125, 0.375, (1,)), draw.uniform(4.0, 6.0, (1,))
        variances = np.concatenate([least, 1.001 * least, most, 1.001 * most, draw.uniform(0.5, 3.5, (d - 4,))])
        centred = np.linalg.qr(centred)[0] * np.sqrt(n * variances) @ np.linalg.qr(draw.normal((d, d)))[0]
    yield "centred data", lambda: ps2.hessian_condition(centred), each_entry()
    small = draw.normal((n + 3, d)) * 2.0**-11  # the bias apart: an eigenvalue of 1e-7 is none of 0. Of its digits seven are sure
    yield "raw data, small numbers", lambda: ps2.hessian_condition(small), each_entry(1e-6)
