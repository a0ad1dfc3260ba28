"""How much gradient arrives at each layer: plain chains against residual chains of the very same layers, with theory.

Theory, with D inputs and weights of variance σ² independent of everything: one layer multiplies the second moment of the gradient by
a = D·σ²·E[φ'(√(D·σ²·q) z)²], q being the second moment of its inputs; with a shortcut around it by 1 + a, since the two terms are
uncorrelated (for tanh, whose slope is even; for ReLU where another layer of weights follows, as in the blocks here).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .figure_canvas import INK, SOFT, THEORY, WRONG, Data, Figure, Undrawable, canvas, optional, panels, rounded, titled, usable
from .meanfield import NODES, TANH, Nonlinearity, expectation
from .verdict import Array

WIDTH, BATCH, DEPTH, GAIN = 128, 32, 40, 0.5
DEPTHS = (1, 2, 5, 10, 20, 40, 80)
BLOCKS = 20
COLORS = {"plain": WRONG, "residual": INK, "plain, He": WRONG, "residual, He": INK, "residual, Fixup": THEORY}


def measure(ps2: Any) -> Data:
    """{"layers": per layer at DEPTH, "depths": at the first layer by depth, "blocks": He and Fixup}, each {curve: {"measured", "theory"}}.

    All in decimal logarithms of the gradient's norm relative to that at the chain's end.
    """
    small = {name: chain_of(ps2, max(DEPTHS), residual) for name, residual in (("plain", False), ("residual", True))}
    theory = {name: tanh_theory(max(DEPTHS), residual) for name, residual in (("plain", False), ("residual", True))}
    return {
        "layers": {name: curve(arriving(ps2, chain[:DEPTH]), theory[name][:DEPTH]) for name, chain in small.items()},
        "depths": {name: by_depth(ps2, chain, theory[name]) for name, chain in small.items()},
        "blocks": {name: curve(arriving(ps2, chain), factors) for name, (chain, factors) in blocks_of(ps2).items()},
    }


def curve(measured: Array, factors: Array) -> Data:
    """factors: of the second moment, layer by layer."""
    theory = np.cumsum(np.log10(factors)[::-1])[::-1] / 2
    return {"measured": rounded(measured, 4), "theory": rounded(theory, 4)}


def by_depth(ps2: Any, chain: list[Any], factors: Array) -> Data:
    measured = [arriving(ps2, chain[:depth])[0] for depth in DEPTHS]
    return {"measured": rounded(measured, 4), "theory": rounded([np.log10(factors[:depth]).sum() / 2 for depth in DEPTHS], 4)}


def chain_of(ps2: Any, depth: int, residual: bool) -> list[Any]:
    """`depth` layers tanh(x·W) of weights a little too small; the same with and without shortcuts."""
    rng = np.random.default_rng(4)
    layers = []
    for _ in range(depth):
        w = GAIN / np.sqrt(WIDTH) * rng.standard_normal((WIDTH, WIDTH))
        body = ps2.Sequential([ps2.Linear(w, np.zeros(WIDTH)), ps2.Tanh()])
        layers.append(ps2.Residual(body) if residual else body)
    return layers


def tanh_theory(depth: int, residual: bool) -> Array:
    return factors_of(depth, GAIN**2, TANH, residual)


def factors_of(depth: int, gain: float, phi: Nonlinearity, residual: bool) -> Array:
    """What each layer multiplies the gradient's second moment by; gain: D·σ²."""
    q, factors = 1.0, []
    for _ in range(depth):
        z = np.sqrt(gain * q) * NODES
        factors.append(gain * expectation(phi.slope(phi.value(z)) ** 2) + residual)
        q = expectation(phi.value(z) ** 2) + q * residual
    return np.array(factors)


def blocks_of(ps2: Any) -> dict[str, tuple[list[Any], Array]]:
    """Chains of blocks W₁, ReLU, W₂ with their theory: He's weights without and with shortcuts; Fixup's, whose W₂ starts at 0."""
    return {
        "plain, He": (block_chain(ps2, False, 1.0), np.full(BLOCKS, 2.0)),
        "residual, He": (block_chain(ps2, True, 1.0), np.full(BLOCKS, 3.0)),
        "residual, Fixup": (block_chain(ps2, True, 0.0), np.ones(BLOCKS)),
    }


def block_chain(ps2: Any, residual: bool, last: float) -> list[Any]:
    """last: the second weights are He's times this. Fixup also scales the first, which changes nothing while the second are 0."""
    rng, chain = np.random.default_rng(5), []
    for _ in range(BLOCKS):
        first, second = (usable("kaiming", ps2.kaiming(rng, (WIDTH, WIDTH)), (WIDTH, WIDTH)) for _ in range(2))
        zeros = np.zeros(WIDTH)
        body = ps2.Sequential([ps2.Linear(first, zeros), ps2.ReLU(), ps2.Linear(last * second, zeros.copy())])
        chain.append(ps2.Residual(body) if residual else body)
    return chain


def arriving(ps2: Any, chain: list[Any]) -> Array:
    """(L,): decimal logarithms of the norms of dL/d(input of layer l), for a random gradient of norm 1 at the end."""
    rng = np.random.default_rng(6)
    x, gradient = rng.standard_normal((BATCH, WIDTH)), rng.standard_normal((BATCH, WIDTH))
    gradient /= np.sqrt(np.sum(gradient**2))
    norms_of = optional(ps2, "gradient_norms") or norms_by_meters
    norms = usable("gradient_norms", norms_of(chain, x, gradient), (len(chain),))
    if np.any(norms <= 0):
        raise Undrawable(f"the gradient at the input of layer {np.flatnonzero(norms <= 0)[-1] + 1} of a chain has norm 0")
    return np.log10(norms)


class Meter:
    """A layer with a meter on its way back."""

    def __init__(self, layer: Any) -> None:
        self.layer, self.reading = layer, float("nan")

    def forward(self, x: Array) -> Any:
        return self.layer.forward(x)

    def backward(self, arrived: Array) -> Any:
        passed_on = self.layer.backward(arrived)
        self.reading = float(np.sqrt(np.sum(np.square(passed_on))))
        return passed_on


def norms_by_meters(chain: list[Any], x: Array, gradient: Array) -> Array:
    """Where the problem set does not ask for gradient_norms."""
    meters = [Meter(layer) for layer in chain]
    for meter in meters:
        x = meter.forward(x)
    for meter in meters[::-1]:
        gradient = meter.backward(gradient)
    return np.array([meter.reading for meter in meters])


def draw(data: Data, reference: Data | None = None) -> Any:
    figure = canvas(9.4, 3.2)
    axes = panels(figure, 1, 3)[0]
    for axis, panel, ticks in zip(axes, ("layers", "depths", "blocks"), (None, DEPTHS, None), strict=True):
        for name, values in data[panel].items():
            places = np.arange(1, len(values["measured"]) + 1) if ticks is None else np.array(ticks)
            axis.plot(places, values["theory"], color=COLORS[name], linewidth=5, alpha=0.25)
            if reference is not None:
                axis.plot(places, reference[panel][name]["measured"], color=SOFT, linewidth=0.8, linestyle="--")
            axis.plot(places, values["measured"], color=COLORS[name], marker="o", markersize=2.5, linewidth=0.8, label=name)
        axis.axhline(0, color=SOFT, linewidth=0.5)
        axis.legend(fontsize=7.5, frameon=False)
        axis.yaxis.set_major_formatter(lambda power, _: f"$10^{{{power:g}}}$")
    titled(axes[0], f"{DEPTH} layers tanh(x·W), ½ Xavier", "layer", "norm of the gradient at its input")
    titled(axes[1], "the first layer, by depth", "depth of the chain")
    axes[1].set_xscale("log")
    axes[1].set_xticks(DEPTHS, [str(depth) for depth in DEPTHS])
    axes[1].minorticks_off()
    titled(axes[2], "blocks W₁, ReLU, W₂ at the start", "block")
    axes[2].set_xticks([1, 5, 10, 15, 20])
    says = "pale bands: theory; 1 at the chain's end"
    figure.suptitle(says + ("; dashed: the reference" if reference is not None else ""), fontsize=8, color=INK, x=0.995, ha="right")
    return figure


GRADIENTS = Figure(
    "gradient-norms",
    ("residual.Residual", "layers.Linear", "activations.Tanh", "activations.ReLU", "initializers.kaiming"),
    measure,
    draw,
    ("residual.gradient_norms",),
)
