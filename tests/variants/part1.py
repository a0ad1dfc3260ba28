"""Honest other ways in part 1: loops, other formulas, other caches, no subclass of Layer, math instead of numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special, stats

from autograder.misconceptions.altered import default

from . import variant


class Bare:
    """What the contract asks of a layer, without its base class."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}
        self.gradients: dict[str, Any] = {}
        self.training = True


def entry_by_entry(function: Any, derivative: Any) -> Any:
    """A layer that loops over Python floats."""

    class Looped(Bare):
        def forward(self, x: Any) -> Any:
            self.inputs = [float(v) for v in x.ravel()]
            return np.array([function(v) for v in self.inputs]).reshape(x.shape)

        def backward(self, grad_output: Any) -> Any:
            out = np.zeros(grad_output.size)
            for i, (v, g) in enumerate(zip(self.inputs, grad_output.ravel(), strict=True)):
                out[i] = g * derivative(v)
            return out.reshape(grad_output.shape)

    return Looped


# ---- 1.1 Sigmoid


@variant("1.1", "Sigmoid")
def sigmoid_expit(right: Any) -> Any:
    class Sigmoid(Bare):
        def forward(self, x: Any) -> Any:
            self.out = special.expit(x)
            return self.out

        def backward(self, dout: Any) -> Any:
            return dout * self.out * (1 - self.out)

    return Sigmoid


@variant("1.1", "Sigmoid")
def sigmoid_by_tanh(right: Any) -> Any:
    class Sigmoid(right):
        def forward(self, x: Any) -> Any:
            self.s = 0.5 * (1 + np.tanh(0.5 * x))
            return self.s

        def backward(self, grad_output: Any) -> Any:
            return grad_output * (self.s - self.s**2)

    return Sigmoid


@variant("1.1", "Sigmoid")
def sigmoid_by_masks(right: Any) -> Any:
    class Sigmoid(right):
        def forward(self, x: Any) -> Any:
            y = np.empty_like(x)
            up = x >= 0
            y[up] = 1 / (1 + np.exp(-x[up]))
            e = np.exp(x[~up])
            y[~up] = e / (1 + e)
            self.cache = (x, y)
            return y

        def backward(self, grad_output: Any) -> Any:
            _, y = self.cache
            local = y * (1 - y)
            return np.multiply(grad_output, local)

    return Sigmoid


@variant("1.1", "Sigmoid")
def sigmoid_loop(right: Any) -> Any:
    def s(v: float) -> float:
        return 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))

    return entry_by_entry(s, lambda v: s(v) * s(-v))


@variant("1.1", "Sigmoid")
def sigmoid_clipped_far_out(right: Any) -> Any:
    class Sigmoid(right):
        def forward(self, x: Any) -> Any:
            self.y = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
            return self.y.copy()

    return Sigmoid


# ---- 1.2 Tanh


@variant("1.2", "Tanh")
def tanh_keeps_x(right: Any) -> Any:
    class Tanh(Bare):
        def forward(self, x: Any) -> Any:
            self.x = x
            return np.tanh(x)

        def backward(self, g: Any) -> Any:
            return g * (1 - np.tanh(self.x) ** 2)

    return Tanh


@variant("1.2", "Tanh")
def tanh_by_sigmoid(right: Any) -> Any:
    class Tanh(right):
        def forward(self, x: Any) -> Any:
            self.t = 2 * special.expit(2 * x) - 1
            return self.t

        def backward(self, g: Any) -> Any:
            return g - g * self.t * self.t

    return Tanh


@variant("1.2", "Tanh")
def tanh_factored(right: Any) -> Any:
    class Tanh(right):
        def backward(self, g: Any) -> Any:
            out = g.copy()
            out *= 1 - self.y
            out *= 1 + self.y
            return out

    return Tanh


@variant("1.2", "Tanh")
def tanh_loop(right: Any) -> Any:
    return entry_by_entry(math.tanh, lambda v: 1 - math.tanh(v) ** 2)


# ---- 1.3 ReLU


@variant("1.3", "ReLU")
def relu_keeps_argument(right: Any) -> Any:
    class ReLU(Bare):
        def forward(self, x: Any) -> Any:
            self.x = x
            return np.maximum(0, x)

        def backward(self, dout: Any) -> Any:
            return dout * (self.x > 0)

    return ReLU


@variant("1.3", "ReLU")
def relu_returns_its_cache(right: Any) -> Any:
    class ReLU(right):
        def forward(self, x: Any) -> Any:
            self.y = x * (x > 0)
            return self.y

        def backward(self, grad: Any) -> Any:
            return grad * np.sign(self.y)

    return ReLU


@variant("1.3", "ReLU")
def relu_own_copy(right: Any) -> Any:
    class ReLU(right):
        def forward(self, x: Any) -> Any:
            out = x.copy()
            self.off = out <= 0
            out[self.off] = 0
            return out

        def backward(self, grad_output: Any) -> Any:
            grad = np.array(grad_output)
            grad[self.off] = 0
            return grad

    return ReLU


@variant("1.3", "ReLU")
def relu_half_of_both(right: Any) -> Any:
    class ReLU(right):
        def forward(self, x: Any) -> Any:
            self.positive = x > 0
            return (x + abs(x)) / 2

        def backward(self, g: Any) -> Any:
            return g * np.heaviside(self.positive.astype(float), 0.0)

    return ReLU


@variant("1.3", "ReLU")
def relu_vectorized(right: Any) -> Any:
    class ReLU(right):
        def forward(self, x: Any) -> Any:
            self.x = x.copy()
            return np.vectorize(lambda v: v if v > 0 else 0.0, otypes=[float])(x)

        def backward(self, g: Any) -> Any:
            return np.vectorize(lambda v, u: u if v > 0 else 0.0, otypes=[float])(self.x, g)

    return ReLU


# ---- 1.4 LeakyReLU


@variant("1.4", "LeakyReLU")
def leaky_sum_of_two(right: Any) -> Any:
    class LeakyReLU(Bare):
        def __init__(self, slope: float = default(right, "slope")) -> None:
            super().__init__()
            self.negative_slope = slope

        def forward(self, x: Any) -> Any:
            self.x = x
            return np.maximum(x, 0) + self.negative_slope * np.minimum(x, 0)

        def backward(self, g: Any) -> Any:
            return g * (self.x > 0) + self.negative_slope * g * (self.x <= 0)

    return LeakyReLU


@variant("1.4", "LeakyReLU")
def leaky_own_copy(right: Any) -> Any:
    class LeakyReLU(right):
        def forward(self, x: Any) -> Any:
            self.mask = x > 0
            y = x.copy()
            y[~self.mask] *= self.slope
            return y

        def backward(self, grad_output: Any) -> Any:
            dx = grad_output.copy()
            dx[~self.mask] *= self.slope
            return dx

    return LeakyReLU


@variant("1.4", "LeakyReLU")
def leaky_piecewise(right: Any) -> Any:
    class LeakyReLU(right):
        def forward(self, x: Any) -> Any:
            self.kept = x
            return np.piecewise(x, [x > 0], [lambda v: v, lambda v: self.slope * v])

        def backward(self, g: Any) -> Any:
            return np.where(self.kept > 0, 1, self.slope) * g

    return LeakyReLU


@variant("1.4", "LeakyReLU")
def leaky_loop(right: Any) -> Any:
    class LeakyReLU(right):
        def forward(self, x: Any) -> Any:
            self.x, y = x, np.zeros(x.shape)
            for place in np.ndindex(*x.shape):
                y[place] = x[place] if x[place] > 0 else self.slope * x[place]
            return y

        def backward(self, g: Any) -> Any:
            dx = np.zeros_like(g)
            for place in np.ndindex(*g.shape):
                dx[place] = g[place] * (1 if self.x[place] > 0 else self.slope)
            return dx

    return LeakyReLU


# ---- 1.5 ELU


@variant("1.5", "ELU")
def elu_loops(right: Any) -> Any:
    class ELU(Bare):
        def __init__(self, alpha: float = default(right, "alpha")) -> None:
            super().__init__()
            self.a = alpha

        def forward(self, x: Any) -> Any:
            flat = x.copy().reshape(-1)
            for i, v in enumerate(flat):
                if v <= 0:
                    flat[i] = self.a * (math.exp(v) - 1)
            self.saved = x
            return flat.reshape(x.shape)

        def backward(self, g: Any) -> Any:
            return np.where(self.saved > 0, g, g * self.a * np.exp(np.minimum(self.saved, 0)))

    return ELU


@variant("1.5", "ELU")
def elu_from_output(right: Any) -> Any:
    class ELU(right):
        def forward(self, x: Any) -> Any:
            self.on = x > 0
            self.y = np.where(self.on, x, self.alpha * (np.exp(x) - 1))
            return self.y

        def backward(self, grad_output: Any) -> Any:
            return np.where(self.on, grad_output, grad_output * (self.y + self.alpha))

    return ELU


@variant("1.5", "ELU")
def elu_by_masked_entries(right: Any) -> Any:
    class ELU(right):
        def forward(self, x: Any) -> Any:
            self.cache = x
            out = np.array(x)
            out[x <= 0] = self.alpha * np.expm1(x[x <= 0])
            return out

        def backward(self, grad_output: Any) -> Any:
            local = np.ones_like(self.cache)
            local[self.cache <= 0] = self.alpha * np.exp(self.cache[self.cache <= 0])
            return local * grad_output

    return ELU


@variant("1.5", "ELU")
def elu_max_plus_min(right: Any) -> Any:
    class ELU(right):
        def forward(self, x: Any) -> Any:
            self.low = np.minimum(x, 0)
            self.flag = (x > 0).astype(int)
            return np.maximum(x, 0) + self.alpha * (np.e**self.low - 1)

        def backward(self, g: Any) -> Any:
            return g * (self.flag + (1 - self.flag) * self.alpha * np.e**self.low)

    return ELU


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


# ---- 1.8 SELU


@variant("1.8", "SELU")
def selu_loop(right: Any) -> Any:
    a, s = 1.6732632423543772, 1.0507009873554805
    return entry_by_entry(lambda v: s * v if v > 0 else s * a * math.expm1(v), lambda v: s if v > 0 else s * a * math.exp(v))


@variant("1.8", "SELU")
def selu_from_output(right: Any) -> Any:
    class SELU(right):
        def forward(self, x: Any) -> Any:
            self.x = x
            self.y = self.scale * (np.maximum(0, x) + np.minimum(0, self.alpha * (np.exp(np.minimum(x, 0)) - 1)))
            return self.y

        def backward(self, g: Any) -> Any:
            return g * np.where(self.x > 0, self.scale, self.y + self.scale * self.alpha)

    return SELU


@variant("1.8", "SELU")
def selu_product_of_constants(right: Any) -> Any:
    both = 1.6732632423543772848170429916717 * 1.0507009873554804934193349852946

    class SELU(Bare):
        def forward(self, x: Any) -> Any:
            self.x = x
            return np.where(x > 0, 1.0507009873554804934193349852946 * x, both * np.exp(x) - both)

        def backward(self, g: Any) -> Any:
            local = np.exp(self.x) * both
            local[self.x > 0] = 1.0507009873554804934193349852946
            return local * g

    return SELU


# ---- 1.9 GELU


@variant("1.9", "GELU")
def gelu_by_erf(right: Any) -> Any:
    class GELU(Bare):
        def forward(self, x: Any) -> Any:
            self.x = x
            return 0.5 * x * (1 + special.erf(x / np.sqrt(2)))

        def backward(self, g: Any) -> Any:
            pdf = np.exp(-(self.x**2) / 2) / math.sqrt(2 * math.pi)
            return g * (0.5 * (1 + special.erf(self.x / np.sqrt(2))) + self.x * pdf)

    return GELU


@variant("1.9", "GELU")
def gelu_by_stats(right: Any) -> Any:
    class GELU(right):
        def forward(self, x: Any) -> Any:
            self.derivative = stats.norm.cdf(x) + x * stats.norm.pdf(x)
            return x * stats.norm.cdf(x)

    return GELU


@variant("1.9", "GELU")
def gelu_by_erfc_loop(right: Any) -> Any:
    def phi(v: float) -> float:
        return math.erfc(-v / math.sqrt(2)) / 2

    return entry_by_entry(lambda v: v * phi(v), lambda v: phi(v) + v * math.exp(-v * v / 2) / math.sqrt(2 * math.pi))


@variant("1.9", "GELU")
def gelu_vectorized_erf(right: Any) -> Any:
    erf = np.vectorize(math.erf, otypes=[float])

    class GELU(right):
        def forward(self, x: Any) -> Any:
            cdf = (1 + erf(x / 2**0.5)) * 0.5
            self.kept = (x, cdf)
            return x * cdf

        def backward(self, g: Any) -> Any:
            x, cdf = self.kept
            return g * cdf + g * x * 0.3989422804014327 * np.e ** (-0.5 * np.square(x))

    return GELU
