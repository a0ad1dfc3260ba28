"""Known mistakes in the networks of part 5 that square images and blocks of one's own do not show.

Each sentence goes on after "This is what you get when …".
"""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited
from .part5_any_stride import enter

SQUARE = "the last pooling has a square window as wide as the map, which is its mean only where it is square; it is the mean over all of it"
ROUNDED = "the max pooling rounds up (ceil_mode), so that an even number of rows or columns comes out one too large"

for question, name, prefix in (
    ("5.14", "CifarResNet", "cifar"),
    ("5.15", "ResNet", "resnet"),
    ("5.16", "WideResNet", "wide"),
    ("5.17", "DenseNet", "densenet"),
):
    enter(question, name, f"{prefix}_square_pooling", SQUARE, ("eval",), ("x.mean(dim=(2, 3))", "F.avg_pool2d(x, x.shape[3]).flatten(1)"))
    if name in ("ResNet", "DenseNet"):
        change = ("3, stride=2, padding=1)", "3, stride=2, padding=1, ceil_mode=True)")
        enter(question, name, f"{prefix}_pooling_rounds_up", ROUNDED, ("forward",), change)


@mistake(
    "5.14",
    "CifarResNet",
    'option "A" is asked for also where BasicBlock is given; given, a block is called as block(in_channels, out_channels, stride)',
    fails=("default block",),
)
def cifar_option_a_for_a_given_block(right: Any) -> Any:
    return edited(right, ("if block is None else block", "if block is None or block is kinds.BasicBlock else block"))


@mistake(
    "5.14",
    "CifarResNet",
    "a block is called with two arguments, or by name; it is called as block(in_channels, out_channels, stride), whatever it is",
    fails=("defaults",),
)
def cifar_stride_left_out(right: Any) -> Any:
    return edited(right, ("block(out_channels, out_channels, 1)", "block(out_channels, out_channels)"))


@mistake(
    "5.15",
    "ResNet",
    "a block is called with two arguments, or by name; it is called as block(in_channels, width, stride), whatever it is",
    fails=("defaults",),
)
def resnet_stride_left_out(right: Any) -> Any:
    return edited(right, ("block(channels, width, 1)", "block(channels, width)"))


@mistake(
    "5.15", "ResNet", "the caller's list is emptied (pop): who makes two networks of one list gets an empty second one", fails=("conduct",)
)
def resnet_empties_the_list(right: Any) -> Any:
    return edited(right, ("for s, blocks in enumerate(layers):", "for s in range(len(layers)):\n            blocks = layers.pop(0)"))


@mistake(
    "5.17",
    "DenseNet",
    "the caller's list is emptied (pop): who makes two networks of one list gets an empty second one",
    fails=("conduct",),
)
def densenet_empties_the_list(right: Any) -> Any:
    loop = "count = len(blocks)\n        for i in range(count):\n            layers = blocks.pop(0)"
    return edited(right, ("for i, layers in enumerate(blocks):", loop), ("if i < len(blocks) - 1", "if i < count - 1"))


@mistake("5.15", "resnet101", "resnet101 has 10 classes by default; ImageNet has 1000", fails=("depths",))
def resnet101_of_ten_classes(right: Any) -> Any:
    return edited(right, ("classes: int = 1000", "classes: int = 10"))


@mistake("5.17", "DenseNet", "a transition keeps half of an odd number of channels rounded up; it is ⌊C/2⌋", fails=("forward", "conduct"))
def densenet_halves_rounded_up(right: Any) -> Any:
    return edited(right, ("channels // 2", "-(-channels // 2)"), ("channels //= 2", "channels -= channels // 2"))
