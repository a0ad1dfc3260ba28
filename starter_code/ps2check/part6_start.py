"""Part 6, before training begins: starting values, the optimizer's steps, the schedule of its rates."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from .agreement import unchanged
from .distribution import head, random_weights
from .draw import Draw
from .modules import Steps, array, settings, settled, tensor, uninitialized
from .question import question
from .tinynet import Kept, drawn_net, holds, kept, number, shapes_of, state_of
from .verdict import Array, Judge, Parts, Verdict, within

# ---- 6.1

FEWER = 24  # outputs of the second convolution
NORMS = ("bn1.weight", "stages.0.bn2.weight")


@functools.cache
def layers_class() -> Any:
    """Layers of every kind that has a starting value, under the names that a ResNet's have: no name is an exception."""
    import torch

    class Layers(torch.nn.Module):
        def __init__(self, conv: tuple[int, ...], group: tuple[int, ...], fan: tuple[int, int]) -> None:
            super().__init__()
            nn = torch.nn
            block = OrderedDict(conv2=nn.Conv2d(conv[1], conv[0], (conv[2], conv[3])), bn2=nn.BatchNorm2d(conv[0]))
            self.bn1, self.stages = nn.BatchNorm2d(conv[0]), nn.Sequential(nn.Sequential(block))
            self.plain = nn.Conv2d(conv[1], FEWER, (conv[2], conv[3]), bias=False)
            self.grouped = nn.Conv2d(group[0] * group[2], group[1] * group[2], group[3], groups=group[2])
            self.plain.weight.requires_grad_(False)
            self.fc, self.twin = nn.Linear(*fan), nn.Linear(*fan)
            self.single = nn.Linear(fan[0], 1)

    return Layers


@question("6.1", "he_initialize", stub="training.he_initialize", core=True, needs_torch=True, ladder=False)
def he_initialize(ps2: Any, draw: Draw) -> Steps:
    """Weights as a distribution, one kind of layer at a time. Conduct, because no seed changes it: ones and zeros, exactly."""
    yield from settings(ps2, "he_initialize")
    kernel = [int(k) for k in draw.order(5)[:2] + 1]
    conv = (draw.integer(36, 48), draw.integer(14, 20), *(k if max(kernel) > 1 else k + 1 for k in kernel))
    group = (draw.integer(3, 4), draw.integer(30, 36), draw.integer(4, 5), 3)
    fan = (draw.integer(90, 120), draw.integer(30, 45))
    seeds, constants = draw.seeds(3), draw.normal((8,))
    # In float64, where a sample that was made to fit does so to more digits than chance; one layer in float32, as is usual.
    started = Started(ps2, lambda: layers_class()(conv, group, fan).double(), seeds, constants, "float64")
    single = Started(ps2, lambda: one_linear(fan), seeds, constants, "float32")
    conv_in, group_in = int(np.prod(conv[1:])), group[0] * group[3] ** 2
    grouped = (group[1] * group[2], group[0], group[3], group[3])
    yield "convolution", settled(lambda: started.weights("stages.0.conv2.weight")), random_weights(conv, (2 / conv_in) ** 0.5)
    yield (
        "convolution, without bias",
        settled(lambda: started.weights("plain.weight")),
        random_weights((FEWER, *conv[1:]), (2 / conv_in) ** 0.5),
    )
    yield "convolution, in groups", settled(lambda: started.weights("grouped.weight")), random_weights(grouped, (2 / group_in) ** 0.5)
    twins = random_weights((2 * fan[1], fan[0]), (2 / fan[0]) ** 0.5)
    yield "linear", settled(lambda: started.weights("fc.weight", "twin.weight")), twins
    alone = random_weights((fan[1], fan[0]), (2 / fan[0]) ** 0.5)  # of another shape, so that no answer serves two items
    yield "torch's own generator, one layer as the model", settled(lambda: single.weights("weight", given=False)), alone
    yield "conduct, ones and zeros", settled(started.constants), ones_and_zeros()
    yield "conduct, running statistics", settled(started.statistics), unchanged("a running statistic")
    yield "conduct, the model's own parameters", settled(lambda: started.kept(single)), kept()
    yield "conduct, torch's own generator", settled(started.untouched), holds("draws from torch's own generator although one is given")


def one_linear(fan: tuple[int, int]) -> Any:
    import torch

    return torch.nn.Linear(*fan)


class Started:
    """The student's he_initialize on layers whose every number is set anew each time, under given seeds."""

    def __init__(self, ps2: Any, make: Callable[[], Any], seeds: list[int], constants: Array, dtype: str) -> None:
        self.ps2, self.make, self.seeds, self.numbers, self.dtype = ps2, functools.cache(make), seeds, constants, dtype

    def run(self, *generator: Any) -> dict[str, Array]:
        """What the layers hold, which held other numbers before."""
        layers = self.filled()
        self.ps2.he_initialize(layers, *generator)
        return state_of(layers)

    def filled(self) -> Any:
        import torch

        with uninitialized():  # nothing is drawn for layers that are filled
            layers = self.make()
        with torch.no_grad():
            for i, value in enumerate(layers.state_dict().values()):
                if value.ndim:
                    value.fill_(float(self.numbers[i % len(self.numbers)]))
        return layers

    @functools.cached_property
    def from_given(self) -> list[dict[str, Array]]:
        """Four times what the layers hold: twice from one generator, then from another like it, and from one in another state."""
        import torch

        return self.states(lambda seed: (torch.Generator().manual_seed(seed),))

    @functools.cached_property
    def from_global(self) -> list[dict[str, Array]]:
        """The same of torch's own generator."""
        import torch

        def seeded(seed: int) -> tuple[Any, ...]:
            torch.default_generator.manual_seed(seed)
            return ()

        return self.states(seeded)

    def states(self, seeded: Callable[[int], tuple[Any, ...]]) -> list[dict[str, Array]]:
        first = seeded(self.seeds[0])
        return [self.run(*first), self.run(*first), self.run(*seeded(self.seeds[0])), self.run(*seeded(self.seeds[1]))]

    def weights(self, *names: str, given: bool = True) -> dict[str, Array]:
        """What `distribution.draws` records, of the layers `names` one above the other."""
        states = self.from_given if given else self.from_global
        drawn = [np.concatenate([state[name] for name in names]).astype(np.float64) for state in states]
        weights, after, same, other = drawn
        return {"weights": weights, "next": head(after), "same state": head(same), "other state": head(other)}

    @functools.cached_property
    def once(self) -> tuple[dict[str, Array], dict[str, Array]]:
        """What the layers hold after a call, and `Kept`'s flags."""
        import torch

        before = self.filled().train().to(getattr(torch, self.dtype))  # whatever the calls before left
        layers = Kept(before, gradients=False)
        self.ps2.he_initialize(layers.net)
        return state_of(layers.net), layers.flags()

    def constants(self) -> dict[str, Array]:
        return {key: value for key, value in self.once[0].items() if key.endswith("bias") or key in NORMS}

    def statistics(self) -> dict[str, Array]:
        return {key: value for key, value in self.once[0].items() if "running" in key}

    def kept(self, other: Started) -> dict[str, Array]:
        """`Kept`'s flags of these layers and of others."""
        return {name: np.array([flag, other.once[1][name]]) for name, flag in self.once[1].items()}

    def untouched(self) -> Array:
        import torch

        layers = self.filled()
        torch.default_generator.manual_seed(self.seeds[2])
        before = torch.get_rng_state()
        self.ps2.he_initialize(layers, torch.Generator().manual_seed(self.seeds[0]))
        return np.array(bool(torch.equal(before, torch.get_rng_state())))


def ones_and_zeros() -> Judge:
    """Weights of batch normalizations are 1, every bias is 0."""

    def rule(got: Parts, want: Parts) -> Verdict:
        wrong = [key for key in want if not np.array_equal(got[key], want[key])]
        told = {key: "a batch normalization's weight starts at 1" if key in NORMS else "every bias starts at 0" for key in wrong}
        return within(float("inf") if wrong else 0.0, "; ".join(f"{key}: {why}" for key, why in list(told.items())[:2]))

    return Judge(rule)


# ---- 6.2


@question("6.2", "make_optimizer", stub="training.make_optimizer", core=True, needs_torch=True)
def make_optimizer(ps2: Any, draw: Draw) -> Steps:
    """Some steps on given gradients, compared with the equations."""
    shape, classes = draw.size(3, 2, 2), draw.integer(2, 4)
    lr, momentum, decay = draw.between(0.02, 0.2), draw.between(0.5, 0.95), draw.between(0.0625, 0.25)
    make, bare = drawn_net(draw, shape, classes), draw.normal((2,))
    steps = Descent(ps2, make, bare, [[draw.normal(p) for p in (bare.shape, *shapes_of(shape, classes))] for _ in range(3)])
    plain = functools.cache(lambda: steps.each(3, lr=lr, momentum=momentum, weight_decay=0.0))
    yield "first step", settled(lambda: plain()[0])
    yield "momentum", settled(lambda: plain()[-1])
    yield "weight decay", settled(lambda: steps.run(2, lr=lr, momentum=0.0, weight_decay=decay))
    yield "weight decay, with momentum", settled(lambda: steps.run(2, lr=lr, momentum=momentum, weight_decay=decay))
    yield "momentum, rate lowered on the way", settled(lambda: steps.run(3, lower=0.25, lr=lr, momentum=momentum, weight_decay=decay))
    yield "defaults", settled(lambda: steps.run(3, scale=64.0))
    yield "conduct, the model", settled(steps.kept), kept()


class Descent:
    """Steps of the student's optimizer on the gradients `given`, one list a step. One parameter, `bare`, belongs to no layer."""

    def __init__(self, ps2: Any, make: Callable[[], Any], bare: Array, given: list[list[Array]]) -> None:
        self.ps2, self.make, self.bare, self.given = ps2, make, bare, given

    def net(self) -> Any:
        import torch

        net = self.make()
        net.bare = torch.nn.Parameter(tensor(self.bare))
        return net

    def run(self, count: int, **settings: float) -> dict[str, Array]:
        """Every parameter after `count` steps."""
        return self.each(count, **settings)[-1]

    def each(self, count: int, lower: float = 1.0, scale: float = 1.0, **settings: float) -> list[dict[str, Array]]:
        """Every parameter after each step. lower: what the rates are multiplied by half-way. scale: of the parameters at first."""
        import torch

        net = self.net()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.mul_(scale)
        optimizer = self.ps2.make_optimizer(net, **settings)
        after = []
        for i in range(count):
            if lower != 1.0 and i == count // 2:
                for group in optimizer.param_groups:
                    group["lr"] *= lower
            for parameter, gradient in zip(net.parameters(), self.given[i], strict=True):
                if parameter.grad is None:
                    parameter.grad = tensor(gradient)
                else:  # in place, as backward does: a velocity must not be the gradient itself
                    parameter.grad.copy_(torch.from_numpy(gradient))
            optimizer.step()
            after.append({name: array(parameter) for name, parameter in net.named_parameters()})
        return after

    def kept(self) -> dict[str, Array]:
        before = Kept(self.net().eval())
        self.ps2.make_optimizer(before.net)
        return before.flags()


# ---- 6.3


@question("6.3", "PlateauSchedule", stub="training.PlateauSchedule", core=True, needs_torch=True, ladder=False)
def plateau_schedule(ps2: Any, draw: Draw) -> Steps:
    """The rates after each call, on scripted errors."""
    for label, curve in curves(draw).items():
        patience, factor = draw.integer(1, 4), draw.between(0.25, 0.75)
        rates = [draw.between(0.25, 1.0), draw.between(1.25, 2.0)]
        run = Rates(ps2, rates, curve(draw, patience))
        yield label, settled(functools.partial(run.after, factor=factor, patience=patience))
    patience, delta, rate = draw.integer(1, 3), draw.between(0.0625, 0.125), draw.between(0.25, 1.0)
    # a fall whose single steps are smaller than delta; then one that comes down to exactly best − delta, which is not below it
    slow = 2.0 - delta * np.arange(14) / draw.choice((2, 4))
    edge = np.concatenate([np.full(1, 1.0), np.full(3 * patience + 4, 1.0 - delta)])
    for label, errors in (("min_delta, slow fall", slow), ("min_delta, exactly reached", edge)):
        run = Rates(ps2, [rate, 2 * rate], errors)
        yield label, settled(functools.partial(run.after, factor=0.5, patience=patience, min_delta=delta))
    zero = Rates(ps2, [draw.between(0.25, 1.0)], 0.5 + draw.uniform(0.0, 0.25, (12,)))
    yield "no patience", settled(lambda: zero.after(factor=0.5, patience=0))
    # Falls of less than any min_delta but 0, then none; the last rate, 0.001 of the first, is above 1e-7, where schedules of torch end.
    plain = flat(draw, 5)
    default = Rates(ps2, [draw.between(0.25, 1.0) / 1024], np.concatenate([plain[0] + np.arange(8, 0, -1) / 2.0**17, plain]))
    yield "flat, defaults", settled(default.after)
    kept = Rates(ps2, [draw.between(0.25, 1.0)], flat(draw, 2), momentum=draw.between(0.5, 0.875))
    yield "conduct, other settings", settled(lambda: kept.momentum(patience=2)), unchanged("another setting of the optimizer")
    patience, rates = draw.integer(1, 4), [draw.between(0.25, 1.0), draw.between(1.25, 2.0)]
    steady = flat(draw, patience)
    unknown = np.where(np.arange(len(steady)) % 3 == 1, np.nan, steady)  # NaN is below nothing: its calls fail as those of equal errors
    nans = Rates(ps2, rates, np.concatenate([np.full(1, np.nan), unknown]))
    yield "flat, with NaN first and in between", settled(lambda: nans.after(factor=0.5, patience=patience))
    moving = Rates(ps2, rates, steady)
    yield "flat, rates that others change too", settled(lambda: moving.after(drift=0.75, factor=0.5, patience=patience))


Curve = Callable[[Draw, int], Array]


def curves(draw: Draw) -> dict[str, Curve]:
    return {"zig-zag": zigzag, "jump": jump, "growing": growing, "flat": flat, "falling": falling}


def zigzag(draw: Draw, patience: int) -> Array:
    """Up and down around a slow fall: better than the last call often, better than the best rarely."""
    n = 8 * (patience + 1)
    errors = 2.0 - 0.015625 * np.arange(n) + np.where(np.arange(n) % 2, 0.25, 0.0) + draw.uniform(0.0, 0.125, (n,))
    return np.concatenate([errors, np.tile((3.0, 2.5), patience + 2)])  # in the end better than the best never


def jump(draw: Draw, patience: int) -> Array:
    """A fall, a jump upwards, and a fall from there that never comes back to the best."""
    down = 1.0 - 0.125 * np.arange(4)
    return np.concatenate([down, 2.0 + draw.uniform(0, 0.125, (1,)), 1.5 - 0.0625 * np.arange(4 * (patience + 1)) / (patience + 1)])


def growing(draw: Draw, patience: int) -> Array:
    return 1.0 + np.cumsum(draw.uniform(0.03125, 0.125, (4 * (patience + 1) + draw.integer(0, patience),)))


def flat(draw: Draw, patience: int) -> Array:
    """The same error for more than three patience lengths: at the third the count must have begun anew."""
    return np.full(3 * (patience + 1) + 1 + draw.integer(1, patience), draw.between(0.25, 0.75))


def falling(draw: Draw, patience: int) -> Array:
    """Falls for long, with pauses of exactly `patience` calls: never a reason to act, until the end, where there is one."""
    fall = np.repeat(2.0 - 0.25 * np.arange(3), patience + 1)
    return np.concatenate([fall, np.full(patience + 1 + draw.integer(1, patience), 1.0)])


class Rates:
    """The student's schedule on an optimizer with one parameter group for each of `rates`."""

    def __init__(self, ps2: Any, rates: list[float], errors: Array, momentum: float = 0.0) -> None:
        self.ps2, self.rates, self.errors, self.with_momentum = ps2, rates, errors, momentum

    def optimizer(self) -> Any:
        import torch

        groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in self.rates]
        return torch.optim.SGD(groups, lr=1.0, momentum=self.with_momentum)

    def after(self, drift: float = 1.0, **settings: Any) -> Array:
        """(calls, groups): the rates after each call. drift: what somebody else multiplies them by between calls."""
        optimizer = self.optimizer()
        schedule = self.ps2.PlateauSchedule(optimizer, **settings)
        after = []
        for error in self.errors:
            schedule.step(float(error))
            after.append([number(group["lr"], "a rate") for group in optimizer.param_groups])
            for group in optimizer.param_groups:
                group["lr"] *= drift
        return np.array(after)

    def momentum(self, **settings: Any) -> Array:
        optimizer = self.optimizer()
        schedule = self.ps2.PlateauSchedule(optimizer, **settings)
        for error in self.errors:
            schedule.step(float(error))
        return np.array([group["momentum"] for group in optimizer.param_groups])
