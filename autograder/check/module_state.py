"""The state of a torch module against the contract: keys, shapes, what trains; a sentence for each key too many or missing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .draw import Draw
from .verdict import Array, Judge, Parts, Verdict, within

Shapes = dict[str, tuple[int, ...]]


def conv(name: str, out_channels: int, in_channels: int, size: int) -> Shapes:
    return {f"{name}.weight": (out_channels, in_channels, size, size)}


def norm(name: str, channels: int) -> Shapes:
    per_channel: Shapes = {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}
    return per_channel | {f"{name}.num_batches_tracked": ()}


def linear(name: str, out_features: int, in_features: int) -> Shapes:
    return {f"{name}.weight": (out_features, in_features), f"{name}.bias": (out_features,)}


def is_buffer(key: str) -> bool:
    return key.endswith(("running_mean", "running_var", "num_batches_tracked"))


def draw_weights(draw: Draw, shapes: Shapes, spread: float = 1.0) -> dict[str, Array]:
    """A value for every key, everything away from its default. spread: how large the batch normalizations' outputs are."""
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
    drawn = np.split(draw.normal((int(ends[-1]),)), ends[:-1])
    return {key: weight(key, values.reshape(shape), spread) for (key, shape), values in zip(shapes.items(), drawn, strict=True)}


def weight(key: str, values: Array, spread: float) -> Array:
    """What a key holds, made from drawn numbers in its shape."""
    if key.endswith("num_batches_tracked"):
        return np.array(int(np.ceil(2 * abs(values))))
    if key.endswith("running_var"):
        return 0.5 + np.abs(values) / 2
    if key.endswith(("running_mean", "bias")):
        return spread * values / 2
    if values.ndim == 1:
        return spread * (1 + values / 4)
    scaled: Array = values / math.sqrt(values[0].size)
    return scaled


def not_its_own(key: str) -> str:
    return f"has no {key} of its own that trains: is it a parameter, not frozen, and not the same tensor as another one?"


def is_lazy(value: Any) -> bool:
    """Whether a parameter or buffer has no shape yet."""
    return type(value).__name__.startswith("Uninitialized")


def fits(shapes: Shapes) -> Judge:
    """The state has exactly these keys and shapes, and all that is no statistic is a parameter of its own that trains."""

    def rule(got: Parts, _: Parts) -> Verdict:
        complaints = [*missing(got, shapes), *misshapen(got, shapes), *unexpected(got, shapes)]
        return within(float("inf") if complaints else 0.0, "; ".join(complaints[:2]))

    return Judge(rule, alone=True)


def missing(got: Parts, shapes: Shapes) -> list[str]:
    return [absent(key, set(got), set(shapes)) for key in shapes if key not in got]


def misshapen(got: Parts, shapes: Shapes) -> list[str]:
    complaints = []
    for key, shape in shapes.items():
        found = tuple(int(n) for n in got[key].ravel()) if key in got and got[key].dtype.kind == "i" else None
        if found is not None and found[:-1] != shape:
            complaints.append(of_another_shape(key, found[:-1], shape))
        elif found is not None and found[-1] != (not is_buffer(key)):
            complaints.append(not_its_own(key))
    return complaints


def unexpected(got: Parts, shapes: Shapes) -> list[str]:
    return [f'has "{key}", which is not in the contract: {why_not(key, shapes)}' for key in got if key not in shapes]


def absent(key: str, got: set[str], want: set[str]) -> str:
    kind = "statistic" if is_buffer(key) else "parameter"
    return f'has no {kind} "{key}": {why(key, got, want)}'


def of_another_shape(key: str, got: tuple[int, ...], want: tuple[int, ...]) -> str:
    return f"{key} has shape {got}, expected {want}"


def why(key: str, got: set[str], want: set[str]) -> str:
    """Why the contract needs a key that is not there."""
    if "shortcut." in key:
        if "shortcut.1" in key and any("shortcut.0" in k for k in got):
            return "the 1×1 convolution of a projection is followed by a batch normalization of its own"
        return "the shape changes here (stride or channels, one of them is enough), so the shortcut must change it too"
    stem = key.split(".")[0]
    if stem in ("stages", "layers", "blocks", "transitions") and not any(k.startswith(f"{stem}.") for k in got):
        return f"{stem} must be an nn.ModuleList or nn.Sequential; a plain Python list hides its modules from parameters()"
    if not any(k.startswith(key.rsplit(".", 1)[0] + ".") for k in got):
        return f"weights are exchanged by these names, and no {key.rsplit('.', 1)[0]} is registered (yours: {some(got)})"
    return f"weights are exchanged by these names (yours: {some(got)})"


def why_not(key: str, shapes: Shapes) -> str:
    """Why a key that is there should not be."""
    weight = shapes.get(key.removesuffix("bias") + "weight", ())
    if key.endswith(".bias") and len(weight) == 4:
        return "convolutions have no bias here, since the batch normalization subtracts every mean again"
    if key.startswith("shortcut.") and not any(k.startswith("shortcut.") for k in shapes):
        return "this shortcut has no parameters (the shape stays, or the kind of block has none)"
    if key.startswith("shortcut."):
        return "this projection is a 1×1 convolution alone"
    return "each name stands for one module that the docstring lists"


def some(keys: set[str]) -> str:
    tops = sorted({k.rsplit(".", 1)[0] for k in keys})
    return ", ".join(tops[:6]) + (", …" if len(tops) > 6 else "") if tops else "nothing"
