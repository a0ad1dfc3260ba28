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
        raise NotImplementedError("5.14 CifarResNet.__init__")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("5.14 CifarResNet.forward")
