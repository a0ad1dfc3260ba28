"""Known mistakes of part 5: SqueezeExcite and DenseBlock."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

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


@mistake(
    "5.8",
    "SqueezeExcite",
    "the hidden size is rounded to the nearest; it is channels // reduction, rounded down (handout 5.8)",
    fails=("conduct", "reduction does not divide"),
)
def squeeze_rounds(right: Any) -> Any:
    return edited(right, ("max(1, channels // reduction)", "max(1, round(channels / reduction))"))


@mistake(
    "5.8",
    "SqueezeExcite",
    "the sigmoid is e / (1 + e) with e = exp(z), which is inf / inf for large z: torch.sigmoid does not overflow (handout 5.8)",
    fails=("default reduction",),
)
def squeeze_sigmoid_overflows(right: Any) -> Any:
    return edited(
        right,
        (
            "scale = torch.sigmoid(self.fc2(F.relu(self.fc1(squeezed))))",
            "e = torch.exp(self.fc2(F.relu(self.fc1(squeezed))))\n        scale = e / (1 + e)",
        ),
    )


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
