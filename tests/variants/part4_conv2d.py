"""Honest other ways in 4.2: loops, im2col with np.add.at, shifts, a transposed convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import variant
from .part4 import WithWeights


class Convolution(WithWeights):
    def __init__(self, weight: Any, bias: Any, stride: int = 1, padding: int = 0) -> None:
        super().__init__(weight, bias)
        self.stride, self.pad = stride, padding

    def output_size(self, x: Any) -> tuple[int, int]:
        _, _, kh, kw = self.parameters["weight"].shape
        return (x.shape[2] + 2 * self.pad - kh) // self.stride + 1, (x.shape[3] + 2 * self.pad - kw) // self.stride + 1

    def padded(self, x: Any) -> Any:
        p = self.pad
        out = np.zeros((x.shape[0], x.shape[1], x.shape[2] + 2 * p, x.shape[3] + 2 * p))
        out[:, :, p : p + x.shape[2], p : p + x.shape[3]] = x
        return out

    def cropped(self, grad: Any, x: Any) -> Any:
        p = self.pad
        return grad[:, :, p : p + x.shape[2], p : p + x.shape[3]]


@variant("4.2", "Conv2d")
def conv_by_window_loops(right: Any) -> Any:
    """The CS231n way: four loops, one window at a time."""

    class Conv2d(Convolution):
        def forward(self, x: Any) -> Any:
            w, b = self.parameters["weight"], self.parameters["bias"]
            self.x, xp = x, self.padded(x)
            h, wide = self.output_size(x)
            y = np.zeros((len(x), len(w), h, wide))
            for n, f, i, j in np.ndindex(*y.shape):
                top, left = i * self.stride, j * self.stride
                y[n, f, i, j] = np.sum(xp[n, :, top : top + w.shape[2], left : left + w.shape[3]] * w[f]) + b[f]
            return y

        def backward(self, g: Any) -> Any:
            w, xp = self.parameters["weight"], self.padded(self.x)
            dxp, dw, db = np.zeros_like(xp), np.zeros_like(w), np.zeros(len(w))
            for n, f, i, j in np.ndindex(*g.shape):
                window = (
                    n,
                    slice(None),
                    slice(i * self.stride, i * self.stride + w.shape[2]),
                    slice(j * self.stride, j * self.stride + w.shape[3]),
                )
                dxp[window] += g[n, f, i, j] * w[f]
                dw[f] += g[n, f, i, j] * xp[window]
                db[f] += g[n, f, i, j]
            self.gradients = {"weight": dw, "bias": db}
            return self.cropped(dxp, self.x)

    return Conv2d


@variant("4.2", "Conv2d")
def conv_by_seven_loops(right: Any) -> Any:
    """Plain Python numbers, one multiplication at a time."""

    class Conv2d(Convolution):
        def forward(self, x: Any) -> Any:
            self.x = x
            h, wide = self.output_size(x)
            w, b, xp, s = self.parameters["weight"].tolist(), self.parameters["bias"].tolist(), self.padded(x).tolist(), self.stride
            return np.array(
                [
                    [[[self.at(image, w[f], i * s, j * s) + b[f] for j in range(wide)] for i in range(h)] for f in range(len(w))]
                    for image in xp
                ]
            )

        def at(self, image: Any, kernel: Any, top: int, left: int) -> float:
            total = 0.0
            for plane, weights in zip(image, kernel, strict=True):
                for a, row in enumerate(weights):
                    for b, value in enumerate(row):
                        total += plane[top + a][left + b] * value
            return total

        def backward(self, g: Any) -> Any:
            w, xp, s = self.parameters["weight"], self.padded(self.x), self.stride
            weights, images, grads = w.tolist(), xp.tolist(), g.tolist()
            dxp, dw = np.zeros_like(xp).tolist(), np.zeros_like(w).tolist()
            for n, f, i, j in np.ndindex(*g.shape):
                up = grads[n][f][i][j]
                for c in range(w.shape[1]):
                    for a in range(w.shape[2]):
                        row, source, kernel, kept = dxp[n][c][i * s + a], images[n][c][i * s + a], weights[f][c][a], dw[f][c][a]
                        for b in range(w.shape[3]):
                            row[j * s + b] += up * kernel[b]
                            kept[b] += up * source[j * s + b]
            self.gradients = {"weight": np.array(dw), "bias": np.array([g[:, f].sum() for f in range(len(w))])}
            return self.cropped(np.array(dxp), self.x)

    return Conv2d


@variant("4.2", "Conv2d")
def conv_by_im2col(right: Any) -> Any:
    """Index arrays, one matrix product, np.add.at on the way back."""

    class Conv2d(Convolution):
        def indices(self, x: Any) -> Any:
            _, c, kh, kw = self.parameters["weight"].shape
            h, wide = self.output_size(x)
            a, i = np.repeat(np.arange(kh), kw), np.repeat(np.arange(h), wide)
            b, j = np.tile(np.arange(kw), kh), np.tile(np.arange(wide), h)
            rows = np.tile(a, c)[:, None] + self.stride * i[None]
            columns = np.tile(b, c)[:, None] + self.stride * j[None]
            return np.repeat(np.arange(c), kh * kw)[:, None], rows, columns

        def forward(self, x: Any) -> Any:
            w = self.parameters["weight"]
            self.shape, self.at = x.shape, self.indices(x)
            self.columns = self.padded(x)[(slice(None), *self.at)]
            y = w.reshape(len(w), -1) @ self.columns + self.parameters["bias"][:, None]
            return y.reshape(len(x), len(w), *self.output_size(x))

        def backward(self, g: Any) -> Any:
            w = self.parameters["weight"]
            flat = g.reshape(*g.shape[:2], -1)
            self.gradients["weight"] = np.einsum("nfp,nkp->fk", flat, self.columns).reshape(w.shape)
            self.gradients["bias"] = flat.sum(axis=-1).sum(axis=0)
            n, c, h, wide = self.shape
            grad = np.zeros((n, c, h + 2 * self.pad, wide + 2 * self.pad))
            np.add.at(grad, (slice(None), *self.at), np.matmul(w.reshape(len(w), -1).T, flat))
            return grad[:, :, self.pad : self.pad + h, self.pad : self.pad + wide]

    return Conv2d


@variant("4.2", "Conv2d")
def conv_by_shifts(right: Any) -> Any:
    """A loop over the kernel's entries only, in both directions, with tensordot."""

    class Conv2d(Convolution):
        def places(self, h: int, wide: int) -> Any:
            s = self.stride
            for a, b in np.ndindex(*self.parameters["weight"].shape[2:]):
                yield a, b, (slice(None), slice(None), slice(a, a + s * h, s), slice(b, b + s * wide, s))

        def forward(self, x: Any) -> Any:
            w = self.parameters["weight"]
            self.x, self.xp = x, self.padded(x)
            h, wide = self.output_size(x)
            y = np.tile(self.parameters["bias"][None, :, None, None], (len(x), 1, h, wide))
            for a, b, place in self.places(h, wide):
                y += np.tensordot(self.xp[place], w[:, :, a, b], axes=(1, 1)).transpose(0, 3, 1, 2)
            return y

        def backward(self, g: Any) -> Any:
            w = self.parameters["weight"]
            dw, dxp = np.empty_like(w), np.zeros_like(self.xp)
            for a, b, place in self.places(*g.shape[2:]):
                dw[:, :, a, b] = np.tensordot(g, self.xp[place], axes=((0, 2, 3), (0, 2, 3)))
                dxp[place] += np.tensordot(g, w[:, :, a, b], axes=(1, 0)).transpose(0, 3, 1, 2)
            self.gradients = {"weight": dw, "bias": g.sum((0, 2, 3))}
            return self.cropped(dxp, self.x)

    return Conv2d


@variant("4.2", "Conv2d")
def conv_by_dilated_gradient(right: Any) -> Any:
    """grad_x as the full correlation of the dilated grad_output with the flipped kernel."""

    class Conv2d(right):
        def backward(self, g: Any) -> Any:
            right.backward(self, g)
            w, s = self.parameters["weight"], self.stride
            kh, kw = w.shape[2:]
            height, wide = self.padded_shape[2:]
            dilated = np.zeros((*g.shape[:2], height + kh - 1, wide + kw - 1))
            dilated[:, :, kh - 1 : kh - 1 + s * g.shape[2] : s, kw - 1 : kw - 1 + s * g.shape[3] : s] = g
            windows = np.lib.stride_tricks.sliding_window_view(dilated, (kh, kw), axis=(2, 3))
            full = np.einsum("nfhwab,fcab->nchw", windows, w[:, :, ::-1, ::-1], optimize=True)
            p = self.padding
            return full[:, :, p : height - p, p : wide - p] if p else full

    return Conv2d
