"""The lecture's pictures, drawn with the functions of a `ps2`: the reference's for the handout, a student's own at home.

`draw_figures(folder, ps2)` writes them all as SVG, the same bytes for the same functions. `histogram_grid` draws any initializers.
matplotlib is imported when a figure is drawn, not before.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .meanfield import NODES, RELU, TANH, Nonlinearity, expectation
from .verdict import Array

INK, THEORY, WRONG, PALE = "#33415c", "#e07a1f", "#b3261e", "#9fb3d1"
WIDTH, BATCH, DEPTH = 4096, 16, 6
BINS = 50

Initialize = Callable[[np.random.Generator, tuple[int, int]], Array]


def selu(z: Array) -> Array:
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return scale * (np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0)))


SELU = Nonlinearity("SELU", selu, np.ones_like)


class FiguresUnavailable(RuntimeError):
    """matplotlib is missing; the message is one sentence for the student."""


def new_figure(width: float, height: float) -> Any:
    """An empty figure that belongs to no window."""
    try:
        matplotlib = importlib.import_module("matplotlib")
        figure = importlib.import_module("matplotlib.figure")
    except ImportError:
        raise FiguresUnavailable("The figures need matplotlib: install it with `pip install matplotlib` and run this again.") from None
    matplotlib.rcParams.update({"svg.hashsalt": "ps2", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    return figure.Figure(figsize=(width, height), layout="constrained")


def save(figure: Any, path: Path) -> Path:
    """SVG without a date, so that the same picture is the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    return path


@dataclass(frozen=True)
class Stack:
    """One row of the grid: how the weights are made, what follows them, and what theory needs to know.

    initialize(rng, (D_in, D_out)) -> weights. activation: makes a layer with `forward`. variance(fan_in): of the weights that are meant.
    """

    title: str
    initialize: Initialize
    activation: Callable[[], Any]
    phi: Nonlinearity
    variance: Callable[[int], float]


def histogram_grid(stacks: Sequence[Stack], *, width: int = WIDTH, batch: int = BATCH, depth: int = DEPTH, seed: int = 0) -> Any:
    """Histograms of the activations in each layer (columns) of each stack (rows), with theory's mean ± standard deviation above."""
    figure = new_figure(1.75 * depth, 1.6 * len(stacks) + 0.5)
    figure.get_layout_engine().set(hspace=0.18)  # for the rows' titles
    axes = figure.subplots(len(stacks), depth, squeeze=False)
    for row, stack in zip(axes, stacks, strict=True):
        row[0].text(0, 1.2, stack.title, transform=row[0].transAxes, fontsize=10, fontweight="bold", color=INK, in_layout=False)
        try:
            outputs = activations(stack, width, batch, depth, seed)
        except Exception as error:  # a student's function: what is wrong is the checks' business
            explain_row(row, error)
            continue
        for layer, (axis, y, theory) in enumerate(zip(row, outputs, moments(stack, width, depth), strict=True), 1):
            draw_histogram(axis, layer, y, *theory)
    says = f"{depth} layers of {width} units, {batch} examples; orange: mean ± deviation by theory"
    figure.suptitle(says, x=0.995, ha="right", fontsize=9, color=INK)
    return figure


def activations(stack: Stack, width: int, batch: int, depth: int, seed: int) -> list[Array]:
    """The output of every layer for unit-normal inputs."""
    rng = np.random.default_rng(seed)
    x, outputs = rng.standard_normal((batch, width)), []
    for _ in range(depth):
        x = np.asarray(stack.activation().forward(x @ stack.initialize(rng, (width, width))), dtype=np.float64)
        outputs.append(x.ravel())
    return outputs


def moments(stack: Stack, width: int, depth: int) -> list[tuple[float, float]]:
    """(mean, standard deviation) of every layer's output by mean-field theory."""
    q, found = 1.0, []
    for _ in range(depth):
        y = stack.phi.value(np.sqrt(width * stack.variance(width) * q) * NODES)
        mean, q = expectation(y), expectation(y**2)
        found.append((mean, float(np.sqrt(max(q - mean**2, 0.0)))))
    return found


def draw_histogram(axis: Any, layer: int, y: Array, mean: float, std: float) -> None:
    """One histogram. ReLU's many zeros make a bar of their own that would flatten the rest, so the height is cut."""
    reach = 1.0 if np.max(np.abs(y)) <= 1 else float(np.quantile(np.abs(y), 0.999))
    low = -reach if np.min(y) < 0 else -0.15 * reach
    counts, edges = np.histogram(y, bins=BINS, range=(low, reach))
    axis.stairs(counts, edges, fill=True, color=PALE)
    top = max(1.0, float(min(counts.max(), 3.5 * np.sort(counts)[-4])))
    axis.set_ylim(0, 1.32 * top)
    axis.plot([mean - std, mean + std], [1.12 * top] * 2, color=THEORY, linewidth=2.5, solid_capstyle="butt")
    axis.plot([mean], [1.12 * top], marker="o", color=THEORY, markersize=4)
    axis.set_title(f"{layer}: std {np.std(y):.3f}, theory {std:.3f}", fontsize=7, color=INK, pad=3)
    axis.set_yticks([])
    axis.set_xlim(1.05 * low, 1.05 * reach)
    axis.tick_params(labelsize=6.5, colors=INK)


def explain_row(row: Sequence[Any], error: Exception) -> None:
    """Instead of histograms: why there are none."""
    says = "is not written yet" if isinstance(error, NotImplementedError) else f"{type(error).__name__}: {error}"[:100]
    for axis in row:
        axis.set_axis_off()
    row[0].text(0, 0.5, f"(not drawn: {says})", transform=row[0].transAxes, color=WRONG)


def lecture_stacks(ps2: Any) -> list[Stack]:
    """The lecture's six, with the initializers and activations of `ps2`."""

    def scaled(std: float) -> Initialize:
        return lambda rng, shape: std * rng.standard_normal(shape)

    def xavier(rng: np.random.Generator, shape: tuple[int, int]) -> Any:
        return ps2.xavier(rng, shape)

    def kaiming(rng: np.random.Generator, shape: tuple[int, int]) -> Any:
        return ps2.kaiming(rng, shape)

    return [
        Stack("tanh, weights 0.01 · normal", scaled(0.01), lambda: ps2.Tanh(), TANH, lambda fan: 1e-4),
        Stack("tanh, weights 0.05 · normal", scaled(0.05), lambda: ps2.Tanh(), TANH, lambda fan: 25e-4),
        Stack("tanh, Xavier", xavier, lambda: ps2.Tanh(), TANH, lambda fan: 1 / fan),
        Stack("ReLU, Xavier", xavier, lambda: ps2.ReLU(), RELU, lambda fan: 1 / fan),
        Stack("ReLU, Kaiming", kaiming, lambda: ps2.ReLU(), RELU, lambda fan: 2 / fan),
        Stack("SELU, standard deviation 1/√fan_in", xavier, lambda: selu_layer(ps2), SELU, lambda fan: 1 / fan),
    ]


def selu_layer(ps2: Any) -> Any:
    """The student's own SELU where there is one: it is not in every problem set."""
    try:
        return ps2.SELU()
    except AttributeError:
        return Plain()


class Plain:
    """SELU's forward, for a `ps2` without it."""

    def forward(self, x: Array) -> Array:
        return selu(x)


# ---- normalization and the loss


def normalization(standardize: Callable[[Array], Array], seed: int = 3) -> Any:
    """Before and after: how far a small change of the weights moves the boundary, what the loss looks like, and how long descent takes.

    standardize(x) -> x: one column, made mean 0 and deviation 1.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat([-1.0, 1.0], 40)
    raw = np.stack([6 + 0.9 * labels + 0.8 * rng.standard_normal(80), 9 + 0.7 * labels + 0.8 * rng.standard_normal(80)], axis=1)
    figure = new_figure(9.6, 5.6)
    axes = figure.subplots(2, 3, width_ratios=[1, 1, 0.9])
    for row, (name, x) in zip(axes, (("before", raw), ("after", standardize(raw))), strict=True):
        draw_boundaries(row[0], name, x, labels)
        draw_loss(row[1], x[:, :1], labels)
    draw_gradients(axes[0, 2], raw, labels)
    draw_descent(axes[1, 2], raw, standardize(raw), labels)
    return figure


def with_bias(x: Array) -> Array:
    return np.column_stack([x, np.ones(len(x))])


def best_weights(x: Array, labels: Array) -> Array:
    solution: Array = np.linalg.lstsq(with_bias(x), labels, rcond=None)[0]
    return solution


def condition(x: Array) -> float:
    values = np.linalg.eigvalsh(with_bias(x).T @ with_bias(x))
    return float(values[-1] / values[0])


def draw_boundaries(axis: Any, name: str, x: Array, labels: Array) -> None:
    """The best boundary and those after turning the weights a little."""
    for label, color in ((-1.0, INK), (1.0, THEORY)):
        axis.scatter(*x[labels == label].T, s=9, color=color, alpha=0.75, linewidths=0)
    theta = best_weights(x, labels)
    low, high = np.min(x, axis=0), np.max(x, axis=0)
    across = np.array([min(low[0], 0.0) - 1, high[0] + 1])
    for turn in (-0.15, -0.075, 0.0, 0.075, 0.15):
        w = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ theta[:2]
        axis.plot(across, -(w[0] * across + theta[2]) / w[1], color=WRONG, linewidth=1.6 if turn == 0 else 0.7)
    axis.plot([0], [0], marker="+", color="black", markersize=9)
    axis.set_xlim(across)
    axis.set_ylim(min(low[1], 0.0) - 1, high[1] + 1)
    axis.set_title(f"{name}: the weights turned by up to ±0.15 rad\n(+ is the origin)", fontsize=9, color=INK)
    axis.tick_params(labelsize=7)


def draw_loss(axis: Any, x: Array, labels: Array) -> None:
    """The mean squared error over weight and bias, and the way of gradient descent from one corner."""
    theta = best_weights(x, labels)
    steps = np.linspace(-3, 3, 121)
    w, b = np.meshgrid(theta[0] + steps, theta[1] + steps)
    loss = np.mean((w[..., None] * x[:, 0] + b[..., None] - labels) ** 2, axis=-1) / 2
    axis.contour(w, b, np.log(loss), levels=14, linewidths=0.7, colors=INK, linestyles="solid")
    hessian = with_bias(x).T @ with_bias(x) / len(x)
    path = [theta + np.array([1.5, -2.0])]
    for _ in range(60):
        path.append(path[-1] - 1.8 / np.linalg.eigvalsh(hessian)[-1] * hessian @ (path[-1] - theta))
    axis.plot(*np.array(path).T, color=WRONG, linewidth=0.9, marker=".", markersize=3)
    axis.plot(*theta, marker="*", color=THEORY, markersize=11)
    axis.set_xlim(theta[0] - 3, theta[0] + 3)
    axis.set_ylim(theta[1] - 3, theta[1] + 3)
    axis.set_aspect("equal")
    axis.set_xlabel("weight", fontsize=8)
    axis.set_ylabel("bias", fontsize=8)
    axis.set_title(f"its loss with the first feature alone\nλmax/λmin = {condition(x):.3g}", fontsize=9, color=INK)
    axis.tick_params(labelsize=7)


def draw_gradients(axis: Any, raw: Array, labels: Array) -> None:
    """Input magnitude sets gradient magnitude."""
    scales = 2.0 ** np.arange(-4, 5)
    sizes = [np.abs(np.mean(labels[:, None] * scale * raw, axis=0)).max() for scale in scales]
    axis.loglog(scales, sizes, color=INK, marker="o", markersize=4)
    axis.set_xlabel("inputs multiplied by", fontsize=8)
    axis.set_title("largest |∂L/∂w| at w = 0:\nthe inputs' size is the gradient's size", fontsize=9, color=INK)
    axis.tick_params(labelsize=7)


def draw_descent(axis: Any, raw: Array, tidy: Array, labels: Array) -> None:
    """The loss above its minimum, for the largest safe step."""
    for name, x, color in (("before", raw, WRONG), ("after", tidy, INK)):
        design, theta = with_bias(x), np.zeros(x.shape[1] + 1)
        hessian = design.T @ design / len(x)
        best, rate, losses = best_weights(x, labels), 1 / np.linalg.eigvalsh(hessian)[-1], []
        for _ in range(200):
            losses.append(0.5 * float((theta - best) @ hessian @ (theta - best)))
            theta = theta - rate * hessian @ (theta - best)
        axis.semilogy(np.maximum(losses, 1e-8), color=color, label=name)
    axis.set_xlabel("step of gradient descent", fontsize=8)
    axis.set_title("loss above its minimum", fontsize=9, color=INK)
    axis.legend(fontsize=8, frameon=False)
    axis.tick_params(labelsize=7)


# ---- initial values that do not work


def same_value(initialize: Initialize, seed: int = 1) -> Any:
    """Five tanh units trained from equal weights stay equal; trained from `initialize`, each finds its own way."""
    figure = new_figure(8.4, 3.0)
    axes = figure.subplots(1, 2, sharey=True)
    rng = np.random.default_rng(seed)
    starts = (("all weights 0.3", np.full((3, 5), 0.3)), ("Xavier", np.asarray(initialize(rng, (3, 5)))))
    for axis, (name, start) in zip(axes, starts, strict=True):
        axis.plot(training_of(start, seed), linewidth=1.4)
        axis.set_title(f"{name}: one weight of each of 5 units", fontsize=9, color=INK)
        axis.set_xlabel("step", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0].annotate("five lines, one on the other", (0.97, 0.9), xycoords="axes fraction", ha="right", fontsize=8, color=WRONG)
    return figure


def training_of(w: Array, seed: int, steps: int = 150) -> Array:
    """(steps, units): the first incoming weight of each hidden unit during gradient descent on a small regression."""
    rng = np.random.default_rng(seed + 1)
    x = rng.standard_normal((64, w.shape[0]))
    target = np.sin(2 * x[:, 0]) * x[:, 1]
    w, out, path = w.copy(), np.full(w.shape[1], 0.3), []
    for _ in range(steps):
        path.append(w[0].copy())
        h = np.tanh(x @ w)
        error = (h @ out - target) / len(x)
        w, out = w - 1.0 * x.T @ (np.outer(error, out) * (1 - h**2)), out - 1.0 * h.T @ error
    return np.array(path)


def two_weights(depth: int = 6) -> Any:
    """w₁ = 0 and w₂ = 100000: what passes through a chain of units with such weights, there and back."""
    figure = new_figure(8.4, 3.0)
    axes = figure.subplots(1, 2)
    layers = np.arange(depth + 1)
    forward, backward = 1e5**layers, 1e5 ** layers[::-1]
    for axis, sizes, name in ((axes[0], forward, "signal after layer l"), (axes[1], backward, "gradient at layer l")):
        axis.semilogy(layers, sizes, color=WRONG, marker="o", markersize=4, label="w₂ = 100000")
        axis.semilogy(
            layers, np.where(sizes == 1, 1.0, 1e-5), color=INK, marker="s", markersize=4, label="w₁ = 0 (exactly 0, drawn at 10⁻⁵)"
        )
        axis.semilogy(layers, np.ones(depth + 1), color=THEORY, linestyle="--", label="wanted")
        axis.set_title(name, fontsize=9, color=INK)
        axis.set_xlabel("layer", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0].legend(fontsize=7.5, frameon=False, loc="upper left")
    return figure


def draw_figures(out: Path, ps2: Any, *, width: int = WIDTH) -> list[Path]:
    """Write every figure into the folder `out` and return the paths. width: of the grid's layers (4096 takes a minute).

    Raises FiguresUnavailable where matplotlib is missing. What `ps2` has not got yet is left out, or said in the figure.
    """
    drawings: dict[str, Callable[[], Any]] = {
        "histogram-grid": lambda: histogram_grid(lecture_stacks(ps2), width=width),
        "normalization": lambda: normalization(lambda x: ps2.Standardize().fit(x).transform(x)),
        "same-value": lambda: same_value(lambda rng, shape: ps2.xavier(rng, shape)),
        "two-weights": two_weights,
    }
    paths = []
    for name, draw in drawings.items():
        try:
            paths.append(save(draw(), out / f"{name}.svg"))
        except FiguresUnavailable:
            raise
        except Exception:  # a student's function that is not right yet: the checks tell about it
            continue
    return paths
