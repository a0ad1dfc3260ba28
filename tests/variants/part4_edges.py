"""Right answers in part 4 near what its mistakes at edges do: other dicts, arrays made once, strides in bytes, shortcuts."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

import numpy as np

from . import variant
from .part4 import WithWeights


@variant("4.1", "Linear")
def linear_with_an_ordered_dict(right: Any) -> Any:
    class Linear(right):
        def backward(self, grad_output: Any) -> Any:
            self.gradients = OrderedDict(bias=grad_output.sum(axis=0), weight=self.x.T @ grad_output)
            return grad_output @ self.parameters["weight"].T

    return Linear


@variant("4.1", "Linear")
def linear_with_a_default_dict(right: Any) -> Any:
    """Adds up over rows from a dict that starts at 0."""

    class Linear(right):
        def backward(self, grad_output: Any) -> Any:
            self.gradients = defaultdict(float)
            for x, g in zip(self.x, grad_output, strict=True):
                self.gradients["weight"] = self.gradients["weight"] + np.outer(x, g)
                self.gradients["bias"] = self.gradients["bias"] + g
            return grad_output @ self.parameters["weight"].T

    return Linear


@variant("4.1", "Linear")
def linear_with_a_dict_of_its_own(right: Any) -> Any:
    """`gradients` is a subclass of dict, whose arrays are made once and filled at each backward."""

    class Gradients(dict):
        pass

    class Linear(WithWeights):
        def __init__(self, weight: Any, bias: Any) -> None:
            super().__init__(weight, bias)
            self.gradients = Gradients(weight=np.zeros(weight.shape), bias=np.zeros(bias.shape))

        def forward(self, x: Any) -> Any:
            self.x, weight = x, self.parameters["weight"]
            return np.add(x @ weight, self.parameters["bias"], out=np.empty((len(x), weight.shape[1])))

        def backward(self, grad_output: Any) -> Any:
            np.matmul(self.x.T, grad_output, out=self.gradients["weight"])
            np.sum(grad_output, axis=0, out=self.gradients["bias"])
            return np.inner(grad_output, self.parameters["weight"])

    return Linear


@variant("4.2", "Conv2d")
def conv_by_as_strided(right: Any) -> Any:
    """Windows by strides in bytes, those that the array really has."""

    class Conv2d(right):
        def forward(self, x: Any) -> Any:
            weight, s, p = self.parameters["weight"], self.stride, self.padding
            padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p))) if p else x
            n, c, height, width = self.padded_shape = padded.shape
            kh, kw = weight.shape[2:]
            shape = (n, c, (height - kh) // s + 1, (width - kw) // s + 1, kh, kw)
            image, channel, row, column = padded.strides
            strides = (image, channel, row * s, column * s, row, column)
            self.windows = np.lib.stride_tricks.as_strided(padded, shape, strides).copy()
            columns = self.windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, c * kh * kw)
            y = columns @ weight.reshape(len(weight), -1).T + self.parameters["bias"]
            return y.reshape(n, *shape[2:4], -1).transpose(0, 3, 1, 2)

    return Conv2d


@variant("4.2", "Conv2d")
def conv_with_a_shortcut_for_one_entry(right: Any) -> Any:
    """A 1×1 kernel is one matrix product on every s-th pixel of the padded image; grad_output in any order."""

    class Conv2d(right):
        def forward(self, x: Any) -> Any:
            weight, bias, s, p = self.parameters["weight"], self.parameters["bias"], self.stride, self.padding
            if weight.shape[2:] != (1, 1):
                return super().forward(x)
            framed = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
            self.padded_shape, self.pixels = framed.shape, framed[:, :, ::s, ::s]
            return np.tensordot(weight[:, :, 0, 0], self.pixels, axes=(1, 1)).swapaxes(0, 1) + bias.reshape(-1, 1, 1)

        def backward(self, grad_output: Any) -> Any:
            weight, s, p = self.parameters["weight"], self.stride, self.padding
            if weight.shape[2:] != (1, 1):
                return super().backward(grad_output)
            by_weight = np.tensordot(grad_output, self.pixels, axes=((0, 2, 3), (0, 2, 3)))
            self.gradients = {"weight": by_weight[:, :, None, None], "bias": grad_output.sum(axis=(3, 2, 0))}
            grad = np.zeros(self.padded_shape)
            grad[:, :, ::s, ::s] = np.tensordot(weight[:, :, 0, 0], grad_output, axes=(0, 1)).swapaxes(0, 1)
            return grad[:, :, p : grad.shape[2] - p, p : grad.shape[3] - p]

    return Conv2d


@variant("4.3", "BatchNorm2d")
def batchnorm_with_a_fused_evaluation(right: Any) -> Any:
    """Evaluation is one product and one sum, whose factor and shift are computed anew each time."""

    class BatchNorm2d(right):
        def forward(self, x: Any) -> Any:
            if self.training:
                return super().forward(x)
            self.batch_statistics = False
            self.inverse_std = (self.running_var + self.eps) ** -0.5
            self.normalized = np.einsum("nchw,c->nchw", x - self.running_mean[:, None, None], self.inverse_std)
            factor = self.parameters["weight"] * self.inverse_std
            shift = self.parameters["bias"] - self.running_mean * factor
            return np.einsum("nchw,c->nchw", x, factor) + shift[:, None, None]

    return BatchNorm2d


@variant("4.4", "MaxPool2d")
def max_pool_with_a_shortcut_by_reshape(right: Any) -> Any:
    """Windows that tile the image are an axis of their own, in which argmax finds the first."""

    class MaxPool2d(right):
        def forward(self, x: Any) -> Any:
            k = self.size
            self.tiles = self.stride == k and x.shape[2] % k == 0 and x.shape[3] % k == 0
            if not self.tiles:
                return super().forward(x)
            n, c, height, width = self.shape = x.shape
            windows = x.reshape(n, c, height // k, k, width // k, k).swapaxes(3, 4).reshape(n, c, height // k, width // k, k * k)
            self.first = windows.argmax(axis=-1)[..., None]
            return np.take_along_axis(windows, self.first, axis=-1)[..., 0]

        def backward(self, grad_output: Any) -> Any:
            if not self.tiles:
                return super().backward(grad_output)
            k, grad = self.size, np.zeros((*grad_output.shape, self.size**2))
            np.put_along_axis(grad, self.first, grad_output[..., None], axis=-1)
            return grad.reshape(*grad_output.shape, k, k).swapaxes(3, 4).reshape(self.shape)

    return MaxPool2d
