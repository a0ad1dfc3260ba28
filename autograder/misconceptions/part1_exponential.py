"""Known mistakes in part 1: ELU, SELU, GELU. See part1.py for how they are written."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from . import mistake
from .altered import but, pair


def sigma(x: Any) -> Any:
    return special.expit(x)


def phi(x: Any) -> Any:
    return special.ndtr(x)


def density(x: Any) -> Any:
    return np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)


def below_zero(x: Any) -> Any:
    """x where it is negative, else 0: what may safely go into an exponential."""
    return np.minimum(x, 0.0)


# ---- 1.5 ELU


@mistake("1.5", "ELU", "forward is α·eˣ where x ≤ 0: the −1 is missing, so that the curve jumps at 0 (handout 1.5)", fails=("forward",))
def elu_without_minus_one(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: np.where(x > 0, x, self.alpha * np.exp(below_zero(x))),
        lambda self, x: np.where(x > 0, 1.0, self.alpha * np.exp(below_zero(x))),
    )


@mistake("1.5", "ELU", "forward is α·eˣ − 1 where x ≤ 0: α multiplies the bracket eˣ − 1 as a whole (handout 1.5)", fails=("forward",))
def elu_minus_one_outside(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: np.where(x > 0, x, self.alpha * np.exp(below_zero(x)) - 1),
        lambda self, x: np.where(x > 0, 1.0, self.alpha * np.exp(below_zero(x))),
    )


@mistake("1.5", "ELU", "the −1 is inside the exponent: forward is α·e^(x−1) where x ≤ 0 (handout 1.5)", fails=("forward", "backward"))
def elu_minus_one_in_exponent(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: np.where(x > 0, x, self.alpha * np.exp(below_zero(x) - 1)),
        lambda self, x: np.where(x > 0, 1.0, self.alpha * np.exp(below_zero(x) - 1)),
    )


@mistake("1.5", "ELU", "α is inside the exponent: forward is e^(αx) − 1 where x ≤ 0 (handout 1.5)", fails=("forward", "backward"))
def elu_alpha_in_exponent(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: np.where(x > 0, x, np.expm1(self.alpha * below_zero(x))),
        lambda self, x: np.where(x > 0, 1.0, self.alpha * np.exp(self.alpha * below_zero(x))),
    )


@mistake("1.5", "ELU", "forward leaves α out, although backward has it (handout 1.5)", fails=("forward",))
def elu_forward_without_alpha(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: np.where(x > 0, x, np.expm1(below_zero(x))),
        lambda self, x: np.where(x > 0, 1.0, self.alpha * np.exp(below_zero(x))),
    )


@mistake(
    "1.5",
    "ELU",
    "the branches are multiplied by masks and added: at x = 1000 the unused one is 0·inf, which is NaN (handout 1.5)",
    fails=("forward, large x", "backward, large x"),
)
def elu_masks_times_infinity(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: (x > 0) * x + (x <= 0) * self.alpha * (np.exp(x) - 1),
        lambda self, x: (x > 0) + (x <= 0) * self.alpha * np.exp(x),
    )


@mistake(
    "1.5",
    "ELU",
    "np.where gets eˣ of positive entries too, which overflows at x = 1000",
    fails=(),
    equivalent="np.where throws the infinite entries away; only a warning is printed, and warnings do not matter",
)
def elu_where_overflows(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: np.where(x > 0, x, self.alpha * (np.exp(x) - 1)),
        lambda self, x: np.where(x > 0, 1.0, self.alpha * np.exp(x)),
    )


@mistake("1.5", "ELU", "backward is α where x < 0; that slope holds at 0 only and falls off as eˣ (handout 1.5)", fails=("backward",))
def elu_backward_alpha(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: np.where(x > 0, 1.0, self.alpha))


@mistake("1.5", "ELU", "backward is the output y where x < 0; the derivative is y + α there (handout 1.5)", fails=("backward",))
def elu_backward_y(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: np.where(x > 0, 1.0, self.derivative - self.alpha))


@mistake("1.5", "ELU", "backward is eˣ where x < 0: the factor α is missing (handout 1.5)", fails=("backward",))
def elu_backward_without_alpha(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: np.exp(below_zero(x)))


@mistake(
    "1.5",
    "ELU",
    "the cache is the very array that forward multiplies by α afterwards, and backward multiplies by α once more (handout 1.5)",
    fails=("backward",),
)
def elu_cache_scaled_in_place(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: np.where(x > 0, 1.0, self.alpha * (1.0 + self.alpha * np.expm1(below_zero(x)))))


@mistake("1.5", "ELU", "backward takes the exponential of the output instead of the input (handout 1.5)", fails=("backward",))
def elu_backward_exp_of_output(right: Any) -> Any:
    return pair(
        right,
        right.forward,
        lambda self, x: np.where(x > 0, 1.0, self.alpha * np.exp(self.derivative - self.alpha)),
    )


@mistake(
    "1.5", "ELU", "the derivative at exactly 0 is 1; at a kink the branch is x ≤ 0, which has α (handout 1.5)", fails=("backward, at 0",)
)
def elu_one_at_zero(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: np.where(x >= 0, 1.0, self.derivative))


@mistake(
    "1.5",
    "ELU",
    "backward multiplies into grad_output itself (grad_output *= …); its owner still needs it",
    fails=("conduct, grad_output", "backward, called twice"),
)
def elu_overwrites_gradient(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        g *= self.derivative
        return g

    return but(right, backward=backward)


# ---- 1.8 SELU


def selu_like(right: Any, alpha: float, scale: float, above: float) -> Any:
    """above·x where x > 0, else scale·alpha·(eˣ − 1), with its own derivative."""
    return pair(
        right,
        lambda self, x: np.where(x > 0, above * x, scale * alpha * np.expm1(below_zero(x))),
        lambda self, x: np.where(x > 0, above, scale * alpha * np.exp(below_zero(x))),
    )


@mistake("1.8", "SELU", "α and λ are swapped (handout 1.8)", fails=("forward", "backward"))
def selu_swapped(right: Any) -> Any:
    return selu_like(right, right.scale, right.alpha, right.alpha)


@mistake("1.8", "SELU", "λ multiplies the positive side only; it multiplies both (handout 1.8)", fails=("forward", "backward"))
def selu_scale_above_only(right: Any) -> Any:
    return selu_like(right, right.alpha, 1.0, right.scale)


@mistake("1.8", "SELU", "λ multiplies the negative side only; it multiplies both (handout 1.8)", fails=("forward", "backward"))
def selu_scale_below_only(right: Any) -> Any:
    return selu_like(right, right.alpha, right.scale, 1.0)


@mistake(
    "1.8", "SELU", "the constants are rounded to 1.6733 and 1.0507; all given digits count (handout 1.8)", fails=("forward", "backward")
)
def selu_rounded_constants(right: Any) -> Any:
    return selu_like(right, 1.6733, 1.0507, 1.0507)


@mistake("1.8", "SELU", "α is missing: the negative side is λ·(eˣ − 1) (handout 1.8)", fails=("forward", "backward"))
def selu_without_alpha(right: Any) -> Any:
    return selu_like(right, 1.0, right.scale, right.scale)


@mistake("1.8", "SELU", "the −1 is missing: forward is λα·eˣ where x ≤ 0, and the curve jumps at 0 (handout 1.8)", fails=("forward",))
def selu_without_minus_one(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: self.scale * np.where(x > 0, x, self.alpha * np.exp(below_zero(x))),
        lambda self, x: self.scale * np.where(x > 0, 1.0, self.alpha * np.exp(below_zero(x))),
    )


@mistake(
    "1.8",
    "SELU",
    "the branches are multiplied by masks and added: at x = 1000 the unused one is 0·inf, which is NaN (handout 1.8)",
    fails=("forward, large x", "backward, large x"),
)
def selu_masks_times_infinity(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: self.scale * ((x > 0) * x + (x <= 0) * self.alpha * (np.exp(x) - 1)),
        lambda self, x: self.scale * ((x > 0) + (x <= 0) * self.alpha * np.exp(x)),
    )


@mistake("1.8", "SELU", "λ is missing in backward (handout 1.8)", fails=("backward",))
def selu_backward_without_scale(right: Any) -> Any:
    return but(right, backward=lambda self, g: g * self.derivative / self.scale)


@mistake("1.8", "SELU", "backward is λα where x < 0; that slope holds at 0 only and falls off as eˣ (handout 1.8)", fails=("backward",))
def selu_backward_constant(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: self.scale * np.where(x > 0, 1.0, self.alpha))


@mistake(
    "1.8", "SELU", "backward is y + α where x < 0; the output already holds λ, so it is y + λα there (handout 1.8)", fails=("backward",)
)
def selu_backward_y_plus_alpha(right: Any) -> Any:
    return pair(
        right,
        right.forward,
        lambda self, x: np.where(x > 0, self.scale, self.derivative - self.scale * self.alpha + self.alpha),
    )


@mistake(
    "1.8",
    "SELU",
    "the cache is the very array that forward multiplies by λ afterwards, and backward multiplies by λ once more (handout 1.8)",
    fails=("backward",),
)
def selu_cache_scaled_in_place(right: Any) -> Any:
    def slope(self: Any, x: Any) -> Any:
        return self.scale * np.where(x > 0, 1.0, self.alpha * (1.0 + self.scale * np.expm1(below_zero(x))))

    return pair(right, right.forward, slope)


@mistake(
    "1.8", "SELU", "the derivative at exactly 0 is λ; at a kink the branch is x ≤ 0, which has λα (handout 1.8)", fails=("backward, at 0",)
)
def selu_other_side_at_zero(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: np.where(x >= 0, self.scale, self.derivative))


# ---- 1.9 GELU

BEND = 0.044715


def tanh_form(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + BEND * x**3)))


def slope_of_tanh_form(x: Any) -> Any:
    t = np.tanh(np.sqrt(2 / np.pi) * (x + BEND * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * BEND * x**2)


@mistake("1.9", "GELU", "forward is the tanh approximation, although backward is exact (handout 1.9)", fails=("forward",))
def gelu_tanh_forward(right: Any) -> Any:
    return pair(right, lambda self, x: tanh_form(x), lambda self, x: phi(x) + x * density(x))


@mistake(
    "1.9",
    "GELU",
    "forward is the tanh approximation, off by up to 5e-4; the exact one by the error function is asked for (handout 1.9)",
    fails=("forward", "backward"),
)
def gelu_tanh_form(right: Any) -> Any:
    return pair(right, lambda self, x: tanh_form(x), lambda self, x: slope_of_tanh_form(x))


@mistake("1.9", "GELU", "forward is x·σ(1.702x), an approximation off by up to 2e-2 (handout 1.9)", fails=("forward", "backward"))
def gelu_sigmoid_form(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: x * sigma(1.702 * x),
        lambda self, x: sigma(1.702 * x) * (1 + 1.702 * x * sigma(-1.702 * x)),
    )


@mistake("1.9", "GELU", "forward is x·σ(x): that is SiLU (Swish), another function", fails=("forward", "backward"))
def gelu_is_silu(right: Any) -> Any:
    return pair(right, lambda self, x: x * sigma(x), lambda self, x: sigma(x) * (1 + x * sigma(-x)))


@mistake("1.9", "GELU", "erf is taken of x instead of x/√2 (handout 1.9)", fails=("forward", "backward"))
def gelu_erf_without_root(right: Any) -> Any:
    return pair(
        right,
        lambda self, x: x * (1 + special.erf(x)) / 2,
        lambda self, x: (1 + special.erf(x)) / 2 + x * np.exp(-(x**2)) / np.sqrt(np.pi),
    )


@mistake("1.9", "GELU", "forward returns Φ(x) alone: the factor x is missing (handout 1.9)", fails=("forward", "backward"))
def gelu_without_x(right: Any) -> Any:
    return pair(right, lambda self, x: phi(x), lambda self, x: density(x))


@mistake("1.9", "GELU", "backward is Φ(x) alone: Φ depends on x as well, which adds x·φ(x) (handout 1.9)", fails=("backward",))
def gelu_backward_without_density(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: phi(x))


@mistake("1.9", "GELU", "the term x·φ(x) of backward is halved (handout 1.9)", fails=("backward",))
def gelu_backward_half_density(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: phi(x) + 0.5 * x * density(x))


@mistake("1.9", "GELU", "the factor x is missing before φ(x) in backward (handout 1.9)", fails=("backward",))
def gelu_backward_bare_density(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: phi(x) + density(x))


@mistake("1.9", "GELU", "the normal density in backward lacks its 1/√(2π) (handout 1.9)", fails=("backward",))
def gelu_backward_unnormalised(right: Any) -> Any:
    return pair(right, right.forward, lambda self, x: phi(x) + x * np.exp(-0.5 * x**2))


@mistake("1.9", "GELU", "backward returns the local derivative alone: the chain rule's factor grad_output is missing", fails=("backward",))
def gelu_backward_without_upstream(right: Any) -> Any:
    return but(right, backward=lambda self, g: self.derivative.copy())


@mistake(
    "1.9",
    "GELU",
    "every backward writes into one array that is kept and returned: a gradient returned earlier changes under its owner's hands",
    fails=("conduct, earlier gradient",),
)
def gelu_one_gradient_buffer(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        if getattr(self, "buffer", np.empty(0)).shape != g.shape:
            self.buffer = np.empty(g.shape)
        return np.multiply(g, self.derivative, out=self.buffer)

    return but(right, backward=backward)
