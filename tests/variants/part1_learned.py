"""Honest other ways in part 1, what has parameters: PReLU, Maxout."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.misconceptions.altered import default

from . import variant
from .part1 import Bare

# ---- 1.6 PReLU


@variant("1.6", "PReLU")
def prelu_updates_dict_in_place(right: Any) -> Any:
    class PReLU(right):
        def __init__(self, alpha: float = default(right, "alpha")) -> None:
            super().__init__(alpha)
            self.gradients["alpha"] = np.zeros(1)

        def forward(self, x: Any) -> Any:
            self.x = x
            return np.maximum(x, 0) + self.parameters["alpha"] * np.minimum(x, 0)

        def backward(self, g: Any) -> Any:
            self.gradients["alpha"][0] = (g * self.x)[self.x <= 0].sum()
            return np.where(self.x > 0, g, g * self.parameters["alpha"][0])

    return PReLU


@variant("1.6", "PReLU")
def prelu_loop(right: Any) -> Any:
    class PReLU(right):
        def forward(self, x: Any) -> Any:
            self.x, y = x, x.copy()
            for place, v in np.ndenumerate(x):
                if not v > 0:
                    y[place] = float(self.parameters["alpha"][0]) * v
            return y

        def backward(self, g: Any) -> Any:
            dx, slope, total = g.copy(), self.parameters["alpha"][0], 0.0
            for place, v in np.ndenumerate(self.x):
                if v <= 0:
                    dx[place] *= slope
                    total += g[place] * v
            self.gradients = {"alpha": np.array([total])}
            return dx

    return PReLU


@variant("1.6", "PReLU")
def prelu_without_base_class(right: Any) -> Any:
    class PReLU(Bare):
        def __init__(self, alpha: float = default(right, "alpha")) -> None:
            super().__init__()
            self.parameters = {"alpha": np.full((1,), alpha, dtype=float)}

        def forward(self, x: Any) -> Any:
            self.mask, self.x = (x <= 0).astype(np.float64), x
            return x * (1 - self.mask) + self.parameters["alpha"] * x * self.mask

        def backward(self, g: Any) -> Any:
            self.gradients.update(alpha=np.sum(g * self.x * self.mask).reshape(1))
            return g * (1 - self.mask) + self.parameters["alpha"] * g * self.mask

    return PReLU


@variant("1.6", "PReLU")
def prelu_by_dot_product(right: Any) -> Any:
    class PReLU(right):
        def backward(self, g: Any) -> Any:
            self.gradients = {"alpha": np.dot(g.ravel(), self.negative.ravel())[None]}
            return self.factor * g

    return PReLU


# ---- 1.7 Maxout


@variant("1.7", "Maxout")
def maxout_loops(right: Any) -> Any:
    class Maxout(Bare):
        def __init__(self, weight: Any, bias: Any) -> None:
            super().__init__()
            self.parameters = {"weight": weight, "bias": bias}
            self.w, self.b = weight, bias

        def forward(self, x: Any) -> Any:
            self.x = x
            z = np.stack([x @ w + b for w, b in zip(self.w, self.b, strict=True)])
            self.best = np.argmax(z, axis=0)
            return np.take_along_axis(z, self.best[None], 0)[0]

        def backward(self, g: Any) -> Any:
            dw, db, dx = np.zeros_like(self.w), np.zeros_like(self.b), np.zeros_like(self.x)
            for n in range(g.shape[0]):
                for m in range(g.shape[1]):
                    i = self.best[n, m]
                    dw[i, :, m] += self.x[n] * g[n, m]
                    db[i, m] += g[n, m]
                    dx[n] += self.w[i, :, m] * g[n, m]
            self.gradients["weight"], self.gradients["bias"] = dw, db
            return dx

    return Maxout


@variant("1.7", "Maxout")
def maxout_running_maximum(right: Any) -> Any:
    class Maxout(right):
        def __init__(self, weight: Any, bias: Any) -> None:
            super().__init__(weight.copy(), bias.copy())

        def forward(self, x: Any) -> Any:
            w, b = self.parameters["weight"], self.parameters["bias"]
            best, self.index, self.x = x @ w[0] + b[0], np.zeros((len(x), b.shape[1]), dtype=int), x
            for i in range(1, len(w)):
                z = x @ w[i] + b[i]
                self.index[z > best] = i
                best = np.maximum(best, z)
            return best

        def backward(self, g: Any) -> Any:
            dw, db, dx = [], [], 0.0
            for i, w in enumerate(self.parameters["weight"]):
                mine = g * (self.index == i)
                dw.append(self.x.T @ mine)
                db.append(mine.sum(0))
                dx = dx + mine @ w.T
            self.gradients = {"bias": np.array(db), "weight": np.array(dw)}
            return dx

    return Maxout


@variant("1.7", "Maxout")
def maxout_one_big_product(right: Any) -> Any:
    class Maxout(right):
        def forward(self, x: Any) -> Any:
            w, b = self.parameters["weight"], self.parameters["bias"]
            k, d, m = w.shape
            z = (x @ w.transpose(1, 0, 2).reshape(d, k * m)).reshape(len(x), k, m) + b
            self.x, self.hot = x, np.eye(k)[z.argmax(1)].transpose(0, 2, 1)
            return z.max(1)

        def backward(self, g: Any) -> Any:
            d = self.hot * g[:, None, :]
            self.gradients["weight"] = np.tensordot(d, self.x, axes=(0, 0)).transpose(0, 2, 1)
            self.gradients["bias"] = d.sum(0)
            return np.einsum("nkm,kdm->nd", d, self.parameters["weight"], optimize=True)

    return Maxout
