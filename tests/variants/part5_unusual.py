"""Right answers of an unusual build in part 5: closures and properties in numpy, module lists and hooks-free forwards in torch."""

from __future__ import annotations

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
