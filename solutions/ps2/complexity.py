"""Part 5: what a network costs (handout, sections 5.19 to 5.21).

The model is left as it was: the mode of every module, running statistics, gradients, its own hooks; nothing new stays behind in it, nor in
torch's gradient mode. A subclass of a layer is such a layer, and the model may be a single one. Results are ints.
`input_shape` is (C, H, W), without the batch.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


def layer_outputs(model: nn.Module, input_shape: tuple[int, int, int]) -> list[tuple[nn.Module, Tensor]]:
    """A helper for the two counts below, not asked for itself: (layer, its output) for every call of a Conv2d or Linear while one sample of
    shape (C, H, W) goes through the model; a layer called twice comes twice. Hint: register_forward_hook."""
    ### BEGIN SOLUTION
    double = copy.deepcopy(model).to("meta").eval()  # shapes without numbers, and the model itself is never touched
    calls: list[tuple[nn.Module, Tensor]] = []
    for module in double.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(lambda layer, _, output: calls.append((layer, output)))
    with torch.no_grad():
        double(torch.empty(1, *input_shape, device="meta"))
    return calls
    ### END SOLUTION


def count_parameters(model: nn.Module) -> int:
    """How many numbers training changes: entries of all parameters with requires_grad; a parameter used in two places counts once."""
    ### BEGIN SOLUTION
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
    ### END SOLUTION


def count_macs(model: nn.Module, input_shape: tuple[int, int, int]) -> int:
    """Multiply-adds of convolutions and linear layers for one sample of shape (C, H, W).

    Each output entry of a convolution takes kh·kw·(in_channels / groups) of them, of a linear layer in_features. Adding a bias is not
    counted, nor is any other layer; a module called twice counts twice.
    """
    ### BEGIN SOLUTION
    # weight[0] is what one output entry is a sum over: (in/groups, kh, kw) or (in_features,)
    return sum(output.numel() * layer.weight[0].numel() for layer, output in layer_outputs(model, input_shape))
    ### END SOLUTION


def count_activations(model: nn.Module, input_shape: tuple[int, int, int]) -> int:
    """How many numbers convolutions and linear layers put out for one sample of shape (C, H, W); a module called twice counts twice."""
    ### BEGIN SOLUTION
    return sum(output.numel() for _, output in layer_outputs(model, input_shape))
    ### END SOLUTION
