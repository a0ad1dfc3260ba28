"""The lecture's experiment: six layers of 4096 units, a batch of 16, a histogram of each layer's outputs, with theory drawn in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .figure_canvas import INK, PALE, THEORY, WRONG, Data, Figure, canvas, optional, panels, rounded, usable, why
from .meanfield import NODES, RELU, TANH, Nonlinearity, expectation
from .verdict import Array

WIDTH, BATCH, DEPTH, BINS = 4096, 16, 6, 50
FAR = 1.25
"""A deviation that differs from theory's by this factor is printed in red; honest weights of this width stay far inside."""

Initialize = Callable[[np.random.Generator, tuple[int, int]], Any]
LAMBDA, ALPHA = 1.0507009873554805, 1.6732632423543772


def selu(z: Array) -> Array:
    return LAMBDA * (np.maximum(z, 0) + ALPHA * np.expm1(np.minimum(z, 0)))


SELU = Nonlinearity("SELU", selu, np.ones_like)


class PlainSELU:
    """SELU's forward, for a problem set that does not ask for it."""

    def forward(self, x: Array) -> Array:
        return selu(x)


@dataclass(frozen=True)
class Stack:
    """One row of the grid. weights: which initializer, times scale; variance(fan_in): of the weights that are meant."""

    title: str
    weights: str
    activation: Callable[[], Any]
    phi: Nonlinearity
    variance: Callable[[int], float]
    scale: float = 1.0


def initializers(ps2: Any) -> dict[str, Initialize]:
    """By the name of a row's weights. "standard": the lecture's small random numbers before they are scaled."""
    return {
        "standard": lambda rng, shape: rng.standard_normal(shape),
        "xavier": lambda rng, shape: ps2.xavier(rng, shape),
        "kaiming": lambda rng, shape: ps2.kaiming(rng, shape),
    }


def lecture_stacks(ps2: Any) -> list[Stack]:
    """The lecture's five and SELU, with the initializers and activations of `ps2`."""
    selu_layer = optional(ps2, "SELU") or PlainSELU
    return [
        Stack("tanh, weights 0.01 · normal", "standard", lambda: ps2.Tanh(), TANH, lambda fan: 1e-4, 0.01),
        Stack("tanh, weights 0.05 · normal", "standard", lambda: ps2.Tanh(), TANH, lambda fan: 25e-4, 0.05),
        Stack("tanh, Xavier", "xavier", lambda: ps2.Tanh(), TANH, lambda fan: 1 / fan),
        Stack("ReLU, Xavier", "xavier", lambda: ps2.ReLU(), RELU, lambda fan: 1 / fan),
        Stack("ReLU, Kaiming", "kaiming", lambda: ps2.ReLU(), RELU, lambda fan: 2 / fan),
        Stack("SELU, standard deviation 1/√fan-in (LeCun)", "xavier", selu_layer, SELU, lambda fan: 1 / fan),
    ]


def measure(ps2: Any, width: int = WIDTH, depth: int = DEPTH) -> Data:
    """{"width", "rows": [{"title", "problem", "layers": [{"mean", "std", "low", "high", "counts", "theory": [mean, std]}]}]}.

    A row that cannot be had has a problem in words and no layers; raises the first row's exception where no row can.
    """
    stacks = lecture_stacks(ps2)
    outputs, errors = run_stacks(stacks, initializers(ps2), width, depth)
    if len(errors) == len(stacks):
        raise next(iter(errors.values()))
    rows = []
    for stack in stacks:
        theory = [rounded(pair) for pair in moments(stack, width, depth)]
        layers = [histogram(y) | {"theory": t} for y, t in zip(outputs[stack.title], theory, strict=False)]
        problem = why(errors[stack.title]) if stack.title in errors else ""
        rows.append({"title": stack.title, "problem": problem, "layers": [] if problem else layers})
    return {"width": width, "rows": rows}


def run_stacks(
    stacks: Sequence[Stack], making: dict[str, Initialize], width: int, depth: int
) -> tuple[dict[str, list[Array]], dict[str, Exception]]:
    """The outputs of every layer by row, and what went wrong. Layer by layer: rows with the same kind of weights share one draw of them."""
    inputs = np.random.default_rng(0).standard_normal((BATCH, width))
    outputs: dict[str, list[Array]] = {stack.title: [] for stack in stacks}
    errors: dict[str, Exception] = {}
    for layer in range(depth):
        for name, initialize in making.items():
            rows = [stack for stack in stacks if stack.weights == name and stack.title not in errors]
            if not rows:
                continue
            try:
                drawn = initialize(np.random.default_rng([layer, *name.encode()]), (width, width))
                weights = usable(f"the array from {name}", drawn, (width, width))
            except Exception as error:
                errors |= dict.fromkeys([stack.title for stack in rows], error)
                continue
            for stack in rows:
                before = outputs[stack.title][-1] if layer else inputs
                try:
                    outputs[stack.title].append(one_layer(stack, before @ weights * stack.scale))
                except Exception as error:
                    errors[stack.title] = error
    return outputs, errors


def one_layer(stack: Stack, z: Array) -> Array:
    return usable(f"the output of {stack.phi.name}", stack.activation().forward(z), z.shape)


def moments(stack: Stack, width: int, depth: int) -> list[tuple[float, float]]:
    """(mean, standard deviation) of every layer's output by mean-field theory."""
    q, found = 1.0, []
    for _ in range(depth):
        y = stack.phi.value(np.sqrt(width * stack.variance(width) * q) * NODES)
        mean, q = expectation(y), expectation(y**2)
        found.append((mean, float(np.sqrt(max(q - mean**2, 0.0)))))
    return found


def histogram(y: Array) -> Data:
    reach = 1.0 if np.max(np.abs(y)) <= 1 else float(np.quantile(np.abs(y), 0.999))
    low = -reach if np.min(y) < 0 else -0.15 * reach
    counts, _ = np.histogram(y, bins=BINS, range=(low, reach))
    return {"mean": rounded(np.mean(y)), "std": rounded(np.std(y)), "low": rounded(low), "high": rounded(reach), "counts": counts.tolist()}


def draw(data: Data, reference: Data | None = None) -> Any:
    rows, depth = data["rows"], max(len(row["layers"]) for row in data["rows"])
    figure = canvas(1.42 * depth, 1.6 * len(rows) + 0.6)
    figure.get_layout_engine().set(hspace=0.24)  # for the rows' titles
    for i, (axes, row) in enumerate(zip(panels(figure, len(rows), depth), rows, strict=True)):
        axes[0].text(0, 1.39, row["title"], transform=axes[0].transAxes, fontsize=10, fontweight="bold", color=INK, in_layout=False)
        if row["problem"]:
            says = f"not drawn: {row['problem']}"[:95]
            axes[-1].text(1, 1.39, says, transform=axes[-1].transAxes, fontsize=7.5, ha="right", color=WRONG, in_layout=False)
        others = reference["rows"][i]["layers"] if reference is not None else [None] * depth
        for number, (axis, layer, other) in enumerate(zip(axes, row["layers"] or [None] * depth, others, strict=True), 1):
            draw_layer(axis, number, layer, other)
    says = f"{data['width']} units, {BATCH} examples; orange: mean ± deviation by theory"
    figure.suptitle(" ")  # room for the first row's title
    figure.supxlabel(says + ("; line: the reference" if reference is not None else ""), fontsize=9, color=INK)
    return figure


def draw_layer(axis: Any, number: int, layer: Data | None, other: Data | None) -> None:
    """One histogram, that of the reference as a line over it, or that line alone."""
    axis.set_yticks([])
    axis.tick_params(labelsize=6.5, colors=INK)
    shown = layer or other
    axis.set_title(f"layer {number}\n", fontsize=7.5, color=INK, pad=3)
    if shown is None:
        return
    mean, std = shown["theory"]
    low, high = min(shown["low"], mean - 1.2 * std), max(shown["high"], mean + 1.2 * std)
    top = height_of(np.array(shown["counts"]))
    if layer is not None:
        axis.stairs(layer["counts"], edges_of(layer), fill=True, color=PALE)
        near = std / FAR <= layer["std"] <= std * FAR
        says = f"layer {number}: std {layer['std']:.3f}\ntheory: {std:.3f}"
        axis.set_title(says, fontsize=7.5, color=INK if near else WRONG, pad=3)
    if other is not None:  # as many examples, in bins of another width
        scale = (shown["high"] - shown["low"]) / (other["high"] - other["low"])
        axis.stairs(np.array(other["counts"]) * scale, edges_of(other), color=INK, linewidth=0.8)
    axis.plot([mean - std, mean + std], [1.12 * top] * 2, color=THEORY, linewidth=2.5, solid_capstyle="butt")
    axis.plot([mean], [1.12 * top], marker="o", color=THEORY, markersize=4)
    axis.set_ylim(0, 1.32 * top)
    axis.set_xlim(1.05 * low, 1.05 * high)


def edges_of(layer: Data) -> Array:
    return np.linspace(layer["low"], layer["high"], BINS + 1)


def height_of(counts: Array) -> float:
    """ReLU's many zeros make a bar of their own that would flatten the rest, so it is cut."""
    return max(1.0, float(min(counts.max(), 3.5 * np.sort(counts)[-4])))


HISTOGRAMS = Figure(
    "histogram-grid",
    ("initializers.xavier", "initializers.kaiming", "activations.Tanh", "activations.ReLU"),
    measure,
    draw,
    ("activations.SELU",),
)
