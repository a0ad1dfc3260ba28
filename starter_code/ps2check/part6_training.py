"""Part 6, training: evaluation, the loop, ensembles and a controller, judged on tiny networks of the check's own."""

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
from .tinynet import Tiny, drawn_net, holds, number, state_of
from .verdict import Array, Unfit

# ---- 6.4

LABELINGS = 8  # two different sets of predictions agree on the accuracy of all of them about once in 10⁹


@question("6.4", "evaluate", stub="training.evaluate", core=True, needs_torch=True)
def evaluate(ps2: Any, draw: Draw) -> Steps:
    """Accuracies of one network for several sets of labels, whole batches and a rest."""
    shape, classes, count = (2, *draw.size(3, 2)), 3, draw.size(160, least=6)[0]
    make = drawn_net(draw, shape, classes)
    images, labels = draw.normal((count, *shape)), draw.integers(classes, (LABELINGS, count))
    size = count // (2 if draw.small else draw.integer(2, 3)) + 1  # so that a smaller batch is left over
    sizes = {"": {"batch_size": count}, "in batches": {"batch_size": size}, "default batch size": {}}
    for label, given in sizes.items():
        run = Evaluated(ps2, make, images, labels if given else labels[:4], given)  # the default size is one batch again
        yield f"accuracy, {label}" if label else "accuracy", settled(run.accuracies)
    many = draw.normal((draw.integer(501, 990), 2, 1, 1))
    big = Evaluated(ps2, drawn_net(draw, (2, 1, 1), classes), many, draw.integers(classes, (1, len(many))), {})
    last = Evaluated(ps2, make, images, labels[:1], {"batch_size": size})
    yield "accuracy, more than 500 images", settled(big.accuracies)
    yield "conduct, at most batch_size images at a time", settled(lambda: last.sizes(size)), holds("asks about more images at once")
    yield "conduct, without gradients", settled(last.flags), holds("runs the model with gradients on, which costs memory and time")
    yield "conduct, running statistics", settled(last.statistics), unchanged("a running statistic")
    yield "conduct, mode", settled(last.modes), holds("leaves the model in another mode than it came in")
    yield "conduct, images", settled(last.given), unchanged("an argument")
    yield (
        "conduct, gradients afterwards",
        settled(last.gradients_on),
        holds("leaves torch's gradients switched off for whatever comes next"),
    )


@dataclass(frozen=True)
class Asked:
    """What one call left: the network, what it was given, whether torch's gradients are on."""

    net: Any
    images: Any
    labels: Any
    gradients: bool


class Evaluated:
    """The student's evaluate on a network that comes in train mode."""

    def __init__(self, ps2: Any, make: Tiny, images: Array, labels: Array, given: dict[str, int]) -> None:
        self.ps2, self.make, self.images, self.labels, self.settings = ps2, make, images, labels, given

    def accuracies(self) -> Array:
        net = self.make()
        return np.array([self.once(net.train(), tensor(self.images), tensor(labels)) for labels in self.labels])

    def once(self, net: Any, images: Any, labels: Any) -> float:
        return number(self.ps2.evaluate(net, images, labels, **self.settings), "the accuracy")

    @functools.cached_property
    def asked(self) -> Asked:
        import torch

        net, images, labels = self.make(), tensor(self.images), tensor(self.labels[0])
        self.once(net, images, labels)
        return Asked(net, images, labels, torch.is_grad_enabled())

    def sizes(self, most: int) -> Array:
        return np.array([count <= most for _, _, count in self.asked.net.log])

    def flags(self) -> Array:
        return np.array([not gradients for _, gradients, _ in self.asked.net.log])

    def statistics(self) -> dict[str, Array]:
        return {key: value for key, value in state_of(self.asked.net).items() if "running" in key}

    def modes(self) -> Array:
        came_in_eval = self.make().eval()
        self.once(came_in_eval, tensor(self.images), tensor(self.labels[0]))
        return np.array([self.asked.net.training, not came_in_eval.training])

    def gradients_on(self) -> Array:
        return np.array([self.asked.gradients])

    def given(self) -> dict[str, Array]:
        return {"images": array(self.asked.images), "labels": array(self.asked.labels)}


# ---- 6.5


@functools.cache
def stand_in_optimizer() -> Any:
    """Stands for what make_optimizer returns: steps of its own, −lr · g / (1 + |g|)."""
    import torch

    class StandInOptimizer(torch.optim.Optimizer):
        def __init__(self, model: Any, lr: float = 0.1, **_: Any) -> None:
            super().__init__(model.parameters(), {"lr": lr})
            self.asked_lr = lr

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
    """Stands for PlateauSchedule: scales the rates by the error it is told. `made`: every one since the list was emptied."""

    made: list[StandInSchedule] = []  # noqa: RUF012

    def __init__(self, optimizer: Any, factor: float = 0.1, patience: int = 5, min_delta: float = 0.0) -> None:
        self.optimizer, self.arguments, self.errors = optimizer, (factor, patience, min_delta), list[float]()
        StandInSchedule.made.append(self)

    def step(self, error: float) -> None:
        self.errors.append(number(error, "the error"))
        groups = self.optimizer.param_groups
        for group in groups:
            group["lr"] *= 0.5 + self.errors[-1]


@question("6.5", "train", stub="training.train", core=True, needs_torch=True)
def train(ps2: Any, draw: Draw) -> Steps:
    """Losses, parameters and statistics after some epochs that can be read only once; optimizer and schedule are the check's own."""
    shape, classes = (2, *draw.size(3, 2)), draw.integer(3, 4)
    make = drawn_net(draw, shape, classes)
    epochs = [drawn_epoch(draw, shape, classes) for _ in range(2 if draw.small else draw.integer(2, 3))]
    lr, patience = draw.between(0.0625, 0.25), draw.choice((1, 2, 3, 4, 6, 7, 8, 9))  # 5 is the default
    errors = [draw.between(0.0625, 0.9375) for _ in epochs]
    run = Trained(ps2, make, epochs, errors)
    yield "losses", settled(lambda: run.losses(lr=lr))
    yield "parameters", settled(lambda: run.state(lr=lr))
    yield "with validation, losses", settled(lambda: run.losses(True, lr=lr, patience=patience))
    yield "with validation, parameters", settled(lambda: run.state(True, lr=lr, patience=patience))
    yield "with validation, errors and patience", settled(lambda: run.schedule(lr=lr, patience=patience))
    once = Trained(ps2, make, epochs[:1], errors[:1])
    yield "defaults", settled(lambda: {"losses": once.losses(True), **once.schedule()})
    # More epochs without success than `patience` are neither the end of training, nor a reason to go back to the first one's weights.
    least = draw.between(0.0625, 0.5)
    rising = Trained(ps2, make, [epoch[:1] for epoch in (*epochs, *epochs)[:4]], [least + i / 8 for i in range(4)])
    yield "with validation, rising errors", settled(lambda: rising.state(True, lr=lr, patience=1))
    yield "conduct, mode", settled(lambda: run.ends_in_eval(lr=lr)), holds("leaves the model in train mode; it ends in eval mode")
    yield "conduct, images and labels", settled(lambda: run.given(lr=lr)), unchanged("a batch")


def drawn_epoch(draw: Draw, shape: tuple[int, ...], classes: int) -> list[tuple[Array, Array]]:
    sizes = [2 + int(i) for i in draw.order(5)[:2]]
    return [(draw.normal((n, *shape)), draw.integers(classes, (n,))) for n in sizes]


@dataclass(frozen=True)
class Done:
    """What a run left: the network, what `train` returned, the batches it was given, the schedules it made."""

    net: Any
    losses: Any
    batches: list[list[tuple[Any, Any]]]
    schedules: list[StandInSchedule]


class Trained:
    """The student's train on a fresh network in eval mode, as `validate` leaves it too. What one run leaves serves several items."""

    def __init__(self, ps2: Any, make: Callable[[], Any], epochs: list[list[tuple[Array, Array]]], errors: list[float]) -> None:
        self.ps2, self.make, self.numbers, self.scripted = ps2, make, epochs, errors
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
        StandInSchedule.made = []
        batches = [[(tensor(x), tensor(y)) for x, y in epoch] for epoch in self.numbers]

        def validate() -> float:
            net.eval()
            return next(errors)

        if validated:
            settings["validate"] = validate
        with self.ps2.standing_in(make_optimizer=stand_in_optimizer(), PlateauSchedule=StandInSchedule):
            losses = self.ps2.train(net, (iter(epoch) for epoch in batches), **settings)
        return Done(net, losses, batches, StandInSchedule.made)

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
        rate = getattr(made.optimizer, "asked_lr", None)
        if rate is None:
            raise Unfit("the schedule's optimizer is not the one that make_optimizer made")
        return {"errors": np.array(made.errors), "arguments": np.array(made.arguments, float), "rate": np.array(float(rate))}

    def ends_in_eval(self, **settings: Any) -> Array:
        return np.array([not module.training for module in self.run(**settings).net.modules()])

    def given(self, **settings: Any) -> dict[str, Array]:
        pairs: Iterator[tuple[Any, Any]] = (batch for epoch in self.run(**settings).batches for batch in epoch)
        return {f"{i}.{what}": array(value) for i, pair in enumerate(pairs) for what, value in zip(("x", "y"), pair, strict=True)}


# ---- 6.6, 6.7


@question("6.6", "ensemble", stub="training.ensemble", needs_torch=True)
def ensemble(ps2: Any, draw: Draw) -> Steps:
    """The mean probabilities of several networks, and of one."""
    shape, classes = (2, *draw.size(3, 2)), draw.integer(3, 5)
    makers = [drawn_net(draw, shape, classes) for _ in range(2 if draw.small else draw.integer(3, 4))]
    images, alone = (draw.normal((*draw.size(7, least=2), *shape)) for _ in range(2))
    run = Together(ps2, makers, images)
    yield "several", settled(lambda: run.run()[0])
    yield "one", settled(lambda: Together(ps2, makers[:1], alone).run()[0])
    yield "conduct, modes", settled(run.modes), holds("leaves a model in another mode than it came in")
    yield "conduct, running statistics", settled(run.statistics), unchanged("a running statistic")
    yield "conduct, without gradients", settled(run.flags), holds("runs the models with gradients on, which costs memory and time")


class Together:
    """The student's ensemble of fresh networks, the first of which comes in train mode."""

    def __init__(self, ps2: Any, makers: list[Tiny], images: Array) -> None:
        self.ps2, self.makers, self.images = ps2, makers, images

    def run(self) -> tuple[Array, list[Any]]:
        models = [make().train(i == 0) for i, make in enumerate(self.makers)]
        return array(self.ps2.ensemble(list(models), tensor(self.images)), "the result"), models

    def modes(self) -> Array:
        return np.array([model.training == (i == 0) for i, model in enumerate(self.run()[1])])

    def statistics(self) -> dict[str, Array]:
        return {f"{i}.{k}": v for i, m in enumerate(self.run()[1]) for k, v in state_of(m).items() if "running" in k}

    def flags(self) -> Array:
        return np.array([not gradients for model in self.run()[1] for _, gradients, _ in model.log])


@question("6.7", "controller_gradient", stub="training.controller_gradient", needs_torch=True)
def controller_gradient(ps2: Any, draw: Draw) -> Steps:
    """The ascent direction for some choices and rewards, also where exponentials overflow."""
    k = draw.size(7, least=2)[0]
    logits, more = draw.normal((k,)), draw.normal((k,))
    huge = draw.normal((k + 2,)) + np.where(draw.order(k + 2) % 2, 1000.0, -1000.0)  # several large ones: the softmax is no one-hot
    reward, baseline = draw.between(0.25, 2.0), draw.between(-1.0, 0.125)
    choices = [draw.integer(0, k - 1) for _ in range(3)]

    def run(x: Array, *rest: float) -> Callable[[], Any]:
        return settled(lambda: array(ps2.controller_gradient(tensor(x), *rest), "the result"))

    yield "direction", run(logits, choices[0], reward, baseline)
    yield "direction, worse than the baseline", run(more, choices[1], baseline - 0.5, baseline)
    yield "direction, default baseline", run(more, choices[2], reward)
    yield "large logits", run(huge, choices[0], reward, baseline)
    kept = tensor_kept(ps2, logits, choices[0], reward)
    yield "conduct, logits", settled(kept), unchanged("`logits`")


def tensor_kept(ps2: Any, logits: Array, choice: int, reward: float) -> Callable[[], Array]:
    def run() -> Array:
        given = tensor(logits)
        ps2.controller_gradient(given, choice, reward)
        return array(given)

    return run
