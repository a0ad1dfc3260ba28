"""Honest other ways in 5.19 to 5.21, the counts: on the model itself, on a copy, by other formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.misconceptions.edited import edited

from . import Build, variant
from .part5_torch import enter


@variant("5.19", "count_parameters")
def parameters_by_identity(right: Any) -> Build:
    def count_parameters(model: Any) -> int:
        seen: dict[int, int] = {}
        for module in model.modules():
            for parameter in module.parameters(recurse=False):
                if parameter.requires_grad:
                    seen[id(parameter)] = parameter.numel()
        return sum(seen.values())

    return count_parameters


@variant("5.19", "count_parameters")
def parameters_by_shape(right: Any) -> Build:
    def count_parameters(model: Any) -> Any:
        return np.int64(sum(np.prod(p.shape, dtype=int) for _, p in model.named_parameters() if p.requires_grad))

    return count_parameters


@variant("5.19", "count_parameters")
def parameters_in_a_vector(right: Any) -> Build:
    def count_parameters(model: Any) -> int:
        import torch

        return torch.nn.utils.parameters_to_vector(p for p in model.parameters() if p.requires_grad).shape[0]

    return count_parameters


def hooked(per_call: Callable[[Any, Any], int]) -> Build:
    """The model itself in eval mode with hooks, everything put back."""

    def count(model: Any, input_shape: Any) -> int:
        import torch
        from torch import nn

        total, modes = [], {m: m.training for m in model.modules()}
        layers = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
        handles = [m.register_forward_hook(lambda layer, _, y: total.append(per_call(layer, y))) for m in layers]
        model.eval()
        with torch.no_grad():
            model(torch.zeros(1, *input_shape))
        for handle in handles:
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
        return sum(total)

    return count


def lent_forwards(per_call: Callable[[Any, Any], int]) -> Build:
    """A copy whose layers' forwards count themselves; two samples, halved."""

    def count(model: Any, input_shape: Any) -> int:
        import copy

        import torch
        from torch import nn

        twin, total = copy.deepcopy(model).eval(), []

        def lend(layer: Any) -> None:
            original = layer.forward

            def forward(x: Any) -> Any:
                y = original(x)
                total.append(per_call(layer, y))
                return y

            layer.forward = forward

        for layer in twin.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                lend(layer)
        twin(torch.randn(2, *input_shape))
        return sum(total) // 2

    return count


def macs_of(layer: Any, y: Any) -> int:
    if hasattr(layer, "in_features"):
        return y.numel() // layer.out_features * layer.weight.numel()
    kernel = layer.kernel_size[0] * layer.kernel_size[1]
    return y.numel() * kernel * layer.in_channels // layer.groups


for how, ways in {"with_hooks": hooked, "with_lent_forwards": lent_forwards}.items():
    enter("5.20", "count_macs", how, lambda right, ways=ways: ways(macs_of))
    enter("5.21", "count_activations", how, lambda right, ways=ways: ways(lambda layer, y: int(np.prod(y.shape))))


@variant("5.20", "count_macs")
def macs_by_weight_and_places(right: Any) -> Any:
    new = "layer.weight.numel() * (output[0, 0] if output.ndim == 4 else output[..., 0]).numel()"
    return edited(right, ("output.numel() * layer.weight[0].numel()", new))


@variant("5.21", "count_activations")
def activations_by_shape(right: Any) -> Any:
    return edited(right, ("output.numel() for", "output.shape[1:].numel() for"))
