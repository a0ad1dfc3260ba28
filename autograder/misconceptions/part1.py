"""Known mistakes in part 1, activation functions: Sigmoid, Tanh, ReLU, LeakyReLU. Each sentence goes on after
"This is what you get when …".

A wrong forward comes with its own true derivative wherever a student would have derived it from that forward: then the backward is
consistent, and the forward is the one thing to repair. `g` is grad_output.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from . import mistake
from .altered import but, default, pair


def sigma(x: Any) -> Any:
    return special.expit(x)


# ---- 1.1 Sigmoid


@mistake("1.1", "Sigmoid", "backward puts x itself into s·(1 − s); s is the sigmoid's output (handout 1.1)", fails=("backward",))
def sigmoid_backward_at_x(right: Any) -> Any:
    return pair(right, lambda self, x: sigma(x), lambda self, x: x * (1 - x))


@mistake("1.1", "Sigmoid", "backward leaves out the factor 1 − s and passes on grad_output·s (handout 1.1)", fails=("backward",))
def sigmoid_backward_half_the_product(right: Any) -> Any:
    return but(right, backward=lambda self, g: g * self.y)


@mistake(
    "1.1", "Sigmoid", "backward returns the local derivative alone: the chain rule's factor grad_output is missing", fails=("backward",)
)
def sigmoid_backward_without_upstream(right: Any) -> Any:
    return but(right, backward=lambda self, g: self.y * (1 - self.y))


@mistake(
    "1.1",
    "Sigmoid",
    "forward is eˣ/(1 + eˣ) for every x: at x = 1000 that is inf/inf, which is NaN (handout 1.1)",
    fails=("forward, large x", "backward, large x"),
)
def sigmoid_infinity_over_infinity(right: Any) -> Any:
    return pair(right, lambda self, x: np.exp(x) / (1 + np.exp(x)), lambda self, x: np.exp(x) / (1 + np.exp(x)) ** 2)


@mistake(
    "1.1",
    "Sigmoid",
    "forward is 1/(1 + e⁻ˣ) for every x, which overflows at x = −1000",
    fails=(),
    equivalent="e¹⁰⁰⁰ is inf and 1/(1 + inf) is 0, the right limit; only a warning is printed, and warnings do not matter",
)
def sigmoid_naive(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.y = 1 / (1 + np.exp(-x))
        return self.y.copy()

    return but(right, forward=forward)


@mistake(
    "1.1",
    "Sigmoid",
    "backward is e⁻ˣ/(1 + e⁻ˣ)² computed from x: at x = −1000 that is inf/inf, which is NaN; the cached output is enough (handout 1.1)",
    fails=("backward, large x",),
)
def sigmoid_backward_from_x(right: Any) -> Any:
    return pair(right, lambda self, x: sigma(x), lambda self, x: np.exp(-x) / (1 + np.exp(-x)) ** 2)


@mistake(
    "1.1", "Sigmoid", "the exponent has the wrong sign, so that forward is σ(−x), falling instead of rising", fails=("forward", "backward")
)
def sigmoid_wrong_sign(right: Any) -> Any:
    return pair(right, lambda self, x: sigma(-x), lambda self, x: -sigma(x) * sigma(-x))


@mistake("1.1", "Sigmoid", "forward is (1 + tanh x)/2, which is σ(2x): a factor ½ inside tanh is missing", fails=("forward", "backward"))
def sigmoid_of_twice_x(right: Any) -> Any:
    return pair(right, lambda self, x: sigma(2 * x), lambda self, x: 2 * sigma(2 * x) * sigma(-2 * x))


@mistake(
    "1.1",
    "Sigmoid",
    "x is clipped at ±10 against overflow: the limits 0 and 1 are then missed by 5e-5 (handout 1.1)",
    fails=("forward, large x",),
)
def sigmoid_clipped(right: Any) -> Any:
    return pair(right, lambda self, x: sigma(np.clip(x, -10, 10)), lambda self, x: np.where(abs(x) < 10, sigma(x) * sigma(-x), 0.0))


@mistake("1.1", "Sigmoid", "forward computes inside its own argument: x holds something else after the call", fails=("conduct, x",))
def sigmoid_overwrites_x(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.y = special.expit(x, out=x).copy()
        return self.y.copy()

    return but(right, forward=forward)


@mistake(
    "1.1",
    "Sigmoid",
    "backward writes into its own cache (self.y *= 1 − self.y), so that a second backward starts from something else",
    fails=("backward, called twice",),
)
def sigmoid_backward_spoils_cache(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        self.y *= 1 - self.y
        return g * self.y

    return but(right, backward=backward)


# ---- 1.2 Tanh


@mistake("1.2", "Tanh", "backward is 1 − x²: the square is of the output tanh x, not of the input (handout 1.2)", fails=("backward",))
def tanh_backward_at_x(right: Any) -> Any:
    return pair(right, lambda self, x: np.tanh(x), lambda self, x: 1 - x**2)


@mistake("1.2", "Tanh", "backward is 1 − tanh x: the square is missing (handout 1.2)", fails=("backward",))
def tanh_backward_without_square(right: Any) -> Any:
    return but(right, backward=lambda self, g: g * (1 - self.y))


@mistake("1.2", "Tanh", "backward takes tanh of the cached output again: 1 − tanh²(tanh x)", fails=("backward",))
def tanh_backward_twice_tanh(right: Any) -> Any:
    return but(right, backward=lambda self, g: g * (1 - np.tanh(self.y) ** 2))


@mistake("1.2", "Tanh", "backward returns the local derivative alone: the chain rule's factor grad_output is missing", fails=("backward",))
def tanh_backward_without_upstream(right: Any) -> Any:
    return but(right, backward=lambda self, g: 1 - self.y**2)


@mistake("1.2", "Tanh", "backward is the sigmoid's y·(1 − y); tanh has another derivative (handout 1.2)", fails=("backward",))
def tanh_backward_of_sigmoid(right: Any) -> Any:
    return but(right, backward=lambda self, g: g * self.y * (1 - self.y))


@mistake(
    "1.2",
    "Tanh",
    "forward divides exponentials, (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ): at ±1000 both are infinite and the quotient is NaN (handout 1.2)",
    fails=("forward, large x", "backward, large x"),
)
def tanh_by_exponentials(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.y = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
        return self.y.copy()

    return but(right, forward=forward)


@mistake("1.2", "Tanh", "forward is 2σ(x) − 1, which is tanh(x/2): a factor 2 inside the sigmoid is missing", fails=("forward", "backward"))
def tanh_of_half_x(right: Any) -> Any:
    return pair(right, lambda self, x: np.tanh(x / 2), lambda self, x: (1 - np.tanh(x / 2) ** 2) / 2)


@mistake("1.2", "Tanh", "forward is LeCun's scaled 1.7159·tanh(2x/3); plain tanh is asked for", fails=("forward", "backward"))
def tanh_of_lecun(right: Any) -> Any:
    return pair(right, lambda self, x: 1.7159 * np.tanh(x / 1.5), lambda self, x: 1.7159 / 1.5 * (1 - np.tanh(x / 1.5) ** 2))


@mistake(
    "1.2",
    "Tanh",
    "every forward writes into one array that is kept and returned: the result of an earlier call changes under its owner's hands",
    fails=("conduct, earlier result",),
)
def tanh_one_buffer(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        if getattr(self, "y", np.empty(0)).shape != x.shape:
            self.y = np.empty(x.shape)
        return np.tanh(x, out=self.y)

    return but(right, forward=forward)


@mistake(
    "1.2",
    "Tanh",
    "backward is grad_output/cosh² x, whose cosh overflows at ±1000",
    fails=(),
    equivalent="cosh is inf there and 1/inf is 0, the right limit; 1/cosh² is the same function as 1 − tanh²",
)
def tanh_backward_by_cosh(right: Any) -> Any:
    return pair(right, lambda self, x: np.tanh(x), lambda self, x: 1 / np.cosh(x) ** 2)


# ---- 1.3 ReLU


@mistake("1.3", "ReLU", "backward returns the mask of ones and zeros: the factor grad_output is missing (handout 1.3)", fails=("backward",))
def relu_backward_mask(right: Any) -> Any:
    return but(right, backward=lambda self, g: self.positive.astype(np.float64))


@mistake("1.3", "ReLU", "backward hands grad_output on whole; where x ≤ 0 the derivative is 0 (handout 1.3)", fails=("backward",))
def relu_backward_unmasked(right: Any) -> Any:
    return but(right, backward=lambda self, g: g.copy())


@mistake("1.3", "ReLU", "the mask is taken from grad_output; whether a unit is on was decided by x in forward", fails=("backward",))
def relu_mask_of_gradient(right: Any) -> Any:
    return but(right, backward=lambda self, g: np.where(g > 0, g, 0.0))


@mistake(
    "1.3", "ReLU", "backward multiplies by the output max(0, x) instead of by its derivative, 1 or 0 (handout 1.3)", fails=("backward",)
)
def relu_backward_times_output(right: Any) -> Any:
    return pair(right, lambda self, x: np.maximum(x, 0.0), lambda self, x: np.maximum(x, 0.0))


@mistake("1.3", "ReLU", "the mask is x ≥ 0: at exactly 0 the derivative is 0 by convention (handout 1.3)", fails=("backward, at 0",))
def relu_passes_at_zero(right: Any) -> Any:
    return pair(right, lambda self, x: np.maximum(x, 0.0), lambda self, x: x >= 0)


@mistake("1.3", "ReLU", "the derivative at exactly 0 is ½; the convention here is 0 (handout 1.3)", fails=("backward, at 0",))
def relu_half_at_zero(right: Any) -> Any:
    return pair(right, lambda self, x: np.maximum(x, 0.0), lambda self, x: (np.sign(x) + 1) / 2)


@mistake("1.3", "ReLU", "forward zeroes the negative entries of its own argument; work on a copy", fails=("conduct, x",))
def relu_overwrites_x(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.positive = x > 0
        x[~self.positive] = 0.0
        return x

    return but(right, forward=forward)


@mistake(
    "1.3",
    "ReLU",
    "backward zeroes entries of grad_output itself; its owner still needs it, so work on a copy",
    fails=("conduct, grad_output",),
)
def relu_overwrites_gradient(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        g[~self.positive] = 0.0
        return g

    return but(right, backward=backward)


@mistake("1.3", "ReLU", "forward is |x|: negative entries are mirrored, not cut off", fails=("forward", "backward"))
def relu_absolute_value(right: Any) -> Any:
    return pair(right, lambda self, x: np.abs(x), lambda self, x: np.sign(x))


@mistake(
    "1.3", "ReLU", "forward is capped at 6 (ReLU6, of MobileNet); plain ReLU has no cap", fails=("forward, large x", "backward, large x")
)
def relu_capped_at_six(right: Any) -> Any:
    return pair(right, lambda self, x: np.clip(x, 0.0, 6.0), lambda self, x: (x > 0) & (x < 6))


@mistake("1.3", "ReLU", "negative entries leak through with slope 0.01: that is LeakyReLU, question 1.4", fails=("forward", "backward"))
def relu_leaks(right: Any) -> Any:
    return pair(right, lambda self, x: np.where(x > 0, x, 0.01 * x), lambda self, x: np.where(x > 0, 1.0, 0.01))


@mistake(
    "1.3",
    "ReLU",
    "the mask of the first forward is kept; backward belongs to the latest forward",
    fails=("backward, after a second forward",),
)
def relu_first_mask(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.positive = getattr(self, "positive", x > 0)
        return np.maximum(x, 0.0)

    return but(right, forward=forward)


@mistake(
    "1.3",
    "ReLU",
    "the mask is kept on the class (or in a global), where every ReLU of a network overwrites it; it belongs to self",
    fails=("backward, another layer in between",),
)
def relu_mask_on_class(right: Any) -> Any:
    kept: dict[str, Any] = {}

    def forward(self: Any, x: Any) -> Any:
        kept["positive"] = x > 0
        return np.maximum(x, 0.0)

    return but(right, forward=forward, backward=lambda self, g: np.where(kept["positive"], g, 0.0))


@mistake(
    "1.3", "ReLU", "the computation goes through float32, which keeps 7 of the 16 digits; these layers work in float64", fails=("forward",)
)
def relu_through_float32(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        return right.forward(self, x.astype(np.float32)).astype(np.float64)

    return but(right, forward=forward)


# ---- 1.4 LeakyReLU


@mistake(
    "1.4",
    "LeakyReLU",
    "forward is max(x, slope·x), which takes the wrong branch when the slope is above 1 (handout 1.4)",
    fails=("forward, slope above 1", "backward, slope above 1"),
)
def leaky_by_maximum(right: Any) -> Any:
    return pair(right, lambda self, x: np.maximum(x, self.slope * x), lambda self, x: np.where(x > self.slope * x, 1.0, self.slope))


@mistake("1.4", "LeakyReLU", "the slope is on the positive side; it belongs to x ≤ 0 (handout 1.4)", fails=("forward", "backward"))
def leaky_positive_side(right: Any) -> Any:
    return pair(right, lambda self, x: np.where(x > 0, self.slope * x, x), lambda self, x: np.where(x > 0, self.slope, 1.0))


@mistake("1.4", "LeakyReLU", "forward is max(x, slope): the slope is not multiplied by x (handout 1.4)", fails=("forward", "backward"))
def leaky_constant_floor(right: Any) -> Any:
    return pair(right, lambda self, x: np.maximum(x, self.slope), lambda self, x: x > self.slope)


@mistake(
    "1.4",
    "LeakyReLU",
    "slope·x is added for every x: the positive side gets the slope 1 + slope (handout 1.4)",
    fails=("forward", "backward"),
)
def leaky_added_everywhere(right: Any) -> Any:
    return pair(right, lambda self, x: np.maximum(x, 0.0) + self.slope * x, lambda self, x: np.where(x > 0, 1 + self.slope, self.slope))


@mistake("1.4", "LeakyReLU", "the slope multiplies |x|, so that the negative side bends upwards", fails=("forward", "backward"))
def leaky_absolute_value(right: Any) -> Any:
    return pair(right, lambda self, x: np.where(x > 0, x, -self.slope * x), lambda self, x: np.where(x > 0, 1.0, -self.slope))


@mistake("1.4", "LeakyReLU", "backward is that of ReLU: nothing passes where x < 0 (handout 1.4)", fails=("backward",))
def leaky_backward_of_relu(right: Any) -> Any:
    return but(right, backward=lambda self, g: np.where(self.factor == 1.0, g, 0.0))


@mistake(
    "1.4",
    "LeakyReLU",
    "backward writes the bare slope where x < 0: the factor grad_output is missing there (handout 1.4)",
    fails=("backward",),
)
def leaky_backward_bare_slope(right: Any) -> Any:
    return but(right, backward=lambda self, g: np.where(self.factor == 1.0, g, self.slope))


@mistake("1.4", "LeakyReLU", "backward uses the default slope whatever the slope is", fails=("backward",))
def leaky_backward_default_slope(right: Any) -> Any:
    return but(right, backward=lambda self, g: np.where(self.factor == 1.0, g, default(right, "slope") * g))


@mistake("1.4", "LeakyReLU", "the derivative at exactly 0 is 1; at a kink the branch is x ≤ 0 (handout 1.4)", fails=("backward, at 0",))
def leaky_one_at_zero(right: Any) -> Any:
    return pair(right, lambda self, x: np.where(x > 0, x, self.slope * x), lambda self, x: np.where(x >= 0, 1.0, self.slope))


@mistake(
    "1.4",
    "LeakyReLU",
    "backward reads the branch from the sign of the output: with a negative slope negative inputs give positive outputs",
    fails=("backward, negative slope",),
)
def leaky_mask_of_output(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: np.where(x > 0, x, self.slope * x),
        lambda self, x: np.where(np.where(x > 0, x, self.slope * x) > 0, 1.0, self.slope),
    )


@mistake("1.4", "LeakyReLU", "forward scales the negative entries of its own argument; work on a copy", fails=("conduct, x",))
def leaky_overwrites_x(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.factor = np.where(x > 0, 1.0, self.slope)
        x *= self.factor
        return x

    return but(right, forward=forward)
