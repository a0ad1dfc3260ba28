"""Right answers of an unusual build in part 5: closures and properties in numpy, module lists and hooks-free forwards in torch."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np

from . import variant


@variant("5.1", "Residual")
def residual_through_getattr(right: Any) -> Any:
    """body and shortcut live in a tuple; the addition is an einsum."""

    class Residual:
        def __init__(self, body: Any, shortcut: Any = None) -> None:
            self.paths = body, shortcut
            self.parameters, self.gradients, self.training = {}, {}, True

        body = property(lambda self: self.paths[0])
        shortcut = property(lambda self: self.paths[1])

        def forward(self, x: Any) -> Any:
            terms = [self.body.forward(x), x if self.shortcut is None else self.shortcut.forward(x)]
            return np.einsum("k...->...", np.stack(terms))

        def backward(self, grad_output: Any) -> Any:
            direct = grad_output if not self.shortcut else self.shortcut.backward(grad_output)
            return np.asfortranarray(self.body.backward(grad_output)) + direct

    return Residual


@variant("5.2", "gradient_pathways")
def pathways_in_the_other_order(right: Any) -> Any:
    def gradient_pathways(block: Any, grad_output: Any) -> Any:
        body = block.body.backward(np.array(grad_output))
        return tuple([+grad_output if block.shortcut is None else block.shortcut.backward(grad_output), body])

    return gradient_pathways


@variant("5.3", "gradient_norms")
def norms_by_a_generator(right: Any) -> Any:
    def gradient_norms(layers: Any, x: Any, grad_output: Any) -> Any:
        for layer in layers:
            x = layer.forward(x)

        def norms(g: Any) -> Any:
            for layer in layers[::-1]:
                g = layer.backward(g)
                yield np.sqrt(np.vdot(g, g))

        return np.flip(np.fromiter(norms(grad_output), float))

    return gradient_norms


# ---- torch, imported where it is needed


@variant("5.4", "BasicBlock")
def basic_block_whose_hook_adds_the_shortcut(right: Any) -> Any:
    class BasicBlock(right):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.bn2.register_forward_hook(lambda module, given, result: result + self.skipped.pop())
            self.skipped: list[Any] = []

        def forward(self, x: Any) -> Any:
            import torch

            h = torch.relu(self.bn1(self.conv1(x)))
            if self.projects:
                self.skipped.append(self.shortcut(x))
            else:
                thin = x[..., :: self.stride, :: self.stride]
                self.skipped.append(torch.cat([thin, thin.new_zeros(len(x), self.new_channels, *thin.shape[2:])], dim=1))
            return self.bn2(self.conv2(h)).clamp_min(0)

    return BasicBlock


@variant("5.5", "PlainBlock")
def plain_block_walks_its_children(right: Any) -> Any:
    class PlainBlock(right):
        def forward(self, x: Any) -> Any:
            import torch

            modules = list(self.children())
            x = x.contiguous(memory_format=torch.channels_last)
            for convolution, normalization in zip(modules[::2], modules[1::2], strict=True):
                x = torch.nn.functional.relu(normalization(convolution(x)), inplace=True)
            return x

    return PlainBlock


@variant("5.14", "CifarResNet")
def cifar_network_as_a_fold(right: Any) -> Any:
    class CifarResNet(right):
        def forward(self, x: Any) -> Any:
            import torch

            first = torch.relu(self.bn1(self.conv1(x)))
            last = functools.reduce(lambda h, block: block(h), itertools.chain.from_iterable(self.stages), first)
            return torch.addmm(self.fc.bias, torch.flatten(torch.nn.functional.adaptive_avg_pool2d(last, 1), 1), self.fc.weight.T)

    return CifarResNet
