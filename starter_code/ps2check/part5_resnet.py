"""Part 5, networks: how they are assembled, judged with blocks of the check's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from .agreement import agrees, unchanged
from .draw import Draw
from .module_state import Shapes, conv, is_lazy, linear, norm
from .modules import Steps, array, examine, module_of, settings, settled, tensor, uninitialized
from .question import question
from .stand_ins import acting, found, stand_in
from .verdict import Array, Judge, Parts, Unfit, Verdict, within


def blocks_of(net: Any, *places: str) -> list[Any]:
    """The blocks of a network in order of stages."""
    found = []
    for place in places:
        stages = getattr(net, place, None)
        if stages is None:
            raise Unfit(f'has no "{place}": the blocks belong into an nn.ModuleList of that name, so that net.{place}[…] is one')
        for stage in stages:
            inner = [m for m in stage.modules() if hasattr(m, "asked")]
            if not inner:
                raise Unfit(f"has a stage in {place} that holds none of the blocks it was given ({type(stage).__name__})")
            found += inner
    return found


def assembly(net: Any, *places: str) -> Array:
    """What each block was called with, in order: one row a block."""
    return np.array([block.asked for block in blocks_of(module_of(net), *places)])


def spatial_trace(net: Any, x: Array, *places: str) -> Array:
    """The shape (C, H, W) that came into each block, in order."""
    import torch

    module = module_of(net).double()
    with torch.no_grad():
        module(tensor(x))
    shapes = [block.seen[-1] if block.seen else (0, 0, 0) for block in blocks_of(module, *places)]
    return np.array(shapes)


def whole(
    draw: Draw, make: Callable[[], Any], shapes: Shapes, places: tuple[str, ...], classes: int, size: tuple[int, ...], thin: int
) -> Steps:
    """What every network is asked. It is made once: the weights are loaded after the first two items.

    thin: a side of that length is 1 at the end, where `size` leaves more.
    """
    x = (2, 3, *size)
    again, net = draw.normal(x), cache(make)
    yield "forward, blocks", settled(lambda: assembly(net(), *places))
    yield "forward, spatial trace", settled(lambda: spatial_trace(net(), again, *places))
    yield from examine(draw, "", net, shapes, x, (2, classes), last=oblong(draw, thin))


def oblong(draw: Draw, thin: int) -> Callable[[Array], Array]:
    """An image cut so that it is tall or wide up to the last maps: pooling a square of them is not their mean."""
    tall, side = draw.choice((True, False)), thin - draw.integer(0, thin // 4)
    return lambda image: image[:, :, :, :side] if tall else image[:, :, :side]


def rounded_differently(draw: Draw) -> tuple[int, ...]:
    """Two sides, in either order, of which the ImageNet stem leaves an even and an odd number: the max pooling rounds one of them."""
    even, odd = (4, 6) if draw.small else (4 * draw.integer(9, 10), 34)
    sides = even - draw.integer(0, 1), odd - draw.integer(0, 1)
    return sides if draw.choice((True, False)) else sides[::-1]


def staged(counts: list[int], outputs: list[int]) -> Shapes:
    """The parameters of stand-in blocks: counts[s] of them in stage s, each with outputs[s] channels."""
    return {f"stages.{s}.{b}.scale": (c,) for s, (n, c) in enumerate(zip(counts, outputs, strict=True)) for b in range(n)}


def head_shape(net: Any) -> Array:
    weight = getattr(getattr(module_of(net), "fc", None), "weight", None)
    if weight is None:
        raise Unfit('has no "fc": the last layer is a linear one of that name')
    return np.array(weight.shape)


def reach(ps2: Any, **blocks: type) -> None:
    """Import the student's resnet.py now, with stand-ins for the blocks it imports where blocks.py is broken: that file costs itself."""
    with acting(ps2, **blocks):
        found(ps2, "CifarResNet")


@question("5.14", "CifarResNet", stub="resnet.CifarResNet", core=True, needs_torch=True)
def cifar_resnet(ps2: Any, draw: Draw) -> Steps:
    """Stem, three stages of n blocks, mean, linear; option "A" where no block is given."""
    reach(ps2, BasicBlock=stand_in())
    yield from settings(ps2, "CifarResNet")
    n = draw.integer(3, 4)  # with two blocks a stage, one block that is repeated after the first would not show
    width, classes = draw.integer(2, 3), draw.integer(3, 9)
    shapes = conv("conv1", 16 * width, 3, 3) | norm("bn1", 16 * width)
    shapes |= staged([n] * 3, [16 * width, 32 * width, 64 * width]) | linear("fc", classes, 64 * width)

    def make() -> Any:
        return ps2.CifarResNet(6 * n + 2, block=stand_in(), width=width, classes=classes)

    yield from whole(draw, make, shapes, ("stages",), classes, draw.size(8, 7, least=5), 4)
    deep, wide, small = deep_stages(draw), draw.integer(2, 4), draw.normal((2, 3, *draw.size(7, 6, least=4)))
    yield "defaults", settled(lambda: built(small, lambda: ps2.CifarResNet(6 * deep + 2, no_class())))

    def without_block() -> Any:
        with acting(ps2, BasicBlock=stand_in()):
            return built(small, lambda: ps2.CifarResNet(6 * deep + 2, width=wide))

    yield "default block", settled(without_block), options('asks BasicBlock for option "B" where no block is given; it is option "A" there')
    few = draw.integer(1, 2)

    def with_block() -> Any:
        with acting(ps2, BasicBlock=stand_in()) as known:
            return built(small, lambda: ps2.CifarResNet(6 * few + 2, known["BasicBlock"]))

    says = (
        'asks the BasicBlock that it is given for option "A"; a block that is given is called as block(in_channels, out_channels, stride)'
    )
    yield "default block, BasicBlock is given", settled(with_block), options(says)


def no_class() -> Callable[..., Any]:
    """A block that is a function, all of whose contract is block(in_channels, out_channels, stride) and the expansion."""

    def block(*given: Any, **named: Any) -> Any:
        return stand_in(strict=True)(*given, **named)

    block.expansion = 1  # type: ignore[attr-defined]
    return block


def deep_stages(draw: Draw) -> int:
    """Blocks of each stage, so many that (depth − 2) // 5 and the like give another number than (depth − 2) // 6."""
    return draw.integer(1, 3) if draw.small else draw.integer(5, 7)


def built(x: Array, make: Callable[[], Any], *places: str) -> dict[str, Array]:
    """A network that a call made: its blocks, its last layer, and what it answers to x with parameters that are known."""
    net = shaped(x, make)
    blocks = assembly(net, *(places or ("stages",)))
    return {"blocks": blocks, "fc": head_shape(net), "output": array(filled(net)(tensor(x)))}


def shaped(x: Array, make: Callable[[], Any]) -> Any:
    """A network as it is made; a lazy one learns its shapes from x."""
    with uninitialized():
        net = module_of(make())
    if any(map(is_lazy, net.parameters())):
        net.double().eval()(tensor(x))
    return net


def filled(net: Any) -> Any:
    """The network in float64, every weight a fixed function of its place."""
    import torch

    parameters = list(net.double().parameters())
    pattern = torch.cos(torch.arange(1021).double().square())
    pattern = pattern.repeat(max((p.numel() for p in parameters), default=0) // len(pattern) + 1)
    with torch.no_grad():
        for parameter in parameters:
            parameter.copy_(pattern[: parameter.numel()].view_as(parameter) / max(1, parameter[0].numel()) ** 0.5)
    return net.eval()


def options(says: str) -> Judge:
    """A network as `built` tells it, with a word of its own where only the option differs."""

    def rule(got: Parts, want: Parts) -> Verdict:
        if not np.array_equal(got["fc"], want["fc"]) or np.array_equal(got["blocks"], want["blocks"]):
            return agrees().rule(got, want)
        only = np.array_equal(got["blocks"][:, :4], want["blocks"][:, :4])
        return within(float("inf"), says if only else "other blocks are built (in_channels, out_channels, stride, kind, option)")

    return Judge(rule)


FACTORIES = {
    "resnet18": "BasicBlock",
    "resnet34": "BasicBlock",
    "resnet50": "Bottleneck",
    "resnet101": "Bottleneck",
    "resnet152": "Bottleneck",
}


@question("5.15", "ResNet", stub=("resnet.ResNet", *(f"resnet.{name}" for name in FACTORIES)), needs_torch=True)
def resnet(ps2: Any, draw: Draw) -> Steps:
    """The ImageNet network for any block and numbers of blocks, and the five of the paper."""
    reach(ps2, BasicBlock=stand_in(), Bottleneck=stand_in())
    times, classes = draw.integer(2, 3), draw.integer(3, 9)
    layers = [draw.integer(1, 2) for _ in range(4)]
    widths = [64, 128, 256, 512]
    shapes = conv("conv1", 64, 3, 7) | norm("bn1", 64) | staged(layers, [times * w for w in widths])
    shapes |= linear("fc", classes, times * 512)

    def make() -> Any:
        return ps2.ResNet(stand_in(times), given, classes)

    given = list(layers)
    yield from whole(draw, make, shapes, ("stages",), classes, rounded_differently(draw), 16)
    yield "conduct, layers", lambda: np.array(given), unchanged("the list of layers")
    block = stand_in(draw.integer(1, 3), strict=True)
    more = [draw.integer(1, 2) for _ in range(4)]
    more[draw.integer(0, 3)] += 1  # somewhere a block follows another
    small = draw.normal((1, 3, *draw.size(23, 19, least=4)))
    yield "defaults", settled(lambda: built(small, lambda: ps2.ResNet(block, list(more))))
    for name in FACTORIES:
        count = draw.integer(2, 99)
        yield f"depths, {name}", settled(partial(factory, ps2, small, name, count))
    basic, other = stand_in(draw.integer(1, 6), 1), stand_in(draw.integer(1, 6), 2)

    def default_classes() -> dict[str, Array]:
        with acting(ps2, BasicBlock=basic, Bottleneck=other):
            return {name: head_shape(shaped(small, getattr(ps2, name))) for name in FACTORIES}

    yield "depths, default classes", settled(default_classes), thousands()


def factory(ps2: Any, x: Array, name: str, *classes: int) -> dict[str, Array]:
    with acting(ps2, BasicBlock=stand_in(1, 1), Bottleneck=stand_in(4, 2)):
        return built(x, lambda: getattr(ps2, name)(*classes))


def thousands() -> Judge:
    """The shape of each factory's last layer where it is called without arguments."""

    def rule(got: Parts, want: Parts) -> Verdict:
        others = [f"{name}() has an fc of {got[name].tolist()}" for name in want if not np.array_equal(got[name], want[name])]
        return within(float("inf") if others else 0.0, f"{', '.join(others)}, expected 1000 classes by default")

    return Judge(rule, allowed="none")


@question("5.16", "WideResNet", stub="resnet.WideResNet", needs_torch=True)
def wide_resnet(ps2: Any, draw: Draw) -> Steps:
    """Pre-activation blocks, wide; normalization and ReLU close it."""
    reach(ps2, PreActBlock=stand_in())
    n, width, classes = draw.integer(1, 3), draw.integer(2, 4), draw.integer(3, 9)
    shapes = conv("conv1", 16, 3, 3) | staged([n] * 3, [16 * width, 32 * width, 64 * width])
    shapes |= norm("bn", 64 * width) | linear("fc", classes, 64 * width)

    def make() -> Any:
        with acting(ps2, PreActBlock=stand_in()):
            return ps2.WideResNet(6 * n + 4, width, classes)

    def blocks_act(steps: Steps) -> Steps:
        for name, value, *judge in steps:
            yield (name, lending(ps2, value, PreActBlock=stand_in()), *judge)

    yield from blocks_act(whole(draw, make, shapes, ("stages",), classes, draw.size(11, 9, least=5), 4))
    deep, wide, small = deep_stages(draw), draw.integer(1, 3), draw.normal((2, 3, *draw.size(7, 6, least=4)))

    def default() -> Any:
        with acting(ps2, PreActBlock=stand_in()):
            return built(small, lambda: ps2.WideResNet(6 * deep + 4, wide))

    yield "defaults", settled(default)


def lending(ps2: Any, value: Any, **others: type) -> Any:
    """`value`, computed while the student's classes act as `others`."""

    def run() -> Any:
        with acting(ps2, **others):
            return value()

    return run if callable(value) else value


@question("5.17", "DenseNet", stub="resnet.DenseNet", needs_torch=True)
def densenet(ps2: Any, draw: Draw) -> Steps:
    """Dense blocks with transitions between them that halve the channels; normalization and ReLU close it."""
    reach(ps2, DenseBlock=stand_in_dense(), Transition=stand_in_transition())
    growth, classes = 2 * draw.integer(2, 4) + 1, draw.integer(3, 9)  # enough channels that one of them is negative at the end
    blocks = [2 * draw.integer(0, 1) + 1, *(draw.integer(1, 4) for _ in range(draw.integer(2, 3)))]  # two are asked for below
    given = list(blocks)  # the first transition halves an odd number of channels
    others = {"DenseBlock": stand_in_dense(), "Transition": stand_in_transition()}

    def make() -> Any:
        with acting(ps2, **others):
            return ps2.DenseNet(growth, given, classes)

    shapes, last = dense_shapes(growth, blocks)
    shapes |= norm("bn", last) | linear("fc", classes, last)
    for name, value, *judge in whole(draw, make, shapes, ("blocks", "transitions"), classes, rounded_differently(draw), 16):
        yield (name, lending(ps2, value, **others), *judge)
    yield "conduct, blocks", lambda: np.array(given), unchanged("the list of blocks")
    thin, two, small = draw.integer(2, 5), [draw.integer(1, 4) for _ in range(2)], draw.normal((1, 3, *draw.size(37, 33, least=4)))

    def default() -> Any:
        with acting(ps2, **others):
            return built(small, lambda: ps2.DenseNet(thin, list(two)), "blocks", "transitions")

    yield "defaults", settled(default)


def dense_shapes(growth: int, blocks: list[int]) -> tuple[Shapes, int]:
    """Stem and stand-ins, and the channels that come out."""
    channels = 2 * growth
    shapes = conv("conv1", channels, 3, 7) | norm("bn1", channels)
    for i, count in enumerate(blocks):
        channels += growth * count
        shapes[f"blocks.{i}.scale"] = (channels,)
        if i < len(blocks) - 1:
            channels //= 2
            shapes[f"transitions.{i}.scale"] = (channels,)
    return shapes, channels


def stand_in_dense() -> Any:
    """Stands for DenseBlock(in_channels, growth, layers)."""
    base = stand_in()

    def start(self: Any, in_channels: int, growth: int, layers: int) -> None:
        base.__init__(self, in_channels, in_channels + growth * layers)
        self.asked = (in_channels, growth, layers)

    return type("StandInDense", (base,), {"__init__": start, "forward": base.forward})


def stand_in_transition() -> Any:
    """Stands for Transition(in_channels, out_channels)."""
    base = stand_in()

    def start(self: Any, in_channels: int, out_channels: int) -> None:
        base.__init__(self, in_channels, out_channels, 2)
        self.asked = (in_channels, out_channels, 2)

    return type("StandInTransition", (base,), {"__init__": start, "forward": base.forward})
