"""Part 6, the training loop (6.5), judged on tiny networks, with an optimizer and a schedule of the check's own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .agreement import unchanged
from .draw import Draw
from .modules import Steps, array, settled, tensor
from .question import question
from .recording import describe
from .tinynet import SWITCHED, Kept, drawn_net, holds, kept, number, state_of
from .verdict import Array, Unfit


@functools.cache
def stand_in_optimizer() -> Any:
    """Stands for what make_optimizer returns: torch's SGD but for its steps, which are its own, −lr · g / (1 + |g|)."""
    import torch

    class StandInOptimizer(torch.optim.SGD):
        made: list[StandInOptimizer] = []  # noqa: RUF012

        def __init__(self, model: Any, lr: float = 0.1, momentum: float = 0.9, weight_decay: float = 1e-5) -> None:
            super().__init__(model.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay)
            self.asked = (lr, momentum, weight_decay)
            self.made.append(self)

        @torch.no_grad()
        def step(self, closure: Any = None) -> Any:
            with torch.enable_grad():
                loss = closure() if closure is not None else None
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        parameter -= group["lr"] * parameter.grad / (1 + parameter.grad.abs())
            return loss

    return StandInOptimizer


class StandInSchedule:
    """Stands for PlateauSchedule, with its attributes: scales the rates by the error it is told. `made`: every one since the list was
    emptied."""

    made: list[StandInSchedule] = []  # noqa: RUF012

    def __init__(self, optimizer: Any, factor: float = 0.1, patience: int = 5, min_delta: float = 0.0) -> None:
        self.optimizer, self.factor, self.patience, self.min_delta = optimizer, factor, patience, min_delta
        self.best, self.failures = float("inf"), 0
        self.arguments, self.errors = (factor, patience, min_delta), list[float]()
        StandInSchedule.made.append(self)

    def step(self, error: float) -> None:
        error = number(error, "the error")
        self.errors.append(error)
        self.best = error  # something to print; what it has to be is for question 6.3
        groups = self.optimizer.param_groups
        for group in groups:
            group["lr"] *= scale_of(error)


def scale_of(error: float) -> float:
    """After an error of 1 the rates are next to nothing, until there is one of 0."""
    if error != error:
        return 0.75
    return {0.0: 1 / TINY, 1.0: TINY}.get(error, 0.5 + error)


TINY = 2.0**-30


@question("6.5", "train", stub="training.train", core=True, needs_torch=True)
def train(ps2: Any, draw: Draw) -> Steps:
    """Losses, parameters and statistics after some epochs that can be read only once; optimizer and schedule are the check's own."""
    shape, classes = (2, *draw.size(3, 2, least=2)), draw.integer(3, 4)
    make = drawn_net(draw, shape, classes)
    epochs = [drawn_epoch(draw, shape, classes) for _ in range(2)]
    epochs[0][-1] = (draw.normal((1, *shape)), draw.integers(classes, (1,)))
    lr, patience = draw.between(0.0625, 0.25), draw.choice((1, 2, 3, 4, 6, 7, 8, 9))  # 5 is the default
    errors = [draw.between(0.0625, 0.9375) for _ in epochs]
    run = Trained(ps2, make, epochs, errors)
    yield "losses", settled(lambda: run.losses(lr=lr))
    yield "parameters", settled(lambda: run.state(lr=lr))
    yield "with validation, losses", settled(lambda: run.losses(True, lr=lr, patience=patience))
    yield "with validation, parameters", settled(lambda: run.state(True, lr=lr, patience=patience))
    yield "with validation, errors and patience", settled(lambda: run.schedule(lr=lr, patience=patience))
    once = Trained(ps2, make, [epochs[-1][:1]], errors[:1], draw.seeds(1)[0])
    yield "defaults", settled(lambda: {"losses": once.losses(True), **once.schedule()})
    # More epochs without success than `patience`, an error that is no number, rates next to nothing and an error of 0 are neither the end
    # of training, nor a reason to go back to the weights of another epoch.
    least = draw.between(0.0625, 0.5)
    script = [least, least + 0.125, np.nan, 1.0, 0.0, least]
    rising = Trained(ps2, make, [epoch[:1] for epoch in epochs * 3], script)
    yield "with validation, rising errors, NaN and 0", settled(lambda: rising.state(True, lr=lr, patience=1))
    # Each image with each label: at least one is all but impossible, its loss in the hundreds, and the gradients as large.
    images, labels = np.repeat(draw.normal((2, *shape)), classes, axis=0), np.tile(np.arange(classes), 2)
    loud = Trained(ps2, make.speaking(1024.0), [[(images, labels)]], [])
    yield "losses, large logits", settled(lambda: loud.losses(lr=lr))
    yield "parameters, large logits", settled(lambda: loud.state(lr=lr))
    yield "conduct, mode", settled(lambda: run.ends_in_eval(lr=lr)), holds("leaves the model in train mode; it ends in eval mode")
    yield "conduct, images and labels", settled(lambda: run.given(lr=lr)), unchanged("a batch")
    yield (
        "conduct, no epochs",
        settled(lambda: without_epochs(ps2, make)),
        holds("of no epochs the losses are the empty list, and the model is in eval mode"),
    )
    yield "conduct, what is frozen", settled(lambda: once.run(True).aside), kept("parameters", "dtype", "trains")
    yield "conduct, gradients afterwards", settled(lambda: once.run(True).aside["on"]), SWITCHED
    yield (
        "conduct, torch's own generator",
        settled(lambda: once.run(True).aside["untouched"]),
        holds("draws from torch's own generator, or sets its seed"),
    )


def drawn_epoch(draw: Draw, shape: tuple[int, ...], classes: int) -> Batches:
    sizes = [2 + int(i) for i in draw.order(5)[:2]]
    return [(draw.normal((n, *shape)), draw.integers(classes, (n,))) for n in sizes]


Batches = list[tuple[Array, Array]]


@dataclass(frozen=True)
class Done:
    """What a run left: the network, what `train` returned, the batches it was given, the schedules it made.

    aside: Kept's flags, whether torch's gradients are on, and whether its generator is untouched.
    """

    net: Any
    losses: Any
    batches: list[list[tuple[Any, Any]]]
    schedules: list[StandInSchedule]
    aside: dict[str, Array]


class Trained:
    """The student's train on a fresh network in eval mode, as `validate` leaves it too. What one run leaves serves several items.

    The network has gradients from before; or, with a seed for torch's own generator, parameters that are frozen.
    """

    def __init__(self, ps2: Any, make: Callable[[], Any], epochs: list[Batches], errors: list[float], seed: int | None = None) -> None:
        self.ps2, self.make, self.numbers, self.scripted, self.seed = ps2, make, epochs, errors, seed
        self.done: dict[tuple[Any, ...], Done | Exception] = {}

    def run(self, validated: bool = False, **settings: Any) -> Done:
        """A run with these settings: the first time it is asked for, else what it left or raised then."""
        key = (validated, *settings.items())
        if key not in self.done:
            try:
                self.done[key] = self.trained(validated, **settings)
            except Exception as error:
                self.done[key] = error
        found = self.done[key]
        if isinstance(found, Exception):
            raise found
        return found

    def trained(self, validated: bool, **settings: Any) -> Done:
        net, errors = self.make().eval(), iter(self.scripted)
        watch = Beside(net, self.seed)
        batches = [[(tensor(x), tensor(y)) for x, y in epoch] for epoch in self.numbers]

        def validate() -> float:
            net.eval()
            return next(errors)

        if validated:
            settings["validate"] = validate
        losses = called(self.ps2, net, (iter(epoch) for epoch in batches), **settings)
        if not stand_in_optimizer().made:
            raise Unfit(NEVER_CALLED)
        return Done(net, losses, batches, StandInSchedule.made, watch.found())

    def losses(self, validated: bool = False, **settings: Any) -> Array:
        losses = self.run(validated, **settings).losses
        if not isinstance(losses, list):
            raise Unfit(f"the result is {describe(losses)}, expected a list of floats, one a step")
        return np.array([number(loss, "a loss") for loss in losses])

    def state(self, validated: bool = False, **settings: Any) -> dict[str, Array]:
        return state_of(self.run(validated, **settings).net)

    def schedule(self, **settings: Any) -> dict[str, Array]:
        """What the schedule was made with and told, and the rate that it was handed."""
        schedules = self.run(True, **settings).schedules
        if len(schedules) != 1:
            raise Unfit(f"{len(schedules)} PlateauSchedules were made, expected one")
        made = schedules[0]
        asked = getattr(made.optimizer, "asked", None)
        if asked is None:
            raise Unfit("the schedule's optimizer is not the one that make_optimizer made")
        settings_of = {"schedule": np.array(made.arguments, float), "optimizer": np.array(asked, float)}
        return {"errors": np.array(made.errors), **settings_of}

    def ends_in_eval(self, **settings: Any) -> Array:
        return np.array([not module.training for module in self.run(**settings).net.modules()])

    def given(self, **settings: Any) -> dict[str, Array]:
        pairs: Iterator[tuple[Any, Any]] = (batch for epoch in self.run(**settings).batches for batch in epoch)
        return {f"{i}.{what}": array(value) for i, pair in enumerate(pairs) for what, value in zip(("x", "y"), pair, strict=True)}


class Beside:
    """What a run is not to change, on the network as it comes."""

    def __init__(self, net: Any, seed: int | None) -> None:
        import torch

        self.kept: Kept | None = None
        self.generator: Any = None
        if seed is None:
            for parameter in net.parameters():
                parameter.grad = torch.ones_like(parameter)
        else:
            self.kept = Kept(net, gradients=False)
            torch.default_generator.manual_seed(seed)
            self.generator = torch.get_rng_state()

    def found(self) -> dict[str, Array]:
        import torch

        if self.kept is None:
            return {}
        untouched = bool(torch.equal(self.generator, torch.get_rng_state()))
        return {**self.kept.flags(), "on": np.array(torch.is_grad_enabled()), "untouched": np.array(untouched)}


NEVER_CALLED = "make_optimizer was never called: train calls it and PlateauSchedule by name, since checks put others in their place"


def called(ps2: Any, net: Any, epochs: Any, **settings: Any) -> Any:
    """What the student's train returns, with the check's optimizer and schedule, which note in `made` what was made of them."""
    StandInSchedule.made = []
    stand_in_optimizer().made = []
    with ps2.standing_in(make_optimizer=stand_in_optimizer(), PlateauSchedule=StandInSchedule):
        return ps2.train(net, epochs, **settings)


def without_epochs(ps2: Any, make: Callable[[], Any]) -> Array:
    """On a network that comes in train mode."""
    net = make()
    losses = called(ps2, net, iter(()))
    return np.array([isinstance(losses, list) and not losses, not net.training])
