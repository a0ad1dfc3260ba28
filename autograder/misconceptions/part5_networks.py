"""Known mistakes in part 5, whole networks and what they cost. Each sentence goes on after "This is what you get when …"."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

VALUES = ("forward", "gradients", "eval")
STEM = "x = F.relu(self.bn1(self.conv1(x)))"
HEAD = "self.fc(x.mean(dim=(2, 3)))"
POOL = "        x = F.max_pool2d(x, 3, stride=2, padding=1)\n"

# ---- 5.14 CifarResNet


@mistake(
    "5.14",
    "CifarResNet",
    'block=None asks BasicBlock for its default, option "B"; He et al. use option "A" on CIFAR-10',
    fails=("default block",),
)
def cifar_option_b(right: Any) -> Any:
    return edited(right, ('partial(kinds.BasicBlock, option="A")', "kinds.BasicBlock"))


@mistake(
    "5.14",
    "CifarResNet",
    "a stage has (depth − 2) / 3 blocks; a block has two layers, so it is (depth − 2) / 6 (handout 5.14)",
    fails=("forward", "conduct"),
)
def cifar_blocks_of_one_layer(right: Any) -> Any:
    return edited(right, ("(depth - 2) // 6", "(depth - 2) // 3"))


@mistake(
    "5.14",
    "CifarResNet",
    "a stage has depth // 6 blocks … plus one: the stem and fc are counted as blocks too",
    fails=("forward", "conduct"),
)
def cifar_one_block_too_many(right: Any) -> Any:
    return edited(right, ("(depth - 2) // 6", "(depth - 2) // 6 + 1"))


@mistake("5.14", "CifarResNet", "the stem's ReLU is missing", fails=VALUES)
def cifar_stem_without_relu(right: Any) -> Any:
    return edited(right, (STEM, "x = self.bn1(self.conv1(x))"))


@mistake("5.14", "CifarResNet", "the stem has a stride of 2, as if the images were ImageNet's", fails=VALUES)
def cifar_stem_with_stride(right: Any) -> Any:
    return edited(right, ("nn.Conv2d(3, channels, 3, padding=1", "nn.Conv2d(3, channels, 3, 2, padding=1"))


@mistake("5.14", "CifarResNet", "a max pooling follows the stem; only the ImageNet network has one (handout 5.14)", fails=VALUES)
def cifar_with_max_pooling(right: Any) -> Any:
    return edited(right, (STEM, STEM + "\n        x = F.max_pool2d(x, 3, 2, 1)"))


@mistake("5.14", "CifarResNet", "the first stage starts with a stride of 2 as well; the strides are 1, 2, 2", fails=VALUES)
def cifar_every_stage_strided(right: Any) -> Any:
    return edited(right, ("(16 * width, 1)", "(16 * width, 2)"))


@mistake("5.14", "CifarResNet", "no stage halves the image: all strides are 1", fails=VALUES)
def cifar_no_stride(right: Any) -> Any:
    return edited(right, ("(32 * width, 2), (64 * width, 2)", "(32 * width, 1), (64 * width, 1)"))


@mistake("5.14", "CifarResNet", "width is ignored: the stages have 16, 32, 64 channels whatever it says", fails=("forward", "conduct"))
def cifar_width_ignored(right: Any) -> Any:
    return edited(right, (" * width", ""))


@mistake(
    "5.14", "CifarResNet", "the widths are ImageNet's 64, 128, 256; here they are 16, 32, 64, times width", fails=("forward", "conduct")
)
def cifar_imagenet_widths(right: Any) -> Any:
    return edited(right, ("64 * width", "256 * width"), ("32 * width", "128 * width"), ("16 * width", "64 * width"))


@mistake("5.14", "CifarResNet", "the image is flattened or pooled by its maximum before fc; it is the mean over the image", fails=VALUES)
def cifar_maximum_at_the_end(right: Any) -> Any:
    return edited(right, ("x.mean(dim=(2, 3))", "x.amax(dim=(2, 3))"))


@mistake("5.14", "CifarResNet", "a softmax follows fc: the network returns logits, the loss has the softmax in it", fails=VALUES)
def cifar_softmax_inside(right: Any) -> Any:
    return edited(right, (HEAD, f"{HEAD}.softmax(dim=1)"))


@mistake(
    "5.14",
    "CifarResNet",
    "the stages are kept in a plain Python list: parameters() and state_dict() do not see the blocks, and the optimizer never trains them",
    fails=("conduct", *VALUES),
)
def cifar_python_list(right: Any) -> Any:
    return edited(right, ("self.stages = nn.ModuleList()", "self.stages = []"))


@mistake(
    "5.14",
    "CifarResNet",
    "one block object is repeated instead of a new one for each place: n blocks share their parameters",
    fails=("conduct",),
)
def cifar_one_block_repeated(right: Any) -> Any:
    return edited(
        right,
        ("[block(out_channels, out_channels, 1) for _ in range(blocks - 1)]", "[block(out_channels, out_channels, 1)] * (blocks - 1)"),
    )


@mistake(
    "5.14",
    "CifarResNet",
    "the block argument is ignored: BasicBlock is always used, so that there is no plain network",
    fails=("forward", "conduct", *VALUES),
)
def cifar_block_ignored(right: Any) -> Any:
    return edited(right, ('partial(kinds.BasicBlock, option="A") if block is None else block', 'partial(kinds.BasicBlock, option="A")'))


@mistake("5.14", "CifarResNet", "every block of a later stage has the stride 2; only its first one has", fails=("forward",))
def cifar_every_block_strided(right: Any) -> Any:
    return edited(right, ("block(out_channels, out_channels, 1)", "block(out_channels, out_channels, stride)"))


# ---- 5.15 ResNet


@mistake(
    "5.15",
    "ResNet",
    "the stem is CIFAR's 3×3 with stride 1; ImageNet's is 7×7 with stride 2 (handout 5.15)",
    fails=("forward", "conduct", *VALUES),
)
def resnet_small_stem(right: Any) -> Any:
    return edited(right, ("nn.Conv2d(3, channels, 7, stride=2, padding=3", "nn.Conv2d(3, channels, 3, padding=1"))


@mistake("5.15", "ResNet", "the max pooling after the stem is missing", fails=VALUES)
def resnet_without_max_pooling(right: Any) -> Any:
    return edited(right, (POOL, ""))


@mistake("5.15", "ResNet", "the max pooling has no padding, so that the image comes out a row and a column smaller", fails=VALUES)
def resnet_pooling_without_padding(right: Any) -> Any:
    return edited(right, ("3, stride=2, padding=1)", "3, stride=2)"))


@mistake("5.15", "ResNet", "the pooling after the stem takes the average; it is the maximum", fails=VALUES)
def resnet_average_pooling(right: Any) -> Any:
    return edited(right, ("F.max_pool2d(x, 3, stride=2, padding=1)", "F.avg_pool2d(x, 3, stride=2, padding=1)"))


@mistake("5.15", "ResNet", "the first stage has a stride of 2 too, although the pooling has just halved the image", fails=VALUES)
def resnet_first_stage_strided(right: Any) -> Any:
    return edited(right, ("1 if s == 0 else 2", "2"))


@mistake(
    "5.15",
    "ResNet",
    "the next block is told `width` channels come in; expansion · width come out of the one before (handout 5.15)",
    fails=("forward",),
)
def resnet_expansion_forgotten(right: Any) -> Any:
    return edited(right, ("channels = block.expansion * width", "channels = width"))


@mistake("5.15", "ResNet", "the block is given its output channels; it is given the width", fails=("forward", "conduct"))
def resnet_width_times_expansion(right: Any) -> Any:
    return edited(
        right,
        ("block(channels, width, ", "block(channels, block.expansion * width, "),
        ("channels = block.expansion * width", "channels = block.expansion**2 * width"),
    )


@mistake(
    "5.15", "resnet34", "resnet34 is built of Bottleneck blocks; up to 34 layers the paper has BasicBlock (handout 5.15)", fails=("depths",)
)
def resnet34_of_bottlenecks(right: Any) -> Any:
    return edited(right, ("kinds.BasicBlock", "kinds.Bottleneck"))


@mistake("5.15", "resnet50", "resnet50 has resnet18's blocks, 2 2 2 2", fails=("depths",))
def resnet50_of_eight_blocks(right: Any) -> Any:
    return edited(right, ("[3, 4, 6, 3]", "[2, 2, 2, 2]"))


@mistake(
    "5.15",
    "resnet101",
    "resnet101 has 22 blocks in its third stage: 3 + 4 + 23 + 3 blocks of three layers and two more are 101",
    fails=("depths",),
)
def resnet101_one_block_short(right: Any) -> Any:
    return edited(right, ("[3, 4, 23, 3]", "[3, 4, 22, 3]"))


@mistake("5.15", "resnet152", "resnet152 has resnet101's second stage; it has 3, 8, 36, 3 blocks", fails=("depths",))
def resnet152_second_stage(right: Any) -> Any:
    return edited(right, ("[3, 8, 36, 3]", "[3, 4, 36, 3]"))


@mistake("5.15", "resnet18", "classes is not handed on", fails=("depths",))
def resnet18_classes_ignored(right: Any) -> Any:
    return edited(right, (", classes)", ", 1000)"))


# ---- 5.16 WideResNet


@mistake(
    "5.16",
    "WideResNet",
    "a stage has (depth − 2) / 6 blocks, as in CifarResNet; here the depth is 6n + 4 (handout 5.16)",
    fails=(),
    equivalent="(6n + 2) // 6 is n, as (6n) // 6 is: rounding down hides it for every legal depth",
)
def wide_depth_minus_two(right: Any) -> Any:
    return edited(right, ("(depth - 4) // 6", "(depth - 2) // 6"))


@mistake("5.16", "WideResNet", "a stage has (depth − 4) / 3 blocks; a block has two convolutions", fails=("forward", "conduct"))
def wide_blocks_of_one_layer(right: Any) -> Any:
    return edited(right, ("(depth - 4) // 6", "(depth - 4) // 3"))


@mistake(
    "5.16",
    "WideResNet",
    "the closing batch normalization and ReLU are missing: a pre-activation block ends in a bare sum (handout 5.16)",
    fails=("conduct", *VALUES),
)
def wide_without_closing_norm(right: Any) -> Any:
    return edited(right, ("        self.bn = nn.BatchNorm2d(channels)\n", ""), ("        x = F.relu(self.bn(x))\n", ""))


@mistake("5.16", "WideResNet", "the closing ReLU is missing", fails=VALUES)
def wide_without_closing_relu(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn(x))", "self.bn(x)"))


@mistake("5.16", "WideResNet", "normalization and ReLU follow the stem; the first pre-activation block brings its own", fails=VALUES)
def wide_relu_after_stem(right: Any) -> Any:
    return edited(right, ("x = self.conv1(x)", "x = F.relu(self.conv1(x))"))


@mistake("5.16", "WideResNet", "the stem is widened too; it has 16 filters whatever the width", fails=("conduct",))
def wide_stem(right: Any) -> Any:
    return edited(right, ("channels = 16\n", "channels = 16 * width\n"))


@mistake("5.16", "WideResNet", "width is ignored, so that the network is thin", fails=("forward", "conduct"))
def wide_width_ignored(right: Any) -> Any:
    return edited(right, (" * width", ""))


@mistake("5.16", "WideResNet", "the blocks are BasicBlocks; a wide network has pre-activation blocks", fails=("forward",))
def wide_of_basic_blocks(right: Any) -> Any:
    return edited(right, ("kinds.PreActBlock", "kinds.BasicBlock"))


# ---- 5.17 DenseNet


@mistake(
    "5.17", "DenseNet", "a transition follows the last block too; it stands between blocks (handout 5.17)", fails=("forward", "conduct")
)
def densenet_last_transition(right: Any) -> Any:
    return edited(right, ("if i < len(blocks) - 1:", "if True:"))


@mistake("5.17", "DenseNet", "the transitions keep all channels; they halve them (compression ½)", fails=("forward", "conduct"))
def densenet_without_compression(right: Any) -> Any:
    return edited(right, ("channels // 2", "channels"), ("channels //= 2", "channels //= 1"))


@mistake("5.17", "DenseNet", "the closing batch normalization and ReLU are missing", fails=("conduct", *VALUES))
def densenet_without_closing_norm(right: Any) -> Any:
    return edited(right, ("        self.bn = nn.BatchNorm2d(channels)\n", ""), ("        x = F.relu(self.bn(x))\n", ""))


@mistake("5.17", "DenseNet", "the closing ReLU is missing", fails=VALUES)
def densenet_without_closing_relu(right: Any) -> Any:
    return edited(right, ("F.relu(self.bn(x))", "self.bn(x)"))


@mistake("5.17", "DenseNet", "the stem has 64 filters whatever the growth; it has 2·growth", fails=("forward", "conduct"))
def densenet_fixed_stem(right: Any) -> Any:
    return edited(right, ("channels = 2 * growth\n", "channels = 64\n"))


@mistake("5.17", "DenseNet", "the max pooling after the stem is missing", fails=VALUES)
def densenet_without_max_pooling(right: Any) -> Any:
    return edited(right, (POOL, ""))


@mistake("5.17", "DenseNet", "the transitions are built but never called in forward", fails=("forward",))
def densenet_transitions_unused(right: Any) -> Any:
    return edited(right, ("if i < len(self.transitions):", "if False:"))


# ---- 5.18 deepen


@mistake("5.18", "deepen", "the new blocks keep their initial weights, so that they are no identities (handout 5.18)", fails=("train",))
def deepen_without_zeros(right: Any) -> Any:
    return edited(right, ("last_norm.weight.zero_()", "pass"))


@mistake("5.18", "deepen", "the first batch normalization of each new block is set to 0; the last one closes F", fails=("train",))
def deepen_zeroes_the_first_norm(right: Any) -> Any:
    changed = "[m for m in block.modules() if isinstance(m, nn.BatchNorm2d)][0]"
    return edited(right, ("[m for m in block.modules() if isinstance(m, nn.BatchNorm2d)][-1]", changed))


@mistake(
    "5.18",
    "deepen",
    "the second batch normalization of each new block (or the one called bn2) is set to 0; the last one closes F",
    fails=("train", "eval"),
)
def deepen_zeroes_the_second_norm(right: Any) -> Any:
    return edited(right, ("isinstance(m, nn.BatchNorm2d)][-1]", "isinstance(m, nn.BatchNorm2d)][1]"))


@mistake(
    "5.18",
    "deepen",
    "only the weight of the last batch normalization is set to 0; its bias is added all the same, and a block need not start it at 0",
    fails=("train",),
)
def deepen_keeps_the_bias(right: Any) -> Any:
    return edited(right, ("last_norm.bias.zero_()", "pass"))


@mistake(
    "5.18",
    "deepen",
    "the network that was given is changed and returned; a new one is asked for",
    fails=("train", "eval"),
)
def deepen_in_place(right: Any) -> Any:
    return edited(right, ("copy.deepcopy(net)", "net"))


@mistake(
    "5.18",
    "deepen",
    "the copy is shallow: both networks hold the same tensors, and training one changes the other",
    fails=("eval",),
)
def deepen_shallow_copy(right: Any) -> Any:
    new = (
        "copy.copy(net)\n    deeper._modules = dict(net._modules)\n"
        "    deeper.stages = nn.ModuleList([nn.Sequential(*stage) for stage in net.stages])"
    )
    return edited(right, ("copy.deepcopy(net)", new))


@mistake("5.18", "deepen", "the last block is copied instead of a new one set to the identity: it computes something", fails=("train",))
def deepen_repeats_the_last_block(right: Any) -> Any:
    return edited(
        right,
        ("type(stage[-1])(channels, channels, 1).to(net.conv1.weight)", "copy.deepcopy(stage[-1])"),
        ("last_norm.weight.zero_()", "pass"),
        ("last_norm.bias.zero_()", "pass"),
    )


@mistake("5.18", "deepen", "one new block is put in whatever `extra` says", fails=("train",))
def deepen_by_one(right: Any) -> Any:
    return edited(right, ("range(extra)", "range(1)"))


@mistake("5.18", "deepen", "only the last stage gets new blocks; every stage does", fails=("train",))
def deepen_last_stage_only(right: Any) -> Any:
    return edited(right, ("range(extra)", "range(extra if s == len(deeper.stages) - 1 else 0)"))


@mistake(
    "5.18",
    "deepen",
    "the running statistics are not taken over (weights alone are copied), so that eval mode differs",
    fails=("eval",),
)
def deepen_without_statistics(right: Any) -> Any:
    new = (
        "copy.deepcopy(net)\n    for m in deeper.modules():\n        if isinstance(m, nn.BatchNorm2d):\n            m.reset_running_stats()"
    )
    return edited(right, ("copy.deepcopy(net)", new))
