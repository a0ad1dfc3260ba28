"""What preprocessing does to the data, and what that does to the loss."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from .figure_canvas import INK, PALE, SOFT, THEORY, WRONG, Data, Figure, canvas, optional, panels, rounded, titled, usable
from .verdict import Array

# ---- the five clouds


def cloud() -> Array:
    """(120, 2), far from the origin, long and leaning."""
    rng = np.random.default_rng(2)
    points: Array = rng.standard_normal((120, 2)) @ np.array([[2.6, 1.3], [0.0, 0.55]]) + [5.0, 3.0]
    return points


def measure_clouds(ps2: Any) -> Data:
    """{"raw", "centred", "normalised", "decorrelated", "whitened"}: (120, 2) each."""
    x = cloud()
    centring = optional(ps2, "ZeroCenter")
    centred = x - np.mean(x, axis=0) if centring is None else centring().fit(x).transform(x)
    stages = {
        "raw": x,
        "centred": centred,
        "normalised": ps2.Standardize().fit(x).transform(x),
        "decorrelated": ps2.PCA(2).fit(x).transform(x),
        "whitened": ps2.Whiten(2).fit(x).transform(x),
    }
    found = {name: usable(f"the {name} data", points, x.shape) for name, points in stages.items()}
    return {name: rounded(one_sign(points, x) if name in ("decorrelated", "whitened") else points) for name, points in found.items()}


def one_sign(points: Array, x: Array) -> Array:
    """The signs of principal components are free; here each column goes up with the data's first."""
    signs = np.where((points * (x[:, :1] - np.mean(x[:, 0]))).sum(axis=0) < 0, -1.0, 1.0)
    return points * signs


def draw_clouds(data: Data, reference: Data | None = None) -> Any:
    figure = canvas(9.6, 2.5)
    for axis, (name, points) in zip(panels(figure, 1, 5)[0], data.items(), strict=True):
        x = np.array(points)
        leading = np.array(data["raw"])[:, 0]
        axis.scatter(*x.T, c=leading, cmap="cividis", s=8, linewidths=0)  # each point keeps its colour
        if reference is not None:
            axis.scatter(*np.array(reference[name]).T, s=17, facecolors="none", edgecolors=SOFT, linewidths=0.35)
        axis.axhline(0, color=SOFT, linewidth=0.6)
        axis.axvline(0, color=SOFT, linewidth=0.6)
        axis.set_aspect("equal", adjustable="datalim")
        deviations, correlation = np.std(x, axis=0), np.corrcoef(x.T)[0, 1] + 0.0
        numbers = f"deviations {deviations[0]:.2f}, {deviations[1]:.2f}\ncorrelation {correlation:.2f}".replace("-0.00", "0.00")
        titled(axis, f"{name}\n{numbers}")
    if reference is not None:
        figure.suptitle("circles: the reference", fontsize=8, color=INK, x=0.995, ha="right")
    return figure


# ---- the loss before and after


def two_classes() -> tuple[Array, Array]:
    """(80, 2) raw points, and their labels ±1. The best boundary points at the origin, far away: turned, it sweeps through them."""
    rng = np.random.default_rng(3)
    labels = np.repeat([-1.0, 1.0], 40)
    raw = np.stack([6 + 0.9 * labels + 0.7 * rng.standard_normal(80), 9 - 0.7 * labels + 0.7 * rng.standard_normal(80)], axis=1)
    return raw, labels


def measure_loss(ps2: Any) -> Data:
    """{"versions": {"raw", "standardized", "whitened"}: points, "conditions": {the same: [of the Hessian with both features, with the
    first alone]}}. Without what is whitened, or the conditions, where those functions are not asked or cannot be used yet."""
    raw, _ = two_classes()
    versions = {"raw": raw, "standardized": usable("the standardized data", ps2.Standardize().fit(raw).transform(raw), raw.shape)}
    with suppress(Exception):
        versions["whitened"] = usable("the whitened data", ps2.Whiten(2).fit(raw).transform(raw), raw.shape)
    conditions = {}
    with suppress(Exception):
        pairs = {name: [ps2.hessian_condition(x.copy()), ps2.hessian_condition(x[:, :1].copy())] for name, x in versions.items()}
        conditions = {name: rounded(usable("hessian_condition", pair, (2,)), 4) for name, pair in pairs.items()}
    return {
        "versions": {name: rounded(one_sign(x, raw) if name == "whitened" else x) for name, x in versions.items()},
        "conditions": conditions,
    }


def with_bias(x: Array) -> Array:
    return np.column_stack([x, np.ones(len(x))])


def hessian_of(x: Array) -> Array:
    design = with_bias(x)
    hessian: Array = design.T @ design / len(x)
    return hessian


def number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"


def best_weights(x: Array, labels: Array) -> Array:
    solution: Array = np.linalg.lstsq(with_bias(x), labels, rcond=None)[0]
    return solution


def draw_loss(data: Data, reference: Data | None = None) -> Any:
    raw, labels = two_classes()
    versions = {name: np.array(points) for name, points in data["versions"].items()}
    figure = canvas(9.2, 5.6)
    axes = panels(figure, 2, 3, width_ratios=[1, 1, 0.9])
    for row, name in zip(axes, ("raw", "standardized"), strict=True):
        draw_boundaries(row[0], name, versions[name], labels)
        draw_contours(row[1], versions[name], labels, data["conditions"].get(name))
    if reference is not None:
        points = np.array(reference["versions"]["standardized"])
        axes[1, 0].scatter(*points.T, s=20, facecolors="none", edgecolors=SOFT, linewidths=0.5, label="reference")
        axes[1, 0].legend(fontsize=7, frameon=False, loc="lower right")
    draw_gradients(axes[0, 2], raw, labels)
    draw_descent(axes[1, 2], versions, data["conditions"], labels)
    return figure


def draw_boundaries(axis: Any, name: str, x: Array, labels: Array) -> None:
    """The best boundary and those after turning the weights a little."""
    for label, color in ((-1.0, INK), (1.0, THEORY)):
        axis.scatter(*x[labels == label].T, s=9, color=color, alpha=0.75, linewidths=0)
    theta = best_weights(x, labels)
    low, high = np.min(x, axis=0), np.max(x, axis=0)
    across = np.array([min(low[0], 0.0) - 1, high[0] + 1])
    wrong = []
    for turn in (-0.15, -0.075, 0.0, 0.075, 0.15):
        w = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ theta[:2]
        axis.plot(across, -(w[0] * across + theta[2]) / w[1], color=WRONG, linewidth=1.6 if turn == 0 else 0.7)
        wrong.append(float(np.mean(np.sign(x @ w + theta[2]) != labels)))
    axis.plot([0], [0], marker="+", color="black", markersize=9)
    axis.set_xlim(across)
    axis.set_ylim(min(low[1], 0.0) - 1, high[1] + 1)
    titled(axis, f"{name}: turned by up to ±0.15 rad\nwrong: {wrong[2]:.0%}, up to {max(wrong):.0%} turned")


def draw_contours(axis: Any, x: Array, labels: Array, conditions: list[float] | None) -> None:
    """The mean squared error over the first feature's weight and the bias, and the way of gradient descent from one corner."""
    x = x[:, :1]
    theta = best_weights(x, labels)
    steps = np.linspace(-3, 3, 121)
    w, b = np.meshgrid(theta[0] + steps, theta[1] + steps)
    loss = np.mean((w[..., None] * x[:, 0] + b[..., None] - labels) ** 2, axis=-1) / 2
    axis.contour(w, b, np.log(loss), levels=14, linewidths=0.7, colors=INK, linestyles="solid")
    hessian = hessian_of(x)
    path = [theta + np.array([1.5, -2.0])]
    for _ in range(60):
        path.append(path[-1] - 1.8 / np.linalg.eigvalsh(hessian)[-1] * hessian @ (path[-1] - theta))
    axis.plot(*np.array(path).T, color=WRONG, linewidth=0.9, marker=".", markersize=3)
    axis.plot(*theta, marker="*", color=THEORY, markersize=11)
    axis.set_xlim(theta[0] - 3, theta[0] + 3)
    axis.set_ylim(theta[1] - 3, theta[1] + 3)
    axis.set_aspect("equal")
    titled(axis, "its loss with the first feature alone" + (f"\nκ = {number(conditions[1])}" if conditions else ""), "weight", "bias")


def draw_gradients(axis: Any, raw: Array, labels: Array) -> None:
    """Input magnitude sets gradient magnitude."""
    scales = 2.0 ** np.arange(-4, 5)
    sizes = [np.abs(np.mean(labels[:, None] * scale * raw, axis=0)).max() for scale in scales]
    axis.loglog(scales, sizes, color=INK, marker="o", markersize=4)
    titled(axis, "largest |∂L/∂w| at w = 0:\nthe inputs' size is the gradient's size", "raw inputs multiplied by")


def draw_descent(axis: Any, versions: dict[str, Array], conditions: dict[str, list[float]], labels: Array) -> None:
    """The loss above its minimum, for the largest step that does not swing."""
    for (name, x), color in zip(versions.items(), (WRONG, INK, PALE), strict=False):
        theta, hessian = np.zeros(x.shape[1] + 1), hessian_of(x)
        best, rate, losses = best_weights(x, labels), 1 / np.linalg.eigvalsh(hessian)[-1], []
        for _ in range(200):
            losses.append(0.5 * float((theta - best) @ hessian @ (theta - best)))
            theta = theta - rate * hessian @ (theta - best)
        label = f"{name}: κ = {number(conditions[name][0])}" if conditions else name
        axis.semilogy(np.maximum(losses, 1e-8), color=color, label=label, linewidth=2)
    more = "\n(κ: hessian_condition)" if conditions else ""
    titled(axis, f"loss above its minimum{more}", "step of gradient descent")
    axis.legend(fontsize=8, frameon=False)


CLOUDS = Figure(
    "preprocessing",
    ("preprocessing.Standardize", "preprocessing.PCA", "preprocessing.Whiten"),
    measure_clouds,
    draw_clouds,
    ("preprocessing.ZeroCenter",),
)
LOSS = Figure(
    "normalization", ("preprocessing.Standardize",), measure_loss, draw_loss, ("preprocessing.Whiten", "preprocessing.hessian_condition")
)
