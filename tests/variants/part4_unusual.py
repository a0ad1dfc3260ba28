"""Right answers of an unusual build in part 4: other memory orders, read-only caches, properties, transformed domains, matrix forms."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy import special

from autograder.misconceptions.altered import default

from . import variant


@variant("4.1", "Linear")
def linear_with_gradients_on_demand(right: Any) -> Any:
    """The gradients are a property that computes them from what backward left."""

    class Linear:
        def __init__(self, weight: Any, bias: Any) -> None:
            self.parameters, self.training, self.left = {"weight": weight, "bias": bias}, True, None

        @property
        def gradients(self) -> dict[str, Any]:
            if self.left is None:
                return {}
            x, g = self.left
            return {"bias": np.ones(len(g)) @ g, "weight": np.einsum("nd,nm->dm", x, g, optimize=True)}

        def forward(self, x: Any) -> Any:
            self.x = x.view()
            self.x.setflags(write=False)
            homogeneous = np.c_[x, np.ones(len(x))]
            return homogeneous @ np.r_[self.parameters["weight"], self.parameters["bias"][None]]

        def backward(self, grad_output: Any) -> Any:
            self.left = self.x, grad_output.copy(order="F")
            return np.dot(self.parameters["weight"], grad_output.T).T

    return Linear


@variant("4.2", "Conv2d")
def conv_as_one_large_matrix(right: Any) -> Any:
    """Every use of a weight is an entry of the matrix that maps flattened images to flattened results."""

    class Conv2d(right):
        def index(self, shape: Any) -> Any:
            kh, kw = self.parameters["weight"].shape[2:]
            _, c, height, width = shape
            inside = np.arange(c * height * width).reshape(c, height, width)
            p = self.padding
            framed = np.pad(inside, ((0, 0), (p, p), (p, p)), constant_values=-1)  # −1: outside
            tops = range(0, framed.shape[1] - kh + 1, self.stride)
            lefts = range(0, framed.shape[2] - kw + 1, self.stride)
            cut = [framed[:, t : t + kh, s : s + kw].ravel() for t, s in itertools.product(tops, lefts)]
            return np.array(cut), (len(tops), len(lefts))

        def forward(self, x: Any) -> Any:
            weight = self.parameters["weight"]
            self.shape = x.shape
            self.places, self.size = self.index(x.shape)
            self.columns = np.c_[x.reshape(len(x), -1), np.zeros(len(x))][:, self.places]  # (N, positions, c·kh·kw)
            y = self.columns @ weight.reshape(len(weight), -1).T + self.parameters["bias"]
            return np.swapaxes(y, 1, 2).reshape(len(x), -1, *self.size)

        def backward(self, grad_output: Any) -> Any:
            weight = self.parameters["weight"]
            g = grad_output.reshape(*grad_output.shape[:2], -1)
            self.gradients = {"weight": np.einsum("nfp,npk->fk", g, self.columns).reshape(weight.shape), "bias": g.sum((0, 2))}
            sent = np.einsum("nfp,fk->npk", g, weight.reshape(len(weight), -1))
            flat = np.zeros((len(g), int(np.prod(self.shape[1:])) + 1))
            np.add.at(flat, (slice(None), self.places), sent)
            return flat[:, :-1].reshape(self.shape)

    return Conv2d


@variant("4.3", "BatchNorm2d")
def batchnorm_as_a_projection(right: Any) -> Any:
    """Channels as columns; the gradient is g without its parts along 1 and along the normalised column."""
    momentum_of, eps_of = default(right, "momentum"), default(right, "eps")

    class BatchNorm2d:
        def __init__(self, channels: int, momentum: float = momentum_of, eps: float = eps_of) -> None:
            self.parameters, self.gradients = {"weight": np.ones(channels), "bias": np.zeros(channels)}, {}
            self.running_mean, self.running_var = np.zeros(channels), np.ones(channels)
            self.training, self.momentum, self.eps = True, momentum, eps

        def rows(self, x: Any) -> Any:
            return np.asfortranarray(np.moveaxis(x, 1, -1).reshape(-1, x.shape[1]))

        def images(self, rows: Any) -> Any:
            n, c, h, w = self.shape
            return np.moveaxis(rows.reshape(n, h, w, c), -1, 1)

        def forward(self, x: Any) -> Any:
            self.shape, rows, self.live = x.shape, self.rows(x), self.training
            mean, variance = (rows.mean(0), rows.var(0)) if self.live else (self.running_mean, self.running_var)
            if self.live:
                np.copyto(self.running_mean, (1 - self.momentum) * self.running_mean + self.momentum * mean)
                np.copyto(self.running_var, (1 - self.momentum) * self.running_var + self.momentum * rows.var(0, ddof=1))
            self.scale = 1 / np.sqrt(variance + self.eps)
            self.unit = (rows - mean) * self.scale
            return self.images(self.unit * self.parameters["weight"] + self.parameters["bias"])

        def backward(self, grad_output: Any) -> Any:
            g = self.rows(grad_output)
            self.gradients["weight"], self.gradients["bias"] = (g * self.unit).sum(0), g.sum(0)
            inner = g * self.parameters["weight"]
            if self.live:
                inner = inner - inner.mean(0) - self.unit * (inner * self.unit).mean(0)
            return self.images(inner * self.scale)

    return BatchNorm2d


@variant("4.4", "MaxPool2d")
def max_pool_by_a_running_maximum(right: Any) -> Any:
    """One pass over the places of a window; a later place wins only where it is larger."""

    class MaxPool2d(right):
        def cut(self, x: Any, a: int, b: int) -> Any:
            h, w = ((side - self.size) // self.stride + 1 for side in x.shape[2:])
            return x[:, :, a : a + h * self.stride : self.stride, b : b + w * self.stride : self.stride][:, :, :h, :w]

        def forward(self, x: Any) -> Any:
            best, self.shape = self.cut(x, 0, 0).copy(), x.shape
            self.winner = np.zeros(best.shape, dtype=int)
            for k, (a, b) in enumerate(itertools.product(range(self.size), repeat=2)):
                larger = self.cut(x, a, b) > best
                best[larger], self.winner[larger] = self.cut(x, a, b)[larger], k
            return best

        def backward(self, grad_output: Any) -> Any:
            out = np.zeros(self.shape)
            for k, (a, b) in enumerate(itertools.product(range(self.size), repeat=2)):
                self.cut(out, a, b)[...] += np.where(self.winner == k, grad_output, 0)
            return out

    return MaxPool2d


@variant("4.5", "GlobalAveragePool2d")
def average_pool_returns_a_read_only_view(right: Any) -> Any:
    class GlobalAveragePool2d(right):
        def forward(self, x: Any) -> Any:
            self.seen = x.shape
            return np.einsum("nchw->nc", x) / np.prod(x.shape[2:])

        def backward(self, grad_output: Any) -> Any:
            return np.broadcast_to((grad_output / np.prod(self.seen[2:]))[:, :, None, None], self.seen)

    return GlobalAveragePool2d


@variant("4.6", "SoftmaxCrossEntropy")
def loss_by_scipy_and_advanced_indexing(right: Any) -> Any:
    class SoftmaxCrossEntropy:
        def __init__(self) -> None:
            self.parameters, self.gradients, self.training = {}, {}, True

        def forward(self, logits: Any, labels: Any) -> Any:
            self.logs, self.labels = special.log_softmax(logits, axis=1), np.array(labels)
            return -np.take_along_axis(self.logs, self.labels[:, None], 1).mean()  # a numpy scalar

        def backward(self) -> Any:
            grad = np.exp(self.logs, order="F")
            grad[np.arange(len(grad)), self.labels] -= 1
            return np.true_divide(grad, len(grad))

    return SoftmaxCrossEntropy
