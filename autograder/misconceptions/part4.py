"""Known mistakes in part 4: Linear, MaxPool2d, GlobalAveragePool2d, SoftmaxCrossEntropy. Each sentence goes on after
"This is what you get when …". Conv2d and BatchNorm2d have files of their own.

A wrong forward comes with its own true derivative wherever a student would have derived it from that forward. `g` is grad_output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .altered import but

# ---- 4.1 Linear


def with_gradients(right: Any, **wrong: Callable[[Any, Any], Any]) -> Any:
    """`right`, but wrong[name](self, g) is left in gradients[name]."""

    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        self.gradients = {**self.gradients, **{name: rule(self, g) for name, rule in wrong.items()}}
        return grad

    return but(right, backward=backward)


@mistake(
    "4.1",
    "Linear",
    "the bias gradient is grad_output itself; every row uses the one bias, so rows are summed (handout 4.1)",
    fails=("gradients",),
)
def linear_bias_not_summed(right: Any) -> Any:
    return with_gradients(right, bias=lambda self, g: g.copy())


@mistake(
    "4.1",
    "Linear",
    "the bias gradient is a mean over rows; it is a sum: the mean, if any, is in the loss (handout 4.1)",
    fails=("gradients",),
)
def linear_bias_averaged(right: Any) -> Any:
    return with_gradients(right, bias=lambda self, g: g.mean(axis=0))


@mistake(
    "4.1",
    "Linear",
    "the weight gradient is divided by the number of rows; that division belongs to the loss (handout 4.1)",
    fails=("gradients",),
)
def linear_weight_averaged(right: Any) -> Any:
    return with_gradients(right, weight=lambda self, g: self.x.T @ g / len(g))


@mistake(
    "4.1", "Linear", "the weight gradient is the transpose of what it should be: it has the weight's shape, (D, M)", fails=("gradients",)
)
def linear_weight_transposed(right: Any) -> Any:
    return with_gradients(right, weight=lambda self, g: g.T @ self.x)


@mistake(
    "4.1", "Linear", "the weight gradient has no grad_output in it: the chain rule's factor is missing (handout 4.1)", fails=("gradients",)
)
def linear_weight_without_upstream(right: Any) -> Any:
    return with_gradients(right, weight=lambda self, g: self.x.T @ np.ones_like(g))


@mistake("4.1", "Linear", "backward multiplies by the weight, not by its transpose (handout 4.1)", fails=("backward",))
def linear_backward_without_transpose(right: Any) -> Any:
    return but(right, backward=lambda self, g: g @ self.parameters["weight"])


def reread(weight: Any) -> Any:
    return weight.reshape(weight.shape[::-1]).T


@mistake(
    "4.1",
    "Linear",
    "the weight is read as (out, in), torch's layout, by a reshape, which scrambles it; it is (in, out) and y = x·W (handout 4.1)",
    fails=("forward", "backward", "gradients"),
)
def linear_weight_layout(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.x = x.copy()
        return x @ reread(self.parameters["weight"]) + self.parameters["bias"]

    def backward(self: Any, g: Any) -> Any:
        weight = self.parameters["weight"]
        self.gradients = {"weight": (g.T @ self.x).reshape(weight.shape), "bias": g.sum(axis=0)}
        return g @ reread(weight).T

    return but(right, forward=forward, backward=backward)


@mistake("4.1", "Linear", "the bias is left out of forward (handout 4.1)", fails=("forward",))
def linear_without_bias(right: Any) -> Any:
    return but(right, forward=lambda self, x: right.forward(self, x) - self.parameters["bias"])


@mistake(
    "4.1", "Linear", "gradients are added up over calls of backward; each backward overwrites them", fails=("gradients, called twice",)
)
def linear_gradients_accumulate(right: Any) -> Any:
    return accumulating(right)


def accumulating(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        old = self.gradients
        grad = right.backward(self, g)
        self.gradients = {name: value + old.get(name, 0.0) for name, value in self.gradients.items()}
        return grad

    return but(right, backward=backward)


@mistake(
    "4.1",
    "Linear",
    "backward takes a step of gradient descent: it only writes down gradients, changing parameters is the optimizer's work",
    fails=("backward, called twice", "conduct, parameters"),
)
def linear_steps_in_backward(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        for name, value in self.gradients.items():
            self.parameters[name] -= 0.1 * value
        return grad

    return but(right, backward=backward)


@mistake(
    "4.1",
    "Linear",
    "forward uses copies made in the constructor; training changes `parameters`, which are read at every forward",
    fails=("forward, parameters changed", "backward, parameters changed"),
)
def linear_weights_from_constructor(right: Any) -> Any:
    def init(self: Any, weight: Any, bias: Any) -> None:
        right.__init__(self, weight, bias)
        self.inner = right(weight.copy(), bias.copy())

    def backward(self: Any, g: Any) -> Any:
        grad = self.inner.backward(g)
        self.gradients = self.inner.gradients
        return grad

    return but(right, __init__=init, forward=lambda self, x: self.inner.forward(x), backward=backward)


@mistake(
    "4.1",
    "Linear",
    "every backward writes into one array that is kept and returned: an earlier result changes under its owner's hands",
    fails=("conduct, earlier gradient",),
)
def linear_one_buffer(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        if not hasattr(self, "buffer") or len(self.buffer) < len(grad):
            self.buffer = np.empty((len(grad) + 8, grad.shape[1]))
        self.buffer[: len(grad)] = grad
        return self.buffer[: len(grad)]

    return but(right, backward=backward)


@mistake(
    "4.1",
    "Linear",
    "the input is kept only while training; in evaluation too, backward belongs to the latest forward",
    fails=("gradients, evaluation",),
)
def linear_keeps_nothing_in_evaluation(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        if not self.training:
            self.x = np.zeros_like(x)
        return y

    return but(right, forward=forward)


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
    fails=("forward, overlapping windows",),
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


# ---- 4.6 SoftmaxCrossEntropy


def loss(right: Any, value: Callable[[Any, Any], Any], scale: Callable[[Any], Any] | None = None) -> Any:
    """The right loss with forward = value(logits, labels), and the gradient times scale(gradient)."""

    def forward(self: Any, logits: Any, labels: Any) -> Any:
        right.forward(self, logits, labels)
        return value(logits, labels)

    def backward(self: Any) -> Any:
        grad = right.backward(self)
        return grad * scale(grad) if scale else grad

    return but(right, forward=forward, backward=backward)


def softmax(logits: Any, axis: int = 1) -> Any:
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def chosen(values: Any, labels: Any) -> Any:
    return values[np.arange(len(labels)), labels]


@mistake(
    "4.6", "SoftmaxCrossEntropy", "losses are summed over the batch; the loss is their mean (handout 4.6)", fails=("forward", "backward")
)
def loss_summed(right: Any) -> Any:
    return loss(right, lambda z, t: -np.sum(np.log(np.maximum(chosen(softmax(z), t), 1e-300))), len)


@mistake(
    "4.6", "SoftmaxCrossEntropy", "backward is softmax − onehot without 1/N, although the loss is a mean (handout 4.6)", fails=("backward",)
)
def loss_backward_undivided(right: Any) -> Any:
    return but(right, backward=lambda self: right.backward(self) * len(self.difference))


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "the loss is divided by N·C; it is a mean over samples, not over entries (handout 4.6)",
    fails=("forward", "backward"),
)
def loss_divided_by_entries(right: Any) -> Any:
    def forward(self: Any, logits: Any, labels: Any) -> float:
        return float(right.forward(self, logits, labels) / logits.shape[1])

    return but(right, forward=forward, backward=lambda self: right.backward(self) / self.difference.shape[1])


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "the largest logit is not subtracted before exp: e¹⁰⁰⁰ is inf and inf/inf is NaN (handout 4.6)",
    fails=("forward, large logits", "forward, shifted logits"),
)
def loss_without_shift(right: Any) -> Any:
    return loss(right, lambda z, t: float(np.mean(np.log(np.exp(z).sum(axis=1)) - chosen(z, t))))


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "the logarithm is taken of the softmax: where that has underflown to 0 the loss is inf; take log-sum-exp (handout 4.6)",
    fails=("forward, the right class unlikely",),
)
def loss_log_of_softmax(right: Any) -> Any:
    return loss(right, lambda z, t: float(-np.mean(np.log(chosen(softmax(z), t)))))


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "a small number is added inside the logarithm against log 0, which caps the loss near 27 (handout 4.6)",
    fails=("forward, the right class unlikely",),
)
def loss_with_epsilon(right: Any) -> Any:
    return loss(right, lambda z, t: float(-np.mean(np.log(chosen(softmax(z), t) + 1e-12))))


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "probabilities are clipped away from 0, which caps the loss (handout 4.6)",
    fails=("forward, the right class unlikely",),
)
def loss_clipped(right: Any) -> Any:
    return loss(right, lambda z, t: float(-np.mean(np.log(np.clip(chosen(softmax(z), t), 1e-15, 1.0)))))


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "the largest logit of the whole batch is subtracted: a row far below it underflows whole; take each row's own (handout 4.6)",
    fails=("forward, large logits",),
)
def loss_global_shift(right: Any) -> Any:
    def value(z: Any, t: Any) -> float:
        shifted = z - z.max()
        return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - chosen(shifted, t)))

    return loss(right, value)


@mistake("4.6", "SoftmaxCrossEntropy", "the softmax runs over the batch instead of over the classes (handout 4.6)", fails=("forward",))
def loss_over_batch(right: Any) -> Any:
    def forward(self: Any, logits: Any, labels: Any) -> float:
        right.forward(self, logits, labels)
        self.difference = softmax(logits, axis=0)
        value = -np.mean(np.log(np.maximum(chosen(self.difference, labels), 1e-300)))
        self.difference[np.arange(len(labels)), labels] -= 1
        return float(value)

    return but(right, forward=forward)


@mistake("4.6", "SoftmaxCrossEntropy", "labels are taken to count from 1; they count from 0", fails=("forward", "backward"))
def loss_labels_from_one(right: Any) -> Any:
    return but(right, forward=lambda self, logits, labels: right.forward(self, logits, labels - 1))


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "backward subtracts 1 in whole columns (p[:, labels] -= 1); it is one entry in each row (handout 4.6)",
    fails=("backward",),
)
def loss_subtracts_columns(right: Any) -> Any:
    def forward(self: Any, logits: Any, labels: Any) -> Any:
        value = right.forward(self, logits, labels)
        self.difference = softmax(logits)
        self.difference[:, labels] -= 1
        return value

    return but(right, forward=forward)


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "backward is the softmax alone: the 1 at the right class is not subtracted (handout 4.6)",
    fails=("backward",),
)
def loss_without_onehot(right: Any) -> Any:
    def forward(self: Any, logits: Any, labels: Any) -> Any:
        value = right.forward(self, logits, labels)
        self.difference = softmax(logits)
        return value

    return but(right, forward=forward)


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "the shift is done in place, so that logits hold something else after the call",
    fails=("conduct, logits",),
)
def loss_overwrites_logits(right: Any) -> Any:
    def forward(self: Any, logits: Any, labels: Any) -> Any:
        logits -= logits.max(axis=1, keepdims=True)
        return right.forward(self, logits, labels)

    return but(right, forward=forward)


@mistake(
    "4.6",
    "SoftmaxCrossEntropy",
    "backward divides its own cache in place, so that a second call divides again",
    fails=("backward, called twice",),
)
def loss_backward_spoils_cache(right: Any) -> Any:
    def backward(self: Any) -> Any:
        self.difference /= len(self.difference)
        return self.difference.copy()

    return but(right, backward=backward)
