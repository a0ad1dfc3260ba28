"""A judge for results whose columns have a free sign: principal components."""

from __future__ import annotations

import numpy as np

from .agreement import FLOOR, TOLERANCE, nan_last, relative_error
from .verdict import Array, Judge, Parts, Verdict, within


def up_to_sign(tolerance: float = TOLERANCE, floor: float = FLOOR) -> Judge:
    """Agreement once each column has the sign that fits best; one sign a column for *all* parts of the item.

    Two transforms of one fit are parts of one item, so a sign that is chosen anew at each transform fails.
    """

    def rule(got: Parts, want: Parts) -> Verdict:
        signs = common_signs(got, want)
        worst = max((relative_error(got[p] * signs, want[p], floor) for p in want), key=nan_last, default=0.0)
        return within(worst / tolerance, f"differs by {worst:.2g} of its size, whatever the sign of each column")

    return Judge(rule, free=True, allowed=f"{tolerance:.0e} of its size, and the sign of each column is free")


def common_signs(got: Parts, want: Parts) -> Array:
    """+1 or −1 for each column: the sign of its inner product with the reference's column, over all parts together."""
    with np.errstate(all="ignore"):
        products = sum((np.sum(got[p].astype(np.float64) * want[p], axis=0) for p in want), np.zeros(()))
    return np.where(products < 0, -1.0, 1.0)
