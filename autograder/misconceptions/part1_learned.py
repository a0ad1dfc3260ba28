"""Known mistakes in part 1: PReLU and Maxout, the activations with parameters. See part1.py for how they are written."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but, default

# ---- 1.6 PReLU


def learns(right: Any, slope_gradient: Any) -> Any:
    """PReLU whose gradient of alpha is slope_gradient(self, g)."""

    def backward(self: Any, g: Any) -> Any:
        self.gradients = {"alpha": slope_gradient(self, g)}
        return g * self.factor

    return but(right, backward=backward)


@mistake(
    "1.6",
    "PReLU",
    "alpha's gradient is not summed: one alpha serves every entry, so its gradient adds them all up (handout 1.6)",
    fails=("gradients",),
)
def prelu_gradient_not_summed(right: Any) -> Any:
    return learns(right, lambda self, g: g * self.negative)


@mistake("1.6", "PReLU", "alpha's gradient is summed over the batch alone, not over the other axes (handout 1.6)", fails=("gradients",))
def prelu_gradient_summed_over_rows(right: Any) -> Any:
    return learns(right, lambda self, g: (g * self.negative).sum(axis=0))


@mistake("1.6", "PReLU", "alpha's gradient is a mean; it is a sum over all entries (handout 1.6)", fails=("gradients",))
def prelu_gradient_averaged(right: Any) -> Any:
    return learns(right, lambda self, g: np.array([np.mean(g * self.negative)]))


@mistake("1.6", "PReLU", "alpha's gradient has no grad_output in it (handout 1.6)", fails=("gradients",))
def prelu_gradient_without_upstream(right: Any) -> Any:
    return learns(right, lambda self, g: np.array([np.sum(self.negative)]))


@mistake(
    "1.6", "PReLU", "alpha's gradient sums over positive entries too, which do not depend on alpha (handout 1.6)", fails=("gradients",)
)
def prelu_gradient_of_every_entry(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        self.negative = x.copy()
        return y

    return but(right, forward=forward)


@mistake("1.6", "PReLU", 'gradients["alpha"] is a bare number; it has the shape of the parameter, (1,)', fails=("gradients",))
def prelu_gradient_scalar(right: Any) -> Any:
    return learns(right, lambda self, g: np.sum(g * self.negative))


@mistake("1.6", "PReLU", "gradients are added up over calls of backward; each backward overwrites them", fails=("gradients, called twice",))
def prelu_gradient_accumulates(right: Any) -> Any:
    return learns(right, lambda self, g: self.gradients.get("alpha", 0.0) + np.array([np.sum(g * self.negative)]))


@mistake(
    "1.6",
    "PReLU",
    'forward uses the number given to the constructor; training changes parameters["alpha"], which is read at every forward',
    fails=("forward, alpha changed", "backward, alpha changed"),
)
def prelu_alpha_from_constructor(right: Any) -> Any:
    def init(self: Any, alpha: float = default(right, "alpha")) -> None:
        right.__init__(self, alpha)
        self.given = alpha

    def forward(self: Any, x: Any) -> Any:
        self.negative = np.minimum(x, 0.0)
        self.factor = np.where(x > 0, 1.0, self.given)
        return x * self.factor

    return but(right, __init__=init, forward=forward)


@mistake(
    "1.6",
    "PReLU",
    "the dict `parameters` is an attribute of the class, shared by all PReLUs: the newest layer's alpha replaces everybody's",
    fails=("gradients, alpha as made",),
)
def prelu_parameters_on_class(right: Any) -> Any:
    shared: dict[str, Any] = {}

    def init(self: Any, alpha: float = default(right, "alpha")) -> None:
        right.__init__(self, alpha)
        shared["alpha"] = self.parameters["alpha"]
        self.parameters = shared

    return but(right, __init__=init)


@mistake("1.6", "PReLU", "backward is that of ReLU: nothing passes where x < 0 (handout 1.6)", fails=("backward",))
def prelu_backward_of_relu(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        right.backward(self, g)
        return np.where(self.negative < 0, 0.0, g)

    return but(right, backward=backward)


@mistake(
    "1.6",
    "PReLU",
    "forward is max(x, alpha·x), which takes the wrong branch once alpha has grown above 1 (handout 1.6)",
    fails=("forward, alpha changed", "backward, alpha changed", "gradients"),
)
def prelu_by_maximum(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        alpha = self.parameters["alpha"]
        self.negative = np.where(x > alpha * x, 0.0, x)
        self.factor = np.where(x > alpha * x, 1.0, alpha)
        return x * self.factor

    return but(right, forward=forward)


@mistake("1.6", "PReLU", "alpha is on the positive side; it belongs to x ≤ 0 (handout 1.6)", fails=("forward", "backward", "gradients"))
def prelu_positive_side(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.negative = np.maximum(x, 0.0)
        self.factor = np.where(x > 0, self.parameters["alpha"], 1.0)
        return x * self.factor

    return but(right, forward=forward)


@mistake(
    "1.6",
    "PReLU",
    "backward takes a step of learning itself and changes alpha; that is the optimizer's business",
    fails=("conduct, alpha after backward", "backward", "forward"),
)
def prelu_learns_in_backward(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        dx = right.backward(self, g)
        self.parameters["alpha"] -= 0.01 * self.gradients["alpha"]
        return dx

    return but(right, backward=backward)


# ---- 1.7 Maxout


def pieces_of(self: Any, x: Any) -> Any:
    """Every piece's value, (k, N, M)."""
    return np.einsum("nd,kdm->knm", x, self.parameters["weight"]) + self.parameters["bias"][:, None]


def after(right: Any, change: Any) -> Any:
    """Maxout whose backward is followed by change(self, g, dx), which may alter `gradients` and returns the gradient of x."""

    def backward(self: Any, g: Any) -> Any:
        return change(self, g, right.backward(self, g))

    return but(right, backward=backward)


@mistake("1.7", "Maxout", "every piece gets the weight gradient of the winner: losers have none (handout 1.7)", fails=("gradients",))
def maxout_weight_gradient_to_all(right: Any) -> Any:
    def change(self: Any, g: Any, dx: Any) -> Any:
        self.gradients["weight"] = np.repeat((self.x.T @ g)[None], len(self.gradients["weight"]), axis=0)
        return dx

    return after(right, change)


@mistake("1.7", "Maxout", "every piece gets the bias gradient: only the winner of each entry has one (handout 1.7)", fails=("gradients",))
def maxout_bias_gradient_to_all(right: Any) -> Any:
    def change(self: Any, g: Any, dx: Any) -> Any:
        self.gradients["bias"] = np.repeat(g.sum(axis=0)[None], len(self.gradients["bias"]), axis=0)
        return dx

    return after(right, change)


@mistake(
    "1.7", "Maxout", "the gradients are divided by the number of rows; the mean belongs to the loss, not to the layer", fails=("gradients",)
)
def maxout_gradients_averaged(right: Any) -> Any:
    def change(self: Any, g: Any, dx: Any) -> Any:
        self.gradients = {name: array / len(g) for name, array in self.gradients.items()}
        return dx

    return after(right, change)


@mistake(
    "1.7", "Maxout", "gradients are added up over calls of backward; each backward overwrites them", fails=("gradients, called twice",)
)
def maxout_gradients_accumulate(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        before = self.gradients
        dx = right.backward(self, g)
        self.gradients = {name: array + before.get(name, 0.0) for name, array in self.gradients.items()}
        return dx

    return but(right, backward=backward)


@mistake("1.7", "Maxout", "the gradient of x goes through every piece; only the winner's weights count (handout 1.7)", fails=("backward",))
def maxout_backward_through_all(right: Any) -> Any:
    return after(right, lambda self, g, dx: np.einsum("nm,kdm->nd", g, self.parameters["weight"]))


@mistake("1.7", "Maxout", "the gradient of x uses the first piece's weights instead of the winner's (handout 1.7)", fails=("backward",))
def maxout_backward_first_piece(right: Any) -> Any:
    return after(right, lambda self, g, dx: g @ self.parameters["weight"][0].T)


@mistake("1.7", "Maxout", "a tie goes to the last of equal pieces; it goes to the first (handout 1.7)", fails=("gradients, ties",))
def maxout_tie_to_last(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        self.winner = len(self.parameters["weight"]) - 1 - pieces_of(self, x)[::-1].argmax(axis=0)
        return y

    return but(right, forward=forward)


@mistake(
    "1.7",
    "Maxout",
    "the winner is found by comparing with the maximum: where pieces are equal each of them gets the gradient (handout 1.7)",
    fails=("gradients, ties", "backward, ties"),
)
def maxout_tie_to_all(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        pieces = pieces_of(self, self.x)
        routed = (pieces == pieces.max(axis=0)) * g
        self.gradients = {"weight": np.einsum("nd,knm->kdm", self.x, routed), "bias": routed.sum(axis=1)}
        return np.einsum("knm,kdm->nd", routed, self.parameters["weight"])

    return but(right, backward=backward)


@mistake("1.7", "Maxout", "the gradient of x is computed from the winner's weights, but without grad_output", fails=("backward",))
def maxout_backward_without_upstream(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        right.backward(self, g)
        kept = self.gradients
        dx = right.backward(self, np.ones_like(g))
        self.gradients = kept
        return dx

    return but(right, backward=backward)


@mistake("1.7", "Maxout", "the maximum runs over the units; it runs over the k pieces of each unit (handout 1.7)", fails=("forward",))
def maxout_over_units(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        right.forward(self, x)
        return pieces_of(self, x).max(axis=2).T.copy()

    return but(right, forward=forward)


def choosing(right: Any, best: Any) -> Any:
    """Maxout that picks the piece best(self, pieces) and goes on consistently: value, routing and gradients."""

    def forward(self: Any, x: Any) -> Any:
        right.forward(self, x)
        pieces = pieces_of(self, x)
        self.winner = best(self, pieces)
        return np.take_along_axis(pieces, self.winner[None], axis=0)[0]

    return but(right, forward=forward)


@mistake("1.7", "Maxout", "the smallest piece is taken instead of the largest", fails=("forward", "backward", "gradients"))
def maxout_minimum(right: Any) -> Any:
    return choosing(right, lambda self, pieces: pieces.argmin(axis=0))


@mistake(
    "1.7",
    "Maxout",
    "the winner is chosen before the biases are added: they take part in the comparison (handout 1.7)",
    fails=("forward", "backward", "gradients"),
)
def maxout_bias_after_choice(right: Any) -> Any:
    return choosing(right, lambda self, pieces: (pieces - self.parameters["bias"][:, None]).argmax(axis=0))


@mistake("1.7", "Maxout", "pieces are compared by absolute value: a very negative piece wins", fails=("forward", "backward", "gradients"))
def maxout_largest_absolute(right: Any) -> Any:
    return choosing(right, lambda self, pieces: np.abs(pieces).argmax(axis=0))
