"""Part 5, deepen: a deeper network that computes what a shallower one computes."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from .draw import Draw
from .module_state import conv, draw_weights, linear, norm
from .modules import Steps, array, module_of, settled, tensor
from .part5_resnet import reach
from .question import question
from .stand_ins import stand_in
from .verdict import Array, Judge, Parts, Unfit, Verdict, within


@question("5.18", "deepen", stub="resnet.deepen", needs_torch=True)
def deepen(ps2: Any, draw: Draw) -> Steps:
    """A deeper network that computes exactly what a shallower one computes, in both modes, and shares nothing with it."""
    reach(ps2, BasicBlock=stand_in())
    n, extra, width, classes = draw.integer(1, 2), draw.integer(2, 3), draw.integer(1, 2), draw.integer(3, 9)
    shapes = conv("conv1", 16 * width, 3, 3) | norm("bn1", 16 * width) | linear("fc", classes, 64 * width)
    shapes |= {
        f"stages.{s}.{b}.{key}": shape
        for s in range(3)
        for b in range(n)
        for name in ("bn1", "between", "bn2")
        for key, shape in norm(name, 16 * width * 2**s).items()
    }
    weights = draw_weights(draw, shapes)
    x = draw.normal((3, 3, *draw.size(9, 7, least=4)))
    pair = Pair(ps2, (6 * n + 2, stand_in_residual(), width, classes), weights, extra)
    train, evaluation = draw.normal((3, classes)), draw.normal((3, classes))
    yield "train, structure", settled(pair.structure), deeper_by(extra)
    yield "eval, shares nothing", settled(pair.independence), unmoved()
    yield "train", settled(lambda: train + pair.difference(x, training=True)), same_function()
    yield "eval", settled(lambda: evaluation + pair.difference(x, training=False)), same_function()
    yield "conduct, net", settled(pair.conduct), unmoved()


class Pair:
    """A CifarResNet with stand-in blocks and given weights, and its deepened copy.

    The network is of the student's own class, which may hold what their deepen needs; where that class does not make the contract's
    network (which costs its own question), it is one of the check's own.
    """

    def __init__(self, ps2: Any, arguments: tuple[Any, ...], weights: dict[str, Array], extra: int) -> None:
        self.ps2 = ps2
        self.arguments = arguments
        self.weights = weights
        self.extra = extra
        self.kept: tuple[Any, Any] | None = None
        self.given: dict[str, Array] = {}
        self.sound: bool | None = None

    def stood_in(self) -> AbstractContextManager[None]:
        """The check's own network in place of the student's, if need be."""
        if self.sound is None:
            self.sound = self.makes_the_contracts()
        other: AbstractContextManager[None] = nullcontext() if self.sound else self.ps2.standing_in(CifarResNet=stand_in_network())
        return other

    def makes_the_contracts(self) -> bool:
        """Whether the student's class makes a network with these weights that answers."""
        try:
            net = module_of(self.ps2.CifarResNet(*self.arguments)).double()
            shapes = {key: tuple(value.shape) for key, value in net.state_dict().items()}
            return shapes == {k: v.shape for k, v in self.weights.items()} and array(net(tensor(np.zeros((2, 3, 8, 8))))).ndim == 2
        except Exception:
            return False

    def net(self) -> Any:
        """In float32, as it is made."""
        net = module_of(self.ps2.CifarResNet(*self.arguments))
        own = net.state_dict()
        fitting = {k: tensor(v).to(own[k].dtype) for k, v in self.weights.items() if k in own and own[k].shape == v.shape}
        net.load_state_dict(fitting, strict=False)
        return net

    def deepened(self, net: Any) -> Any:
        return module_of(self.ps2.deepen(net, self.extra))

    def both(self) -> tuple[Any, Any]:
        """The two networks, which serve all items."""
        if self.kept is None:
            self.kept = self.made()
        if self.kept[1] is self.kept[0]:
            raise Unfit("is the network that was given; a new one is asked for")
        return self.kept

    def made(self) -> tuple[Any, Any]:
        with self.stood_in():
            net = self.net().eval()
            before = flat(net)
            deeper = self.deepened(net)
        self.given = {"before": before, "after": flat(net)}
        return net, deeper

    def structure(self) -> dict[str, Array]:
        """Of both networks: blocks in each stage and numbers in all; of the first: numbers in each stage's last block."""
        net, deeper = self.both()
        first, second = sizes(net), sizes(deeper)
        stages = last_blocks(first)
        last = [sum(n for k, n in first.items() if k.startswith(f"{s}.{b}.")) for s, b in stages.items()]
        deep = last_blocks(second)
        return {
            "blocks": np.array([[stages[s] + 1, deep.get(s, -1) + 1] for s in stages]),
            "numbers": np.array([sum(first.values()), sum(second.values())]),
            "last": np.array(last),
        }

    def difference(self, x: Array, training: bool) -> Array:
        """deeper(x) − net(x), in units of net(x)'s size, in float64, which shows even float32's rounding of a parameter.

        It is told together with drawn numbers, so that it cannot be known beforehand.
        """
        given = tensor(x)
        first, second = (array(m.double().train(training)(given)) for m in self.both())
        if first.shape != second.shape:
            raise Unfit(f"gives outputs of shape {second.shape}, the first network {first.shape}")
        relative: Array = (second - first) / np.linalg.norm(first)
        return relative

    def independence(self) -> dict[str, Array]:
        """The deepened network before and after every number of the first is changed in place (and then put back)."""
        net, deeper = self.both()
        before, own = flat(deeper), net.state_dict()
        kept = {key: value.clone() for key, value in own.items()}
        for value in own.values():
            value.add_(1)
        after = flat(deeper)
        for key, value in own.items():
            value.copy_(kept[key])
        return {"before": before, "after": after}

    def conduct(self) -> dict[str, Array]:
        """The first network before and after the call."""
        if self.kept is None:
            self.kept = self.made()
        return self.given


def flat(net: Any) -> Array:
    """Every number of a network's state, and its mode."""
    values = [value.detach().double().numpy().ravel() for _, value in sorted(net.state_dict().items())]
    return np.concatenate([*values, [float(m.training) for m in net.modules()]])


def sizes(net: Any) -> dict[str, int]:
    """Of a network's state: how many numbers each entry has."""
    return {key: value.numel() for key, value in net.state_dict().items()}


def last_blocks(keys: Iterable[str]) -> dict[str, int]:
    """ "stages.0" → the number of its last block."""
    places = [k.split(".") for k in keys if k.startswith("stages.") and k.count(".") > 2 and k.split(".")[2].isdigit()]
    return {f"stages.{s}": max(int(p[2]) for p in places if p[1] == s) for s in sorted({p[1] for p in places})}


def deeper_by(extra: int) -> Judge:
    """Each stage has `extra` more blocks, each with the parameters and statistics of the stage's last one, and nothing else is new."""

    def rule(got: Parts, _: Parts) -> Verdict:
        if set(got) != {"blocks", "numbers", "last"} or got["blocks"].shape != (len(got["last"]), 2) or got["numbers"].shape != (2,):
            return within(float("inf"), "is no network with stages")
        before, after = got["blocks"].T
        if not len(before) or np.any(after - before != extra):
            told = f"the stages have {after.tolist()} blocks, expected {(before + extra).tolist()}"
            return within(float("inf"), told)
        more, want = int(np.diff(got["numbers"])[0]), extra * int(np.sum(got["last"]))
        return within(0.0 if more == want else float("inf"), f"the state has {more} numbers more than before, expected {want}")

    return Judge(rule, alone=True)


def same_function() -> Judge:
    """Equal to 1e-12: setting F to 0 is exact."""

    def rule(got: Parts, want: Parts) -> Verdict:
        error = float(np.max(np.abs(got[""] - want[""])))
        return within(error / 1e-12, f"the outputs of the two networks differ by {error:.2g} of their size")

    return Judge(rule, allowed="1e-12 of the size")


def unmoved() -> Judge:
    """One network's numbers before and after something that must not reach it."""

    def rule(got: Parts, _: Parts) -> Verdict:
        same = set(got) == {"before", "after"} and np.array_equal(got["before"], got["after"])
        return within(
            0.0 if same else float("inf"), "one network changes with the other, or with the call: nothing may be shared or changed"
        )

    return Judge(rule, alone=True)


@functools.cache
def stand_in_residual() -> Any:
    """A block with a shortcut and three normalizations, of which bn2 is the last: what deepen must be able to make the identity."""
    import torch

    class StandInResidual(torch.nn.Module):
        expansion = 1

        def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
            super().__init__()
            self.source, self.stride = [c % in_channels for c in range(out_channels)], stride
            self.bn1, self.between, self.bn2 = (torch.nn.BatchNorm2d(out_channels) for _ in range(3))
            torch.nn.init.constant_(self.bn2.bias, 0.25)

        def forward(self, x: Any) -> Any:
            x = x[:, self.source, :: self.stride, :: self.stride]
            return torch.relu(x + self.bn2(torch.tanh(self.between(torch.tanh(self.bn1(x)) + x)) - x / 2))

    return StandInResidual


@functools.cache
def stand_in_network() -> Any:
    """No CifarResNet, but with its parts: conv1, stages and fc. What deepen is asked about where the student's class is another thing."""
    import torch

    class StandInNetwork(torch.nn.Module):
        def __init__(self, depth: int = 20, block: Any = None, width: int = 1, classes: int = 10) -> None:
            super().__init__()
            kind, c = block or stand_in_residual(), 16 * width
            sizes = [[(max(c, out // 2) if b == 0 else out, out) for b in range(depth // 6)] for out in (c, 2 * c, 4 * c)]
            self.conv1 = torch.nn.Conv2d(3, c, 1)
            self.stages = torch.nn.ModuleList(torch.nn.Sequential(*(kind(a, b) for a, b in pairs)) for pairs in sizes)
            self.fc = torch.nn.Linear(4 * c, classes)

        def forward(self, x: Any) -> Any:
            x = torch.abs(self.conv1(x))
            for blocks in self.stages:
                x = blocks(x)
            return self.fc(torch.amax(x, (2, 3)))

    return StandInNetwork
