"""Part 5: whole networks, assembled from blocks (handout, sections 5.14 to 5.18).

Names of modules are part of the task, as in blocks.py: `stages.s.b` is block b of stage s, so that `net.stages[s][b]` is that block.
Blocks are whatever the caller gives: build them by calling `block(in_channels, width, stride)` and assume nothing about them but that
their output has `block.expansion · width` channels: a function will do, whose arguments have other names or no defaults. Convolutions have
no bias. Images come in with 3 channels and need not be square; `classes` numbers come out, one a class. Lists are not changed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import blocks as kinds  # your blocks: kinds.BasicBlock, …

Block = Callable[[int, int, int], nn.Module]


class CifarResNet(nn.Module):
    """He et al.'s network for 32×32 images (2015, section 4.2), 6n + 2 layers deep.

    conv1 (3×3, 3 → 16·width), bn1, ReLU; three stages of n blocks with 16·width, 32·width, 64·width channels, the first block of the
    second and third with stride 2; mean over the image; fc: linear to `classes`.
    block: called as block(in_channels, out_channels, stride); None means BasicBlock with option "A", as in the paper. A plain
    network is CifarResNet(depth, block=PlainBlock), and BasicBlock itself, where it is given, keeps its default, option "B".
    """

    def __init__(self, depth: int, block: Block | None = None, width: int = 1, classes: int = 10) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        block = partial(kinds.BasicBlock, option="A") if block is None else block
        blocks = (depth - 2) // 6
        channels = 16 * width
        self.conv1 = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.stages = nn.ModuleList()
        for out_channels, stride in ((16 * width, 1), (32 * width, 2), (64 * width, 2)):
            stage = [block(channels, out_channels, stride)]
            stage += [block(out_channels, out_channels, 1) for _ in range(blocks - 1)]
            self.stages.append(nn.Sequential(*stage))
            channels = out_channels
        self.fc = nn.Linear(channels, classes)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in self.stages:
            x = stage(x)
        return self.fc(x.mean(dim=(2, 3)))
        ### END SOLUTION


class ResNet(nn.Module):
    """He et al.'s network for ImageNet (2015, table 1).

    conv1 (7×7, stride 2, padding 3, 3 → 64), bn1, ReLU, 3×3 max pooling with stride 2 and padding 1; four stages of layers[0] … layers[3]
    blocks of width 64, 128, 256, 512, the first block of all but the first stage with stride 2; mean over the image; fc.
    block: a class, called as block(in_channels, width, stride); expansion · width channels come out.
    """

    def __init__(self, block: type[nn.Module], layers: list[int], classes: int = 1000) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        channels = 64
        self.conv1 = nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.stages = nn.ModuleList()
        for s, blocks in enumerate(layers):
            width, stride = 64 * 2**s, 1 if s == 0 else 2
            stage = [block(channels, width, stride)]
            channels = block.expansion * width
            stage += [block(channels, width, 1) for _ in range(blocks - 1)]
            self.stages.append(nn.Sequential(*stage))
        self.fc = nn.Linear(channels, classes)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        for stage in self.stages:
            x = stage(x)
        return self.fc(x.mean(dim=(2, 3)))
        ### END SOLUTION


def resnet18(classes: int = 1000) -> ResNet:
    """BasicBlock (option "B"), 2 2 2 2 blocks."""
    ### BEGIN SOLUTION
    return ResNet(kinds.BasicBlock, [2, 2, 2, 2], classes)
    ### END SOLUTION


def resnet34(classes: int = 1000) -> ResNet:
    """BasicBlock (option "B"), 34 layers (He et al. 2015, table 1)."""
    ### BEGIN SOLUTION
    return ResNet(kinds.BasicBlock, [3, 4, 6, 3], classes)
    ### END SOLUTION


def resnet50(classes: int = 1000) -> ResNet:
    """Bottleneck, 50 layers."""
    ### BEGIN SOLUTION
    return ResNet(kinds.Bottleneck, [3, 4, 6, 3], classes)
    ### END SOLUTION


def resnet101(classes: int = 1000) -> ResNet:
    """Bottleneck, 101 layers."""
    ### BEGIN SOLUTION
    return ResNet(kinds.Bottleneck, [3, 4, 23, 3], classes)
    ### END SOLUTION


def resnet152(classes: int = 1000) -> ResNet:
    """Bottleneck, 152 layers."""
    ### BEGIN SOLUTION
    return ResNet(kinds.Bottleneck, [3, 8, 36, 3], classes)
    ### END SOLUTION


class WideResNet(nn.Module):
    """Zagoruyko & Komodakis 2016: few pre-activation blocks, `width` times as many filters; depth 6n + 4.

    conv1 (3×3, 3 → 16); three stages of n PreActBlocks with 16·width, 32·width, 64·width channels, strides 1, 2, 2; then bn and ReLU
    (a pre-activation block ends in a bare sum), mean over the image, fc.
    """

    def __init__(self, depth: int, width: int, classes: int = 10) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        blocks = (depth - 4) // 6
        channels = 16
        self.conv1 = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        self.stages = nn.ModuleList()
        for out_channels, stride in ((16 * width, 1), (32 * width, 2), (64 * width, 2)):
            stage = [kinds.PreActBlock(channels, out_channels, stride)]
            stage += [kinds.PreActBlock(out_channels, out_channels, 1) for _ in range(blocks - 1)]
            self.stages.append(nn.Sequential(*stage))
            channels = out_channels
        self.bn = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels, classes)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        x = self.conv1(x)
        for stage in self.stages:
            x = stage(x)
        x = F.relu(self.bn(x))
        return self.fc(x.mean(dim=(2, 3)))
        ### END SOLUTION


class DenseNet(nn.Module):
    """Huang et al. 2017 (DenseNet-BC for ImageNet, table 1).

    conv1 (7×7, stride 2, padding 3, 3 → 2·growth), bn1, ReLU, 3×3 max pooling with stride 2 and padding 1;
    blocks.i = DenseBlock(channels, growth, blocks[i]), and after each but the last transitions.i = Transition(channels, channels // 2);
    then bn, ReLU, mean over the image, fc. DenseNet-121 is DenseNet(32, [6, 12, 24, 16]).
    """

    def __init__(self, growth: int, blocks: list[int], classes: int = 1000) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        channels = 2 * growth
        self.conv1 = nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.blocks, self.transitions = nn.ModuleList(), nn.ModuleList()
        for i, layers in enumerate(blocks):
            self.blocks.append(kinds.DenseBlock(channels, growth, layers))
            channels += layers * growth
            if i < len(blocks) - 1:
                self.transitions.append(kinds.Transition(channels, channels // 2))
                channels //= 2
        self.bn = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels, classes)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i < len(self.transitions):
                x = self.transitions[i](x)
        x = F.relu(self.bn(x))
        return self.fc(x.mean(dim=(2, 3)))
        ### END SOLUTION


def deepen(net: CifarResNet, extra: int) -> CifarResNet:
    """A new CifarResNet with `extra` more blocks at the end of each stage that computes exactly what `net` computes, in train and eval
    mode: the lecture's "a deeper model can emulate a shallower one".

    A new block is type(last)(c, c, 1), last the stage's last block and c its channels, made the identity by setting weight and bias of its
    last batch normalization to 0, and of nothing else: then F = 0, and ReLU(0 + x) = x because x is the output of a ReLU. Stages may be of
    different kinds of block. The new network is in the mode (train or eval) of `net`, shares no tensor with it, and leaves it as it was.
    """
    ### BEGIN SOLUTION
    deeper = copy.deepcopy(net)
    for s, stage in enumerate(deeper.stages):
        channels = net.conv1.out_channels * 2**s
        for _ in range(extra):
            block = type(stage[-1])(channels, channels, 1).to(net.conv1.weight)
            last_norm = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)][-1]
            with torch.no_grad():
                last_norm.weight.zero_()
                last_norm.bias.zero_()
            stage.append(block.train(net.training))
    return deeper
    ### END SOLUTION
