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


@mistake("4.1", "Linear", "backward multiplies by the weight, not by its transpose (handout 4.1)", fails=("backward", "gradients"))
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
    fails=("backward, called twice", "conduct, parameters", "forward"),
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


@mistake(
    "4.1", "Linear", "a batch of one sample loses its first axis: axes of length 1 are squeezed away", fails=("forward, a second time",)
)
def linear_squeezed(right: Any) -> Any:
    return but(right, forward=lambda self, x: np.squeeze(right.forward(self, x)))


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
