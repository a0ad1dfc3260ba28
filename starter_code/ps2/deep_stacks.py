"""Part 3: how activations and gradients spread through a deep stack x → φ(x·W₁) → φ(·W₂) → … (handout, sections 3.9 and 3.10).

`weights` is a list of (D_in, D_out) arrays; `activation` is one layer object, used after every product. There is only one of it, and its
backward belongs to its latest forward.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from .base import Layer


def activation_statistics(weights: list[ndarray], activation: Layer, x: ndarray) -> ndarray:
    """(L, 4): for each layer in forward order the mean and the standard deviation of φ's output, the saturated and the dead fraction.

    φ′ is what activation.backward returns for a gradient of ones, right after the forward. An entry is saturated where |φ′| < 0.01; a unit
    is dead where φ′ = 0 on the whole batch, and its entries count as saturated too. x: (N, D).
    """
    raise NotImplementedError("3.9 activation_statistics")


def gradient_statistics(weights: list[ndarray], activation: Layer, x: ndarray, grad_output: ndarray) -> ndarray:
    """(L, 2): for each layer in forward order the standard deviation of dL/dW and of dL/d(layer input).

    grad_output is dL/d(output of the last activation).
    """
    raise NotImplementedError("3.10 gradient_statistics")
