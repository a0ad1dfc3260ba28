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
        raise NotImplementedError("5.1 Residual.forward")

    def backward(self, grad_output: ndarray) -> ndarray:
        raise NotImplementedError("5.1 Residual.backward")


def gradient_pathways(block: Residual, grad_output: ndarray) -> tuple[ndarray, ndarray]:
    """The two terms of dL/dx = dL/dH + dL/dH · dF/dx, each by itself, after a forward of `block`: (through_shortcut, through_body).

    Runs the backward of block.shortcut and of block.body. Without a shortcut the first term is a copy of grad_output.
    """
    raise NotImplementedError("5.2 gradient_pathways")
