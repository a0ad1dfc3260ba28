"""Known mistakes of part 5: the residual blocks that only other networks need."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited
from .part5_basic_blocks import ALL_B, CHANGES, PROJECTING

# ---- 5.7 PreActBlock


@mistake(
    "5.7",
    "PreActBlock",
    "a ReLU follows the sum: a pre-activation block ends in the bare sum, so that the identity runs through unhindered (handout 5.7)",
    fails=ALL_B,
)
def preact_relu_after_the_sum(right: Any) -> Any:
    return edited(right, ("return residual + shortcut", "return F.relu(residual + shortcut)"))


@mistake(
    "5.7",
    "PreActBlock",
    "the projection takes the raw x; where the shape changes the shortcut starts from ReLU(bn1(x)), as in the authors' code (handout 5.7)",
    fails=PROJECTING,
)
def preact_projection_of_raw_input(right: Any) -> Any:
    return edited(right, ("self.shortcut(activated)", "self.shortcut(x)"))


@mistake(
    "5.7", "PreActBlock", "the identity shortcut starts from ReLU(bn1(x)); where the shape stays it is x as it came in", fails=("identity",)
)
def preact_identity_of_activation(right: Any) -> Any:
    return edited(right, ("if self.projects else x", "if self.projects else activated"))


@mistake(
    "5.7",
    "PreActBlock",
    "the projection has a batch normalization of its own; here it is a 1×1 convolution alone",
    fails=("conduct", *PROJECTING),
)
def preact_projection_with_norm(right: Any) -> Any:
    old = "nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))"
    return edited(right, (old, old[:-1] + ", nn.BatchNorm2d(out_channels))"))


@mistake(
    "5.7",
    "PreActBlock",
    "it is the block of 2015: normalization after each convolution; here it comes before (bn1 has in_channels)",
    fails=("conduct", *PROJECTING),
)
def preact_is_post_activation(right: Any) -> Any:
    return edited(
        right,
        ("self.bn1 = nn.BatchNorm2d(in_channels)", "self.bn1 = nn.BatchNorm2d(out_channels)"),
        ("activated = F.relu(self.bn1(x))", "activated = x"),
        ("residual = self.conv1(activated)", "residual = F.relu(self.bn1(self.conv1(x)))"),
        ("self.conv2(F.relu(self.bn2(residual)))", "self.bn2(self.conv2(residual))"),
    )


@mistake("5.7", "PreActBlock", "the ReLU before conv2 is missing", fails=ALL_B)
def preact_no_second_relu(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn2(residual))", "self.bn2(residual)"))


@mistake("5.7", "PreActBlock", "a ReLU stands before each batch normalization instead of after it", fails=ALL_B)
def preact_relu_before_norm(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn1(x))", "self.bn1(F.relu(x))"))


@mistake(
    "5.7", "PreActBlock", "the second 3×3 convolution has the stride instead of the first", fails=("stride alone", "stride and channels")
)
def preact_stride_on_the_second(right: Any) -> Any:
    return edited(
        right,
        ("out_channels, out_channels, 3, padding", "out_channels, out_channels, 3, stride, padding"),
        ("in_channels, out_channels, 3, stride, padding", "in_channels, out_channels, 3, padding"),
    )


@mistake("5.7", "PreActBlock", "a ReLU in place overwrites x, which the identity shortcut still needs", fails=("identity", "conduct"))
def preact_in_place(right: Any) -> Any:
    return edited(right, ("activated = F.relu(self.bn1(x))", "activated = F.relu(self.bn1(x))\n        x.relu_()"))


@mistake(
    "5.7",
    "PreActBlock",
    "the shortcut projects only when the channels differ; a stride alone changes the shape too",
    fails=("stride alone",),
)
def preact_projection_only_for_channels(right: Any) -> Any:
    return edited(right, (CHANGES, "in_channels != out_channels"))


# ---- 5.10 Transition

SIZES = ("even size", "odd size")


@mistake("5.10", "Transition", "there is no pooling, so that the image keeps its size", fails=SIZES)
def transition_without_pooling(right: Any) -> Any:
    return edited(right, ("F.avg_pool2d(self.conv(F.relu(self.bn(x))), 2)", "self.conv(F.relu(self.bn(x)))"))


@mistake("5.10", "Transition", "the pooling takes the maximum; it is the average", fails=SIZES)
def transition_max_pooling(right: Any) -> Any:
    return edited(right, ("F.avg_pool2d", "F.max_pool2d"))


@mistake(
    "5.10", "Transition", "the ReLU is left out, as in the paper's text; the authors' code has it, and so has the contract", fails=SIZES
)
def transition_without_relu(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn(x))", "self.bn(x)"))


@mistake(
    "5.10",
    "Transition",
    "normalization and ReLU follow the convolution; they come before it (bn has in_channels)",
    fails=("conduct", *SIZES),
)
def transition_post_activation(right: Any) -> Any:
    return edited(
        right,
        ("nn.BatchNorm2d(in_channels)", "nn.BatchNorm2d(out_channels)"),
        ("self.conv(F.relu(self.bn(x)))", "F.relu(self.bn(self.conv(x)))"),
    )


@mistake("5.10", "Transition", "an odd last row or column is kept (ceil_mode); the pooling drops it", fails=("odd size",))
def transition_rounds_up(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn(x))), 2)", "F.relu(self.bn(x))), 2, ceil_mode=True)"))


@mistake("5.10", "Transition", "a stride on the 1×1 convolution replaces the pooling: three of four entries are thrown away", fails=SIZES)
def transition_strided_convolution(right: Any) -> Any:
    return edited(
        right,
        ("out_channels, 1, bias", "out_channels, 1, 2, bias"),
        ("F.avg_pool2d(self.conv(F.relu(self.bn(x))), 2)", "self.conv(F.relu(self.bn(x)))"),
    )


# ---- 5.12 DepthwiseSeparable


@mistake("5.12", "DepthwiseSeparable", "the first convolution is dense: groups is missing, and with it the saving", fails=ALL_B)
def separable_dense(right: Any) -> Any:
    return edited(right, ("groups=in_channels, ", ""))


@mistake("5.12", "DepthwiseSeparable", "there is no ReLU (and no normalization) between the two convolutions", fails=ALL_B)
def separable_linear_middle(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn1(self.conv1(x)))", "self.bn1(self.conv1(x))"))


@mistake("5.12", "DepthwiseSeparable", "the last ReLU is missing; that belongs to the inverted residual (handout 5.12)", fails=ALL_B)
def separable_linear_end(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn2(self.conv2(x)))", "self.bn2(self.conv2(x))"))


@mistake(
    "5.12",
    "DepthwiseSeparable",
    "the stride is on the 1×1 convolution; it belongs on the depthwise one",
    fails=("stride alone", "stride and channels"),
)
def separable_stride_on_pointwise(right: Any) -> Any:
    return edited(
        right,
        ("in_channels, in_channels, 3, stride", "in_channels, in_channels, 3, 1"),
        ("out_channels, 1, bias", "out_channels, 1, stride, bias"),
    )


@mistake("5.12", "DepthwiseSeparable", "x is added where the shapes allow it: this block has no shortcut", fails=("identity",))
def separable_with_shortcut(right: Any) -> Any:
    return edited(
        right,
        ("x = F.relu(self.bn1(self.conv1(x)))", "y = F.relu(self.bn1(self.conv1(x)))"),
        (
            "return F.relu(self.bn2(self.conv2(x)))",
            "y = F.relu(self.bn2(self.conv2(y)))\n        return x + y if x.shape == y.shape else y",
        ),
    )


@mistake("5.12", "DepthwiseSeparable", "the activation is ReLU6; here it is plain ReLU", fails=("identity",))
def separable_relu6(right: Any) -> Any:
    return edited(right, ("F.relu(", "F.relu6("))


@mistake(
    "5.12",
    "DepthwiseSeparable",
    "the convolutions have a bias before a batch normalization, which subtracts it again",
    fails=("conduct",),
)
def separable_bias(right: Any) -> Any:
    return edited(right, ("in_channels, out_channels, 1, bias=False", "in_channels, out_channels, 1"))


# ---- 5.13 InvertedResidual

INVERTED = ("identity", "other channels", "stride", "no expansion", "default expansion")


@mistake("5.13", "InvertedResidual", "an activation follows the last convolution; the bottleneck is linear (handout 5.13)", fails=INVERTED)
def inverted_relu_at_the_end(right: Any) -> Any:
    return edited(right, ("y = self.bn3(self.conv3(y))", "y = F.relu6(self.bn3(self.conv3(y)))"))


@mistake("5.13", "InvertedResidual", "plain ReLU is used; ReLU6 cuts at 6 as well", fails=("identity", "default expansion"))
def inverted_plain_relu(right: Any) -> Any:
    return edited(right, ("F.relu6(", "F.relu("))


@mistake(
    "5.13",
    "InvertedResidual",
    "conv1 and bn1 are there even at expand 1, where there is nothing to expand",
    fails=("conduct", "no expansion"),
)
def inverted_always_expands(right: Any) -> Any:
    return edited(right, ("self.expands = expand != 1", "self.expands = True"))


@mistake("5.13", "InvertedResidual", "x is never added: the identity is missing", fails=("identity", "no expansion"))
def inverted_without_identity(right: Any) -> Any:
    return edited(right, ("return x + y if self.adds else y", "return y"))


@mistake("5.13", "InvertedResidual", "x is added wherever the stride is 1, also when the channels differ", fails=("other channels",))
def inverted_adds_for_stride(right: Any) -> Any:
    return edited(right, ("self.adds = stride == 1 and in_channels == out_channels", "self.adds = stride == 1"))


@mistake("5.13", "InvertedResidual", "x is added wherever the channels agree, also with a stride", fails=("stride",))
def inverted_adds_for_channels(right: Any) -> Any:
    return edited(right, ("self.adds = stride == 1 and in_channels == out_channels", "self.adds = in_channels == out_channels"))


@mistake("5.13", "InvertedResidual", "the 3×3 convolution is dense; it is depthwise", fails=("conduct", *INVERTED))
def inverted_dense(right: Any) -> Any:
    return edited(right, ("groups=hidden, ", ""))


@mistake(
    "5.13", "InvertedResidual", "the hidden width is expand·out_channels; it is expand·in_channels", fails=("conduct", "other channels")
)
def inverted_width_from_output(right: Any) -> Any:
    return edited(right, ("hidden = expand * in_channels", "hidden = expand * out_channels if expand != 1 else in_channels"))


@mistake(
    "5.13",
    "InvertedResidual",
    "a projection stands in where the shape changes; this block has a shortcut only where x fits",
    fails=("conduct", "stride"),
)
def inverted_projects(right: Any) -> Any:
    return edited(
        right,
        (
            "self.adds = stride == 1 and in_channels == out_channels",
            "self.adds, self.shortcut = True, nn.Sequential()\n"
            f"        if {CHANGES}:\n            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)\n"
            "            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))",
        ),
        ("x + y", "self.shortcut(x) + y"),
    )


@mistake("5.13", "InvertedResidual", "the default expansion is 4; it is 6", fails=("default expansion",))
def inverted_default(right: Any) -> Any:
    return edited(right, ("expand: int = 6", "expand: int = 4"))
