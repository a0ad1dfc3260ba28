"""Part 5: the blocks of residual networks and of what came after them (handout, sections 5.4 to 5.13).

Everywhere: convolutions have no bias (the batch normalization after them has one), a 3×3 convolution has padding 1, batch normalization
has torch's own momentum and eps, and every module is used exactly once a forward. The names of the modules are part of the task: weights
are exchanged by their state-dict keys. In which order you register them, nn.Sequential or plain calls, is up to you. Images are
(N, C, H, W), C is in_channels before a block and out_channels behind it; stride s, any positive number, makes ⌈H/s⌉ × ⌈W/s⌉ of H × W.
A block's arguments decide what it is made of, never an image's size. Networks read `expansion`. The input tensor is never written into.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class BasicBlock(nn.Module):
    """y = ReLU(F(x) + shortcut(x)), F = bn2 ∘ conv2 ∘ ReLU ∘ bn1 ∘ conv1 (He et al. 2015, figure 2).

    conv1: 3×3 with the stride, in_channels → out_channels. conv2: 3×3, out_channels → out_channels.
    The shortcut is x itself where the shape stays. Where it changes (stride ≠ 1 *or* another number of channels):
    option "B": shortcut.0 a 1×1 convolution with the stride, shortcut.1 its batch normalization;
    option "A": every stride-th row and column of x, with channels of zeros appended at the end; no parameters (out_channels ≥ in_channels).
    """

    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, option: str = "B") -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.stride, self.new_channels = stride, out_channels - in_channels
        self.projects = option == "B" and (stride != 1 or in_channels != out_channels)
        if self.projects:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        residual = F.relu(self.bn1(self.conv1(x)))
        residual = self.bn2(self.conv2(residual))
        if self.projects:
            shortcut = self.shortcut(x)
        else:  # x itself at stride 1 with no new channels
            shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new_channels))
        return F.relu(residual + shortcut)
        ### END SOLUTION


class PlainBlock(nn.Module):
    """BasicBlock without its shortcut, the same keys: y = ReLU(bn2(conv2(ReLU(bn1(conv1(x)))))).

    Nothing is left but what a plain network would compute: the other half of He et al.'s comparison.
    """

    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))
        ### END SOLUTION


class Bottleneck(nn.Module):
    """y = ReLU(F(x) + shortcut(x)) with three convolutions (He et al. 2015, figure 5): in_channels → width → width → 4·width.

    conv1 bn1: 1×1. conv2 bn2: 3×3 with the stride (the first version had it on conv1). conv3 bn3: 1×1. ReLU after bn1, bn2 and the sum.
    shortcut: as BasicBlock's option "B", to 4·width channels.
    """

    expansion = 4

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        out_channels = self.expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()  # the identity
        if stride != 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        residual = F.relu(self.bn1(self.conv1(x)))
        residual = F.relu(self.bn2(self.conv2(residual)))
        residual = self.bn3(self.conv3(residual))
        return F.relu(residual + self.shortcut(x))
        ### END SOLUTION


class PreActBlock(nn.Module):
    """y = F(x) + shortcut, F = conv2 ∘ ReLU ∘ bn2 ∘ conv1 ∘ ReLU ∘ bn1 (He et al. 2016): nothing comes after the sum.

    conv1: 3×3 with the stride. Where the shape stays the shortcut is x as it came in; where it changes it is shortcut.0, a 1×1
    convolution with the stride and without batch normalization, applied to ReLU(bn1(x)), the activation that conv1 sees too.
    """

    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.projects = stride != 1 or in_channels != out_channels
        if self.projects:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        activated = F.relu(self.bn1(x))
        shortcut = self.shortcut(activated) if self.projects else x
        residual = self.conv1(activated)
        residual = self.conv2(F.relu(self.bn2(residual)))
        return residual + shortcut
        ### END SOLUTION


class SqueezeExcite(nn.Module):
    """Scales every channel by a number in (0, 1) that depends on all channels (Hu et al. 2018).

    y[n, c] = x[n, c] · s[n, c], s = σ(fc2(ReLU(fc1(z)))), z[n, c] the mean of x[n, c] over the image.
    fc1: linear with bias, channels → max(1, channels // reduction). fc2: linear with bias, back to channels.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        hidden = max(1, channels // reduction)
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        squeezed = x.mean(dim=(2, 3))
        scale = torch.sigmoid(self.fc2(F.relu(self.fc1(squeezed))))
        return x * scale[:, :, None, None]
        ### END SOLUTION


class DenseBlock(nn.Module):
    """Every layer sees the features of all before it and appends `growth` new ones (Huang et al. 2017, DenseNet-B).

    Layer i takes in_channels + i·growth channels: layers.i.bn1, ReLU, layers.i.conv1 (1×1 to 4·growth), layers.i.bn2, ReLU,
    layers.i.conv2 (3×3 to growth). Its output is appended after the channels it saw. (N, C, H, W) → (N, C + layers·growth, H, W).
    """

    def __init__(self, in_channels: int, growth: int, layers: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.layers = nn.ModuleList()
        for i in range(layers):
            channels = in_channels + i * growth
            parts = {
                "bn1": nn.BatchNorm2d(channels),
                "conv1": nn.Conv2d(channels, 4 * growth, 1, bias=False),
                "bn2": nn.BatchNorm2d(4 * growth),
                "conv2": nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
            }
            self.layers.append(nn.ModuleDict(parts))
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        for layer in self.layers:
            new = layer.conv1(F.relu(layer.bn1(x)))
            new = layer.conv2(F.relu(layer.bn2(new)))
            x = torch.cat([x, new], dim=1)
        return x
        ### END SOLUTION


class Transition(nn.Module):
    """Between dense blocks: bn, ReLU, conv (1×1, in_channels → out_channels), 2×2 average pooling with stride 2.

    The ReLU is in the authors' code; the paper's text leaves it out. An odd last row or column is dropped by the pooling.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.bn = nn.BatchNorm2d(in_channels)
        self.conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        return F.avg_pool2d(self.conv(F.relu(self.bn(x))), 2)
        ### END SOLUTION


class ResNeXtBlock(nn.Module):
    """A bottleneck whose 3×3 convolution works in `groups` independent groups of channels (Xie et al. 2017, figure 3c).

    conv1 bn1: 1×1, in_channels → width. conv2 bn2: 3×3 with the stride and the groups (groups divides width).
    conv3 bn3: 1×1, width → 2·width. ReLU after bn1, bn2 and the sum; shortcut as Bottleneck's.
    """

    expansion = 2

    def __init__(self, in_channels: int, width: int, stride: int = 1, groups: int = 32) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        out_channels = self.expansion * width
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()  # the identity
        if stride != 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        residual = F.relu(self.bn1(self.conv1(x)))
        residual = F.relu(self.bn2(self.conv2(residual)))
        residual = self.bn3(self.conv3(residual))
        return F.relu(residual + self.shortcut(x))
        ### END SOLUTION


class DepthwiseSeparable(nn.Module):
    """A 3×3 convolution in two factors: over space, then over channels (Howard et al. 2017, MobileNet).

    conv1: 3×3 depthwise (one filter a channel) with the stride, bn1, ReLU; conv2: 1×1, in_channels → out_channels, bn2, ReLU.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, in_channels, 3, stride, padding=1, groups=in_channels, bias=False)
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv2 = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))
        ### END SOLUTION


class InvertedResidual(nn.Module):
    """Narrow, wide, narrow (Sandler et al. 2018, MobileNetV2): in_channels → expand·in_channels → out_channels.

    conv1 bn1: 1×1 to expand·in_channels, then ReLU6; both absent when expand is 1. conv2 bn2: 3×3 depthwise with the stride, then ReLU6.
    conv3 bn3: 1×1 to out_channels, and no activation: the bottleneck is linear. x is added only at stride 1 with as many channels out as
    in; there is no projection. ReLU6(x) = min(max(x, 0), 6).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, expand: int = 6) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        hidden = expand * in_channels
        self.expands = expand != 1
        if self.expands:
            self.conv1 = nn.Conv2d(in_channels, hidden, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(hidden)
        self.conv2 = nn.Conv2d(hidden, hidden, 3, stride, padding=1, groups=hidden, bias=False)
        self.bn2 = nn.BatchNorm2d(hidden)
        self.conv3 = nn.Conv2d(hidden, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.adds = stride == 1 and in_channels == out_channels
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        y = F.relu6(self.bn1(self.conv1(x))) if self.expands else x
        y = F.relu6(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return x + y if self.adds else y
        ### END SOLUTION
