"""Honest other ways in 5.1 to 5.3."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import variant

# ---- 5.1 Residual


@variant("5.1", "Residual")
def residual_copies_then_adds(right: Any) -> Any:
    class Residual(right):
        def forward(self, x: Any) -> Any:
            h = np.array(self.body.forward(x))
            h += self.shortcut.forward(x) if self.shortcut else x
            return h

        def backward(self, grad_output: Any) -> Any:
            dx = np.array(self.body.backward(grad_output))
            dx += self.shortcut.backward(grad_output) if self.shortcut else grad_output
            return dx

    return Residual


@variant("5.1", "Residual")
def residual_without_base_class(right: Any) -> Any:
    class Residual:
        def __init__(self, body: Any, shortcut: Any = None) -> None:
            self.body, self.shortcut = body, shortcut
            self.parameters: dict[str, Any] = {}
            self.gradients: dict[str, Any] = {}
            self.training = True

        def forward(self, x: Any) -> Any:
            f = self.body.forward(x)
            if self.shortcut is None:
                return np.add(f, x)
            return np.add(f, self.shortcut.forward(x))

        def backward(self, dout: Any) -> Any:
            if self.shortcut is None:
                return dout * 1.0 + self.body.backward(dout)
            return np.sum([self.shortcut.backward(dout), self.body.backward(dout)], axis=0)

    return Residual


@variant("5.1", "Residual")
def residual_with_an_identity_inside(right: Any) -> Any:
    class Identity:
        def forward(self, x: Any) -> Any:
            return x

        def backward(self, g: Any) -> Any:
            return g

    class Residual(right):
        def paths(self) -> Any:
            return self.body, self.shortcut if self.shortcut is not None else Identity()

        def forward(self, x: Any) -> Any:
            return sum(path.forward(x) for path in self.paths())

        def backward(self, grad_output: Any) -> Any:
            return sum(path.backward(grad_output) for path in self.paths())

    return Residual


@variant("5.1", "Residual")
def residual_that_caches(right: Any) -> Any:
    class Residual(right):
        def forward(self, x: Any) -> Any:
            self.x = x.copy()
            self.f = self.body.forward(self.x)
            self.s = self.x if self.shortcut is None else self.shortcut.forward(self.x)
            return self.f + self.s

        def backward(self, grad_output: Any) -> Any:
            g = grad_output.copy()
            self.grad_input = self.body.backward(g) + (g if self.shortcut is None else self.shortcut.backward(g))
            return self.grad_input

    return Residual


# ---- 5.2 gradient_pathways


@variant("5.2", "gradient_pathways")
def pathways_body_first(right: Any) -> Any:
    def gradient_pathways(block: Any, grad_output: Any) -> Any:
        body = block.body.backward(grad_output)
        if block.shortcut is None:
            return np.array(grad_output), body
        return block.shortcut.backward(grad_output), body

    return gradient_pathways


@variant("5.2", "gradient_pathways")
def pathways_of_copies(right: Any) -> Any:
    def gradient_pathways(block: Any, grad_output: Any) -> Any:
        shortcut = block.shortcut
        first = shortcut.backward(grad_output.copy()).copy() if shortcut else 1.0 * grad_output
        second = block.body.backward(grad_output.copy()).copy()
        return first, second

    return gradient_pathways


@variant("5.2", "gradient_pathways")
def pathways_stacked(right: Any) -> Any:
    return lambda block, grad_output: np.stack(right(block, grad_output))


@variant("5.2", "gradient_pathways")
def pathways_as_list(right: Any) -> Any:
    def gradient_pathways(block: Any, grad_output: Any) -> Any:
        terms = []
        for part in (block.shortcut, block.body):
            terms.append(grad_output + 0.0 if part is None else part.backward(grad_output))
        return tuple(terms)

    return gradient_pathways


# ---- 5.3 gradient_norms


@variant("5.3", "gradient_norms")
def norms_into_array(right: Any) -> Any:
    def gradient_norms(layers: Any, x: Any, grad_output: Any) -> Any:
        out = x
        for layer in layers:
            out = layer.forward(out)
        norms, grad = np.empty(len(layers)), grad_output
        for i in range(len(layers) - 1, -1, -1):
            grad = layers[i].backward(grad)
            norms[i] = np.sqrt((grad**2).sum())
        return norms

    return gradient_norms


@variant("5.3", "gradient_norms")
def norms_recursively(right: Any) -> Any:
    def gradient_norms(layers: Any, x: Any, grad_output: Any) -> Any:
        def below(i: int, value: Any) -> Any:
            if i == len(layers):
                return grad_output, []
            grad, norms = below(i + 1, layers[i].forward(value))
            grad = layers[i].backward(grad)
            return grad, [float(np.linalg.norm(grad.reshape(-1))), *norms]

        return np.asarray(below(0, x)[1])

    return gradient_norms


@variant("5.3", "gradient_norms")
def norms_by_vdot(right: Any) -> Any:
    def gradient_norms(layers: Any, x: Any, grad_output: Any) -> Any:
        values = [x]
        for layer in layers:
            values.append(layer.forward(values[-1]))
        grads = [grad_output]
        for layer in layers[::-1]:
            grads.insert(0, layer.backward(grads[0]))
        return np.sqrt([np.vdot(g, g) for g in grads[:-1]])

    return gradient_norms
