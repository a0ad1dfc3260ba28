"""Part 5, deepen: a deeper network that computes what a shallower one computes."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from .draw import Draw
from .module_state import Shapes, conv, draw_weights, linear, norm
from .modules import Steps, array, module_of, settled, tensor, uninitialized
from .part5_resnet import reach
from .question import question
from .stand_ins import stand_in
from .verdict import Array, Judge, Parts, Unfit, Verdict, within


@question("5.18", "deepen", stub="resnet.deepen", needs_torch=True)
def deepen(ps2: Any, draw: Draw) -> Steps:
    """A deeper network that computes exactly what a shallower one computes, in both modes, and shares nothing with it."""
    reach(ps2, BasicBlock=stand_in())
    n, extra, width, classes = draw.integer(1, 2), draw.integer(2, 3), draw.integer(2, 3), draw.integer(3, 9)
    shapes = conv("conv1", 16 * width, 3, 3) | norm("bn1", 16 * width) | linear("fc", classes, 64 * width)
    shapes |= {f"stages.{s}.{b}.{k}": v for s in range(3) for b in range(n) for k, v in parts_of(16 * width * 2**s, s).items()}
    weights = draw_weights(draw, shapes)
    x = draw.normal((3, 3, *draw.size(7, 6, least=4)))
    pair = Pair(ps2, (6 * n + 2, of_two_kinds(16 * width), width, classes), weights, extra)
    train, evaluation, tag = draw.normal((3, classes)), draw.normal((3, classes)), draw.integers(1000, (3,))
    yield "train, structure", settled(pair.structure), deeper_by(extra)
    yield "train, first values", settled(lambda: tag[:2] + pair.first_values()), awake()
    yield "eval, shares nothing", settled(lambda: tag[2:] + pair.shared()), separate()
    yield "train", settled(lambda: train + pair.difference(x, training=True)), same_function()
    yield "eval", settled(lambda: evaluation + pair.difference(x, training=False)), same_function()
    yield "conduct, mode", settled(pair.modes), in_its_mode()
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
        self.training = np.zeros(0)
        self.sound: bool | None = None
        self.tried: Any = None

    def stood_in(self) -> AbstractContextManager[None]:
        """The check's own network in place of the student's, if need be."""
        if self.sound is None:
            self.sound = self.makes_the_contracts()
        other: AbstractContextManager[None] = nullcontext() if self.sound else self.ps2.standing_in(CifarResNet=stand_in_network())
        return other

    def makes_the_contracts(self) -> bool:
        """Whether the student's class makes a network with these weights that answers."""
        try:
            with uninitialized():  # all of its weights are given below
                self.tried = net = self.fresh()
            answer = array(net(tensor(np.zeros((2, 3, 4, 4), np.float32))))
            shapes = {key: tuple(value.shape) for key, value in net.state_dict().items()}
            return shapes == {k: v.shape for k, v in self.weights.items()} and answer.ndim == 2
        except Exception:
            return False

    def fresh(self) -> Any:
        return module_of(self.ps2.CifarResNet(*self.arguments))

    def net(self) -> Any:
        """In float32, as it is made; its last layer has a gradient."""
        net = self.tried if self.sound else self.fresh()
        own = net.state_dict()
        fitting = {k: tensor(v).to(own[k].dtype) for k, v in self.weights.items() if k in own and own[k].shape == v.shape}
        net.load_state_dict(fitting, strict=False)
        net.fc.weight.grad = net.fc.weight.detach() + 1
        return net

    def deepened(self, net: Any, extra: int) -> Any:
        return module_of(self.ps2.deepen(net, extra))

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
            deeper = self.deepened(net, self.extra)
        self.given = {"before": before, "after": flat(net)}
        self.training = modes(deeper)
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
            "trained": np.array([trained(net), trained(deeper)]),
            "last trained": np.array([trained(net.stages[s][-1]) for s in range(len(last))]),
        }

    def first_values(self) -> Array:
        """Of the new blocks' weights but the last normalization's: how many are 0, how many those of the block that was the last."""
        net, deeper = self.both()
        old, new = net.state_dict(), deeper.state_dict()
        zero, copied = [], []
        for stage, b in last_blocks(old).items():
            for key in (f"{b + i}.{name}.weight" for i in range(1, self.extra + 1) for name in ("mix", "norm", "bn2")):
                value = new.get(f"{stage}.{key}")
                before = old[f"{stage}.{b}.{key.split('.', 1)[1]}"]
                zero.append(value is not None and not value.any())
                copied.append(value is not None and bool((value == before).all()))
        return np.array([sum(zero), sum(copied)])

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

    def shared(self) -> Array:
        """How many tensors of the deepened network lie in the first one's memory."""
        first, second = ([v.untyped_storage().data_ptr() for v in net.state_dict().values()] for net in self.both())
        return np.array(len(set(first) & set(second)))

    def modes(self) -> dict[str, Array]:
        """Of each module of the new network, whether it is in train mode: as it was returned, and for a network in train mode."""
        net, _ = self.both()
        with self.stood_in():
            other = self.deepened(net.train(), 1)
        for when, mode in {"before": np.ones(1), "after": modes(net).min(keepdims=True)}.items():
            self.given[when] = np.append(self.given[when], mode)
        return {"eval": self.training, "train": modes(other)}

    def conduct(self) -> dict[str, Array]:
        """The first network before and after each call."""
        if self.kept is None:
            self.kept = self.made()
        return self.given


def flat(net: Any) -> Array:
    """Every number of a network's state, the gradients that it has, and its mode."""
    values = [value.detach().double().numpy().ravel() for _, value in sorted(net.state_dict().items())]
    gradients = [p.grad.double().numpy().ravel() for p in net.parameters() if p.grad is not None]
    return np.concatenate([*values, *gradients, [float(m.training) for m in net.modules()]])


def modes(net: Any) -> Array:
    """Whether each module is in train mode, lists of modules apart, which do nothing themselves."""
    from torch import nn

    return np.array([m.training for m in net.modules() if not isinstance(m, (nn.Sequential, nn.ModuleList))])


def trained(module: Any) -> int:
    """How many numbers training changes."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


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
        if set(got) != {"blocks", "numbers", "last", "trained", "last trained"}:
            return within(float("inf"), "is no network with stages")
        if got["blocks"].shape != (len(got["last"]), 2) or got["numbers"].shape != (2,) or got["trained"].shape != (2,):
            return within(float("inf"), "is no network with stages")
        before, after = got["blocks"].T
        if not len(before) or np.any(after - before != extra):
            told = f"the stages have {after.tolist()} blocks, expected {(before + extra).tolist()}"
            return within(float("inf"), told)
        more, want = int(np.diff(got["numbers"])[0]), extra * int(np.sum(got["last"]))
        if more != want:
            return within(float("inf"), f"the state has {more} numbers more than before, expected {want}")
        more, want = int(np.diff(got["trained"])[0]), extra * int(np.sum(got["last trained"]))
        told = f"training changes {more} numbers more than before, expected {want}: each new block has parameters of its own, none frozen"
        return within(0.0 if more == want else float("inf"), told)

    return Judge(rule, alone=True)


def awake() -> Judge:
    """New blocks are new, and set to 0 in their last normalization alone."""

    def rule(got: Parts, want: Parts) -> Verdict:
        zero, copied = got[""] != want[""]
        says = "a new block has the weights of the last one; it is a new type(last)(c, c, 1)"
        says = "more of a new block is 0 than its last batch normalization: nothing before it would ever learn" if zero else says
        return within(float("inf") if zero or copied else 0.0, says)

    return Judge(rule, allowed="none", shown=False)


def separate() -> Judge:
    def rule(got: Parts, want: Parts) -> Verdict:
        none = np.array_equal(got[""], want[""])
        return within(0.0 if none else float("inf"), "tensors of the two networks are the same: one changes with the other")

    return Judge(rule, allowed="none", shown=False)


def in_its_mode() -> Judge:
    """All of the new network is in the mode of the first."""

    def rule(got: Parts, _: Parts) -> Verdict:
        if set(got) != {"eval", "train"}:
            return within(float("inf"), "is no network")
        wrong = [mode for mode, expected in (("eval", 0), ("train", 1)) if np.any(got[mode] != expected)]
        says = f"net is in {' or '.join(wrong)} mode and something of the new network is not; it is in net's mode, new blocks included"
        return within(float("inf") if wrong else 0.0, says)

    return Judge(rule, alone=True)


def same_function() -> Judge:
    """Equal to 1e-12: setting F to 0 is exact."""

    def rule(got: Parts, want: Parts) -> Verdict:
        error = float(np.max(np.abs(got[""] - want[""])))
        return within(error / 1e-12, f"the outputs of the two networks differ by {error:.2g} of their size")

    return Judge(rule, allowed="1e-12 of the size")


def unmoved() -> Judge:
    """The first network before and after what must not reach it."""

    def rule(got: Parts, _: Parts) -> Verdict:
        same = set(got) == {"before", "after"} and np.array_equal(got["before"], got["after"])
        return within(0.0 if same else float("inf"), "net is changed by the call (its numbers, gradients or mode); it stays as it was")

    return Judge(rule, alone=True)


def parts_of(channels: int, spare: int) -> Shapes:
    """What a stand-in block's state holds."""
    norms = norm("norm", channels) | norm("bn2", channels) | norm("closing", channels)
    return conv("mix", channels, 1, 1) | norms | ({"spare": (1,)} if spare else {})


def of_two_kinds(first: int) -> Any:
    """A block for networks whose stages are of different kinds: those of the first stage, with `first` channels, and the others'."""

    def block(in_channels: int, out_channels: int, stride: int) -> Any:
        return stand_in_residual(out_channels != first)(in_channels, out_channels, stride)

    block.expansion = 1  # type: ignore[attr-defined]
    return block


@functools.cache
def stand_in_residual(spare: bool = False) -> Any:
    """A block with a shortcut and three normalizations, the last of which deepen must find, whatever it is called. spare: tells two kinds
    apart by a parameter."""
    import torch

    class StandInResidual(torch.nn.Module):
        expansion = 1

        def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
            super().__init__()
            self.source, self.stride = torch.arange(out_channels) % in_channels, stride
            self.mix = torch.nn.Conv2d(out_channels, out_channels, 1, groups=out_channels, bias=False)
            self.norm, self.bn2, self.closing = (torch.nn.BatchNorm2d(out_channels) for _ in range(3))
            torch.nn.init.constant_(self.closing.bias, 0.25)
            if spare:
                self.spare = torch.nn.Parameter(torch.ones(1))

        def forward(self, x: Any) -> Any:
            x = x[:, :, :: self.stride, :: self.stride]
            x = x if len(self.source) == x.shape[1] else x[:, self.source]
            mixed = torch.tanh(self.norm(x)) * self.mix.weight[:, 0]
            return torch.relu(x + self.closing(torch.tanh(self.bn2(mixed + x)) - x / 2))

    return StandInResidual


@functools.cache
def stand_in_network() -> Any:
    """No CifarResNet, but with its parts: conv1, stages and fc. What deepen is asked about where the student's class is another thing."""
    import torch

    class StandInNetwork(torch.nn.Module):
        def __init__(self, depth: int = 20, block: Any = None, width: int = 1, classes: int = 10) -> None:
            super().__init__()
            kind, c = block or of_two_kinds(16 * width), 16 * width
            sizes = [[(max(c, out // 2) if b == 0 else out, out) for b in range(depth // 6)] for out in (c, 2 * c, 4 * c)]
            self.conv1 = torch.nn.Conv2d(3, c, 1)
            self.stages = torch.nn.ModuleList(torch.nn.Sequential(*(kind(a, b, 1) for a, b in pairs)) for pairs in sizes)
            self.fc = torch.nn.Linear(4 * c, classes)

        def forward(self, x: Any) -> Any:
            x = torch.abs(self.conv1(x))
            for blocks in self.stages:
                x = blocks(x)
            return self.fc(torch.amax(x, (2, 3)))

    return StandInNetwork
