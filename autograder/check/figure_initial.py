"""Initial values that do not work: the same value everywhere, and values of wildly different sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .figure_canvas import INK, THEORY, WRONG, Data, Figure, canvas, panels, rounded, titled, usable
from .verdict import Array

UNITS, STEPS = 5, 150


def measure_same_value(ps2: Any) -> Data:
    """{"equal", "random"}: (steps / 3, units), one incoming weight of each unit while a small network is trained."""
    start = usable("xavier", ps2.xavier(np.random.default_rng(1), (3, UNITS)), (3, UNITS))
    return {"equal": rounded(training_of(np.full((3, UNITS), 0.3))[::3]), "random": rounded(training_of(start)[::3])}


def training_of(w: Array) -> Array:
    """(steps, units): the first incoming weight of each hidden tanh unit during gradient descent on a small regression."""
    x = np.random.default_rng(2).standard_normal((64, w.shape[0]))
    target = np.sin(2 * x[:, 0]) * x[:, 1]
    w, out, path = w.copy(), np.full(w.shape[1], 0.3), []
    for _ in range(STEPS):
        path.append(w[0].copy())
        h = np.tanh(x @ w)
        error = (h @ out - target) / len(x)
        w, out = w - 1.0 * x.T @ (np.outer(error, out) * (1 - h**2)), out - 1.0 * h.T @ error
    return np.array(path)


def draw_same_value(data: Data, reference: Data | None = None) -> Any:
    figure = canvas(8.4, 3.0)
    axes = panels(figure, 1, 2, sharey=True)[0]
    for axis, name, says in zip(axes, ("equal", "random"), ("all weights 0.3", "Xavier"), strict=True):
        lines = np.array(data[name])
        axis.plot(3 * np.arange(len(lines)), lines, linewidth=1.4)
        titled(axis, f"start: {says}", "step of gradient descent")
    axes[0].set_ylabel("a weight of each of 5 units", fontsize=8)
    axes[0].annotate("five lines, one on the other", (0.97, 0.9), xycoords="axes fraction", ha="right", fontsize=8, color=WRONG)
    return figure


def measure_two_weights(ps2: Any) -> Data:
    """{"depth"}: nothing is measured here, all of it follows from the two weights."""
    return {"depth": 6}


def draw_two_weights(data: Data, reference: Data | None = None) -> Any:
    """What passes through a chain of units with such weights, there and back."""
    figure = canvas(8.4, 3.0)
    axes = panels(figure, 1, 2)[0]
    layers = np.arange(data["depth"] + 1)
    for axis, sizes, name in (
        (axes[0], 1e5**layers, "the signal after layer l"),
        (axes[1], 1e5 ** layers[::-1], "the gradient at the output of layer l"),
    ):
        axis.semilogy(layers, sizes, color=WRONG, marker="o", markersize=4, label="w₂ = 100000")
        nothing = np.where(sizes == 1, 1.0, 1e-5)
        axis.semilogy(layers, nothing, color=INK, marker="s", markersize=4, label="w₁ = 0 (exactly 0, drawn at 10⁻⁵)")
        axis.semilogy(layers, np.ones(len(layers)), color=THEORY, linestyle="--", label="wanted")
        titled(axis, name, "layer l")
    axes[0].legend(fontsize=7.5, frameon=False, loc="upper left")
    return figure


SAME_VALUE = Figure("same-value", ("initializers.xavier",), measure_same_value, draw_same_value)
TWO_WEIGHTS = Figure("two-weights", (), measure_two_weights, draw_two_weights)
