"""What networks cost and what they reach: counted where the network is built here, from the table below where it is not."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

from .figure_canvas import INK, PALE, SOFT, THEORY, WRONG, Data, Figure, Undrawable, canvas, panels, rounded, titled

IMAGE = (3, 224, 224)
RESNETS = {"resnet18": 69.76, "resnet34": 73.31, "resnet50": 76.13, "resnet101": 77.37, "resnet152": 78.31}
"""Top-1 accuracy in % of one crop, torchvision 0.29's weights IMAGENET1K_V1; the rest is counted here."""

PUBLISHED = {
    # millions of parameters, billions of multiply-adds, top-1 in % of one crop. torchvision 0.29, metadata of the weights IMAGENET1K_V1:
    "AlexNet": (61.1, 0.71, 56.5),
    "VGG-16": (138.4, 15.47, 71.6),
    "VGG-19": (143.7, 19.63, 72.4),
    "GoogLeNet": (6.6, 1.50, 69.8),
    "Inception-v3": (27.2, 5.71, 77.3),
    "ResNeXt-50": (25.0, 4.23, 77.6),
    "WRN-50-2": (68.9, 11.40, 78.5),
    "DenseNet-121": (8.0, 2.83, 74.4),
    "MobileNetV2": (3.5, 0.30, 71.9),
    "EfficientNet-B0": (5.3, 0.39, 77.7),
    "EfficientNet-B4": (19.3, 4.39, 83.4),
    "Inception-v4": (48, 13, 80.0),  # Tan & Le 2019 (EfficientNet), table 2, at 299²
    "SE-ResNet-50": (28.1, 3.87, 76.7),  # Hu et al. 2018, table 2 (top-1 error 23.29); parameters counted
    "MobileNet": (4.2, 0.57, 70.6),  # Howard et al. 2017, "1.0 MobileNet-224": 569 million multiply-adds
    "NASNet-A": (88.9, 23.8, 82.7),  # Zoph et al. 2018, table 2, "6 @ 4032" at 331²
}
CHANNELS = (64, 128, 256, 512, 1024, 2048)
CIFAR_DEPTHS = (20, 32, 44, 56, 110)


def measure(ps2: Any) -> Data:
    """{"networks": {name: [parameters, multiply-adds]}, "blocks" and "cifar": {kind: [[parameters, multiply-adds], …]}}."""
    networks = {name: cost(ps2, getattr(ps2, name), IMAGE) for name in RESNETS}
    blocks = {
        "plain, two 3×3": [cost(ps2, partial(ps2.PlainBlock, c, c), (c, 14, 14)) for c in CHANNELS],
        "residual, two 3×3": [cost(ps2, partial(ps2.BasicBlock, c, c), (c, 14, 14)) for c in CHANNELS],
        "bottleneck": [cost(ps2, partial(ps2.Bottleneck, c, c // 4), (c, 14, 14)) for c in CHANNELS],
    }
    kinds = {"plain": {"block": ps2.PlainBlock}, "residual": {}, "residual, width 2": {"width": 2}}
    cifar = {kind: [cost(ps2, partial(ps2.CifarResNet, d, **more), (3, 32, 32)) for d in CIFAR_DEPTHS] for kind, more in kinds.items()}
    return {"networks": networks, "blocks": blocks, "cifar": cifar}


def cost(ps2: Any, make: Callable[[], Any], shape: tuple[int, int, int]) -> list[float]:
    """[parameters, multiply-adds]; without numbers in the network where the counting allows it, which takes no time."""
    torch: Any = importlib.import_module("torch")
    try:
        with torch.device("meta"):
            network = make()
        counted = [ps2.count_parameters(network), ps2.count_macs(network, shape)]
    except NotImplementedError as error:
        if "meta" not in str(error):
            raise
        counted = [ps2.count_parameters(make()), ps2.count_macs(make(), shape)]
    except RuntimeError:
        counted = [ps2.count_parameters(make()), ps2.count_macs(make(), shape)]
    if not all(isinstance(count, int | float) and count > 0 for count in counted):
        raise Undrawable(f"count_parameters and count_macs gave {counted[0]!r} and {counted[1]!r}, expected positive numbers")
    return [float(count) for count in rounded(counted, 9)]


def draw(data: Data, reference: Data | None = None) -> Any:
    """The accuracies above, blocks and small networks below."""
    figure = canvas(8.2, 7.2)
    above, below = figure.subfigures(2, 1, height_ratios=[1.15, 1])
    top, (left, right) = panels(above, 1, 1)[0, 0], panels(below, 1, 2)[0]
    draw_accuracy(top, data["networks"])
    draw_blocks(left, data["blocks"])
    draw_cifar(right, data["cifar"])
    if reference is not None:
        ring(top, [(macs / 1e9, RESNETS[name]) for name, (_, macs) in reference["networks"].items()])
        ring(left, [(c, macs) for row in reference["blocks"].values() for c, (_, macs) in zip(CHANNELS, row, strict=True)])
        ring(right, [(parameters, macs) for row in reference["cifar"].values() for parameters, macs in row])
        top.set_title(top.get_title() + "; circles: the reference", fontsize=9, color=INK)
    return figure


def ring(axis: Any, spots: list[tuple[float, float]]) -> None:
    axis.scatter(*zip(*spots, strict=True), s=60, facecolors="none", edgecolors=SOFT, linewidths=0.8)


BESIDE = {
    "WRN-50-2": (11, 3),
    "Inception-v4": (-62, 6),
    "VGG-16": (-46, -8),
    "VGG-19": (-10, 15),
    "SE-ResNet-50": (-66, 4),
    "ResNeXt-50": (-50, 9),
    "Inception-v3": (-4, 9),
    "GoogLeNet": (-30, -13),
    "MobileNet": (-4, -14),
    "DenseNet-121": (-62, 0),
    "EfficientNet-B4": (9, -3),
    "NASNet-A": (-14, -19),
    "resnet18": (6, -10),
    "resnet34": (8, -8),
    "resnet50": (8, -9),
    "resnet101": (8, -11),
    "resnet152": (11, -7),
}
"""Where a name goes, in points from its spot, so that none covers another."""


def draw_accuracy(axis: Any, networks: dict[str, list[float]]) -> None:
    """The lecture's picture: accuracy over multiply-adds, the area of a spot its parameters."""
    counted = {name: (p / 1e6, m / 1e9, RESNETS[name]) for name, (p, m) in networks.items()}
    for spots, color in ((PUBLISHED, PALE), (counted, THEORY)):
        for name, (parameters, macs, top1) in spots.items():
            axis.scatter(macs, top1, s=3.2 * parameters, color=color, alpha=0.75, linewidths=0)
            says = name.replace("resnet", "ResNet-")
            axis.annotate(says, (macs, top1), xytext=BESIDE.get(name, (6, 5)), textcoords="offset points", fontsize=6.5, color=INK)
    line = [(macs, top1) for _, macs, top1 in counted.values()]
    axis.plot(*zip(*line, strict=True), color=THEORY, linewidth=0.8)
    axis.set_xscale("log")
    axis.set_xlim(0.2, 50)
    titled(axis, "area: parameters; orange: counted here, blue: published", "multiply-adds for an image, billions", "top-1 accuracy, %")


def draw_blocks(axis: Any, blocks: dict[str, list[list[float]]]) -> None:
    styles = {"plain, two 3×3": (WRONG, "o", 6), "residual, two 3×3": (INK, ".", 5), "bottleneck": (THEORY, "s", 4)}
    for kind, costs in blocks.items():
        color, marker, size = styles[kind]
        axis.loglog(CHANNELS, [macs for _, macs in costs], color=color, marker=marker, markersize=size, linewidth=1, label=kind)
    axis.set_xticks(CHANNELS, [str(c) for c in CHANNELS])
    axis.minorticks_off()
    axis.legend(fontsize=7.5, frameon=False)
    ratio = blocks["plain, two 3×3"][2][1] / blocks["bottleneck"][2][1]
    titled(axis, f"one block at 14×14\n(256 channels: {ratio:.0f} times)", "channels in and out", "multiply-adds")


def draw_cifar(axis: Any, cifar: dict[str, list[list[float]]]) -> None:
    for (kind, costs), color, size in zip(cifar.items(), (WRONG, INK, PALE), (9, 4, 4), strict=True):
        axis.loglog(*zip(*costs, strict=True), color=color, marker="o", markersize=size, linewidth=1, label=kind)
    for depth, (parameters, macs) in zip(CIFAR_DEPTHS, cifar["residual"], strict=True):
        axis.annotate(str(depth), (parameters, macs), xytext=(6, -9), textcoords="offset points", fontsize=7)
    axis.margins(y=0.12)
    axis.set_xticks([3e5, 1e6, 3e6], ["0.3 M", "1 M", "3 M"])
    axis.minorticks_off()
    axis.legend(fontsize=7.5, frameon=False)
    titled(axis, "networks for 32×32 images\n(the sum costs nothing)", "parameters", "multiply-adds")


COMPLEXITY = Figure(
    "complexity",
    (
        "complexity.count_parameters",
        "complexity.count_macs",
        *(f"resnet.{name}" for name in RESNETS),
        "resnet.CifarResNet",
        "blocks.PlainBlock",
        "blocks.BasicBlock",
        "blocks.Bottleneck",
    ),
    measure,
    draw,
)
