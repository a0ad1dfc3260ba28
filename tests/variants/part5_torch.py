"""Honest other ways in part 5, blocks and networks: in place, lazy modules, another order of registration, other formulas."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from autograder.misconceptions.edited import edited

from . import variant

BLOCKS = {
    "5.4": "BasicBlock",
    "5.5": "PlainBlock",
    "5.6": "Bottleneck",
    "5.7": "PreActBlock",
    "5.8": "SqueezeExcite",
    "5.9": "DenseBlock",
    "5.10": "Transition",
    "5.11": "ResNeXtBlock",
    "5.12": "DepthwiseSeparable",
    "5.13": "InvertedResidual",
}
NETWORKS = {"5.14": "CifarResNet", "5.15": "ResNet", "5.16": "WideResNet", "5.17": "DenseNet"}
LAZY = ((r"nn\.Conv2d\([^,()]+, ", "nn.LazyConv2d("), (r"nn\.BatchNorm2d\([^()]*\)", "nn.LazyBatchNorm2d()"))


def by_pattern(right: Any, *patterns: tuple[str, str]) -> Any:
    """`edited`, with regular expressions."""
    import inspect

    source = inspect.getsource(right)
    found = {m.group(): re.sub(pattern, new, m.group()) for pattern, new in patterns for m in re.finditer(pattern, source)}
    return edited(right, *found.items())


def reversed_registration(right: Any) -> Any:
    """The same modules under the same names, registered in the opposite order: so is the order of parameters()."""

    class Reversed(right):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            modules = dict(reversed(self._modules.items()))
            self._modules.clear()
            self._modules.update(modules)

    Reversed.__name__ = right.__name__
    return Reversed


def in_place(right: Any) -> Any:
    """ReLU writes into the fresh result of the module before it."""
    return by_pattern(right, (r"F\.relu\(", "torch.relu_("), (r"F\.relu6\(([^\n]*)\)", r"F.relu6(\1, inplace=True)"))


def lazily(right: Any) -> Any:
    return by_pattern(right, *LAZY)


def enter(question: str, name: str, how: str, build: Callable[[Any], Any]) -> None:
    def made(right: Any) -> Any:
        return build(right)

    made.__name__ = f"{name.lower()}_{how}"
    variant(question, name)(made)


for number, name in {**BLOCKS, **NETWORKS}.items():
    enter(number, name, "reversed_registration", reversed_registration)
    if name != "InvertedResidual":
        enter(number, name, "in_place", in_place)
    if name != "SqueezeExcite":
        enter(number, name, "lazily", lazily)


@variant("5.4", "BasicBlock")
def basic_by_concatenation_and_identity(right: Any) -> Any:
    padded = "torch.cat([x[:, :, :: self.stride, :: self.stride], self.nothing(x)], 1)"
    return edited(
        right,
        ("F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new_channels))", padded),
        (
            "    def forward",
            "    def nothing(self, x):\n        n, _, h, w = x[:, :, :: self.stride, :: self.stride].shape\n"
            "        return torch.zeros(n, max(0, self.new_channels), h, w)\n\n    def forward",
        ),
    )


@variant("5.4", "BasicBlock")
def basic_with_modules(right: Any) -> Any:
    """Activation modules, a shortcut that is always a module, += on the last normalization's output."""
    return edited(
        right,
        (
            "        self.stride, self",
            "        self.relu = nn.ReLU(inplace=True)\n        self.shortcut = nn.Identity()\n        self.stride, self",
        ),
        ("F.relu(self.bn1", "self.relu(self.bn1"),
        ("return F.relu(residual + shortcut)", "residual += shortcut\n        return self.relu(residual)"),
    )


@variant("5.5", "PlainBlock")
def plain_sequential(right: Any) -> Any:
    from collections import OrderedDict

    from torch import nn

    class PlainBlock(nn.Sequential):
        expansion = 1

        def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
            parts = OrderedDict(conv1=nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False), bn1=nn.BatchNorm2d(out_channels))
            parts |= {"relu1": nn.ReLU(), "conv2": nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)}
            parts |= {"bn2": nn.BatchNorm2d(out_channels), "relu2": nn.ReLU()}
            super().__init__(parts)

    return PlainBlock


@variant("5.4", "BasicBlock")
def basic_with_a_layer_for_each_shortcut(right: Any) -> Any:
    """The shortcut is a module in all three cases: nothing, a padding, a projection."""
    return edited(
        right,
        (
            "        if self.projects:\n            projection",
            "        class Pad(nn.Module):\n            def forward(self, x):\n"
            "                thin = F.max_pool2d(x, 1, stride)\n"
            "                return torch.cat([thin, thin.new_zeros(len(x), out_channels - in_channels, *thin.shape[2:])], 1)\n\n"
            "        self.shortcut = Pad() if stride > 1 or in_channels != out_channels else nn.Identity()\n"
            "        if self.projects:\n            projection",
        ),
        (
            "        if self.projects:\n            shortcut = self.shortcut(x)\n"
            "        else:  # x itself at stride 1 with no new channels\n"
            "            shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new_channels))\n",
            "        shortcut = self.shortcut(x)\n",
        ),
    )


@variant("5.7", "PreActBlock")
def preact_without_a_flag(right: Any) -> Any:
    return edited(
        right, ("self.shortcut(activated) if self.projects else x", "x if not hasattr(self, 'shortcut') else self.shortcut(activated)")
    )


@variant("5.8", "SqueezeExcite")
def squeeze_by_einsum(right: Any) -> Any:
    return edited(
        right,
        ("x * scale[:, :, None, None]", "torch.einsum('nchw,nc->nchw', x, scale)"),
        ("x.mean(dim=(2, 3))", "F.adaptive_avg_pool2d(x, 1).flatten(1)"),
    )


@variant("5.8", "SqueezeExcite")
def squeeze_by_a_quotient(right: Any) -> Any:
    """exp(−z) overflows to infinity, of which 1 / (1 + ∞) is the right 0."""
    gate = "torch.sigmoid(self.fc2(F.relu(self.fc1(squeezed))))"
    return edited(right, (gate, "1 / (1 + torch.exp(-self.fc2(F.relu(self.fc1(squeezed)))))"))


@variant("5.9", "DenseBlock")
def dense_list_of_features(right: Any) -> Any:
    return edited(
        right,
        (
            "        for layer in self.layers:\n",
            "        features = [x]\n        for layer in self.layers:\n            x = torch.cat(features, 1)\n",
        ),
        ("x = torch.cat([x, new], dim=1)", "features.append(new)"),
        ("return x\n", "return torch.cat(features, 1)\n"),
    )


@variant("5.10", "Transition")
def transition_pools_first(right: Any) -> Any:
    """A 1×1 convolution and an average commute."""
    return edited(right, ("F.avg_pool2d(self.conv(F.relu(self.bn(x))), 2)", "self.conv(F.avg_pool2d(F.relu(self.bn(x)), 2))"))


@variant("5.11", "ResNeXtBlock")
def resnext_group_by_group(right: Any) -> Any:
    new = "torch.cat([F.conv2d(part, w, stride=self.conv2.stride, padding=1) for part, w in zip("
    new += "residual.chunk(self.conv2.groups, 1), self.conv2.weight.chunk(self.conv2.groups, 0))], 1)"
    return edited(right, ("self.conv2(residual)", new))


@variant("5.13", "InvertedResidual")
def inverted_by_clamp(right: Any) -> Any:
    return by_pattern(right, (r"F\.relu6\((self\.bn1\(self\.conv1\(x\)\))\)", r"\1.clamp(0, 6)"), (r"nn\.ReLU6", "nn.ReLU6"))


@variant("5.14", "CifarResNet")
def cifar_pools_by_module(right: Any) -> Any:
    return edited(
        right,
        ("x.mean(dim=(2, 3))", "nn.AdaptiveAvgPool2d(1)(x).flatten(1)"),
        ('partial(kinds.BasicBlock, option="A")', '(lambda i, o, s: kinds.BasicBlock(i, o, s, "A"))'),
    )


@variant("5.14", "CifarResNet")
def cifar_stages_as_lists_of_modules(right: Any) -> Any:
    return edited(
        right,
        ("nn.Sequential(*stage)", "nn.ModuleList(stage)"),
        ("            x = stage(x)\n", "            for block in stage:\n                x = block(x)\n"),
    )


@variant("5.14", "CifarResNet")
def cifar_reads_the_expansion(right: Any) -> Any:
    """Of whatever block is given; its own is called by names."""
    named = "(lambda i, o, s: kinds.BasicBlock(stride=s, out_channels=o, in_channels=i, option='A'))"
    return edited(
        right,
        ('partial(kinds.BasicBlock, option="A")', named),
        ("channels = out_channels", "channels = getattr(block, 'expansion', 1) * out_channels"),
    )


@variant("5.16", "WideResNet")
def wide_names_the_arguments(right: Any) -> Any:
    """Blocks of one's own may be called by name and with their default."""
    return edited(
        right,
        (
            "kinds.PreActBlock(channels, out_channels, stride)",
            "kinds.PreActBlock(in_channels=channels, stride=stride, out_channels=out_channels)",
        ),
        ("kinds.PreActBlock(out_channels, out_channels, 1)", "kinds.PreActBlock(out_channels, out_channels=out_channels)"),
        ("x.mean(dim=(2, 3))", "F.adaptive_avg_pool2d(x, (1, 1)).flatten(1)"),
    )


@variant("5.18", "deepen")
def deepen_rebuilds(right: Any) -> Any:
    """Of a function that makes what the old network has, then what is new: a copy of each block by pickling its state."""

    def deepen(net: Any, extra: int) -> Any:
        import copy

        import torch

        def made() -> Any:
            for s, stage in enumerate(net.stages):
                channels = net.conv1.out_channels << s
                for block in stage:
                    yield s, copy.deepcopy(block)
                for _ in range(extra):
                    block = type(stage[-1])(channels, channels, 1)
                    *_, last = (m for m in block.modules() if isinstance(m, torch.nn.BatchNorm2d))
                    torch.nn.init.zeros_(last.weight)
                    torch.nn.init.zeros_(last.bias)
                    yield s, block

        deeper = copy.deepcopy(net)
        blocks = list(made())
        deeper.stages = torch.nn.ModuleList(torch.nn.Sequential(*(b for t, b in blocks if t == s)) for s in range(len(net.stages)))
        return deeper.train(net.training)

    return deepen


@variant("5.18", "deepen")
def deepen_new_stages(right: Any) -> Any:
    return edited(
        right,
        (
            "            stage.append(block.train(net.training))\n",
            "            stage = nn.Sequential(*stage, block.train(net.training))\n        deeper.stages[s] = stage\n",
        ),
    )


@variant("5.18", "deepen")
def deepen_by_the_state(right: Any) -> Any:
    """The zeros are loaded; channels are those of the last block's last normalization; other weights of new blocks are He's."""

    def deepen(net: Any, extra: int) -> Any:
        import copy

        import torch

        deeper = copy.deepcopy(net)
        for stage in deeper.stages:
            name, last = [(k, m) for k, m in stage[-1].named_modules() if isinstance(m, torch.nn.BatchNorm2d)][-1]
            zero = torch.zeros(last.num_features)
            for _ in range(extra):
                block = type(stage[-1])(last.num_features, last.num_features)
                for module in block.modules():
                    if isinstance(module, torch.nn.Conv2d):
                        torch.nn.init.kaiming_normal_(module.weight)
                block.load_state_dict({f"{name}.weight": zero, f"{name}.bias": zero}, strict=False)
                stage.add_module(str(len(stage)), block)
            stage.train(net.training)
        return deeper

    return deepen
