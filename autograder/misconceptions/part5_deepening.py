"""Known mistakes in 5.18, deepen, that the outputs alone do not show. Each sentence goes on after "This is what you get when …"."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

MADE = "block = type(stage[-1])(channels, channels, 1).to(net.conv1.weight)"
ZEROS = "                last_norm.weight.zero_()\n                last_norm.bias.zero_()"
BIAS = "last_norm.bias.zero_()"


@mistake(
    "5.18",
    "deepen",
    "every batch normalization of a new block is set to 0, so that nothing before the last one ever learns (handout 5.18)",
    fails=("train, first values",),
)
def deepen_zeroes_every_norm(right: Any) -> Any:
    every = "                for m in block.modules():\n                    if isinstance(m, nn.BatchNorm2d):\n"
    return edited(right, (ZEROS, every + "                        m.weight.zero_()\n                        m.bias.zero_()"))


@mistake(
    "5.18",
    "deepen",
    "all weights of a new block are set to 0: it never learns; the last batch normalization is enough (handout 5.18)",
    fails=("train, first values",),
)
def deepen_zeroes_all_weights(right: Any) -> Any:
    return edited(right, (ZEROS, "                for p in block.parameters():\n                    p.zero_()"))


@mistake(
    "5.18",
    "deepen",
    "one new block is put in `extra` times, so that its copies share their parameters",
    fails=("train, structure",),
)
def deepen_one_block_repeated(right: Any) -> Any:
    loop = "        for _ in range(extra):\n"
    return edited(right, (f"{loop}            {MADE}\n", f"        {MADE}\n{loop}"))


@mistake("5.18", "deepen", "the new blocks stay in train mode, also in a network in eval mode (handout 5.18)", fails=("conduct, mode",))
def deepen_new_blocks_in_train_mode(right: Any) -> Any:
    return edited(right, ("block.train(net.training)", "block"))


@mistake(
    "5.18", "deepen", "the new network is always in eval mode; it is in the mode of the first (handout 5.18)", fails=("conduct, mode",)
)
def deepen_returns_eval_mode(right: Any) -> Any:
    return edited(right, ("return deeper", "return deeper.eval()"))


@mistake("5.18", "deepen", "the network that was given is put into eval mode and left there", fails=("conduct, net",))
def deepen_leaves_eval_mode(right: Any) -> Any:
    return edited(right, ("return deeper", "net.eval()\n    return deeper"))


@mistake("5.18", "deepen", "the gradients of the network that was given are cleared; it stays as it was", fails=("conduct, net",))
def deepen_clears_gradients(right: Any) -> Any:
    return edited(right, ("return deeper", "net.zero_grad()\n    return deeper"))


@mistake("5.18", "deepen", "the new blocks are frozen; they are to learn (handout 5.18)", fails=("train, structure",))
def deepen_freezes(right: Any) -> Any:
    return edited(right, (BIAS, f"{BIAS}\n            block.requires_grad_(False)"))


@mistake(
    "5.18",
    "deepen",
    "all new blocks are of the first block's kind; each is of the kind of its stage's last one",
    fails=("train, structure",),
)
def deepen_first_kind(right: Any) -> Any:
    return edited(right, ("type(stage[-1])", "type(deeper.stages[0][0])"))


@mistake(
    "5.18", "deepen", "the width is taken for 1: new blocks have 16, 32, 64 channels whatever the network has", fails=("train", "eval")
)
def deepen_ignores_width(right: Any) -> Any:
    return edited(right, ("net.conv1.out_channels * 2**s", "16 * 2**s"))


@mistake(
    "5.18",
    "deepen",
    "new blocks are copies of the last one; a new block is made new, type(last)(c, c, 1), and has values of its own (handout 5.18)",
    fails=("train",),
)
def deepen_copies_the_last_block(right: Any) -> Any:
    return edited(right, (MADE, "block = copy.deepcopy(stage[-1])"))


@mistake(
    "5.18",
    "deepen",
    'the network is built anew of one kind of block, which forgets of what it was: type(block) does not know option "A" (handout 5.18)',
    fails=("train, structure",),
)
def deepen_rebuilds_of_one_kind(right: Any) -> Any:
    blocks = "6 * (len(net.stages[0]) + extra) + 2, type(net.stages[0][0]), net.conv1.out_channels // 16, net.fc.out_features"
    start = f"deeper = CifarResNet({blocks}).train(net.training)\n    deeper.load_state_dict(net.state_dict(), strict=False)\n"
    start += "    old = len(net.stages[0])"
    return edited(
        right,
        ("deeper = copy.deepcopy(net)", start),
        ("        for _ in range(extra):\n", "        for block in stage[old:]:\n"),
        (f"            {MADE}\n", ""),
        ("            stage.append(block.train(net.training))\n", ""),
    )
