"""Known mistakes in part 1 that ordinary numbers of ordinary shape do not show: axes of length 1, results that are computed once.
Each sentence goes on after "This is what you get when …".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but

SQUEEZED = "axes of length 1 are squeezed away; a result has exactly the shape of x"


def squeezing(right: Any) -> Any:
    return but(right, forward=lambda self, x: np.squeeze(right.forward(self, x)))


@mistake("1.3", "ReLU", SQUEEZED, fails=("forward, an axis of length 1",))
def relu_squeezed(right: Any) -> Any:
    return squeezing(right)


@mistake("1.5", "ELU", SQUEEZED, fails=("forward, an axis of length 1",))
def elu_squeezed(right: Any) -> Any:
    return squeezing(right)


@mistake("1.7", "Maxout", "a batch of one row loses its first axis: axes of length 1 are squeezed away", fails=("forward, a second time",))
def maxout_squeezed(right: Any) -> Any:
    return squeezing(right)


@mistake(
    "1.1",
    "Sigmoid",
    "the result is computed at the first forward and kept for good; each forward computes its own",
    fails=("forward, a second time", "backward, after a second forward"),
)
def sigmoid_computed_once(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        if not hasattr(self, "y"):
            right.forward(self, x)
        return self.y.copy()

    return but(right, forward=forward)


@mistake(
    "1.2",
    "Tanh",
    "the result is computed at the first forward and kept for good; each forward computes its own",
    fails=("forward, a second time", "backward, after a second forward"),
)
def tanh_computed_once(right: Any) -> Any:
    return sigmoid_computed_once(right)
