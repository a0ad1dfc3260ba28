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
        raise NotImplementedError("5.4 BasicBlock.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("5.4 BasicBlock.forward")


class PlainBlock(nn.Module):
    """BasicBlock without its shortcut, the same keys: y = ReLU(bn2(conv2(ReLU(bn1(conv1(x)))))).

    Nothing is left but what a plain network would compute: the other half of He et al.'s comparison.
    """

    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("5.5 PlainBlock.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("5.5 PlainBlock.forward")
