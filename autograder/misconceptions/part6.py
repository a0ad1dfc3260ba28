"""Known mistakes in 6.1, he_initialize. Each sentence goes on after "This is what you get when …"."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

# ---- 6.1 he_initialize

CONVOLUTIONS = ("convolution",)
WEIGHTS = ("convolution", "linear", "torch's own generator")
FAN = "module.weight[0].numel()"
DRAWN = "module.weight.normal_(0.0, (2.0 / fan_in) ** 0.5, generator=generator)"


@mistake("6.1", "he_initialize", "fan_out is taken for fan_in: it counts the inputs that one output sums over (handout 6.1)", fails=WEIGHTS)
def he_fan_out(right: Any) -> Any:
    return edited(right, (FAN, "module.weight[:, 0].numel()"))


@mistake("6.1", "he_initialize", "the standard deviation is 2 / fan_in; that is the variance, so its root is missing", fails=WEIGHTS)
def he_variance_as_std(right: Any) -> Any:
    return edited(right, ("(2.0 / fan_in) ** 0.5", "2.0 / fan_in"))


@mistake("6.1", "he_initialize", "the factor 2 is missing: ReLU throws away half of the second moment (handout 6.1)", fails=WEIGHTS)
def he_without_the_two(right: Any) -> Any:
    return edited(right, ("2.0 / fan_in", "1.0 / fan_in"))


@mistake(
    "6.1", "he_initialize", "a convolution's fan_in is its input channels alone: the size of the kernel counts too", fails=CONVOLUTIONS
)
def he_kernel_ignored(right: Any) -> Any:
    return edited(right, (FAN, "module.weight.shape[1]"))


@mistake("6.1", "he_initialize", "a convolution's fan_in is the size of its kernel alone: the input channels count too", fails=CONVOLUTIONS)
def he_channels_ignored(right: Any) -> Any:
    return edited(right, (FAN, "module.weight[0].numel() // (module.weight.shape[1] if module.weight.ndim == 4 else 1)"))


@mistake("6.1", "he_initialize", "the kernel counts as the square of one of its sides, and not every kernel is square", fails=CONVOLUTIONS)
def he_square_kernels(right: Any) -> Any:
    return edited(right, (FAN, "module.weight.shape[1] * (module.weight.shape[2] ** 2 if module.weight.ndim == 4 else 1)"))


@mistake(
    "6.1",
    "he_initialize",
    "in a convolution in groups all input channels are counted; an output sums over those of its own group (weight.shape[1])",
    fails=("convolution, in groups",),
)
def he_groups_ignored(right: Any) -> Any:
    return edited(right, (FAN, "module.weight[0].numel() * getattr(module, 'groups', 1)"))


@mistake(
    "6.1",
    "he_initialize",
    "√(2 / fan_in) is used as the bound of a uniform distribution, whose standard deviation is its bound / √3",
    fails=WEIGHTS,
)
def he_bound_as_std(right: Any) -> Any:
    return edited(right, (DRAWN, "module.weight.uniform_(-((2.0 / fan_in) ** 0.5), (2.0 / fan_in) ** 0.5, generator=generator)"))


@mistake("6.1", "he_initialize", "the weights have no negative numbers, so that their mean is not 0", fails=WEIGHTS)
def he_positive(right: Any) -> Any:
    return edited(right, (DRAWN, DRAWN + ".abs_()"))


@mistake("6.1", "he_initialize", "biases keep what they held; every bias starts at 0", fails=("conduct, ones and zeros",))
def he_biases_left(right: Any) -> Any:
    return edited(right, ("module.bias.zero_()", "pass"))


@mistake("6.1", "he_initialize", "linear layers are left out: fc has a starting value too", fails=("linear", "torch's own generator"))
def he_linear_left_out(right: Any) -> Any:
    return edited(right, ("(nn.Conv2d, nn.Linear)", "nn.Conv2d"))


@mistake("6.1", "he_initialize", "batch normalizations keep the weights they held; they start at 1", fails=("conduct, ones and zeros",))
def he_norms_left(right: Any) -> Any:
    return edited(right, ("module.weight.fill_(1.0)", "pass"))


@mistake(
    "6.1", "he_initialize", "the weights of batch normalizations start at 0, so that nothing passes", fails=("conduct, ones and zeros",)
)
def he_norms_zero(right: Any) -> Any:
    return edited(right, ("module.weight.fill_(1.0)", "module.weight.fill_(0.0)"))


@mistake("6.1", "he_initialize", "the given generator is not used", fails=("convolution", "linear"))
def he_generator_ignored(right: Any) -> Any:
    return edited(right, (", generator=generator", ""))


@mistake(
    "6.1",
    "he_initialize",
    "a seed is set inside: every call gives the same weights, and layers of one shape are twins",
    fails=WEIGHTS,
)
def he_fixed_seed(right: Any) -> Any:
    return edited(right, (DRAWN, "module.weight.normal_(0.0, (2.0 / fan_in) ** 0.5, generator=torch.Generator().manual_seed(0))"))


@mistake(
    "6.1",
    "he_initialize",
    "only the children of the model are visited; layers inside a block are deeper (model.modules())",
    fails=("convolution", "conduct, ones and zeros", "torch's own generator"),
)
def he_children_only(right: Any) -> Any:
    return edited(right, ("model.modules()", "model.children()"))
