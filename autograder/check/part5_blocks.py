"""Part 5, blocks: each on every combination of stride and channels that its contract allows."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np

from .draw import Draw
from .module_state import Shapes, conv, linear, norm
from .modules import Steps, examine, settings
from .question import question
from .verdict import Array, Judge, Parts, Verdict, within

Keys = Callable[[int, int, bool], Shapes]
"""(in_channels, out_channels or width, whether the shortcut projects) → what the state holds."""


def channels(draw: Draw, count: int, least: int = 3, spread: int = 4) -> list[int]:
    """`count` different numbers of channels in random order."""
    low, wide = (1, max(count, 2)) if draw.small else (least, max(count, spread))
    return [low + int(i) for i in draw.order(wide)[:count]]


def images(draw: Draw, channels: int) -> tuple[int, ...]:
    """(N, C, H, W), not square on average."""
    height, width = draw.size(8, 6, least=2)
    return (2 if draw.small else draw.integer(2, 3), channels, height, width)


def strided(shape: tuple[int, ...], channels: int, stride: int) -> tuple[int, ...]:
    n, _, h, w = shape
    return (n, channels, ceil(h / stride), ceil(w / stride))


def leap(draw: Draw) -> int:
    """A stride that nobody writes by heart: a 2 in its place shows, and so does what was made for 2 and 3."""
    return draw.integer(4, 5)


def pixels(image: Array) -> Array:
    """Each pixel as an image: no stride changes this size, so that a look at the sizes does not tell whether the shortcut projects."""
    apart: Array = image.reshape(image.shape[1], -1).T[:, :, None, None]
    return apart


def expansion(ps2: Any, name: str, times: int) -> Steps:
    """The class attribute by which a network learns how many channels come out."""

    def rule(got: Parts, _: Parts) -> Verdict:
        right = set(got) == {""} and np.array_equal(got[""], times)
        return within(
            0.0 if right else float("inf"), f"is not {times}: so many times the second argument come out, which networks read there"
        )

    yield "conduct, expansion", lambda: getattr(ps2, name).expansion, Judge(rule, alone=True)


def grid(draw: Draw, ps2: Any, name: str, keys: Keys, times: int = 1, spread: float = 1.0, **more: str) -> Steps:
    """A block called (in_channels, out_channels or width, stride) that puts out `times` as many channels: shape kept, more or fewer
    channels, a stride (and with it an image that is too small to show it), both."""
    same, few, many, strided_same, a, b = (*channels(draw, 3), *channels(draw, 1), *channels(draw, 2))
    stride, larger = leap(draw), draw.integer(2, 3)

    def make(*arguments: int, **named: Any) -> Callable[[], Any]:
        return lambda: getattr(ps2, name)(*arguments, **named)

    cases = [
        ("identity", same * times, same, 1, make(same * times, same)),
        ("other channels", few, many, 1, make(few, many, 1)),
        ("stride alone", strided_same * times, strided_same, stride, make(strided_same * times, strided_same, stride=stride)),
        ("stride and channels", a, b, larger, make(a, b, larger, **more)),
    ]
    if times > 1:  # above, more come out than went in
        cases.append(("fewer channels", few + many * times, many, 1, make(few + many * times, many)))
    for label, cin, width, step, build in cases:
        x = images(draw, cin)
        changes = step != 1 or cin != width * times
        last = pixels if label == "stride alone" else None
        yield from examine(draw, label, build, keys(cin, width, changes), x, strided(x, width * times, step), spread, last=last)


def two_convolutions(cin: int, cout: int, projects: bool) -> Shapes:
    """BasicBlock: see the docstring of the stub."""
    plain = conv("conv1", cout, cin, 3) | norm("bn1", cout) | conv("conv2", cout, cout, 3) | norm("bn2", cout)
    return plain | (projection(cin, cout) if projects else {})


def projection(cin: int, cout: int) -> Shapes:
    return conv("shortcut.0", cout, cin, 1) | norm("shortcut.1", cout)


@question("5.4", "BasicBlock", stub="blocks.BasicBlock", core=True, needs_torch=True)
def basic_block(ps2: Any, draw: Draw) -> Steps:
    """Two convolutions and a shortcut: the identity, a projection, or (option "A") padding, whichever the shape asks for."""
    yield from settings(ps2, "BasicBlock")
    yield from expansion(ps2, "BasicBlock", 1)
    yield from grid(draw, ps2, "BasicBlock", two_convolutions, option="B")
    few, same, kept, stride = *channels(draw, 3), leap(draw)
    many, more = few + draw.integer(2, 4), few + draw.integer(2, 4)
    cases = (
        ("option A, identity", same, same, 1),
        ("option A, more channels", few, many, 1),
        ("option A, stride alone", kept, kept, stride),
        ("option A, both", few, more, 2),
    )
    for label, cin, cout, step in cases:
        build = lambda cin=cin, cout=cout, step=step: ps2.BasicBlock(cin, cout, step, option="A")  # noqa: E731
        x = images(draw, cin)
        yield from examine(draw, label, build, two_convolutions(cin, cout, False), x, strided(x, cout, step))


@question("5.5", "PlainBlock", stub="blocks.PlainBlock", core=True, needs_torch=True)
def plain_block(ps2: Any, draw: Draw) -> Steps:
    """The same two convolutions without a shortcut."""
    yield from expansion(ps2, "PlainBlock", 1)
    yield from grid(draw, ps2, "PlainBlock", lambda cin, cout, _: two_convolutions(cin, cout, False))


def three_convolutions(cin: int, width: int, projects: bool, times: int = 4, groups: int = 1) -> Shapes:
    """Bottleneck and ResNeXtBlock: see the docstrings of the stubs."""
    first = conv("conv1", width, cin, 1) | norm("bn1", width)
    middle = conv("conv2", width, width // groups, 3) | norm("bn2", width)
    last = conv("conv3", times * width, width, 1) | norm("bn3", times * width)
    return first | middle | last | (projection(cin, times * width) if projects else {})


@question("5.6", "Bottleneck", stub="blocks.Bottleneck", needs_torch=True)
def bottleneck(ps2: Any, draw: Draw) -> Steps:
    """1×1, 3×3 with the stride, 1×1 to four times the width."""
    yield from expansion(ps2, "Bottleneck", 4)
    yield from grid(draw, ps2, "Bottleneck", three_convolutions, times=4)


@question("5.7", "PreActBlock", stub="blocks.PreActBlock", needs_torch=True)
def pre_act_block(ps2: Any, draw: Draw) -> Steps:
    """Normalization and ReLU before each convolution, nothing after the sum."""

    def keys(cin: int, cout: int, projects: bool) -> Shapes:
        plain = norm("bn1", cin) | conv("conv1", cout, cin, 3) | norm("bn2", cout) | conv("conv2", cout, cout, 3)
        return plain | (conv("shortcut.0", cout, cin, 1) if projects else {})

    yield from expansion(ps2, "PreActBlock", 1)
    yield from grid(draw, ps2, "PreActBlock", keys)


@question("5.8", "SqueezeExcite", stub="blocks.SqueezeExcite", needs_torch=True)
def squeeze_excite(ps2: Any, draw: Draw) -> Steps:
    """A gate for each channel, from the means of all channels."""
    reduction, quotient = draw.integer(3, 5), draw.integer(2, 4)
    wide = 16 * draw.integer(2, 4) + draw.integer(1, 7)  # a small remainder, which rounding to the nearest drops; below, a large one
    cases: tuple[tuple[str, int, tuple[int, ...]], ...] = (
        ("reduction divides", reduction * quotient, (reduction,)),
        ("reduction does not divide", reduction * quotient + draw.integer(reduction // 2 + 1, reduction - 1), (reduction,)),
        ("fewer channels than reduction", draw.integer(2, 5), (draw.integer(6, 9),)),
        ("default reduction", wide, ()),
    )
    for label, count, given in cases:
        hidden = max(1, count // (given or (16,))[0])
        build = lambda count=count, given=given: ps2.SqueezeExcite(count, *given)  # noqa: E731
        x = (draw.integer(6, 8), count, *draw.size(5, 4, least=2))  # enough samples that a lone hidden unit is alive for some
        scales = (5.0, 1e5) if hidden == 1 or not given else (5.0,)  # at the larger one exp overflows
        shapes = linear("fc1", hidden, count) | linear("fc2", count, hidden)
        yield from examine(draw, label, build, shapes, x, x, offset=1.0, last=both_ways(scales))


def both_ways(scales: tuple[float, ...]) -> Callable[[Array], Array]:
    """The image and its negative, so large that every hidden unit is dead for one of them and alive for the other, whatever its bias."""
    return lambda image: np.concatenate([sign * scale * image for scale in scales for sign in (1, -1)])


@question("5.9", "DenseBlock", stub="blocks.DenseBlock", needs_torch=True)
def dense_block(ps2: Any, draw: Draw) -> Steps:
    """Every layer sees all features before it and appends its own."""
    for label, layers in (("one layer", 1), ("two layers", 2), ("more layers", 3 if draw.small else draw.integer(3, 4))):
        cin, growth = channels(draw, 2, least=2)
        x = images(draw, cin)
        build = lambda cin=cin, growth=growth, layers=layers: ps2.DenseBlock(cin, growth, layers)  # noqa: E731
        shapes = {key: shape for i in range(layers) for key, shape in dense_layer(i, cin + i * growth, growth).items()}
        yield from examine(draw, label, build, shapes, x, (x[0], cin + layers * growth, *x[2:]))


def dense_layer(i: int, cin: int, growth: int) -> Shapes:
    name, wide = f"layers.{i}.", 4 * growth
    shapes = norm("bn1", cin) | conv("conv1", wide, cin, 1) | norm("bn2", wide) | conv("conv2", growth, wide, 3)
    return {name + key: shape for key, shape in shapes.items()}


@question("5.10", "Transition", stub="blocks.Transition", needs_torch=True)
def transition(ps2: Any, draw: Draw) -> Steps:
    """Normalization, ReLU, 1×1 convolution, average pooling."""
    for label, odd in (("even size", 0), ("odd size", 1)):
        cin, cout = channels(draw, 2)
        n, _, h, w = images(draw, cin)
        x = (n, cin, 2 * (h // 2) + odd, 2 * (w // 2) + odd)
        build = lambda cin=cin, cout=cout: ps2.Transition(cin, cout)  # noqa: E731
        yield from examine(draw, label, build, norm("bn", cin) | conv("conv", cout, cin, 1), x, (n, cout, h // 2, w // 2))


@question("5.11", "ResNeXtBlock", stub="blocks.ResNeXtBlock", needs_torch=True)
def resnext_block(ps2: Any, draw: Draw) -> Steps:
    """A bottleneck whose 3×3 convolution is grouped."""
    yield from expansion(ps2, "ResNeXtBlock", 2)
    a, b, c, d = (draw.integer(1, 2) if draw.small else draw.integer(2, 4) for _ in range(4))
    groups, more, stride = draw.integer(2, 3), draw.integer(2, 3), leap(draw)
    cases: tuple[tuple[str, int, int, int, tuple[int, ...]], ...] = (
        ("identity", 2 * groups * a, groups * a, 1, (groups,)),
        ("other channels", more * b + 1, more * b, 1, (more,)),
        ("stride alone", 2 * groups * c, groups * c, stride, (groups,)),
        ("stride and channels", more * d + 1, more * d, 2, (more,)),
        ("fewer channels", 2 * groups + draw.integer(1, 4), groups, 1, (groups,)),
        ("default groups", draw.integer(2, 6), 32, 1, ()),
    )
    for label, cin, width, step, given in cases:
        x = images(draw, cin)
        shapes = three_convolutions(cin, width, step != 1 or cin != 2 * width, times=2, groups=(given or (32,))[0])
        build = lambda cin=cin, width=width, step=step, given=given: ps2.ResNeXtBlock(cin, width, step, *given)  # noqa: E731
        last = pixels if label == "stride alone" else None
        yield from examine(draw, label, build, shapes, x, strided(x, 2 * width, step), last=last)


@question("5.12", "DepthwiseSeparable", stub="blocks.DepthwiseSeparable", needs_torch=True)
def depthwise_separable(ps2: Any, draw: Draw) -> Steps:
    """A depthwise 3×3 convolution, then a 1×1."""

    def keys(cin: int, cout: int, _: bool) -> Shapes:
        return conv("conv1", cin, 1, 3) | norm("bn1", cin) | conv("conv2", cout, cin, 1) | norm("bn2", cout)

    yield from grid(draw, ps2, "DepthwiseSeparable", keys, spread=4.0)


@question("5.13", "InvertedResidual", stub="blocks.InvertedResidual", needs_torch=True)
def inverted_residual(ps2: Any, draw: Draw) -> Steps:
    """Narrow, wide, narrow, with a linear end; the identity only where the shape stays."""
    same, few, many, kept, thin, other = (*channels(draw, 3), *channels(draw, 1), *channels(draw, 2))
    expand, again, stride = draw.integer(2, 4), draw.integer(2, 4), leap(draw)
    cases: tuple[tuple[str, int, int, dict[str, int]], ...] = (
        ("identity", same, same, {"expand": expand}),
        ("other channels", few, many, {"expand": again}),
        ("stride", kept, kept, {"stride": stride, "expand": again}),
        ("no expansion", thin, thin, {"expand": 1}),
        ("no expansion, other channels", thin, other, {"stride": 1, "expand": 1}),
        ("default expansion", few, few, {}),
    )
    for label, cin, cout, given in cases:
        x = images(draw, cin)
        build = lambda cin=cin, cout=cout, given=given: ps2.InvertedResidual(cin, cout, **given)  # noqa: E731
        y, last = strided(x, cout, given.get("stride", 1)), pixels if label == "stride" else None
        yield from examine(draw, label, build, inverted(cin, cout, given.get("expand", 6)), x, y, spread=4.0, last=last)


def inverted(cin: int, cout: int, expand: int) -> Shapes:
    wide = expand * cin
    first = conv("conv1", wide, cin, 1) | norm("bn1", wide) if expand != 1 else {}
    return first | conv("conv2", wide, 1, 3) | norm("bn2", wide) | conv("conv3", cout, wide, 1) | norm("bn3", cout)
