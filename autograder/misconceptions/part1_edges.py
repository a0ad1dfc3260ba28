"""Known mistakes in part 1 that show next to a kink, nearly at a limit, or with unusual arguments alone. Each sentence goes on after
"This is what you get when …".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from . import mistake
from .altered import but, default, pair

# ---- next to a kink


@mistake(
    "1.3",
    "ReLU",
    "the mask is x > 1e-7, or leaves out what is close to 0: every x > 0 is on the positive side, however small (handout 1.3)",
    fails=("backward, at 0",),
)
def relu_mask_with_tolerance(right: Any) -> Any:
    return pair(right, lambda self, x: np.maximum(x, 0.0), lambda self, x: x > 1e-7)


# ---- nearly at a limit


@mistake(
    "1.1",
    "Sigmoid",
    "forward is exactly 0 below −15 and exactly 1 above 15; the formula still differs from these limits there, by 3e-7 (handout 1.1)",
    fails=("forward, large x",),
)
def sigmoid_cut_off(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.y = np.where(np.abs(x) > 15, x > 0, special.expit(x))
        return self.y.copy()

    return but(right, forward=forward)


@mistake(
    "1.2",
    "Tanh",
    "forward is exactly ±1 where |x| > 8; tanh still differs from its limits there, by 2e-7 (handout 1.2)",
    fails=("forward, large x",),
)
def tanh_cut_off(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.y = np.where(np.abs(x) > 8, np.sign(x), np.tanh(x))
        return self.y.copy()

    return but(right, forward=forward)


@mistake(
    "1.5",
    "ELU",
    "forward is exactly −α below x = −10; the curve still differs from its limit there, by 5e-5·α (handout 1.5)",
    fails=("forward, large x",),
)
def elu_cut_off(right: Any) -> Any:
    return but(right, forward=lambda self, x: np.where(x < -10, -self.alpha, right.forward(self, x)))


@mistake(
    "1.9",
    "GELU",
    "forward is exactly 0 below x = −6, where x·Φ(x) is small, but not yet 0 (handout 1.9)",
    fails=("forward, large x",),
)
def gelu_cut_off(right: Any) -> Any:
    return but(right, forward=lambda self, x: np.where(x < -6, 0.0, right.forward(self, x)))


# ---- arguments


@mistake(
    "1.4",
    "LeakyReLU",
    "the default slope is used where the given slope is 0 (`slope or …` takes a 0 for nothing); 0 is a slope like any other",
    fails=("forward, slope 0", "backward, slope 0"),
)
def leaky_zero_is_no_slope(right: Any) -> Any:
    def init(self: Any, slope: float = default(right, "slope")) -> None:
        right.__init__(self, slope or default(right, "slope"))

    return but(right, __init__=init)


@mistake(
    "1.5",
    "ELU",
    "forward is max(x, α·(eˣ − 1)), which takes the wrong branch just below 0 when α is above 1 (handout 1.5)",
    fails=("forward, alpha above 1",),
)
def elu_by_maximum(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        right.forward(self, x)
        return np.maximum(x, self.alpha * np.expm1(np.minimum(x, 0.0)))

    return but(right, forward=forward)
