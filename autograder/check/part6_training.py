"""Part 6, beside the training loop: evaluation, ensembles and a controller, judged on tiny networks of the check's own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .agreement import each_entry, unchanged
from .draw import Draw
from .modules import Steps, array, settled, tensor
from .question import question
from .tinynet import SWITCHED, Kept, Tiny, drawn_net, holds, kept, number, state_of
from .verdict import Array, Judge

# ---- 6.4

LABELINGS = 8  # two different sets of predictions agree on the accuracy of all of them about once in 10⁹, on that of half once in 30 000


@question("6.4", "evaluate", stub="training.evaluate", core=True, needs_torch=True)
def evaluate(ps2: Any, draw: Draw) -> Steps:
    """Accuracies of one network for several sets of labels, whole batches and a rest."""
    shape, classes = (2, *draw.size(3, 2, least=2)), 3
    make = drawn_net(draw, shape, classes)
    size, batches = draw.size(64, least=3)[0], draw.integer(2, 3)
    count = batches * size + 1  # a batch of one image is left over, whose label is the right one in some of the labelings
    # Images of some contrast: the statistics that the network brings would else let one class win everywhere, whatever is asked.
    images, labels = 4 * draw.normal((count, *shape)), draw.integers(classes, (LABELINGS, count))
    labels[:, -1] = np.arange(LABELINGS) % classes
    yield "accuracy", settled(Evaluated(ps2, make, images, labels[:4], {"batch_size": count}).accuracies), accurate()
    yield "accuracy, in batches", settled(Evaluated(ps2, make, images, labels, {"batch_size": size}).accuracies), accurate()
    # The default size is one batch again: fewer labelings, and logits so large that a sigmoid would make them all 1.
    loud = Evaluated(ps2, make.speaking(1024.0), images, labels[:4], {})
    yield "accuracy, default batch size", settled(loud.accuracies), accurate()
    many = 4 * draw.normal((draw.integer(501, 990), 2, 1, 1))
    big = Evaluated(ps2, drawn_net(draw, (2, 1, 1), classes), many, draw.integers(classes, (1, len(many))), {})
    yield "accuracy, more than 500 images", settled(big.accuracies), accurate()
    # One image with each label: one of them is the answer, whichever of equal logits counts as the largest.
    among = draw.integer(3, 60)
    still = drawn_net(draw, (2, 1, 1), among).speaking(0.0)
    silent = Evaluated(ps2, still, np.repeat(many[:1], among, axis=0), np.arange(among)[None], {})
    yield "accuracy, equal logits", settled(silent.accuracies), accurate()
    last = Evaluated(ps2, make, images, labels[:1], {"batch_size": size})
    yield "conduct, at most batch_size images at a time", settled(lambda: last.sizes(size)), holds("asks about more images at once")
    yield "conduct, without gradients", settled(last.flags), holds("runs the model with gradients on, which costs memory and time")
    yield "conduct, running statistics", settled(last.statistics), unchanged("a running statistic")
    yield "conduct, mode", settled(last.modes), holds("leaves the model in another mode than it came in")
    yield "conduct, images", settled(last.given), unchanged("an argument")
    yield "conduct, the model", settled(last.kept), kept()
    yield "conduct, gradients afterwards", settled(last.gradients_on), SWITCHED


COUNTED = 1e-5
"""What an accuracy may be off by. A quotient of counts in float32, as torch's own idioms have it, is off by 2⁻²⁴ of its size, and a sum
over batches by some ten times that, 6e-7; an image more or less makes at least 1/990."""


def accurate() -> Judge:
    return each_entry(COUNTED, floor=1.0)


@dataclass(frozen=True)
class Asked:
    """What one call left: the network, what it was given, whether torch's gradients are on."""

    net: Kept
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
        """What is left of a call in float32, whose numbers are recorded in float64 as everywhere."""
        import torch

        net, images, labels = Kept(self.make().float()), tensor(self.images).float(), tensor(self.labels[0])
        self.once(net.net, images, labels)
        return Asked(net, images, labels, torch.is_grad_enabled())

    @functools.cached_property
    def switched_off(self) -> Asked:
        """What is left of another call: of a network in eval mode, while gradients are off."""
        import torch

        net, images, labels = Kept(self.make().eval()), tensor(self.images), tensor(self.labels[0])
        with torch.no_grad():
            self.once(net.net, images, labels)
            return Asked(net, images, labels, torch.is_grad_enabled())

    def sizes(self, most: int) -> Array:
        return np.array([count <= most for _, _, count in self.asked.net.net.log])

    def flags(self) -> Array:
        return np.array([not gradients for _, gradients, _ in self.asked.net.net.log])

    def statistics(self) -> dict[str, Array]:
        return {key: value.astype(np.float64) for key, value in state_of(self.asked.net.net).items() if "running" in key}

    def modes(self) -> Array:
        return np.array([self.asked.net.net.training, not self.switched_off.net.net.training])

    def kept(self) -> dict[str, Array]:
        return self.asked.net.flags()

    def gradients_on(self) -> Array:
        return np.array([self.asked.gradients, not self.switched_off.gradients])

    def given(self) -> dict[str, Array]:
        return {"images": array(self.asked.images).astype(np.float64), "labels": array(self.asked.labels)}


# ---- 6.6, 6.7


@question("6.6", "ensemble", stub="training.ensemble", needs_torch=True)
def ensemble(ps2: Any, draw: Draw) -> Steps:
    """The mean probabilities of several networks, and of one."""
    shape, classes = (2, *draw.size(3, 2)), draw.integer(3, 5)
    makers = [drawn_net(draw, shape, classes) for _ in range(2 if draw.small else draw.integer(3, 4))]
    images, alone = (draw.normal((*draw.size(7, least=2), *shape)) for _ in range(2))
    run = Together(ps2, makers, images)
    loud = makers[0].speaking(
        plus=draw.choice((-1024.0, 1024.0))
    )  # for all classes: exponentials overflow or vanish, the softmax is the same
    single = Together(ps2, [loud], alone)
    yield "several", settled(run.probabilities)
    yield "one, large logits", settled(single.probabilities_without_gradients)
    yield "conduct, modes", settled(run.modes), holds("leaves a model in another mode than it came in")
    yield "conduct, running statistics", settled(run.statistics), unchanged("a running statistic")
    yield "conduct, without gradients", settled(run.flags), holds("runs the models with gradients on, which costs memory and time")
    yield "conduct, the models", settled(run.kept), kept("parameters", "dtype", "trains", "gradients")
    yield "conduct, gradients afterwards", settled(lambda: np.array([run.asked.gradients, not single.asked_without.gradients])), SWITCHED


@dataclass(frozen=True)
class Averaged:
    """What a call returned and left: the models, whether torch's gradients are on."""

    result: Any
    models: list[Kept]
    gradients: bool


class Together:
    """The student's ensemble of fresh networks, the first of which comes in train mode, and a second time at the end."""

    def __init__(self, ps2: Any, makers: list[Tiny], images: Array) -> None:
        self.ps2, self.makers, self.images = ps2, makers, images

    def run(self) -> Averaged:
        import torch

        models = [Kept(make().train(i == 0)) for i, make in enumerate(self.makers)]
        given = [model.net for model in models]
        result = self.ps2.ensemble(given + given[:1] if len(given) > 1 else given, tensor(self.images))
        return Averaged(result, models, torch.is_grad_enabled())

    @functools.cached_property
    def asked(self) -> Averaged:
        return self.run()

    @functools.cached_property
    def asked_without(self) -> Averaged:
        """The same, called while gradients are off."""
        import torch

        with torch.no_grad():
            return self.run()

    def probabilities(self) -> Array:
        return array(self.asked.result, "the result")

    def probabilities_without_gradients(self) -> Array:
        return array(self.asked_without.result, "the result")

    def modes(self) -> Array:
        return np.array([model.net.training == (i == 0) for i, model in enumerate(self.asked.models)])

    def statistics(self) -> dict[str, Array]:
        return {f"{i}.{k}": v for i, m in enumerate(self.asked.models) for k, v in state_of(m.net).items() if "running" in k}

    def flags(self) -> Array:
        return np.array([not gradients for model in self.asked.models for _, gradients, _ in model.net.log])

    def kept(self) -> dict[str, Array]:
        flags = [model.flags() for model in self.asked.models]
        return {name: np.array([flag[name] for flag in flags]) for name in flags[0]}


@question("6.7", "controller_gradient", stub="training.controller_gradient", needs_torch=True)
def controller_gradient(ps2: Any, draw: Draw) -> Steps:
    """The ascent direction for some choices and rewards, also where exponentials overflow."""
    k = draw.size(7, least=2)[0]
    logits, more = draw.normal((k,)), draw.normal((k,))
    huge = draw.normal((k + 2,)) + np.where(draw.order(k + 2) % 2, 1000.0, -1000.0)  # several large ones: the softmax is no one-hot
    reward, baseline = draw.between(0.25, 2.0), draw.either((-1.0, -0.0625), (0.0625, 0.125))  # not 0, the default
    drawn = (int(logits.argmax()) + draw.integer(1, k - 1)) % k  # not the most probable one
    choices = [drawn, draw.integer(0, k - 1), draw.integer(0, k - 1)]

    def run(x: Array, *rest: float) -> Callable[[], Any]:
        return settled(lambda: array(ps2.controller_gradient(tensor(x), *rest), "the result"))

    yield "direction", run(logits, choices[0], reward, baseline)
    yield "direction, worse than the baseline", run(more, choices[1], baseline - 0.5, baseline)
    yield "direction, default baseline", run(more, choices[2], reward)
    yield "large logits", run(huge, choices[0], reward, baseline)
    again = Twice(ps2, more, (choices[2], reward))
    yield "direction, called twice", settled(again.second)
    yield "conduct, logits", settled(again.logits), unchanged("`logits`, its .grad or its requires_grad")


class Twice:
    """The student's controller_gradient, called twice with the same tensor."""

    def __init__(self, ps2: Any, logits: Array, rest: tuple[int, float]) -> None:
        self.ps2, self.numbers, self.rest = ps2, logits, rest

    @functools.cached_property
    def called(self) -> tuple[Any, Any]:
        """The tensor, and the second result."""
        given = tensor(self.numbers)
        self.ps2.controller_gradient(given, *self.rest)
        return given, self.ps2.controller_gradient(given, *self.rest)

    def second(self) -> Array:
        return array(self.called[1], "the result")

    def logits(self) -> dict[str, Array]:
        given = self.called[0]
        return {"logits": array(given), "trains": np.array(given.requires_grad), "gradient": np.array(given.grad is not None)}
