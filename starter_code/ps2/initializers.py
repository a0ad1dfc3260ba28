"""Part 3: weight initialization (handout, section 3).

`shape` is that of the weights: (fan_in, fan_out) of a linear layer, (out, in, kh, kw) of a convolution.
`rng` is a `numpy.random.Generator` and the only source of
randomness: the same state gives the same array, and numpy's global generator is neither used nor seeded. How many numbers are drawn and in
which order is free. Every result is a new float64 array.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from .base import Layer

Shape = tuple[int, ...]


def fan_in(shape: Shape) -> int:
    """The number of inputs that are summed for one output: D_in for (D_in, D_out), in·kh·kw for (out, in, kh, kw)."""
    raise NotImplementedError("3.1 fan_in")


def xavier(rng: np.random.Generator, shape: Shape) -> ndarray:
    """Independent, mean 0, standard deviation 1/√fan_in: then Var(y) = Var(x) for y = x·W.

    Normal, uniform, or truncated normal with corrected deviation. (The lecture's form; Glorot & Bengio's own is √(2/(fan_in + fan_out)).)
    """
    raise NotImplementedError("3.3 xavier")


def kaiming(rng: np.random.Generator, shape: Shape, negative_slope: float = 0.0) -> ndarray:
    """Independent, mean 0, standard deviation √(2 / ((1 + a²)·fan_in)), a = negative_slope (He et al. 2015).

    A ReLU halves the second moment, a leaky one keeps (1 + a²)/2 of it; this makes up for it, whatever the sign and the size of a. Any of
    the distributions of `xavier`.
    """
    raise NotImplementedError("3.4 kaiming")
