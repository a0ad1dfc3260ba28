"""Known mistakes in part 2, images and the lecture's other domains: embeddings, graphs, audio, rewards. Each sentence goes on after
"This is what you get when …".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake

# ---- 2.8 unit_norm


@mistake("2.8", "unit_norm", "a zero row is divided by its norm 0 and becomes NaN; it stays zero (handout 2.8)", fails=("zero rows",))
def unit_norm_nan(right: Any) -> Any:
    return lambda e: e / np.linalg.norm(e, axis=1, keepdims=True)


@mistake("2.8", "unit_norm", "columns get norm 1; an embedding is a row (handout 2.8)", fails=("rows", "zero rows"))
def unit_norm_columns(right: Any) -> Any:
    return lambda e: e / np.maximum(np.linalg.norm(e, axis=0, keepdims=True), 1e-300)


@mistake("2.8", "unit_norm", "the whole matrix is divided by one norm (no axis is given) (handout 2.8)", fails=("rows", "zero rows"))
def unit_norm_whole(right: Any) -> Any:
    return lambda e: e / np.linalg.norm(e)


@mistake(
    "2.8",
    "unit_norm",
    "rows are divided by the sum of their absolute values, which is not the Euclidean norm (handout 2.8)",
    fails=("rows", "zero rows"),
)
def unit_norm_l1(right: Any) -> Any:
    return lambda e: e / np.maximum(np.abs(e).sum(axis=1, keepdims=True), 1e-300)


@mistake("2.8", "unit_norm", "rows are divided by their squared norm: the root is missing (handout 2.8)", fails=("rows", "zero rows"))
def unit_norm_squared(right: Any) -> Any:
    return lambda e: e / np.maximum((e**2).sum(axis=1, keepdims=True), 1e-300)


@mistake(
    "2.8",
    "unit_norm",
    "1e-8 is added to the norm, so that small rows come out shorter than 1; guard zero rows alone (handout 2.8)",
    fails=("rows, small",),
)
def unit_norm_plus_eps(right: Any) -> Any:
    return lambda e: e / (np.linalg.norm(e, axis=1, keepdims=True) + 1e-8)


@mistake(
    "2.8",
    "unit_norm",
    "only rows longer than 1 are shortened; short ones have to grow to norm 1 as well (handout 2.8)",
    fails=("rows, small",),
)
def unit_norm_clips(right: Any) -> Any:
    return lambda e: e / np.maximum(np.linalg.norm(e, axis=1, keepdims=True), 1.0)


@mistake("2.8", "unit_norm", "the division happens in place and overwrites the embeddings", fails=("conduct",))
def unit_norm_in_place(right: Any) -> Any:
    def wrong(embeddings: Any) -> Any:
        embeddings[...] = right(embeddings)
        return embeddings

    return wrong


# ---- 2.9 degree_normalize

POWERS = ("by degree", "by the square root")


def by_degree(degrees: Any) -> Any:
    """A builder whose degrees are degrees(adjacency)."""

    def build(right: Any) -> Any:
        def wrong(features: Any, adjacency: Any, power: float = 1.0) -> Any:
            degree = degrees(adjacency)
            return features * np.where(degree > 0, np.where(degree > 0, degree, 1.0) ** -power, 0.0)[:, None]

        return wrong

    return build


@mistake(
    "2.9",
    "degree_normalize",
    "degrees are column sums; in a directed graph the degree asked for is the row sum (handout 2.9)",
    fails=(*POWERS, "isolated nodes"),
)
def degree_of_columns(right: Any) -> Any:
    return by_degree(lambda a: a.sum(axis=0))(right)


@mistake(
    "2.9",
    "degree_normalize",
    "edges are counted and their weights ignored; the degree is the sum of the weights (handout 2.9)",
    fails=(*POWERS, "isolated nodes"),
)
def degree_counts_edges(right: Any) -> Any:
    return by_degree(lambda a: (a > 0).sum(axis=1).astype(float))(right)


@mistake(
    "2.9",
    "degree_normalize",
    "a self-loop is added to every node; here the graph is taken as it is (handout 2.9)",
    fails=(*POWERS, "isolated nodes"),
)
def degree_with_self_loops(right: Any) -> Any:
    return by_degree(lambda a: a.sum(axis=1) + 1)(right)


@mistake(
    "2.9",
    "degree_normalize",
    "a node without edges is divided by 0, giving inf or NaN; its row becomes zero (handout 2.9)",
    fails=("isolated nodes",),
)
def degree_nan(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: features / (adjacency.sum(axis=1) ** power)[:, None]


@mistake(
    "2.9",
    "degree_normalize",
    "a node without edges keeps its features (degree 0 counted as 1); its row becomes zero (handout 2.9)",
    fails=("isolated nodes",),
)
def degree_zero_is_one(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: (
        features / (np.where(adjacency.sum(axis=1) == 0, 1, adjacency.sum(axis=1)) ** power)[:, None]
    )


@mistake(
    "2.9",
    "degree_normalize",
    "a degree below 1 counts as 1, as by max(degree, 1); only a degree of 0 needs a guard (handout 2.9)",
    fails=("by degree, degrees below 1",),
)
def degree_at_least_one(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: np.where(
        adjacency.sum(axis=1, keepdims=True) > 0, features / np.maximum(adjacency.sum(axis=1, keepdims=True), 1.0) ** power, 0.0
    )


@mistake(
    "2.9", "degree_normalize", "the power is ignored, so that the square root is never taken (handout 2.9)", fails=("by the square root",)
)
def degree_ignores_power(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: right(features, adjacency, 1.0)


@mistake(
    "2.9", "degree_normalize", "rows are multiplied by their degree instead of divided (handout 2.9)", fails=(*POWERS, "isolated nodes")
)
def degree_multiplies(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: features * (adjacency.sum(axis=1) ** power)[:, None]


@mistake(
    "2.9",
    "degree_normalize",
    "the features are also averaged over the neighbours, D⁻¹·A·X; asked is the scaling alone (handout 2.9)",
    fails=(*POWERS, "isolated nodes"),
)
def degree_aggregates(right: Any) -> Any:
    return lambda features, adjacency, power=1.0: right(adjacency @ features, adjacency, power)


# ---- 2.10 symmetric_normalize

GRAPHS = ("undirected graph", "directed graph", "isolated nodes")


def inverse(degree: Any, power: float) -> Any:
    return np.where(degree > 0, np.where(degree > 0, degree, 1.0) ** -power, 0.0)


@mistake(
    "2.10",
    "symmetric_normalize",
    "only the rows are divided, D⁻¹·A; both ends of an edge take part, each with its root (handout 2.10)",
    fails=GRAPHS,
)
def symmetric_rows_only(right: Any) -> Any:
    return lambda a: inverse(a.sum(axis=1), 1.0)[:, None] * a


@mistake("2.10", "symmetric_normalize", "the roots are missing: D⁻¹·A·D⁻¹ instead of D^−½·A·D^−½ (handout 2.10)", fails=GRAPHS)
def symmetric_without_roots(right: Any) -> Any:
    return lambda a: inverse(a.sum(axis=1), 1.0)[:, None] * a * inverse(a.sum(axis=1), 1.0)


@mistake(
    "2.10",
    "symmetric_normalize",
    "self-loops are added as in Kipf & Welling's renormalization trick; not here (handout 2.10)",
    fails=GRAPHS,
)
def symmetric_self_loops(right: Any) -> Any:
    return lambda a: right(a + np.eye(len(a)))


@mistake(
    "2.10",
    "symmetric_normalize",
    "an isolated node divides by 0: NaN or inf in its row and column; they become 0 (handout 2.10)",
    fails=("isolated nodes",),
)
def symmetric_nan(right: Any) -> Any:
    return lambda a: a.sum(axis=1)[:, None] ** -0.5 * a * a.sum(axis=1) ** -0.5


@mistake(
    "2.10",
    "symmetric_normalize",
    "columns are divided by their own sums: in a directed graph both sides use the row sums (handout 2.10)",
    fails=("directed graph", "isolated nodes"),
)
def symmetric_in_and_out(right: Any) -> Any:
    return lambda a: inverse(a.sum(axis=1), 0.5)[:, None] * a * inverse(a.sum(axis=0), 0.5)


@mistake(
    "2.10", "symmetric_normalize", "degrees are column sums; they are row sums (handout 2.10)", fails=("directed graph", "isolated nodes")
)
def symmetric_column_sums(right: Any) -> Any:
    return lambda a: inverse(a.sum(axis=0), 0.5)[:, None] * a * inverse(a.sum(axis=0), 0.5)


@mistake(
    "2.10",
    "symmetric_normalize",
    "a degree below 1 counts as 1, as by max(degree, 1); only a degree of 0 needs a guard (handout 2.10)",
    fails=("directed graph, degrees below 1",),
)
def symmetric_at_least_one(right: Any) -> Any:
    return lambda a: a * np.maximum(a.sum(axis=1)[:, None], 1.0) ** -0.5 * np.maximum(a.sum(axis=1), 1.0) ** -0.5


@mistake("2.10", "symmetric_normalize", "edges are counted and weights ignored (handout 2.10)", fails=GRAPHS)
def symmetric_counts_edges(right: Any) -> Any:
    return lambda a: inverse((a > 0).sum(axis=1), 0.5)[:, None] * a * inverse((a > 0).sum(axis=1), 0.5)


@mistake("2.10", "symmetric_normalize", "the result is the Laplacian I − D^−½·A·D^−½ (handout 2.10)", fails=GRAPHS)
def symmetric_laplacian(right: Any) -> Any:
    return lambda a: np.eye(len(a)) - right(a)


@mistake("2.10", "symmetric_normalize", "the adjacency is scaled in place and so overwritten", fails=("conduct",))
def symmetric_in_place(right: Any) -> Any:
    def wrong(adjacency: Any) -> Any:
        adjacency[...] = right(adjacency)
        return adjacency

    return wrong
