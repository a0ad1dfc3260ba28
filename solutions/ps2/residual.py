"""Part 5, first half: the residual block and what it does to gradients, in numpy (handout, sections 5.1 to 5.3).

A body or shortcut is any layer with forward and backward, `Sequential` included; it may return its argument or its cache, so nothing that
it returns is written into.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from .base import Layer


class Residual(Layer):
    """H(x) = F(x) + x, F being `body`; with a shortcut S, H(x) = F(x) + S(x) (He et al. 2016). No ReLU after the sum.

    Its own `parameters` and `gradients` stay empty: they live in the parts. The parts' `training` is the caller's business; the block's own
    changes nothing. 5.2 reads `body` and `shortcut`, which are None or what was given.
    """

    def __init__(self, body: Layer, shortcut: Layer | None = None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        skipped = x if self.shortcut is None else self.shortcut.forward(x)
        return self.body.forward(x) + skipped
        ### END SOLUTION

    def backward(self, grad_output: ndarray) -> ndarray:
        ### BEGIN SOLUTION
        skipped = grad_output if self.shortcut is None else self.shortcut.backward(grad_output)
        return self.body.backward(grad_output) + skipped
        ### END SOLUTION


def gradient_pathways(block: Residual, grad_output: ndarray) -> tuple[ndarray, ndarray]:
    """The two terms of dL/dx = dL/dH + dL/dH · dF/dx, each by itself, after a forward of `block`: (through_shortcut, through_body).

    Runs the backward of block.shortcut and of block.body. Without a shortcut the first term is a copy of grad_output.
    """
    ### BEGIN SOLUTION
    through_shortcut = grad_output.copy() if block.shortcut is None else block.shortcut.backward(grad_output)
    return through_shortcut, block.body.backward(grad_output)
    ### END SOLUTION


def gradient_norms(layers: list[Layer], x: ndarray, grad_output: ndarray) -> ndarray:
    """How much gradient arrives at each layer of a chain: (L,), entry l the Frobenius norm of dL/d(input of layer l), first layer first.

    x goes forward through the layers in order, then grad_output = dL/d(last output) goes back.
    """
    ### BEGIN SOLUTION
    for layer in layers:
        x = layer.forward(x)
    norms = []
    for layer in reversed(layers):
        grad_output = layer.backward(grad_output)
        norms.append(np.linalg.norm(grad_output))
    return np.array(norms[::-1])
    ### END SOLUTION
