"""Known mistakes in 5.6 and 5.11: Bottleneck and ResNeXtBlock, whose bodies are alike."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited
from .part5_basic_blocks import ALL_B, CHANGES, SUM3

# ---- 5.6 Bottleneck and 5.11 ResNeXtBlock: the same body


def three(question: str, name: str, cells: tuple[str, ...], identity: tuple[str, ...], strided: tuple[str, ...], prefix: str) -> None:
    """Enter the mistakes that the two blocks of three convolutions have in common."""

    def enter(id: str, says: str, fails: tuple[str, ...], *changes: tuple[str, str]) -> None:
        def build(right: Any) -> Any:
            return edited(right, *changes)

        build.__name__ = f"{prefix}_{id}"
        mistake(question, name, says, fails=fails)(build)

    projecting = tuple(c for c in cells if c not in identity)
    enter("no_last_relu", "no ReLU follows the sum", cells, (SUM3, "return residual + self.shortcut(x)"))
    enter(
        "add_after_relu",
        "the shortcut is added after the last ReLU instead of before it",
        cells,
        (SUM3, "return F.relu(residual) + self.shortcut(x)"),
    )
    enter(
        "relu_before_the_sum",
        "a ReLU follows bn3 already: three convolutions, but only two ReLUs inside, and one after the sum",
        cells,
        ("residual = self.bn3(self.conv3(residual))", "residual = F.relu(self.bn3(self.conv3(residual)))"),
    )
    enter(
        "no_middle_relu",
        "the ReLU after bn2 is missing",
        cells,
        ("F.relu(self.bn2(self.conv2(residual)))", "self.bn2(self.conv2(residual))"),
    )
    enter(
        "projection_without_norm",
        "the projection has no batch normalization",
        projecting,
        ("nn.Sequential(projection, nn.BatchNorm2d(out_channels))", "nn.Sequential(projection)"),
    )
    enter(
        "projection_only_for_stride",
        "the shortcut projects only when the stride is not 1",
        tuple(c for c in ("other channels", "fewer channels") if c in cells),
        (CHANGES, "stride != 1"),
    )
    enter(
        "projection_only_for_channels",
        "the shortcut projects only when the channels differ; a stride alone changes the shape too",
        ("stride alone",),
        (CHANGES, "in_channels != out_channels"),
    )
    enter("shortcut_dropped", "the identity is left out of the sum", cells, (SUM3, "return F.relu(residual)"))
    enter(
        "bias_before_norm",
        "the convolutions have a bias before a batch normalization, which subtracts it again",
        ("conduct",),
        ("width, out_channels, 1, bias=False", "width, out_channels, 1"),
    )


BOTTLENECK = (*ALL_B, "fewer channels")
three("5.6", "Bottleneck", BOTTLENECK, ("identity",), ("stride alone", "stride and channels"), "bottleneck")


@mistake(
    "5.6",
    "Bottleneck",
    "the stride is on the first 1×1 convolution, as in the 2015 paper; the contract has it on the 3×3, which sees it all (handout 5.6)",
    fails=("stride alone", "stride and channels"),
)
def bottleneck_stride_on_the_first(right: Any) -> Any:
    return edited(
        right, ("in_channels, width, 1, bias", "in_channels, width, 1, stride, bias"), ("width, width, 3, stride", "width, width, 3, 1")
    )


@mistake(
    "5.6",
    "Bottleneck",
    "the expansion is missing: conv3 puts out `width` channels instead of 4·width",
    fails=BOTTLENECK,
)
def bottleneck_expansion_missing(right: Any) -> Any:
    return edited(right, ("out_channels = self.expansion * width", "out_channels = width"))


@mistake(
    "5.6",
    "Bottleneck",
    "the second argument is taken for the output channels, and the width for a quarter of them; it is the width (handout 5.6)",
    fails=BOTTLENECK,
)
def bottleneck_width_is_output(right: Any) -> Any:
    return edited(right, ("out_channels = self.expansion * width", "out_channels, width = width, max(1, width // 4)"))


@mistake("5.6", "Bottleneck", "the first 1×1 convolution has no batch normalization", fails=BOTTLENECK)
def bottleneck_first_norm_missing(right: Any) -> Any:
    return edited(right, ("        self.bn1 = nn.BatchNorm2d(width)\n", ""), ("self.bn1(self.conv1(x))", "self.conv1(x)"))


@mistake(
    "5.6",
    "Bottleneck",
    "the shortcut projects only where more channels come out; fewer change the shape as well",
    fails=("fewer channels",),
)
def bottleneck_projects_only_for_more(right: Any) -> Any:
    return edited(right, (CHANGES, "stride != 1 or in_channels < out_channels"))


# ---- 5.11 ResNeXtBlock

NEXT = ("identity", "other channels", "stride alone", "stride and channels", "fewer channels", "default groups")
three("5.11", "ResNeXtBlock", NEXT, ("identity",), ("stride alone", "stride and channels"), "resnext")


@mistake("5.11", "ResNeXtBlock", "groups is not passed on, so that the 3×3 convolution is dense", fails=("conduct", *NEXT))
def resnext_not_grouped(right: Any) -> Any:
    return edited(right, ("groups=groups, ", ""))


@mistake("5.11", "ResNeXtBlock", "the expansion is Bottleneck's 4; here it is 2", fails=("conduct", *NEXT))
def resnext_expansion_of_four(right: Any) -> Any:
    return edited(right, ("expansion = 2", "expansion = 4"))


@mistake("5.11", "ResNeXtBlock", "the 3×3 convolution is depthwise (as many groups as channels) whatever `groups` says", fails=("conduct",))
def resnext_depthwise(right: Any) -> Any:
    return edited(right, ("groups=groups, ", "groups=width, "))


@mistake(
    "5.11",
    "ResNeXtBlock",
    "the shortcut projects only where more channels come out; fewer change the shape as well",
    fails=("fewer channels",),
)
def resnext_projects_only_for_more(right: Any) -> Any:
    return edited(right, (CHANGES, "stride != 1 or in_channels < out_channels"))


@mistake(
    "5.11",
    "ResNeXtBlock",
    "the stride is on the first 1×1 convolution; it belongs on the grouped 3×3",
    fails=("stride alone", "stride and channels"),
)
def resnext_stride_on_the_first(right: Any) -> Any:
    return edited(
        right, ("in_channels, width, 1, bias", "in_channels, width, 1, stride, bias"), ("width, width, 3, stride", "width, width, 3, 1")
    )
