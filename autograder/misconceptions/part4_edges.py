"""Known mistakes in part 4 that only some legal arguments, shapes and memory orders show. See part4.py for how they are written."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but, default

# ---- axes of length 1


def squeezing(right: Any) -> Any:
    """The right layer, whose gradients of the parameters lose their axes of length 1."""

    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        self.gradients = {name: np.squeeze(value) for name, value in self.gradients.items()}
        return grad

    return but(right, backward=backward)


SQUEEZED = "gradients lose their axes of length 1 by a squeeze; they have the shape of the parameter (handout 4)"


@mistake("4.1", "Linear", SQUEEZED, fails=("gradients, one output",))
def linear_gradients_squeezed(right: Any) -> Any:
    return squeezing(right)


@mistake("4.2", "Conv2d", SQUEEZED, fails=("gradients, a kernel of one entry",))
def conv_gradients_squeezed(right: Any) -> Any:
    return squeezing(right)


@mistake("4.3", "BatchNorm2d", SQUEEZED, fails=("gradients, one channel of one pixel",))
def batchnorm_gradients_squeezed(right: Any) -> Any:
    return squeezing(right)


# ---- 4.2 Conv2d


@mistake(
    "4.2",
    "Conv2d",
    "with a stride, the number of positions is ⌈(H + 2p − kh)/s⌉: one too few where the last window fits exactly (handout 4.2)",
    fails=("forward, stride beyond the kernel", "forward, padding and stride"),
)
def conv_misses_the_last_fit(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y, s = right.forward(self, x), self.stride
        spare = [side + 2 * self.padding - k for side, k in zip(x.shape[2:], self.parameters["weight"].shape[2:], strict=True)]
        high, wide = (-(-rest // s) if s > 1 else rest + 1 for rest in spare)
        return y[:, :, :high, :wide]

    return but(right, forward=forward)


@mistake(
    "4.2",
    "Conv2d",
    "a 1×1 kernel is a case of its own that forgets stride and padding (handout 4.2)",
    fails=("forward, a kernel of one entry", "backward, a kernel of one entry", "gradients, a kernel of one entry"),
)
def conv_shortcut_for_one_entry(right: Any) -> Any:
    def init(self: Any, weight: Any, bias: Any, stride: int = 1, padding: int = 0) -> None:
        right.__init__(self, weight, bias, *((1, 0) if weight.shape[2:] == (1, 1) else (stride, padding)))

    return but(right, __init__=init)


@mistake(
    "4.2",
    "Conv2d",
    "the windows are cut by strides in bytes that hold for a C-contiguous x only; x may be a transposed view (handout 4)",
    fails=("forward, padding 0 in another memory order", "gradients, padding 0 in another memory order"),
)
def conv_assumes_memory_order(right: Any) -> Any:
    return but(right, forward=lambda self, x: right.forward(self, x.ravel(order="K").reshape(x.shape)))


@mistake(
    "4.2",
    "Conv2d",
    "the constructor takes padding before stride; the docstring's order is weight, bias, stride, padding",
    fails=("forward, padding and stride", "backward, padding and stride", "gradients, padding and stride"),
)
def conv_padding_before_stride(right: Any) -> Any:
    def init(self: Any, weight: Any, bias: Any, padding: int = 0, stride: int = 1) -> None:
        right.__init__(self, weight, bias, stride, padding)

    return but(right, __init__=init)


# ---- 4.3 BatchNorm2d


def made(right: Any, change: Any) -> Any:
    """The right layer with momentum and eps changed by change(momentum, eps)."""

    def init(self: Any, channels: int, momentum: float = default(right, "momentum"), eps: float = default(right, "eps")) -> None:
        right.__init__(self, channels, *change(momentum, eps))

    return but(right, __init__=init)


@mistake(
    "4.3",
    "BatchNorm2d",
    "a momentum of 0 is taken for a missing one (`momentum or 0.1`); with 0 the running statistics stay as they are (handout 4.3)",
    fails=("running statistics, momentum 0",),
)
def batchnorm_momentum_or_default(right: Any) -> Any:
    return made(right, lambda momentum, eps: (momentum or default(right, "momentum"), eps))


@mistake("4.3", "BatchNorm2d", "eps is never below 1e-5, whatever the argument says (handout 4.3)", fails=("forward, a small eps",))
def batchnorm_eps_at_least(right: Any) -> Any:
    return made(right, lambda momentum, eps: (momentum, max(eps, 1e-5)))


@mistake(
    "4.3",
    "BatchNorm2d",
    "the constructor takes eps before momentum; the docstring's order is channels, momentum, eps",
    fails=("forward, a constant channel", "gradients, a constant channel"),
)
def batchnorm_eps_before_momentum(right: Any) -> Any:
    def init(self: Any, channels: int, eps: float = default(right, "eps"), momentum: float = default(right, "momentum")) -> None:
        right.__init__(self, channels, momentum, eps)

    return but(right, __init__=init)


def evaluating(right: Any, shapes: Any) -> Any:
    """The right layer, but training on an x of such a shape is done as evaluation is."""

    def forward(self: Any, x: Any) -> Any:
        before = self.training
        self.training = before and not shapes(x.shape)
        y = right.forward(self, x)
        self.training = before
        return y

    return but(right, forward=forward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "a batch of one image is normalised by the running statistics; its pixels have a mean and a variance too (handout 4.3)",
    fails=("forward, a second time", "running statistics, after several batches"),
)
def batchnorm_one_image_evaluated(right: Any) -> Any:
    return evaluating(right, lambda shape: shape[0] == 1)


@mistake(
    "4.3",
    "BatchNorm2d",
    "images of one pixel are normalised by the running statistics; the batch has a mean and a variance too (handout 4.3)",
    fails=("forward, one channel of one pixel", "running statistics, after several batches"),
)
def batchnorm_one_pixel_evaluated(right: Any) -> Any:
    return evaluating(right, lambda shape: shape[2:] == (1, 1))


# ---- 4.4 MaxPool2d


def tiles(self: Any) -> Any:
    """What this layer saw as (N, C, h, size, w, size), where windows lie side by side and leave nothing over; else None."""
    (n, c, height, width), k = self.seen.shape, self.size
    return self.seen.reshape(n, c, height // k, k, width // k, k) if self.stride == k and not (height % k or width % k) else None


@mistake(
    "4.4",
    "MaxPool2d",
    "where windows tile the image, a shortcut by reshape lets all of equal maxima share the gradient; the first gets it (handout 4.4)",
    fails=("backward, ties side by side",),
)
def max_pool_reshape_shares_ties(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.seen = x.copy()
        return right.forward(self, x)

    def backward(self: Any, g: Any) -> Any:
        parts = tiles(self)
        if parts is None:
            return right.backward(self, g)
        wins = parts == parts.max(axis=(3, 5), keepdims=True)
        return (wins / wins.sum(axis=(3, 5), keepdims=True) * g[:, :, :, None, :, None]).reshape(self.seen.shape)

    return but(right, forward=forward, backward=backward)


@mistake(
    "4.4",
    "MaxPool2d",
    "the maximum starts at −999, a number that is not below all others; −inf is (handout 4.4)",
    fails=("forward, negative entries",),
)
def max_pool_from_finite(right: Any) -> Any:
    return but(right, forward=lambda self, x: np.maximum(right.forward(self, x), -999.0))


@mistake(
    "4.4",
    "MaxPool2d",
    "the winner is the first entry that is *close* to the maximum (np.isclose); a smaller one never wins (handout 4.4)",
    fails=("backward, ties",),
)
def max_pool_nearly_equal(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y, k, s = right.forward(self, x), self.size, self.stride
        windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::s, ::s]
        self.winner = np.isclose(windows.reshape(*y.shape, k * k), y[..., None]).argmax(axis=-1)
        return y

    return but(right, forward=forward)


@mistake(
    "4.4",
    "MaxPool2d",
    "windows are cut by strides in bytes that hold for a C-contiguous x only; x may be a transposed view (handout 4)",
    fails=("forward, another memory order", "backward, another memory order"),
)
def max_pool_assumes_memory_order(right: Any) -> Any:
    return but(right, forward=lambda self, x: right.forward(self, x.ravel(order="K").reshape(x.shape)))


@mistake(
    "4.4",
    "MaxPool2d",
    "the number of windows is ⌈(H − k)/s⌉: one too few where the last window fits exactly (handout 4.4)",
    fails=("forward, windows side by side",),
)
def max_pool_misses_the_last_fit(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        high, wide = (max(1, -(-(side - self.size) // self.stride)) for side in x.shape[2:])
        return right.forward(self, x)[:, :, :high, :wide]

    return but(right, forward=forward)


# ---- 4.6 SoftmaxCrossEntropy


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "the one-hot rows are cut from np.eye(10), so that there can be no more than ten classes; C is logits.shape[1] (handout 4.6)",
    fails=("backward, more than ten classes",),
)
def loss_onehot_of_ten(right: Any) -> Any:
    def forward(self: Any, logits: Any, labels: Any) -> Any:
        value = right.forward(self, logits, labels)
        classes = logits.shape[1]
        self.difference[np.arange(len(labels)), labels] += 1.0
        self.difference -= np.eye(10)[labels][:, :classes]
        return value

    return but(right, forward=forward)


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "each row's mean is subtracted in place of its largest logit: a single 1000 still lies hundreds above it (handout 4.6)",
    fails=("forward, large logits",),
)
def loss_shifted_by_mean(right: Any) -> Any:
    def forward(self: Any, logits: Any, labels: Any) -> float:
        right.forward(self, logits, labels)
        shifted = logits - logits.mean(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]))

    return but(right, forward=forward)
