"""Known mistakes in 5.4 and 5.5: BasicBlock and PlainBlock. Each sentence goes on after "This is what you get when …"."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

ALL_B = ("identity", "other channels", "stride alone", "stride and channels")
PROJECTING = ALL_B[1:]
SUM = "return F.relu(residual + shortcut)"
SUM3 = "return F.relu(residual + self.shortcut(x))"
CHANGES = "stride != 1 or in_channels != out_channels"

# ---- 5.4 BasicBlock


@mistake(
    "5.4",
    "BasicBlock",
    "the shortcut is added after the last ReLU: F can then only add, and nothing rectifies the sum (handout 5.4)",
    fails=(*ALL_B, "option A"),
)
def basic_add_after_relu(right: Any) -> Any:
    return edited(right, (SUM, "return F.relu(residual) + shortcut"))


@mistake("5.4", "BasicBlock", "no ReLU follows the sum (handout 5.4)", fails=(*ALL_B, "option A"))
def basic_no_last_relu(right: Any) -> Any:
    return edited(right, (SUM, "return residual + shortcut"))


@mistake(
    "5.4",
    "BasicBlock",
    "the branch gets a ReLU of its own before the sum, and the sum a second one: F can then only add, never take away (handout 5.4)",
    fails=(*ALL_B, "option A"),
)
def basic_relu_before_the_sum(right: Any) -> Any:
    return edited(right, (SUM, "return F.relu(F.relu(residual) + shortcut)"))


@mistake("5.4", "BasicBlock", "there is no ReLU after bn1, so that two linear maps follow each other", fails=(*ALL_B, "option A"))
def basic_no_first_relu(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn1(self.conv1(x)))", "self.bn1(self.conv1(x))"))


@mistake(
    "5.4",
    "BasicBlock",
    "the shortcut is left out of the sum, so that the block computes F(x) alone and no gradient passes it by (handout 5.4)",
    fails=ALL_B,
)
def basic_without_shortcut(right: Any) -> Any:
    return edited(right, (SUM, "return F.relu(residual)"))


@mistake(
    "5.4",
    "BasicBlock",
    "a ReLU in place (relu_ or inplace=True) overwrites the block's input before the shortcut has read it",
    fails=("identity", "conduct"),
)
def basic_in_place_on_the_input(right: Any) -> Any:
    return edited(right, ("residual = F.relu(self.bn1(self.conv1(x)))", "residual = F.relu(self.bn1(self.conv1(F.relu(x, inplace=True))))"))


@mistake(
    "5.4",
    "BasicBlock",
    "the shortcut is added in place onto F.relu's own output, which autograd still needs for the gradient of that ReLU",
    fails=ALL_B,
)
def basic_add_in_place_onto_relu(right: Any) -> Any:
    return edited(
        right,
        ("residual = self.bn2(self.conv2(residual))", "residual = F.relu(self.bn2(self.conv2(residual)))"),
        (SUM, "residual += shortcut\n        return residual"),
    )


@mistake(
    "5.4",
    "BasicBlock",
    "the shortcut projects only when the stride is not 1; other channels alone change the shape too (handout 5.4)",
    fails=("other channels",),
)
def basic_projection_only_for_stride(right: Any) -> Any:
    return edited(right, (f"({CHANGES})", "stride != 1"))


@mistake(
    "5.4",
    "BasicBlock",
    "the shortcut projects only when the channels differ; a stride alone changes the shape too (handout 5.4)",
    fails=("stride alone",),
)
def basic_projection_only_for_channels(right: Any) -> Any:
    return edited(right, (f"({CHANGES})", "in_channels != out_channels"))


@mistake("5.4", "BasicBlock", "the shortcut always projects, also where x itself fits (handout 5.4)", fails=("conduct",))
def basic_projection_always(right: Any) -> Any:
    return edited(right, (f'option == "B" and ({CHANGES})', 'option == "B"'))


@mistake(
    "5.4",
    "BasicBlock",
    "the projection has no stride, so that the two summands differ in size",
    fails=("stride alone", "stride and channels"),
)
def basic_projection_without_stride(right: Any) -> Any:
    return edited(right, ("in_channels, out_channels, 1, stride, bias=False", "in_channels, out_channels, 1, bias=False"))


@mistake("5.4", "BasicBlock", "the projection has no batch normalization (handout 5.4)", fails=PROJECTING)
def basic_projection_without_norm(right: Any) -> Any:
    return edited(right, ("nn.Sequential(projection, nn.BatchNorm2d(out_channels))", "nn.Sequential(projection)"))


@mistake("5.4", "BasicBlock", "the projection is a 3×3 convolution; it is a 1×1, which mixes channels and nothing else", fails=PROJECTING)
def basic_projection_three_by_three(right: Any) -> Any:
    old = "nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)"
    return edited(right, (old, "nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)"))


@mistake("5.4", "BasicBlock", "the projected shortcut goes through a ReLU before the sum: the shortcut stays linear", fails=PROJECTING)
def basic_relu_on_the_shortcut(right: Any) -> Any:
    return edited(right, ("shortcut = self.shortcut(x)", "shortcut = F.relu(self.shortcut(x))"))


@mistake("5.4", "BasicBlock", "both 3×3 convolutions have the stride; only the first does", fails=("stride alone", "stride and channels"))
def basic_stride_twice(right: Any) -> Any:
    return edited(right, ("out_channels, out_channels, 3, padding", "out_channels, out_channels, 3, stride, padding"))


@mistake(
    "5.4",
    "BasicBlock",
    "the second 3×3 convolution has the stride instead of the first: the shapes agree, the function does not",
    fails=("stride alone", "stride and channels"),
)
def basic_stride_on_the_second(right: Any) -> Any:
    return edited(
        right,
        ("out_channels, out_channels, 3, padding", "out_channels, out_channels, 3, stride, padding"),
        ("in_channels, out_channels, 3, stride, padding", "in_channels, out_channels, 3, padding"),
    )


@mistake(
    "5.4",
    "BasicBlock",
    "the convolutions have a bias, which the batch normalization after them subtracts again: parameters without any effect (handout 5.4)",
    fails=("conduct",),
)
def basic_bias_before_norm(right: Any) -> Any:
    return edited(right, ("padding=1, bias=False", "padding=1"))


@mistake(
    "5.4",
    "BasicBlock",
    "one batch normalization serves both convolutions: its running statistics then mix two distributions, and bn2 is missing",
    fails=ALL_B,
)
def basic_one_norm_twice(right: Any) -> Any:
    return edited(right, ("        self.bn2 = nn.BatchNorm2d(out_channels)\n", ""), ("self.bn2(", "self.bn1("))


@mistake(
    "5.4",
    "BasicBlock",
    "bn2 is the same module as bn1 under a second name, so that both share weights and running statistics",
    fails=ALL_B,
)
def basic_norms_tied(right: Any) -> Any:
    return edited(right, ("self.bn2 = nn.BatchNorm2d(out_channels)", "self.bn2 = self.bn1"))


@mistake(
    "5.4",
    "BasicBlock",
    "batch normalization has momentum 0.9, another library's convention: in torch momentum is the share of the *new* batch, 0.1",
    fails=("identity", "option A"),
)
def basic_momentum_of_the_old(right: Any) -> Any:
    return edited(right, ("nn.BatchNorm2d(out_channels)", "nn.BatchNorm2d(out_channels, momentum=0.9)"))


@mistake(
    "5.4",
    "BasicBlock",
    "a ReLU stands before the batch normalization: conv, ReLU, BN instead of conv, BN, ReLU",
    fails=(*ALL_B, "option A"),
)
def basic_relu_before_norm(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn1(self.conv1(x)))", "self.bn1(F.relu(self.conv1(x)))"))


@mistake(
    "5.4",
    "BasicBlock",
    "option A puts half of the new zero channels before x and half after it; the contract appends all of them (handout 5.4)",
    fails=("option A",),
)
def basic_padding_on_both_sides(right: Any) -> Any:
    return edited(
        right, ("0, 0, 0, 0, 0, self.new_channels", "0, 0, 0, 0, self.new_channels // 2, self.new_channels - self.new_channels // 2")
    )


@mistake("5.4", "BasicBlock", "option A puts the zero channels before x instead of after it", fails=("option A",))
def basic_padding_in_front(right: Any) -> Any:
    return edited(right, ("0, 0, 0, 0, 0, self.new_channels", "0, 0, 0, 0, self.new_channels, 0"))


@mistake(
    "5.4",
    "BasicBlock",
    "option A averages each stride × stride window; it takes every stride-th row and column, as a 1×1 convolution would",
    fails=("option A",),
)
def basic_option_a_by_pooling(right: Any) -> Any:
    pooled = "F.avg_pool2d(x, self.stride, ceil_mode=True)"
    return edited(right, ("x[:, :, :: self.stride, :: self.stride]", pooled))


@mistake(
    "5.4",
    "BasicBlock",
    "option is ignored and the shortcut projects all the same; option A has no parameters",
    fails=("conduct", "option A"),
)
def basic_option_ignored(right: Any) -> Any:
    return edited(right, (f'option == "B" and ({CHANGES})', CHANGES))


# ---- 5.5 PlainBlock


@mistake("5.5", "PlainBlock", "the shortcut is still there: a plain block is the comparison without it (handout 5.5)", fails=("identity",))
def plain_with_identity(right: Any) -> Any:
    old = "        return F.relu(self.bn2(self.conv2(x)))"
    new = "        y = self.bn2(self.conv2(x))\n        return F.relu(y + given if given.shape == y.shape else y)"
    return edited(right, ("        x = F.relu(self.bn1", "        given = x\n        x = F.relu(self.bn1"), (old, new))


@mistake("5.5", "PlainBlock", "the last ReLU is missing", fails=ALL_B)
def plain_no_last_relu(right: Any) -> Any:
    return edited(right, ("return F.relu(self.bn2(self.conv2(x)))", "return self.bn2(self.conv2(x))"))


@mistake("5.5", "PlainBlock", "the ReLU between the two convolutions is missing", fails=ALL_B)
def plain_no_first_relu(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn1(self.conv1(x)))", "self.bn1(self.conv1(x))"))


@mistake("5.5", "PlainBlock", "the stride is on both convolutions; only the first has it", fails=("stride alone", "stride and channels"))
def plain_stride_twice(right: Any) -> Any:
    return edited(right, ("out_channels, out_channels, 3, padding", "out_channels, out_channels, 3, stride, padding"))


@mistake("5.5", "PlainBlock", "the convolutions have a bias before a batch normalization, which subtracts it again", fails=("conduct",))
def plain_bias_before_norm(right: Any) -> Any:
    return edited(right, ("padding=1, bias=False", "padding=1"))


@mistake("5.5", "PlainBlock", "the second convolution has no batch normalization", fails=ALL_B)
def plain_one_norm(right: Any) -> Any:
    return edited(right, ("        self.bn2 = nn.BatchNorm2d(out_channels)\n", ""), ("self.bn2(self.conv2(x))", "self.conv2(x)"))


@mistake(
    "5.5",
    "PlainBlock",
    "its layers are kept in a plain Python list, which hides their parameters from the optimizer",
    fails=ALL_B,
)
def plain_layers_in_a_list(right: Any) -> Any:
    return edited(
        right,
        (
            "self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)",
            "self.parts = [nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)]",
        ),
        ("self.conv1(x)", "self.parts[0](x)"),
    )
