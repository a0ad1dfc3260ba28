"""Known mistakes in part 1 about parameters and their gradients over several calls: PReLU with an alpha of any sign, gradients of another
forward or another layer, Maxout's parameters after training changed them, pieces that nearly tie. See part1.py for how they are written.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but
from .part1_learned import learns, pieces_of

# ---- 1.6 PReLU


@mistake(
    "1.6",
    "PReLU",
    "backward reads the branch from the sign of the output: with a negative alpha negative inputs give positive outputs (handout 1.6)",
    fails=("backward, negative alpha", "gradients, negative alpha"),
)
def prelu_mask_of_output(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        self.negative = np.where(y > 0, 0.0, x)
        self.factor = np.where(y > 0, 1.0, self.parameters["alpha"])
        return y

    return but(right, forward=forward)


@mistake(
    "1.6",
    "PReLU",
    "a negative alpha counts as 0 (or is forbidden): training may move alpha anywhere (handout 1.6)",
    fails=("forward, negative alpha", "backward, negative alpha"),
)
def prelu_alpha_kept_positive(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        right.forward(self, x)
        self.factor = np.where(x > 0, 1.0, np.maximum(self.parameters["alpha"], 0.0))
        return x * self.factor

    return but(right, forward=forward)


@mistake(
    "1.6",
    "PReLU",
    "alpha's gradient takes x back from the output by dividing by alpha, which is 0/0 once alpha is 0 (handout 1.6)",
    fails=("gradients, alpha 0",),
)
def prelu_gradient_divided_by_alpha(right: Any) -> Any:
    return learns(right, lambda self, g: np.array([np.sum(g * (self.negative * self.parameters["alpha"] / self.parameters["alpha"]))]))


@mistake(
    "1.6",
    "PReLU",
    "alpha's gradient uses the x of the first forward; backward belongs to the latest one",
    fails=("gradients, negative alpha",),
)
def prelu_gradient_of_first_forward(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        first = getattr(self, "negative", np.minimum(x, 0.0))
        y = right.forward(self, x)
        self.negative = first if first.shape == x.shape else self.negative
        return y

    return but(right, forward=forward)


@mistake(
    "1.6",
    "PReLU",
    "the dict `gradients` is an attribute of the class, shared by all PReLUs: another layer's backward replaces what it holds",
    fails=("gradients, another layer in between",),
)
def prelu_gradients_on_class(right: Any) -> Any:
    shared: dict[str, Any] = {}

    def backward(self: Any, g: Any) -> Any:
        dx = right.backward(self, g)
        shared.update(self.gradients)
        self.gradients = shared
        return dx

    return but(right, backward=backward)


@mistake(
    "1.6",
    "PReLU",
    "what alpha's gradient needs is kept in a global, where every PReLU's forward overwrites it; it belongs to self",
    fails=("gradients, another layer in between",),
)
def prelu_cache_in_global(right: Any) -> Any:
    kept: dict[str, Any] = {}

    def forward(self: Any, x: Any) -> Any:
        kept["negative"] = np.minimum(x, 0.0)
        return right.forward(self, x)

    return but(learns(right, lambda self, g: np.array([np.sum(g * kept["negative"])])), forward=forward)


# ---- 1.7 Maxout


def using_given(method: Any) -> Any:
    """`method` while the parameters are self.given."""

    def call(self: Any, array: Any) -> Any:
        kept, self.parameters = self.parameters, self.given
        result = method(self, array)
        self.parameters = kept
        return result

    return call


@mistake(
    "1.7",
    "Maxout",
    "weight and bias are copied in the constructor and used for good; training changes `parameters`, which are read at every forward",
    fails=("forward, parameters changed", "backward, parameters changed", "gradients, parameters changed"),
)
def maxout_parameters_from_constructor(right: Any) -> Any:
    def init(self: Any, weight: Any, bias: Any) -> None:
        right.__init__(self, weight, bias)
        self.given = {"weight": weight.copy(), "bias": bias.copy()}

    return but(right, __init__=init, forward=using_given(right.forward), backward=using_given(right.backward))


@mistake(
    "1.7",
    "Maxout",
    "the bias is copied in the constructor and stays what it was; training changes `parameters`, which are read at every forward",
    fails=("forward, parameters changed", "backward, parameters changed", "gradients, parameters changed"),
)
def maxout_bias_from_constructor(right: Any) -> Any:
    def init(self: Any, weight: Any, bias: Any) -> None:
        right.__init__(self, weight, bias)
        self.given = bias.copy()

    def forward(self: Any, x: Any) -> Any:
        right.forward(self, x)
        pieces = pieces_of(self, x) + (self.given - self.parameters["bias"])[:, None]
        self.winner = pieces.argmax(axis=0)
        return pieces.max(axis=0)

    return but(right, __init__=init, forward=forward)


@mistake(
    "1.7",
    "Maxout",
    "backward uses the weights that the constructor was given; training changes `parameters`, which are read at every forward",
    fails=("backward, parameters changed",),
)
def maxout_backward_weight_from_constructor(right: Any) -> Any:
    def init(self: Any, weight: Any, bias: Any) -> None:
        right.__init__(self, weight, bias)
        self.given = weight.copy()

    def backward(self: Any, g: Any) -> Any:
        right.backward(self, g)
        pieces = np.arange(len(self.given))[:, None, None]
        return np.einsum("knm,kdm->nd", np.where(pieces == self.winner, g, 0.0), self.given)

    return but(right, __init__=init, backward=backward)


@mistake(
    "1.7",
    "Maxout",
    "pieces that are nearly equal count as a tie (np.isclose, or a rounding): the larger one wins, by however little (handout 1.7)",
    fails=("gradients, ties",),
)
def maxout_tie_within_tolerance(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        pieces = pieces_of(self, x)
        self.winner = np.isclose(pieces, pieces.max(axis=0)).argmax(axis=0)
        return y

    return but(right, forward=forward)
