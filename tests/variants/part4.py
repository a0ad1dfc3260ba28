"""Honest other ways in part 4: loops, einsum, np.add.at, scipy, layers without the base class. Conv2d and BatchNorm2d: in own files."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from . import variant


class Bare:
    """What the contract asks of a layer, without its base class."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}
        self.gradients: dict[str, Any] = {}
        self.training = True


class WithWeights(Bare):
    def __init__(self, weight: Any, bias: Any) -> None:
        super().__init__()
        self.parameters = dict(weight=weight, bias=bias)


# ---- 4.1 Linear


@variant("4.1", "Linear")
def linear_by_einsum(right: Any) -> Any:
    class Linear(WithWeights):
        def forward(self, x: Any) -> Any:
            self.x = x
            return np.einsum("nd,dm->nm", x, self.parameters["weight"]) + self.parameters["bias"]

        def backward(self, g: Any) -> Any:
            self.gradients["weight"] = np.einsum("nd,nm->dm", self.x, g)
            self.gradients["bias"] = np.einsum("nm->m", g)
            return np.einsum("nm,dm->nd", g, self.parameters["weight"])

    return Linear


@variant("4.1", "Linear")
def linear_by_loops(right: Any) -> Any:
    class Linear(WithWeights):
        def forward(self, x: Any) -> Any:
            self.x, w, b = x.copy(), self.parameters["weight"], self.parameters["bias"]
            y = np.zeros((x.shape[0], w.shape[1]))
            for n in range(x.shape[0]):
                for m in range(w.shape[1]):
                    y[n, m] = b[m]
                    for d in range(w.shape[0]):
                        y[n, m] += x[n, d] * w[d, m]
            return y

        def backward(self, g: Any) -> Any:
            w = self.parameters["weight"]
            dx, dw, db = np.zeros_like(self.x), np.zeros_like(w), np.zeros(w.shape[1])
            for n, d, m in np.ndindex(dx.shape[0], *w.shape):
                dx[n, d] += g[n, m] * w[d, m]
                dw[d, m] += g[n, m] * self.x[n, d]
            for row in g:
                db += row
            self.gradients = {"bias": db, "weight": dw}
            return dx

    return Linear


@variant("4.1", "Linear")
def linear_with_a_column_of_ones(right: Any) -> Any:
    class Linear(right):
        def forward(self, x: Any) -> Any:
            self.extended = np.hstack([x, np.ones((len(x), 1))])
            return self.extended @ np.vstack([self.parameters["weight"], self.parameters["bias"]])

        def backward(self, g: Any) -> Any:
            both = self.extended.T.dot(g)
            self.gradients.update(weight=both[:-1], bias=both[-1])
            return g.dot(self.parameters["weight"].T)

    return Linear


# ---- 4.4 MaxPool2d


@variant("4.4", "MaxPool2d")
def max_pool_by_loops(right: Any) -> Any:
    class MaxPool2d(Bare):
        def __init__(self, size: int, stride: int) -> None:
            super().__init__()
            self.k, self.s = size, stride

        def forward(self, x: Any) -> Any:
            self.x = x
            n, c, h, w = x.shape
            y = np.zeros((n, c, 1 + (h - self.k) // self.s, 1 + (w - self.k) // self.s))
            for i in range(y.shape[2]):
                for j in range(y.shape[3]):
                    y[:, :, i, j] = x[:, :, i * self.s : i * self.s + self.k, j * self.s : j * self.s + self.k].max(axis=(2, 3))
            return y

        def backward(self, g: Any) -> Any:
            dx = np.zeros(self.x.shape)
            for n, c, i, j in np.ndindex(*g.shape):
                top, left = i * self.s, j * self.s
                window = self.x[n, c, top : top + self.k, left : left + self.k]
                a, b = np.unravel_index(np.argmax(window), window.shape)
                dx[n, c, top + a, left + b] += g[n, c, i, j]
            return dx

    return MaxPool2d


@variant("4.4", "MaxPool2d")
def max_pool_by_add_at(right: Any) -> Any:
    class MaxPool2d(right):
        def forward(self, x: Any) -> Any:
            k, s = self.size, self.stride
            n, c, h, w = x.shape
            rows = s * np.arange((h - k) // s + 1)[:, None, None, None] + np.arange(k)[None, None, :, None]
            columns = s * np.arange((w - k) // s + 1)[None, :, None, None] + np.arange(k)[None, None, None, :]
            flat = (rows * w + columns).reshape(rows.shape[0], columns.shape[1], k * k)
            entries = x.reshape(n, c, h * w)[:, :, flat]
            self.shape, winner = x.shape, entries.argmax(-1)
            self.places = np.take_along_axis(np.broadcast_to(flat, entries.shape), winner[..., None], -1)[..., 0]
            return np.take_along_axis(entries, winner[..., None], -1)[..., 0]

        def backward(self, g: Any) -> Any:
            n, c, h, w = self.shape
            dx = np.zeros((n, c, h * w))
            images, channels = np.ogrid[:n, :c]
            np.add.at(dx, (images[..., None, None], channels[..., None, None], self.places), g)
            return dx.reshape(self.shape)

    return MaxPool2d


@variant("4.4", "MaxPool2d")
def max_pool_by_comparison(right: Any) -> Any:
    """A running maximum over the places of a window; a place wins where it is strictly larger than all before it."""

    class MaxPool2d(right):
        def forward(self, x: Any) -> Any:
            k, s = self.size, self.stride
            h, w = (x.shape[2] - k) // s + 1, (x.shape[3] - k) // s + 1
            self.shape = x.shape
            self.parts = [(slice(a, a + s * (h - 1) + 1, s), slice(b, b + s * (w - 1) + 1, s)) for a in range(k) for b in range(k)]
            best = np.full((*x.shape[:2], h, w), -np.inf)
            self.best_place = np.zeros(best.shape, dtype=int)
            for place, (rows, columns) in enumerate(self.parts):
                better = x[:, :, rows, columns] > best
                best = np.where(better, x[:, :, rows, columns], best)
                self.best_place[better] = place
            return best

        def backward(self, g: Any) -> Any:
            dx = np.zeros(self.shape)
            for place, (rows, columns) in enumerate(self.parts):
                dx[:, :, rows, columns] += g * (self.best_place == place)
            return dx

    return MaxPool2d


# ---- 4.5 GlobalAveragePool2d


@variant("4.5", "GlobalAveragePool2d")
def average_pool_by_repeat(right: Any) -> Any:
    class GlobalAveragePool2d(Bare):
        def forward(self, x: Any) -> Any:
            self.h, self.w = x.shape[-2:]
            return x.reshape(*x.shape[:2], -1).sum(-1) / (self.h * self.w)

        def backward(self, dout: Any) -> Any:
            return np.tile((dout / (self.h * self.w))[:, :, None, None], (1, 1, self.h, self.w))

    return GlobalAveragePool2d


@variant("4.5", "GlobalAveragePool2d")
def average_pool_read_only(right: Any) -> Any:
    class GlobalAveragePool2d(right):
        def forward(self, x: Any) -> Any:
            self.x = x
            return np.mean(np.mean(x, axis=3), axis=2)

        def backward(self, grad_output: Any) -> Any:
            share = grad_output / np.prod(self.x.shape[2:])
            return np.broadcast_to(share[..., None, None], self.x.shape)

    return GlobalAveragePool2d


@variant("4.5", "GlobalAveragePool2d")
def average_pool_by_einsum(right: Any) -> Any:
    class GlobalAveragePool2d(right):
        def forward(self, x: Any) -> Any:
            self.weights = np.full(x.shape[2:], 1.0 / (x.shape[2] * x.shape[3]))
            return np.einsum("nchw,hw->nc", x, self.weights)

        def backward(self, grad_output: Any) -> Any:
            return np.einsum("nc,hw->nchw", grad_output, self.weights)

    return GlobalAveragePool2d


# ---- 4.6 SoftmaxCrossEntropy


@variant("4.6", "SoftmaxCrossEntropy")
def loss_by_scipy(right: Any) -> Any:
    class SoftmaxCrossEntropy:
        def forward(self, logits: Any, labels: Any) -> Any:
            self.z, self.t = logits.copy(), labels.copy()
            return -np.take_along_axis(special.log_softmax(logits, axis=1), labels[:, None], axis=1).mean()

        def backward(self) -> Any:
            return (special.softmax(self.z, axis=1) - np.eye(self.z.shape[1])[self.t]) / len(self.z)

    return SoftmaxCrossEntropy


@variant("4.6", "SoftmaxCrossEntropy")
def loss_by_rows(right: Any) -> Any:
    class SoftmaxCrossEntropy(right):
        def forward(self, logits: Any, labels: Any) -> Any:
            total, self.grad = 0.0, np.zeros(logits.shape)
            for i, (row, label) in enumerate(zip(logits, labels, strict=True)):
                shifted = row - max(row)
                powers = np.exp(shifted)
                total += np.log(powers.sum()) - shifted[label]
                self.grad[i] = powers / powers.sum()
                self.grad[i, label] -= 1
            self.grad /= len(labels)
            return total / len(labels)

        def backward(self) -> Any:
            return self.grad

    return SoftmaxCrossEntropy


@variant("4.6", "SoftmaxCrossEntropy")
def loss_by_logaddexp(right: Any) -> Any:
    class SoftmaxCrossEntropy:
        def forward(self, logits: Any, labels: Any) -> Any:
            self.log_p = logits - np.logaddexp.reduce(logits, axis=1)[:, None]
            self.onehot = labels[:, None] == np.arange(logits.shape[1])
            return np.float64(-self.log_p[self.onehot].sum() / len(logits))

        def backward(self) -> Any:
            return (np.exp(self.log_p) - self.onehot) / len(self.log_p)

    return SoftmaxCrossEntropy
