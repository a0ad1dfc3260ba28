"""Known mistakes in part 5, blocks, networks and complexity. Each sentence goes on after "This is what you get when …"."""

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
        "projection_only_for_stride", "the shortcut projects only when the stride is not 1", ("other channels",), (CHANGES, "stride != 1")
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


three("5.6", "Bottleneck", ALL_B, ("identity",), ("stride alone", "stride and channels"), "bottleneck")


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
    fails=ALL_B,
)
def bottleneck_expansion_missing(right: Any) -> Any:
    return edited(right, ("out_channels = self.expansion * width", "out_channels = width"))


@mistake(
    "5.6",
    "Bottleneck",
    "the second argument is taken for the output channels, and the width for a quarter of them; it is the width (handout 5.6)",
    fails=ALL_B,
)
def bottleneck_width_is_output(right: Any) -> Any:
    return edited(right, ("out_channels = self.expansion * width", "out_channels, width = width, max(1, width // 4)"))


@mistake("5.6", "Bottleneck", "the first 1×1 convolution has no batch normalization", fails=ALL_B)
def bottleneck_first_norm_missing(right: Any) -> Any:
    return edited(right, ("        self.bn1 = nn.BatchNorm2d(width)\n", ""), ("self.bn1(self.conv1(x))", "self.conv1(x)"))


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


# ---- 5.8 SqueezeExcite

SQUEEZED = ("reduction divides", "reduction does not divide", "fewer channels than reduction", "default reduction")


@mistake("5.8", "SqueezeExcite", "the gate is returned without scaling x by it", fails=SQUEEZED)
def squeeze_returns_the_gate(right: Any) -> Any:
    return edited(right, ("x * scale[:, :, None, None]", "scale[:, :, None, None].expand_as(x)"))


@mistake("5.8", "SqueezeExcite", "the gate is added to x; it scales x", fails=SQUEEZED)
def squeeze_adds(right: Any) -> Any:
    return edited(right, ("x * scale", "x + scale"))


@mistake("5.8", "SqueezeExcite", "the gate is a softmax over channels; each channel has a sigmoid of its own (handout 5.8)", fails=SQUEEZED)
def squeeze_softmax(right: Any) -> Any:
    return edited(
        right, ("torch.sigmoid(self.fc2(F.relu(self.fc1(squeezed))))", "torch.softmax(self.fc2(F.relu(self.fc1(squeezed))), dim=1)")
    )


@mistake("5.8", "SqueezeExcite", "there is no ReLU between the two linear layers", fails=SQUEEZED)
def squeeze_no_relu(right: Any) -> Any:
    return edited(right, ("F.relu(self.fc1(squeezed))", "self.fc1(squeezed)"))


@mistake("5.8", "SqueezeExcite", "the image is squeezed by its maximum; it is the mean", fails=SQUEEZED)
def squeeze_by_maximum(right: Any) -> Any:
    return edited(right, ("x.mean(dim=(2, 3))", "x.amax(dim=(2, 3))"))


@mistake("5.8", "SqueezeExcite", "the linear layers have no bias; they do have one here", fails=("conduct", *SQUEEZED))
def squeeze_without_bias(right: Any) -> Any:
    return edited(
        right,
        ("nn.Linear(channels, hidden)", "nn.Linear(channels, hidden, bias=False)"),
        ("nn.Linear(hidden, channels)", "nn.Linear(hidden, channels, bias=False)"),
    )


@mistake(
    "5.8",
    "SqueezeExcite",
    "channels // reduction is 0 for few channels, and nothing at all passes; the hidden layer has at least one unit",
    fails=("fewer channels than reduction",),
)
def squeeze_to_nothing(right: Any) -> Any:
    return edited(right, ("max(1, channels // reduction)", "channels // reduction"))


@mistake(
    "5.8",
    "SqueezeExcite",
    "the hidden size is rounded up; it is channels // reduction, rounded down",
    fails=("conduct", "reduction does not divide"),
)
def squeeze_rounds_up(right: Any) -> Any:
    return edited(right, ("max(1, channels // reduction)", "-(-channels // reduction)"))


@mistake("5.8", "SqueezeExcite", "the sigmoid is missing, so that the gate can be negative or larger than 1", fails=SQUEEZED)
def squeeze_without_sigmoid(right: Any) -> Any:
    return edited(right, ("torch.sigmoid(self.fc2(F.relu(self.fc1(squeezed))))", "self.fc2(F.relu(self.fc1(squeezed)))"))


# ---- 5.9 DenseBlock

SEVERAL = ("two layers", "more layers")
DENSE = ("one layer", *SEVERAL)


@mistake("5.9", "DenseBlock", "new features are put before the old ones; they are appended last (handout 5.9)", fails=DENSE)
def dense_new_first(right: Any) -> Any:
    return edited(right, ("torch.cat([x, new], dim=1)", "torch.cat([new, x], dim=1)"))


@mistake(
    "5.9",
    "DenseBlock",
    "each layer sees only the block's input and the layer before it instead of all features",
    fails=("conduct", "more layers"),
)
def dense_only_the_last(right: Any) -> Any:
    return edited(
        right,
        ("channels = in_channels + i * growth", "channels = in_channels + min(i, 1) * growth"),
        ("        for layer in self.layers:\n", "        start, seen = x, [x]\n        for layer in self.layers:\n"),
        ("x = torch.cat([x, new], dim=1)", "seen.append(new)\n            x = torch.cat([start, new], dim=1)"),
        ("return x\n", "return torch.cat(seen, dim=1)\n"),
    )


@mistake("5.9", "DenseBlock", "the block returns the new features alone and drops its own input", fails=DENSE)
def dense_drops_the_input(right: Any) -> Any:
    return edited(
        right,
        ("        for layer in self.layers:\n", "        own = x.shape[1]\n        for layer in self.layers:\n"),
        ("return x\n", "return x[:, own:]\n"),
    )


@mistake(
    "5.9",
    "DenseBlock",
    "features are added as in a residual block; a dense block concatenates them (handout 5.9)",
    fails=("conduct", *DENSE),
)
def dense_adds(right: Any) -> Any:
    return edited(
        right,
        ("channels = in_channels + i * growth", "channels = in_channels"),
        ("nn.Conv2d(4 * growth, growth, 3", "nn.Conv2d(4 * growth, in_channels, 3"),
        ("torch.cat([x, new], dim=1)", "x + new"),
    )


@mistake("5.9", "DenseBlock", "normalization and ReLU come after each convolution; here they come before", fails=("conduct", *DENSE))
def dense_post_activation(right: Any) -> Any:
    return edited(
        right,
        ('"bn1": nn.BatchNorm2d(channels)', '"bn1": nn.BatchNorm2d(4 * growth)'),
        ('"bn2": nn.BatchNorm2d(4 * growth)', '"bn2": nn.BatchNorm2d(growth)'),
        ("layer.conv1(F.relu(layer.bn1(x)))", "F.relu(layer.bn1(layer.conv1(x)))"),
        ("layer.conv2(F.relu(layer.bn2(new)))", "F.relu(layer.bn2(layer.conv2(new)))"),
    )


@mistake("5.9", "DenseBlock", "the 1×1 convolution puts out `growth` channels; the bottleneck is 4·growth wide", fails=("conduct", *DENSE))
def dense_narrow_bottleneck(right: Any) -> Any:
    return edited(right, ("4 * growth", "growth"))


@mistake("5.9", "DenseBlock", "the ReLU before the 3×3 convolution is missing", fails=DENSE)
def dense_no_second_relu(right: Any) -> Any:
    return edited(right, ("F.relu(layer.bn2(new))", "layer.bn2(new)"))


@mistake(
    "5.9",
    "DenseBlock",
    "the layers are kept in a plain Python list: their parameters are invisible to the optimizer",
    fails=("conduct", *DENSE),
)
def dense_python_list(right: Any) -> Any:
    return edited(right, ("self.layers = nn.ModuleList()", "self.layers = []"))


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


# ---- 5.11 ResNeXtBlock

NEXT = ("identity", "other channels", "stride alone", "stride and channels", "default groups")
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
    "the stride is on the first 1×1 convolution; it belongs on the grouped 3×3",
    fails=("stride alone", "stride and channels"),
)
def resnext_stride_on_the_first(right: Any) -> Any:
    return edited(
        right, ("in_channels, width, 1, bias", "in_channels, width, 1, stride, bias"), ("width, width, 3, stride", "width, width, 3, 1")
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
