"""Orthogonal matrices of exact binary fractions, for probes."""

from __future__ import annotations

import numpy as np

from .draw import Draw
from .verdict import Array


def rotation(draw: Draw, d: int) -> Array:
    """An orthogonal (d, d) matrix: a product of reflections 1 − v·vᵀ/2, each v with four entries ±1. d ≥ 4."""
    matrix: Array = np.eye(d)
    for _ in range(2 * d):
        v = np.zeros(d)
        v[draw.order(d)[:4]] = 1.0 - 2.0 * draw.integers(2, (4,))
        matrix = matrix - np.outer(matrix @ v, v) / 2
    return matrix
