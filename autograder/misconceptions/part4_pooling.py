"""Known mistakes of part 4: pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .altered import but

# ---- 4.4 MaxPool2d


def windows(x: Any, size: int, stride: int) -> Any:
    """(N, C, h, w, size, size)."""
    return np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]


def pool(right: Any, choose: Callable[[Any], Any], spread: Callable[[Any, Any], Any] | None = None) -> Any:
    """A pooling layer that reduces (N, C, h, w, size, size) by `choose` and sends g back by weights spread(windows, y)."""

    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        self.seen = windows(x.copy(), self.size, self.stride)
        self.y = choose(self.seen)
        return self.y.copy() if choose is not largest else y

    def backward(self: Any, g: Any) -> Any:
        shares = spread(self.seen, self.y) if spread else self.seen == self.y[..., None, None]
        return scattered(self, shares * g[..., None, None])

    return but(right, forward=forward, backward=backward)


def largest(seen: Any) -> Any:
    return seen.max(axis=(4, 5))


def scattered(self: Any, sent: Any) -> Any:
    """Add (N, C, h, w, size, size) back onto the pixels."""
    grad, s = np.zeros(self.shape), self.stride
    h, w = sent.shape[2:4]
    for a in range(self.size):
        for b in range(self.size):
            grad[:, :, a : a + s * h : s, b : b + s * w : s] += sent[..., a, b]
    return grad


def first_of(order: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Weights that are 1 at the first maximum in the order that `order` puts a flattened window's places."""

    def spread(seen: Any, y: Any) -> Any:
        flat = seen.reshape(*seen.shape[:4], -1)
        places = order(np.arange(flat.shape[-1]).reshape(seen.shape[4:]))
        winner = places[np.argmax(flat[..., places], axis=-1)]
        return (np.arange(flat.shape[-1]) == winner[..., None]).reshape(seen.shape)

    return spread


@mistake(
    "4.4",
    "MaxPool2d",
    "backward assigns to the winning pixel; where windows overlap it may win twice, and its gradients add up (handout 4.4)",
    fails=("backward, overlapping windows",),
)
def max_pool_assigns(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        grad = np.zeros(self.shape)
        for n, c, i, j in np.ndindex(*g.shape):
            a, b = divmod(int(self.winner[n, c, i, j]), self.size)
            grad[n, c, i * self.stride + a, j * self.stride + b] = g[n, c, i, j]
        return grad

    return but(right, backward=backward)


@mistake(
    "4.4",
    "MaxPool2d",
    "every entry that equals the maximum gets the gradient; it goes to the first of them alone (handout 4.4)",
    fails=("backward, ties",),
)
def max_pool_all_ties(right: Any) -> Any:
    return pool(right, largest)


@mistake("4.4", "MaxPool2d", "equal maxima share the gradient; it goes to the first of them alone (handout 4.4)", fails=("backward, ties",))
def max_pool_shares_ties(right: Any) -> Any:
    def spread(seen: Any, y: Any) -> Any:
        equal = seen == y[..., None, None]
        return equal / equal.sum(axis=(4, 5), keepdims=True)

    return pool(right, largest, spread)


@mistake(
    "4.4", "MaxPool2d", "the last of equal maxima wins (a comparison with >= while scanning); it is the first", fails=("backward, ties",)
)
def max_pool_last_tie(right: Any) -> Any:
    return pool(right, largest, first_of(lambda places: places.ravel()[::-1]))


@mistake(
    "4.4", "MaxPool2d", "windows are scanned column by column; of equal maxima the first in row-major order wins", fails=("backward, ties",)
)
def max_pool_column_major(right: Any) -> Any:
    return pool(right, largest, first_of(lambda places: places.T.ravel()))


@mistake(
    "4.4",
    "MaxPool2d",
    "the running maximum starts at 0, so that a window of negative entries gives 0 (handout 4.4)",
    fails=("forward, negative entries",),
)
def max_pool_from_zero(right: Any) -> Any:
    return pool(right, lambda seen: np.maximum(largest(seen), 0.0))


@mistake(
    "4.4",
    "MaxPool2d",
    "windows that stick out are counted too, filled up with zeros; only windows that fit count (handout 4.4)",
    fails=("forward",),
)
def max_pool_partial_windows(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.small = x.shape
        rest = [(0, -(side - self.size) % self.stride) for side in x.shape[2:]]
        return right.forward(self, np.pad(x, ((0, 0), (0, 0), *rest)))

    return but(right, forward=forward, backward=lambda self, g: right.backward(self, g)[:, :, : self.small[2], : self.small[3]])


@mistake(
    "4.4",
    "MaxPool2d",
    "the stride is ignored: windows lie side by side, `size` apart (handout 4.4)",
    fails=("forward, overlapping windows", "backward"),
)
def max_pool_stride_ignored(right: Any) -> Any:
    return but(right, __init__=lambda self, size, stride: right.__init__(self, size, size))


@mistake(
    "4.4",
    "MaxPool2d",
    "backward spreads the gradient over the window, as average pooling does; the winner gets all of it",
    fails=("backward",),
)
def max_pool_spreads(right: Any) -> Any:
    return pool(right, largest, lambda seen, y: np.full(seen.shape, 1.0 / (seen.shape[4] * seen.shape[5])))


@mistake("4.4", "MaxPool2d", "backward marks the winners with 1: the chain rule's factor grad_output is missing", fails=("backward",))
def max_pool_without_upstream(right: Any) -> Any:
    return but(right, backward=lambda self, g: right.backward(self, np.ones_like(g)))


@mistake("4.4", "MaxPool2d", "the entry of largest absolute value is taken; a maximum heeds the sign", fails=("forward", "backward"))
def max_pool_absolute(right: Any) -> Any:
    def by_size(seen: Any) -> Any:
        low, high = seen.min(axis=(4, 5)), largest(seen)
        return np.where(-low > high, low, high)

    return pool(right, by_size)


@mistake(
    "4.4",
    "MaxPool2d",
    "the gradient has the size of what the windows cover; rows and columns in no window belong to it, with 0 (handout 4.4)",
    fails=("backward",),
)
def max_pool_covered_only(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        high, wide = ((count - 1) * self.stride + self.size for count in g.shape[2:])
        return right.backward(self, g)[:, :, :high, :wide]

    return but(right, backward=backward)


# ---- 4.5 GlobalAveragePool2d


@mistake("4.5", "GlobalAveragePool2d", "forward sums over pixels; it is a mean (handout 4.5)", fails=("forward", "backward"))
def average_pool_sums(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        return right.backward(self, g) * np.prod(self.shape[2:])

    return but(right, forward=lambda self, x: right.forward(self, x) * np.prod(x.shape[2:]), backward=backward)


@mistake(
    "4.5", "GlobalAveragePool2d", "backward copies grad_output to every pixel and does not divide by H·W (handout 4.5)", fails=("backward",)
)
def average_pool_backward_undivided(right: Any) -> Any:
    return but(right, backward=lambda self, g: right.backward(self, g) * np.prod(self.shape[2:]))


@mistake("4.5", "GlobalAveragePool2d", "the result keeps two axes of length 1; it has the shape (N, C)", fails=("forward",))
def average_pool_keeps_axes(right: Any) -> Any:
    return but(right, forward=lambda self, x: right.forward(self, x)[:, :, None, None])


@mistake("4.5", "GlobalAveragePool2d", "images are taken to be square: H² stands where H·W belongs", fails=("forward", "backward"))
def average_pool_square(right: Any) -> Any:
    def factor(shape: Any) -> float:
        return float(shape[3] / shape[2])

    return but(
        right,
        forward=lambda self, x: right.forward(self, x) * factor(x.shape),
        backward=lambda self, g: right.backward(self, g) * factor(self.shape),
    )


@mistake(
    "4.5",
    "GlobalAveragePool2d",
    "the mean runs over the first two spatial-looking axes, as if images were NHWC; they are NCHW (handout 4.5)",
    fails=("forward",),
)
def average_pool_channels_last(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.shape = x.shape
        return x.mean(axis=(1, 2))

    def backward(self: Any, g: Any) -> Any:
        return np.ones(self.shape) * g[:, None, None, :] / (self.shape[1] * self.shape[2])

    return but(right, forward=forward, backward=backward)


@mistake("4.5", "GlobalAveragePool2d", "the largest pixel is taken instead of the mean", fails=("forward", "backward"))
def average_pool_takes_maximum(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        right.forward(self, x)
        self.is_largest = x == x.max(axis=(2, 3), keepdims=True)
        return x.max(axis=(2, 3))

    return but(right, forward=forward, backward=lambda self, g: self.is_largest * g[:, :, None, None])


@mistake(
    "4.5",
    "GlobalAveragePool2d",
    "the image size is kept from the first forward; backward belongs to the latest one",
    fails=("backward, after a second forward",),
)
def average_pool_first_shape(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        self.first = self.shape = getattr(self, "first", x.shape)
        return y

    return but(right, forward=forward)


@mistake(
    "4.5",
    "GlobalAveragePool2d",
    "a batch of one sample loses its first axis: axes of length 1 are squeezed away",
    fails=("forward, a second time",),
)
def average_pool_squeezed(right: Any) -> Any:
    return but(right, forward=lambda self, x: np.squeeze(right.forward(self, x)))
