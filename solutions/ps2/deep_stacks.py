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
    ### BEGIN SOLUTION
    rows = []
    for weight in weights:
        x = activation.forward(x @ weight)
        slope = activation.backward(np.ones_like(x))
        saturated = np.mean(np.abs(slope) < 0.01)
        dead = np.mean(np.all(slope == 0, axis=0))
        rows.append([np.mean(x), np.std(x), saturated, dead])
    return np.array(rows)
    ### END SOLUTION


def gradient_statistics(weights: list[ndarray], activation: Layer, x: ndarray, grad_output: ndarray) -> ndarray:
    """(L, 2): for each layer in forward order the standard deviation of dL/dW and of dL/d(layer input).

    grad_output is dL/d(output of the last activation).
    """
    ### BEGIN SOLUTION
    inputs = []
    for weight in weights:
        inputs.append(x)
        x = activation.forward(x @ weight)
    rows = []
    for weight, x in zip(reversed(weights), reversed(inputs), strict=True):
        activation.forward(x @ weight)  # so that backward belongs to this layer
        grad_sum = activation.backward(grad_output)
        grad_output = grad_sum @ weight.T
        rows.append([np.std(x.T @ grad_sum), np.std(grad_output)])
    return np.array(rows[::-1])
    ### END SOLUTION
