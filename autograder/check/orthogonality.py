"""Judges for random orthogonal matrices: exact tail probabilities, as in distribution.py."""

from __future__ import annotations

import numpy as np
from scipy import special

from .distribution import ALLOWED, ALPHA, kolmogorov, kolmogorov_tail, malformed, repeats
from .verdict import Array, Judge, Parts, Tail, Verdict, fails, within


def orthonormal(shape: tuple[int, ...], gain: float, tolerance: float = 1e-9) -> Judge:
    """`gain` times orthonormal rows or columns, whichever are fewer, of the matrix (first dimension, all others); made by `draws`."""

    def rule(got: Parts, _: Parts) -> Verdict:
        wrong = malformed(got, shape) or repeats(got)
        if wrong:
            return fails(wrong)
        matrix = got["weights"].reshape(shape[0], -1) / gain
        gram = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
        error = float(np.max(np.abs(gram - np.eye(len(gram)))))
        which = "rows" if matrix.shape[0] <= matrix.shape[1] else "columns"
        return within(error / tolerance, f"the {which} are not orthonormal after division by the gain (off by {error:.2g})")

    return Judge(rule, alone=True, allowed=f"{tolerance:.0e}")


def haar(gains: Array, shape: tuple[int, int] = (3, 3)) -> Judge:
    """Matrices of this shape, 3 the larger side, each its gain times orthonormal rows or columns, all equally likely: then each entry is
    uniform on ±gain (Archimedes).

    The distance of each entry by the Dvoretzky–Kiefer–Wolfowitz inequality, and the numbers of positive entries and determinants, which
    are those of a fair coin; ALPHA is shared among all of them.
    """
    count, entries = len(gains), shape[0] * shape[1]
    tests = 2 * entries + 1
    allowed = float(np.sqrt(np.log(2 * tests / ALPHA) / (2 * count)))

    def rule(got: Parts, _: Parts) -> Verdict:
        q = got.get("", np.zeros(0))
        if wrong := unlike(q, (count, *shape)):
            return fails(wrong)
        q = q / gains[:, None, None]
        short = q if shape[0] <= shape[1] else q.transpose(0, 2, 1)
        if np.max(np.abs(short @ short.transpose(0, 2, 1) - np.eye(min(shape)))) > 1e-9:
            return fails(f"the {'rows' if shape[0] <= shape[1] else 'columns'} are not orthonormal")
        worst = max(entry_distances(q)) / allowed
        coins = max(float(special.ndtri(p / 2) / special.ndtri(ALPHA / tests / 2)) for p in coin_tails(q))
        says = "some orthogonal matrices are likelier than others: the signs of the columns (or the order of the rows) are not random"
        return within(max(worst, coins), says)

    def tails(got: Parts) -> dict[str, Tail]:
        q = got[""] / gains[:, None, None]
        found = {
            f"entry {i // shape[1] + 1}, {i % shape[1] + 1}": Tail(kolmogorov_tail(d, count), True)
            for i, d in enumerate(entry_distances(q))
        }
        return {**found, "signs": Tail(min(1.0, tests * min(coin_tails(q))), exact=False)}  # a count has steps

    return Judge(rule, alone=True, chance=True, allowed=ALLOWED, tails=tails)


def directions(count: int, entries: int) -> Judge:
    """Vectors of this many entries and norm 1, all directions equally likely: then one entry of them all is far from 0. Uniform numbers,
    scaled to norm 1, have none beyond √3 of their deviations.

    That the largest is at most t has at most the probability P(|x₁| ≤ t) to the power of their number, because the squares of a random
    direction's entries are negatively associated (a Dirichlet distribution: Joag-Dev & Proschan 1983, 3.1); x₁² ~ Beta(1/2, (n − 1)/2).
    """

    def logarithm(vectors: Array) -> float:
        with np.errstate(divide="ignore"):
            each = np.log(special.betainc(0.5, (entries - 1) / 2, min(float(np.max(vectors**2)), 1.0)))
        return count * entries * float(each)

    def rule(got: Parts, _: Parts) -> Verdict:
        vectors = got.get("", np.zeros(0))
        if wrong := unlike(vectors, (count, entries, 1)):
            return fails(wrong)
        if np.max(np.abs(np.linalg.norm(vectors, axis=1) - 1)) > 1e-9:
            return fails("a single column has not norm 1")
        most = float(np.max(np.abs(vectors))) * entries**0.5
        says = f"of {count} columns of {entries} entries none is above {most:.3g} deviations, where random directions go beyond 2.5"
        return within(logarithm(vectors) / np.log(ALPHA), says)

    def tails(got: Parts) -> dict[str, Tail]:
        return {"largest entry": Tail(float(np.exp(logarithm(got[""]))), exact=False)}

    return Judge(rule, alone=True, chance=True, allowed=ALLOWED, tails=tails)


def unlike(array: Array, shape: tuple[int, ...]) -> str:
    """What is wrong with the form of an array from the student's process, or ""."""
    good = array.shape == shape and array.dtype == np.float64 and bool(np.isfinite(array).all())
    return "" if good else f"has shape {array.shape}, expected {shape}, finite"


def coin_tails(q: Array) -> list[float]:
    """How likely a fair coin is to give so uneven numbers: of positive signs of each entry, and of determinants where there are any."""
    positive = [*np.sum(q > 0, axis=0).ravel()] + ([np.sum(np.linalg.det(q) > 0)] if q.shape[1] == q.shape[2] else [])
    return [min(1.0, 2 * float(special.bdtr(min(heads, len(q) - heads), len(q), 0.5))) for heads in positive]


def entry_distances(q: Array) -> list[float]:
    """Of each entry, its distance to the uniform distribution on [−1, 1]; q: (count, rows, columns)."""
    return [kolmogorov(np.sort(entry) / 2 + 0.5) for entry in q.reshape(len(q), -1).T]
