"""Orthogonal matrices of exact binary fractions, for probes."""

from __future__ import annotations

import numpy as np

from .draw import Draw
from .verdict import Array


def rotation(draw: Draw, d: int) -> Array:
    """An orthogonal (d, d) matrix: a product of reflections 1 − v·vᵀ/2, each v with four entries ±1. d ≥ 4."""
    places = np.argsort(draw.uniform(0.0, 1.0, (2 * d, d)), axis=1, kind="stable")[:, :4]
    reflections = np.zeros((2 * d, d))
    np.put_along_axis(reflections, places, 1.0 - 2.0 * draw.integers(2, (2 * d, 4)), axis=1)
    matrix: Array = np.eye(d)
    for v in reflections:
        matrix -= np.outer(matrix @ v, v / 2)
    return matrix
