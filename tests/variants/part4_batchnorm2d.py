"""Honest other ways in 4.3: the textbook's small steps on rows, a loop over channels, statistics changed in place."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.misconceptions.altered import default

from . import variant
from .part4 import Bare


@variant("4.3", "BatchNorm2d")
def batchnorm_step_by_step(right: Any) -> Any:
    """The computation graph of the textbook, one small derivative after the other, on (M, C) rows."""

    class BatchNorm2d(right):
        def forward(self, x: Any) -> Any:
            n, c, h, w = x.shape
            rows = x.transpose(0, 2, 3, 1).reshape(-1, c)
            self.was_training = self.training
            if self.training:
                mu = rows.sum(axis=0) / len(rows)
                self.xmu = rows - mu
                var = (self.xmu**2).sum(axis=0) / len(rows)
                self.running_mean *= 1 - self.momentum
                self.running_mean += self.momentum * mu
                self.running_var[:] = (1 - self.momentum) * self.running_var + self.momentum * np.var(rows, axis=0, ddof=1)
            else:
                self.xmu, var = rows - self.running_mean, self.running_var.copy()
            self.std = np.sqrt(var + self.eps)
            self.xhat = self.xmu / self.std
            y = self.parameters["weight"] * self.xhat + self.parameters["bias"]
            return y.reshape(n, h, w, c).transpose(0, 3, 1, 2)

        def backward(self, grad_output: Any) -> Any:
            n, c, h, w = grad_output.shape
            g = grad_output.transpose(0, 2, 3, 1).reshape(-1, c)
            m = len(g)
            self.gradients = {"bias": g.sum(0), "weight": (g * self.xhat).sum(0)}
            dxhat = g * self.parameters["weight"]
            dx = dxhat / self.std
            if self.was_training:
                dvar = (dxhat * self.xmu).sum(0) * -0.5 / self.std**3
                dmu = -dx.sum(0) + dvar * -2.0 * self.xmu.mean(0)
                dx = dx + dvar * 2.0 * self.xmu / m + dmu / m
            return dx.reshape(n, h, w, c).transpose(0, 3, 1, 2)

    return BatchNorm2d


@variant("4.3", "BatchNorm2d")
def batchnorm_channel_by_channel(right: Any) -> Any:
    class BatchNorm2d(Bare):
        def __init__(self, channels: int, momentum: float = default(right, "momentum"), eps: float = default(right, "eps")) -> None:
            super().__init__()
            self.parameters = {"weight": np.ones(channels), "bias": np.zeros(channels)}
            self.running_mean, self.running_var = np.zeros(channels), np.ones(channels)
            self.m, self.eps = momentum, eps

        def forward(self, x: Any) -> Any:
            y, self.cache = np.empty_like(x), []
            for c in range(x.shape[1]):
                plane = x[:, c]
                if self.training:
                    mu, var = np.mean(plane), np.var(plane)
                    self.running_mean[c] += self.m * (mu - self.running_mean[c])
                    self.running_var[c] += self.m * (var * plane.size / (plane.size - 1) - self.running_var[c])
                else:
                    mu, var = self.running_mean[c], self.running_var[c]
                xhat, inv = (plane - mu) / np.sqrt(var + self.eps), 1 / np.sqrt(var + self.eps)
                self.cache.append((xhat, inv, self.training))
                y[:, c] = self.parameters["weight"][c] * xhat + self.parameters["bias"][c]
            return y

        def backward(self, g: Any) -> Any:
            dx, dw, db = np.empty_like(g), np.empty(g.shape[1]), np.empty(g.shape[1])
            for c, (xhat, inv, trained) in enumerate(self.cache):
                up, gamma = g[:, c], self.parameters["weight"][c]
                dw[c], db[c] = np.vdot(up, xhat), up.sum()
                m = up.size
                dx[:, c] = gamma * inv / m * (m * up - db[c] - xhat * dw[c]) if trained else gamma * inv * up
            self.gradients = {"weight": dw, "bias": db}
            return dx

    return BatchNorm2d


@variant("4.3", "BatchNorm2d")
def batchnorm_with_power(right: Any) -> Any:
    """Scale and shift folded into one product; backward from x, not from x̂."""

    class BatchNorm2d(right):
        def forward(self, x: Any) -> Any:
            self.x, self.mode = np.array(x), self.training
            self.mu, self.var = self.running_mean.copy(), self.running_var.copy()
            if self.training:
                count = x.size / x.shape[1]
                self.mu, self.var = np.einsum("nchw->c", x) / count, np.var(x, axis=(0, 2, 3))
                self.running_mean = self.running_mean * (1 - self.momentum) + self.mu * self.momentum
                self.running_var = self.running_var * (1 - self.momentum) + self.var * count / (count - 1) * self.momentum
            scale = self.parameters["weight"] * (self.var + self.eps) ** -0.5
            return (x - self.mu.reshape(1, -1, 1, 1)) * scale.reshape(1, -1, 1, 1) + self.parameters["bias"].reshape(1, -1, 1, 1)

        def backward(self, g: Any) -> Any:
            centred = self.x - self.mu.reshape(1, -1, 1, 1)
            inv = ((self.var + self.eps) ** -0.5).reshape(1, -1, 1, 1)
            self.gradients = {"weight": np.sum(g * centred * inv, (0, 2, 3)), "bias": np.sum(g, (0, 2, 3))}
            dx = g
            if self.mode:
                dx = g - g.mean((0, 2, 3), keepdims=True) - centred * inv**2 * (g * centred).mean((0, 2, 3), keepdims=True)
            return self.parameters["weight"].reshape(1, -1, 1, 1) * inv * dx

    return BatchNorm2d
