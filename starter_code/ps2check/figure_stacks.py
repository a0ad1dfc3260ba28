"""The lecture's experiment: six layers of 4096 units, a batch of 16, a histogram of each layer's outputs, with theory drawn in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .figure_canvas import INK, PALE, THEORY, WRONG, Data, Figure, Undrawable, canvas, optional, panels, rounded, usable
from .meanfield import NODES, RELU, TANH, Nonlinearity, expectation
from .recording import failure
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
    """One row of the grid. weights: the name of the initializer, shared by rows; variance(fan_in): of the weights that are meant."""

    title: str
    weights: str
    activation: Callable[[], Any]
    phi: Nonlinearity
    variance: Callable[[int], float]


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
        Stack("tanh, weights 0.01 · normal", "standard · 0.01", lambda: ps2.Tanh(), TANH, lambda fan: 1e-4),
        Stack("tanh, weights 0.05 · normal", "standard · 0.05", lambda: ps2.Tanh(), TANH, lambda fan: 25e-4),
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
        broken = errors.get(stack.title)
        problem = "" if broken is None else str(broken) if isinstance(broken, Undrawable) else failure(broken).says
        rows.append({"title": stack.title, "problem": problem, "layers": [] if problem else layers})
    return {"width": width, "rows": rows}


def run_stacks(
    stacks: Sequence[Stack], making: dict[str, Initialize], width: int, depth: int
) -> tuple[dict[str, list[Array]], dict[str, Exception]]:
    """The outputs of every layer by row, and what went wrong. All rows at once: each layer's weights are drawn once for those who share them."""
    inputs = np.random.default_rng(0).standard_normal((BATCH, width))
    outputs: dict[str, list[Array]] = {stack.title: [] for stack in stacks}
    errors: dict[str, Exception] = {}
    for layer in range(depth):
        for name, initialize in making.items():
            rows = [s for s in stacks if s.weights.split(" · ")[0] == name and s.title not in errors]
            if not rows:
                continue
            try:
                weights = usable(name, initialize(np.random.default_rng([layer, *name.encode()]), (width, width)), (width, width))
            except Exception as error:
                errors |= dict.fromkeys([s.title for s in rows], error)
                continue
            for stack in rows:
                before = outputs[stack.title][-1] if layer else inputs
                z = before @ weights * float((stack.weights.split(" · ") + ["1"])[1])
                try:
                    y = usable(f"the output of {stack.phi.name}", stack.activation().forward(z), z.shape)
                except Exception as error:
                    errors[stack.title] = error
                    continue
                outputs[stack.title].append(y)
    return outputs, errors


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
    rows = data["rows"]
    depth = max(len(row["layers"]) for row in rows)
    figure = canvas(1.75 * depth, 1.6 * len(rows) + 0.5)
    figure.get_layout_engine().set(hspace=0.18)  # for the rows' titles
    for i, (axes, row) in enumerate(zip(panels(figure, len(rows), depth), rows, strict=True)):
        axes[0].text(0, 1.2, row["title"], transform=axes[0].transAxes, fontsize=10, fontweight="bold", color=INK, in_layout=False)
        beside = reference["rows"][i]["layers"] if reference is not None else [None] * depth
        for number, (axis, layer, other) in enumerate(zip(axes, row["layers"] or [None] * depth, beside, strict=True), 1):
            if layer is None:
                axis.set_axis_off()
            else:
                draw_layer(axis, number, layer, other)
        if row["problem"]:
            axes[0].text(0, 0.5, f"(not drawn: {row['problem']})", transform=axes[0].transAxes, color=WRONG, in_layout=False)
    says = f"{depth} layers of {data['width']} units, {BATCH} examples; orange: mean ± deviation by theory"
    figure.suptitle(says + ("; line: the reference" if reference is not None else ""), x=0.995, ha="right", fontsize=9, color=INK)
    return figure


def draw_layer(axis: Any, number: int, layer: Data, other: Data | None) -> None:
    """ReLU's many zeros make a bar of their own that would flatten the rest, so the height is cut."""
    counts, low, high = np.array(layer["counts"]), layer["low"], layer["high"]
    axis.stairs(counts, np.linspace(low, high, BINS + 1), fill=True, color=PALE)
    top = max(1.0, float(min(counts.max(), 3.5 * np.sort(counts)[-4])))
    if other is not None:  # as many examples in bins of another width
        scale = (high - low) / (other["high"] - other["low"])
        axis.stairs(np.array(other["counts"]) * scale, np.linspace(other["low"], other["high"], BINS + 1), color=INK, linewidth=0.8)
    mean, std = layer["theory"]
    axis.set_ylim(0, 1.32 * top)
    axis.plot([mean - std, mean + std], [1.12 * top] * 2, color=THEORY, linewidth=2.5, solid_capstyle="butt")
    axis.plot([mean], [1.12 * top], marker="o", color=THEORY, markersize=4)
    near = std / FAR <= layer["std"] <= std * FAR
    axis.set_title(f"{number}: std {layer['std']:.3f}, theory {std:.3f}", fontsize=7, color=INK if near else WRONG, pad=3)
    axis.set_yticks([])
    axis.set_xlim(1.05 * low, 1.05 * high)
    axis.tick_params(labelsize=6.5, colors=INK)


HISTOGRAMS = Figure(
    "histogram-grid",
    ("initializers.xavier", "initializers.kaiming", "activations.Tanh", "activations.ReLU"),
    measure,
    draw,
    ("activations.SELU",),
)
