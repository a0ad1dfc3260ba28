"""Known mistakes in part 1 that ordinary numbers of ordinary shape do not show: axes of length 1, results that are computed once, caches
of one shape, views, evaluation mode, arguments that are written into now and then. Each sentence goes on after "This is what you get
when …".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from . import mistake
from .altered import but

SQUEEZED = "axes of length 1 are squeezed away; a result has exactly the shape of x"


def squeezing(right: Any) -> Any:
    return but(right, forward=lambda self, x: np.squeeze(right.forward(self, x)))


@mistake("1.3", "ReLU", SQUEEZED, fails=("forward, an axis of length 1",))
def relu_squeezed(right: Any) -> Any:
    return squeezing(right)


@mistake("1.5", "ELU", SQUEEZED, fails=("forward, an axis of length 1",))
def elu_squeezed(right: Any) -> Any:
    return squeezing(right)


@mistake("1.7", "Maxout", "a batch of one row loses its first axis: axes of length 1 are squeezed away", fails=("forward, a second time",))
def maxout_squeezed(right: Any) -> Any:
    return squeezing(right)


@mistake(
    "1.1",
    "Sigmoid",
    "the result is computed at the first forward and kept for good; each forward computes its own",
    fails=("forward, a second time", "backward, after a second forward"),
)
def sigmoid_computed_once(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        if not hasattr(self, "y"):
            right.forward(self, x)
        return self.y.copy()

    return but(right, forward=forward)


@mistake(
    "1.2",
    "Tanh",
    "the result is computed at the first forward and kept for good; each forward computes its own",
    fails=("forward, a second time", "backward, after a second forward"),
)
def tanh_computed_once(right: Any) -> Any:
    return sigmoid_computed_once(right)


@mistake(
    "1.2",
    "Tanh",
    "a forward keeps its result only if a backward has used up the one before; backward belongs to the latest forward",
    fails=("backward, after a second forward",),
)
def tanh_cache_waits_for_backward(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = np.tanh(x)
        if getattr(self, "used", True):
            self.y, self.used = y, False
        return y.copy()

    def backward(self: Any, g: Any) -> Any:
        self.used = True
        return g * (1 - self.y**2)

    return but(right, forward=forward, backward=backward)


@mistake(
    "1.3",
    "ReLU",
    "the array for the mask is made at the first forward and has that x's shape for good; the next x may have another (handout, part 1)",
    fails=("forward, another shape", "backward, another shape"),
)
def relu_mask_of_first_shape(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        if not hasattr(self, "positive"):
            self.positive = np.empty(x.shape, dtype=bool)
        np.greater(x, 0, out=self.positive)
        return x * self.positive

    return but(right, forward=forward)


# ---- evaluation mode, views


@mistake(
    "1.1",
    "Sigmoid",
    "forward keeps its result only while `training` is True: an activation has no modes, and backward works in both (handout, part 1)",
    fails=("backward, in evaluation mode",),
)
def sigmoid_kept_in_training_only(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = special.expit(x)
        if self.training:
            self.y = y
        return y.copy()

    return but(right, forward=forward)


@mistake(
    "1.4",
    "LeakyReLU",
    "the copy of x is scaled through its ravel(), which for a view in another memory order is a further copy: what is written is lost",
    fails=("forward, a transposed view",),
)
def leaky_scales_a_copy_of_the_copy(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        right.forward(self, x)
        y = np.copy(x)
        flat = y.ravel()
        flat[flat <= 0] *= self.slope
        return y

    return but(right, forward=forward)


# ---- arguments


@mistake(
    "1.1",
    "Sigmoid",
    "x is clipped in place (out=x): where it is very large, the caller's array holds something else after the call",
    fails=("conduct, at 0 and large x",),
)
def sigmoid_clips_its_argument(right: Any) -> Any:
    return but(right, forward=lambda self, x: right.forward(self, np.clip(x, -500, 500, out=x)))


@mistake(
    "1.3",
    "ReLU",
    "backward writes the 0 that belongs to x = 0 into grad_output itself; its owner still needs it",
    fails=("conduct, at 0 and large x",),
)
def relu_writes_gradient_at_zero(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.zero, self.positive = x == 0, x >= 0
        return np.maximum(x, 0.0)

    def backward(self: Any, g: Any) -> Any:
        g[self.zero] = 0.0
        return g * self.positive

    return but(right, forward=forward, backward=backward)


@mistake(
    "1.3",
    "ReLU",
    "where every x is positive, forward returns x itself; a result is a new array, which its owner may write into",
    fails=("conduct, results where x > 0",),
)
def relu_returns_its_argument(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        return x if self.positive.all() else y

    return but(right, forward=forward)
