"""Known mistakes in part 4: what a layer keeps that is not its own, or no longer true. See part4.py for how they are written."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but
from .part4_batchnorm2d import wide

# ---- caches of the class


def sharing(right: Any, *names: str) -> Any:
    """The right layer, but these attributes are the class's: backward finds what the latest forward of any layer left."""
    shared: dict[str, Any] = {}

    def forward(self: Any, *arguments: Any) -> Any:
        y = right.forward(self, *arguments)
        shared.update({name: getattr(self, name) for name in names})
        return y

    def backward(self: Any, *arguments: Any) -> Any:
        vars(self).update(shared)
        return right.backward(self, *arguments)

    return but(right, forward=forward, backward=backward)


OF_THE_CLASS = "what forward keeps is an attribute of the class, which all its layers share; it belongs to `self` (handout 4)"


@mistake("4.1", "Linear", OF_THE_CLASS, fails=("backward, another layer in between", "gradients, another layer in between"))
def linear_cache_of_the_class(right: Any) -> Any:
    return sharing(right, "x")


@mistake("4.2", "Conv2d", OF_THE_CLASS, fails=("gradients, another layer in between",))
def conv_cache_of_the_class(right: Any) -> Any:
    return sharing(right, "windows", "padded_shape")


@mistake("4.3", "BatchNorm2d", OF_THE_CLASS, fails=("backward, another layer in between", "gradients, another layer in between"))
def batchnorm_cache_of_the_class(right: Any) -> Any:
    return sharing(right, "normalized", "inverse_std", "batch_statistics")


@mistake("4.4", "MaxPool2d", OF_THE_CLASS, fails=("backward, another layer in between",))
def max_pool_cache_of_the_class(right: Any) -> Any:
    return sharing(right, "shape", "winner")


@mistake("4.5", "GlobalAveragePool2d", OF_THE_CLASS, fails=("backward, another layer in between",))
def average_pool_cache_of_the_class(right: Any) -> Any:
    return sharing(right, "shape")


@mistake("4.6", "SoftmaxCrossEntropy", OF_THE_CLASS, fails=("backward, another loss in between",))
def loss_cache_of_the_class(right: Any) -> Any:
    return sharing(right, "difference")


@mistake(
    "4.1",
    "Linear",
    "all layers of the class have one dict `gradients`: the latest backward of any of them overwrites it (handout 4)",
    fails=("gradients, another layer in between",),
)
def linear_gradients_of_the_class(right: Any) -> Any:
    shared: dict[str, Any] = {}

    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        shared.update(self.gradients)
        self.gradients = shared
        return grad

    return but(right, backward=backward)


# ---- results in an array that is used again


def reusing(right: Any, method: str) -> Any:
    """The right layer, but the result of this method is written into the same array as long as its shape stays."""

    def call(self: Any, *arguments: Any) -> Any:
        y = getattr(right, method)(self, *arguments)
        if getattr(self, "buffer", np.empty(0)).shape != y.shape:
            self.buffer = np.empty(y.shape)
        self.buffer[...] = y
        return self.buffer

    return but(right, **{method: call})


REUSED = "results are written into an array that is used again while the shape stays: an earlier one changes under its owner's hands"


@mistake("4.1", "Linear", REUSED, fails=("conduct, earlier result",))
def linear_reuses_its_output(right: Any) -> Any:
    return reusing(right, "forward")


@mistake("4.2", "Conv2d", REUSED, fails=("conduct, earlier result",))
def conv_reuses_its_output(right: Any) -> Any:
    return reusing(right, "forward")


@mistake("4.3", "BatchNorm2d", REUSED, fails=("conduct, earlier gradient",))
def batchnorm_reuses_its_gradient(right: Any) -> Any:
    return reusing(right, "backward")


@mistake("4.4", "MaxPool2d", REUSED, fails=("conduct, earlier gradient",))
def max_pool_reuses_its_gradient(right: Any) -> Any:
    return reusing(right, "backward")


@mistake("4.5", "GlobalAveragePool2d", REUSED, fails=("conduct, earlier gradient",))
def average_pool_reuses_its_gradient(right: Any) -> Any:
    return reusing(right, "backward")


@mistake("4.6", "SoftmaxCrossEntropy", REUSED, fails=("conduct, earlier gradient",))
def loss_reuses_its_gradient(right: Any) -> Any:
    return reusing(right, "backward")


# ---- copies of parameters


@mistake(
    "4.1",
    "Linear",
    "backward keeps the transposed weight from its first call; training changes `parameters`, which are read every time (handout 4)",
    fails=("backward, parameters changed",),
)
def linear_transposes_once(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        right.backward(self, g)
        self.transposed = getattr(self, "transposed", self.parameters["weight"].T.copy())
        return g @ self.transposed

    return but(right, backward=backward)


@mistake(
    "4.2",
    "Conv2d",
    "backward uses a copy of the weight from the constructor; training changes `parameters`, which are read every time (handout 4)",
    fails=("backward, parameters changed",),
)
def conv_backward_weight_of_constructor(right: Any) -> Any:
    def init(self: Any, weight: Any, bias: Any, stride: int = 1, padding: int = 0) -> None:
        right.__init__(self, weight, bias, stride, padding)
        self.first = weight.copy()

    def backward(self: Any, g: Any) -> Any:
        grad = right.backward(self, g)
        other = right(self.first, self.parameters["bias"], self.stride, self.padding)
        other.forward(np.zeros((grad.shape[0], *grad.shape[1:])))
        return other.backward(g)

    return but(right, __init__=init, backward=backward)


@mistake(
    "4.2",
    "Conv2d",
    "the bias is copied, in the shape that forward needs, by the constructor; `parameters` are read at every forward (handout 4)",
    fails=("forward, parameters changed",),
)
def conv_bias_of_constructor(right: Any) -> Any:
    def init(self: Any, weight: Any, bias: Any, stride: int = 1, padding: int = 0) -> None:
        right.__init__(self, weight, bias, stride, padding)
        self.first = bias.copy()

    def forward(self: Any, x: Any) -> Any:
        return right.forward(self, x) + wide(self.first - self.parameters["bias"])

    return but(right, __init__=init, forward=forward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "weight and bias are copied by the first forward; training changes `parameters`, which are read at every forward (handout 4)",
    fails=("forward, parameters changed",),
)
def batchnorm_parameters_of_first_forward(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        right.forward(self, x)
        if not hasattr(self, "first"):
            self.first = {name: value.copy() for name, value in self.parameters.items()}
        return wide(self.first["weight"]) * self.normalized + wide(self.first["bias"])

    return but(right, forward=forward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "the factor and shift of evaluation are computed once; after more training they are others (handout 4.3)",
    fails=("evaluation, after training again",),
)
def batchnorm_evaluation_computed_once(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        if self.training:
            return y
        if not hasattr(self, "fused"):
            factor = self.parameters["weight"] * self.inverse_std
            self.fused = wide(factor), wide(self.parameters["bias"] - self.running_mean * factor)
        return x * self.fused[0] + self.fused[1]

    return but(right, forward=forward)


@mistake(
    "4.3",
    "BatchNorm2d",
    "backward asks `training` itself; it belongs to the forward before it, and to the mode that this one ran in (handout 4.3)",
    fails=("backward, training ended since",),
)
def batchnorm_backward_of_present_mode(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        self.batch_statistics = self.training
        return right.backward(self, g)

    return but(right, backward=backward)
