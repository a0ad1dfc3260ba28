"""Known mistakes in 4.2, Conv2d. See part4.py for how they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .altered import but
from .part4 import accumulating, with_gradients

AXES = (0, 2, 3)


def reading_weights(right: Any, turn: Callable[[Any], Any], back: Callable[[Any], Any]) -> Any:
    """A convolution with turn(weight) in place of weight, forward and backward; back() turns a gradient around."""

    def inner(self: Any) -> Any:
        return right(turn(self.parameters["weight"]), self.parameters["bias"], self.stride, self.padding)

    def forward(self: Any, x: Any) -> Any:
        self.other = inner(self)
        return self.other.forward(x)

    def backward(self: Any, g: Any) -> Any:
        grad = self.other.backward(g)
        self.gradients = {"weight": back(self.other.gradients["weight"]), "bias": self.other.gradients["bias"]}
        return grad

    return but(right, forward=forward, backward=backward)


def padded_by(right: Any, pad: Callable[[Any, int], Any], cut: Callable[[Any, int], Any]) -> Any:
    """A convolution that pads by pad(x, p) itself, and cuts the gradient by cut(grad, p)."""

    def forward(self: Any, x: Any) -> Any:
        self.other = right(self.parameters["weight"], self.parameters["bias"], self.stride, 0)
        return self.other.forward(pad(x, self.padding))

    def backward(self: Any, g: Any) -> Any:
        grad = self.other.backward(g)
        self.gradients = self.other.gradients
        return cut(grad, self.padding)

    return but(right, forward=forward, backward=backward)


def pad(x: Any, before: int, after: int, **mode: Any) -> Any:
    return np.pad(x, ((0, 0), (0, 0), (before, after), (before, after)), **mode)


def crop(grad: Any, before: int, after: int) -> Any:
    return grad[:, :, before : grad.shape[2] - after, before : grad.shape[3] - after]


def flipped(weight: Any) -> Any:
    return weight[:, :, ::-1, ::-1]


def backward_with(right: Any, place: Callable[[Any, Any, int, int, Any], None], weight_of: Callable[[Any], Any] = lambda w: w) -> Any:
    """The right gradients of the parameters, but grad_x made by place(self, grad, a, b, met) for each entry (a, b) of the kernel."""

    def backward(self: Any, g: Any) -> Any:
        right.backward(self, g)
        weight, grad = weight_of(self.parameters["weight"]), np.zeros(self.padded_shape)
        for a, b in np.ndindex(weight.shape[2:]):
            place(self, grad, a, b, np.einsum("nfhw,fc->nchw", g, weight[:, :, a, b]))
        return crop(grad, self.padding, self.padding)

    return but(right, backward=backward)


def region(self: Any, a: int, b: int, met: Any) -> tuple[slice, ...]:
    s, (h, w) = self.stride, met.shape[2:]
    return slice(None), slice(None), slice(a, a + s * h, s), slice(b, b + s * w, s)


def add(self: Any, grad: Any, a: int, b: int, met: Any) -> None:
    grad[region(self, a, b, met)] += met


@mistake(
    "4.2",
    "Conv2d",
    "the kernel is flipped, as in a mathematical convolution; layers compute the cross-correlation (handout 4.2)",
    fails=("forward", "backward", "gradients"),
)
def conv_flipped(right: Any) -> Any:
    return reading_weights(right, flipped, flipped)


@mistake(
    "4.2",
    "Conv2d",
    "the two axes of the kernel are exchanged: weight is (out, in, height, width) (handout 4.2)",
    fails=("forward", "gradients"),
)
def conv_kernel_transposed(right: Any) -> Any:
    return reading_weights(right, lambda w: w.transpose(0, 1, 3, 2), lambda w: w.transpose(0, 1, 3, 2))


@mistake(
    "4.2",
    "Conv2d",
    "filters and channels of the weight are exchanged: it is (out, in, height, width) (handout 4.2)",
    fails=("forward", "gradients"),
)
def conv_channels_exchanged(right: Any) -> Any:
    return reading_weights(right, lambda w: w.transpose(1, 0, 2, 3), lambda w: w.transpose(1, 0, 2, 3))


@mistake(
    "4.2",
    "Conv2d",
    "in backward the kernel is the wrong way round: a pixel's gradient comes through the entries that it was multiplied by (handout 4.2)",
    fails=("backward",),
)
def conv_backward_wrong_way_round(right: Any) -> Any:
    return backward_with(right, add, flipped)


@mistake(
    "4.2",
    "Conv2d",
    "the padding is cut off by [p:-p], which is empty at padding 0 (handout 4.2)",
    fails=("backward, padding 0 in another memory order", "backward, stride in evaluation"),
)
def conv_crop_at_padding_zero(right: Any) -> Any:
    return padded_by(right, lambda x, p: pad(x, p, p), lambda grad, p: grad[:, :, p:-p, p:-p])


@mistake(
    "4.2",
    "Conv2d",
    "the padding is not cut off grad_x, which then has the shape of the padded image (handout 4.2)",
    fails=("backward, padding",),
)
def conv_not_cropped(right: Any) -> Any:
    return padded_by(right, lambda x, p: pad(x, p, p), lambda grad, p: grad)


@mistake(
    "4.2",
    "Conv2d",
    "grad_x is cut at the end, [: H], not on both sides: everything is shifted by the padding (handout 4.2)",
    fails=("backward, padding",),
)
def conv_cropped_at_the_end(right: Any) -> Any:
    return padded_by(right, lambda x, p: pad(x, p, p), lambda grad, p: crop(grad, 0, 2 * p))


@mistake(
    "4.2",
    "Conv2d",
    "all of the padding is put below and to the right; it is the same on all four sides (handout 4.2)",
    fails=("forward, padding", "backward, padding", "gradients"),
)
def conv_padded_at_the_end(right: Any) -> Any:
    return padded_by(right, lambda x, p: pad(x, 0, 2 * p), lambda grad, p: crop(grad, 0, 2 * p))


@mistake(
    "4.2",
    "Conv2d",
    "the image is padded with copies of its edge; padding is with zeros (handout 4.2)",
    fails=("forward, padding", "gradients"),
)
def conv_padded_by_edge(right: Any) -> Any:
    return padded_by(right, lambda x, p: pad(x, p, p, mode="edge"), lambda grad, p: crop(grad, p, p))


@mistake("4.2", "Conv2d", "the padding is ignored (handout 4.2)", fails=("forward, padding", "backward, padding", "gradients"))
def conv_padding_ignored(right: Any) -> Any:
    return padded_by(right, lambda x, p: x, lambda grad, p: grad)


@mistake(
    "4.2",
    "Conv2d",
    "the stride is ignored (handout 4.2)",
    fails=("forward, stride in evaluation", "backward, stride in evaluation", "gradients"),
)
def conv_stride_ignored(right: Any) -> Any:
    return but(right, __init__=lambda self, weight, bias, stride=1, padding=0: right.__init__(self, weight, bias, 1, padding))


@mistake(
    "4.2",
    "Conv2d",
    "windows that stick out at the end are counted, filled up with zeros: the size is rounded up, not down (handout 4.2)",
    fails=("forward, stride in evaluation", "backward", "gradients"),
)
def conv_size_rounded_up(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        kernel = self.parameters["weight"].shape[2:]
        self.small = x.shape
        rest = [(0, -(side + 2 * self.padding - k) % self.stride) for side, k in zip(x.shape[2:], kernel, strict=True)]
        return right.forward(self, np.pad(x, ((0, 0), (0, 0), *rest)))

    return but(right, forward=forward, backward=lambda self, g: right.backward(self, g)[:, :, : self.small[2], : self.small[3]])


@mistake(
    "4.2",
    "Conv2d",
    "grad_x has only the size that the windows cover; the border that the stride leaves over belongs to it, with 0 (handout 4.2)",
    fails=("backward, stride in evaluation",),
)
def conv_covered_only(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        kernel, s = self.parameters["weight"].shape[2:], self.stride
        high, wide = ((count - 1) * s + k - self.padding for count, k in zip(g.shape[2:], kernel, strict=True))
        return right.backward(self, g)[:, :, :high, :wide]

    return but(right, backward=backward)


@mistake(
    "4.2",
    "Conv2d",
    "grad_x is assigned where it must be added: windows overlap, and each one sends its share (handout 4.2)",
    fails=("backward",),
)
def conv_assigns(right: Any) -> Any:
    def put(self: Any, grad: Any, a: int, b: int, met: Any) -> None:
        grad[region(self, a, b, met)] = met

    return backward_with(right, put)


@mistake(
    "4.2",
    "Conv2d",
    "backward forgets the stride: windows send their gradients to places that are 1 apart (handout 4.2)",
    fails=("backward, stride in evaluation",),
)
def conv_backward_without_stride(right: Any) -> Any:
    def put(self: Any, grad: Any, a: int, b: int, met: Any) -> None:
        h, w = met.shape[2:]
        grad[:, :, a : a + h, b : b + w] += met

    return backward_with(right, put)


@mistake("4.2", "Conv2d", "the bias is added once for each entry of the kernel instead of once for each output", fails=("forward",))
def conv_bias_for_each_entry(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        entries = np.prod(self.parameters["weight"].shape[1:])
        return right.forward(self, x) + (entries - 1) * self.parameters["bias"][:, None, None]

    return but(right, forward=forward)


@mistake("4.2", "Conv2d", "the bias is left out of forward", fails=("forward",))
def conv_without_bias(right: Any) -> Any:
    return but(right, forward=lambda self, x: right.forward(self, x) - self.parameters["bias"][:, None, None])


@mistake(
    "4.2",
    "Conv2d",
    "the bias gradient is summed over the batch alone; one bias serves every position too (handout 4.2)",
    fails=("gradients",),
)
def conv_bias_over_batch(right: Any) -> Any:
    return with_gradients(right, bias=lambda self, g: g.sum(axis=0))


@mistake("4.2", "Conv2d", "the bias gradient is a mean over positions; it is a sum (handout 4.2)", fails=("gradients",))
def conv_bias_averaged(right: Any) -> Any:
    return with_gradients(right, bias=lambda self, g: g.mean(axis=AXES))


@mistake("4.2", "Conv2d", "the weight gradient is divided by the batch size; that division belongs to the loss", fails=("gradients",))
def conv_weight_averaged(right: Any) -> Any:
    return with_gradients(right, weight=lambda self, g: np.einsum("nchwab,nfhw->fcab", self.windows, g) / len(g))


@mistake(
    "4.2",
    "Conv2d",
    "the weight gradient comes from the last image alone: it is assigned in the loop over the batch, not added",
    fails=("gradients",),
)
def conv_weight_of_last_image(right: Any) -> Any:
    return with_gradients(right, weight=lambda self, g: np.einsum("chwab,fhw->fcab", self.windows[-1], g[-1]))


@mistake(
    "4.2",
    "Conv2d",
    "the weight gradient is flipped: it is the cross-correlation of the image with grad_output (handout 4.2)",
    fails=("gradients",),
)
def conv_weight_flipped(right: Any) -> Any:
    return with_gradients(right, weight=lambda self, g: flipped(np.einsum("nchwab,nfhw->fcab", self.windows, g)))


@mistake(
    "4.2",
    "Conv2d",
    "the weight gradient uses windows of the image without its padding, moved to the top left (handout 4.2)",
    fails=("gradients, padding",),
)
def conv_weight_of_unpadded(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        other = right(self.parameters["weight"], self.parameters["bias"], self.stride, 0)
        other.forward(pad(x, 0, 2 * self.padding))
        self.windows = other.windows
        return y

    return but(right, forward=forward)


@mistake(
    "4.2",
    "Conv2d",
    "a stride that is left out is the height of the kernel, as in pooling; it is 1 (handout 4.2)",
    fails=("forward, default arguments",),
)
def conv_default_stride(right: Any) -> Any:
    def init(self: Any, weight: Any, bias: Any, stride: Any = None, padding: int = 0) -> None:
        right.__init__(self, weight, bias, weight.shape[2] if stride is None else stride, padding)

    return but(right, __init__=init)


@mistake(
    "4.2", "Conv2d", "gradients are added up over calls of backward; each backward overwrites them", fails=("gradients, called twice",)
)
def conv_gradients_accumulate(right: Any) -> Any:
    return accumulating(right)


@mistake(
    "4.2",
    "Conv2d",
    "the windows are those of the first forward; backward belongs to the latest one",
    fails=("gradients, after a second forward",),
)
def conv_first_cache(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        self.first = getattr(self, "first", self.windows)
        self.windows = np.resize(self.first, self.windows.shape)
        return y

    return but(right, forward=forward)


@mistake(
    "4.2",
    "Conv2d",
    "forward turns the given weight around in place, so that the parameters hold something else afterwards",
    fails=("forward", "conduct, parameters"),
)
def conv_turns_parameters(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        weight = self.parameters["weight"]
        weight[...] = flipped(weight).copy()
        return right.forward(self, x)

    return but(right, forward=forward)


@mistake("4.2", "Conv2d", "the gradient is scaled in place inside grad_output", fails=("conduct, grad_output",))
def conv_overwrites_grad_output(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        g *= 0.5
        return grad

    return but(right, backward=backward)


@mistake(
    "4.2", "Conv2d", "a batch of one sample loses its first axis: axes of length 1 are squeezed away", fails=("forward, a second time",)
)
def conv_squeezed(right: Any) -> Any:
    return but(right, forward=lambda self, x: np.squeeze(right.forward(self, x)))
