"""Given: what every numpy layer is. The checks bring their own copy of this file, so changes here have no effect."""

from __future__ import annotations

from numpy import ndarray


class Layer:
    """One differentiable function.

    forward(x) computes y and keeps what backward needs. backward(grad_output) takes dL/dy for the latest forward and returns dL/dx;
    it may be called twice with the same result, and it *overwrites* `gradients` (nothing accumulates).

    parameters: arrays that training changes, created in the constructor and read at every forward.
    gradients: dL/d(parameter) under the same names and with the same shapes, after a backward.
    training: True while training, False in evaluation.
    """

    def __init__(self) -> None:
        self.parameters: dict[str, ndarray] = {}
        self.gradients: dict[str, ndarray] = {}
        self.training = True

    def forward(self, x: ndarray) -> ndarray:
        raise NotImplementedError

    def backward(self, grad_output: ndarray) -> ndarray:
        raise NotImplementedError


class Sequential(Layer):
    """Layers one after another: forward in order, backward in reverse."""

    def __init__(self, layers: list[Layer]) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: ndarray) -> ndarray:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad_output: ndarray) -> ndarray:
        for layer in reversed(self.layers):
            grad_output = layer.backward(grad_output)
        return grad_output
