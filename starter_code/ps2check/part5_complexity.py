"""Part 5, complexity: parameters, multiply-adds and activations of small models of the check's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .draw import Draw
from .module_state import is_buffer
from .modules import Steps, settings, settled
from .question import question
from .recording import describe
from .tracing import bare
from .verdict import Array, Judge, Parts, Unfit, Verdict, within

Models = dict[str, Callable[[], Any]]


def whole_number(value: Any) -> Array:
    """A count; anything but a whole number is named."""
    value = bare(value)
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise Unfit(f"is {describe(value)}, expected an int")
    return np.array(int(value))


def apply(count: Callable[[Any], Any], make: Callable[[], Any]) -> Any:
    return count(make())


def counts(value: Callable[[], Any]) -> Callable[[], Array]:
    return settled(lambda: whole_number(value()))


def exactly() -> Judge:
    def rule(got: Parts, want: Parts) -> Verdict:
        a, b = int(got[""]), int(want[""])
        return within(
            0.0 if a == b else float("inf"), f"is {a}, expected {b} ({a / b:.3g} times as many)" if b else f"is {a}, expected {b}"
        )

    return Judge(rule, allowed="none")


def models(draw: Draw) -> tuple[Models, tuple[int, int, int]]:
    """Small models by what is special about them, and the shape of a sample that each takes."""
    import torch
    from torch import nn

    a, groups = draw.integer(2, 19), draw.integer(2, 4)
    b, c = [int(n) + 2 for n in draw.order(20) if n + 2 != groups * a][:2]  # with as many channels as the sample, inputs count like outputs
    classes = draw.integer(20, 300)
    kernel, stride, padding = draw.integer(2, 3), draw.integer(1, 2), draw.integer(0, 2)
    height, width = draw.size(37, 31, least=5)
    shape = (groups * a, height, width)

    class Own(nn.Conv2d):
        """A convolution all the same."""

    class Twice(nn.Module):
        """A layer that is called twice."""

        def __init__(self) -> None:
            super().__init__()
            self.mix = nn.Conv2d(shape[0], shape[0], 3, padding=1)
            self.head = Own(shape[0], b, 1, bias=False)

        def forward(self, x: Any) -> Any:
            return self.head(self.mix(torch.relu(self.mix(x))))

    class Tied(nn.Module):
        """Two layers with one weight, and a third."""

        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(shape[0], shape[0], 1)
            self.second = nn.Conv2d(shape[0], shape[0], 1)
            self.second.weight = self.first.weight
            self.third = nn.Conv2d(shape[0], classes, 1)

        def forward(self, x: Any) -> Any:
            return self.third(torch.relu(self.second(torch.relu(self.first(x)))))

    class Factor(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.factor = nn.Parameter(torch.ones(b, 1))

    class Scaled(nn.Module):
        """A network with numbers of its own, one of them in no dimension at all."""

        def __init__(self) -> None:
            super().__init__()
            self.inner, self.factor = plain(), Factor()
            self.gain = nn.Parameter(torch.ones(()))
            self.offset = nn.Parameter(torch.ones(classes, 1, 1))

    def plain() -> Any:
        first = nn.Conv2d(shape[0], b, (kernel, kernel + 1), stride, padding)
        return nn.Sequential(first, nn.BatchNorm2d(b), nn.ReLU(), nn.Conv2d(b, c, 1, bias=False), nn.BatchNorm2d(c))

    def headed() -> Any:
        body = nn.Sequential(nn.Conv2d(shape[0], b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.Flatten(2))
        rows = nn.Linear(height * width, c)  # of the (1, b, H·W) that comes out of the body
        return nn.Sequential(body, rows, nn.ReLU(), nn.Flatten(), nn.Linear(b * c, classes, bias=False))

    def grouped() -> Any:
        wide = nn.Conv2d(groups * a, groups * b, kernel, stride, groups=groups)
        depthwise = nn.Conv2d(groups * b, groups * b, 1, groups=groups * b, bias=False)
        return nn.Sequential(wide, nn.ReLU(), depthwise, nn.Conv2d(groups * b, 1, 1))  # the last has a single filter

    def frozen() -> Any:
        model = headed()
        for parameter in model[0].parameters():
            parameter.requires_grad_(False)
        return model

    made: Models = {"plain": plain, "linear head": headed, "grouped": grouped, "called twice": Twice, "tied": Tied, "frozen": frozen}
    return made | {"plain, bare parameters": Scaled, "plain, one layer": lambda: nn.Conv2d(shape[0], b, kernel, stride)}, shape


def nothing(*_: Any) -> None:
    """A hook of the model's own."""


def lived_in(model: Any, mode: bool) -> Any:
    """A model in the middle of its life: one module in another mode than the rest, a hook of its own, gradients."""
    model.train(mode)
    model[0][1].train(not mode).num_batches_tracked.add_(3)
    model[0][0].register_forward_hook(nothing)
    for parameter in model.parameters():
        parameter.grad = parameter.detach() + 1 if parameter.requires_grad else None
    return model


def condition(model: Any) -> dict[str, Array]:
    """What a count must leave alone: modes, statistics, hooks, gradients, what each module holds, and whether torch keeps gradients."""
    import torch

    hooks = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())
    held = [len({*vars(m), *m._buffers, *m._parameters, *m._modules} - {"forward"}) for m in model.modules()]
    kept = [p.grad is not None and bool((p.grad == p + 1).all()) for p in model.parameters()]
    return {
        "held": np.array(held),
        "torch": np.array(torch.is_grad_enabled()),
        "modes": np.array([m.training for m in model.modules()]),
        "hooks": np.array(hooks),
        "gradients": np.array([kept, [p.requires_grad for p in model.parameters()]]),
        **{name: value.double().numpy().copy() for name, value in model.named_buffers() if is_buffer(name)},
    }


def as_it_was() -> Judge:
    told = {
        "modes": "the mode of a module (train or eval)",
        "hooks": "a hook stays behind, or one of its own is gone",
        "gradients": "gradients or requires_grad",
        "held": "an attribute or a buffer is left in it",
        "torch": "torch's own gradient mode (set_grad_enabled)",
    }

    def rule(got: Parts, want: Parts) -> Verdict:
        changed = [told.get(name, "running statistics") for name in want if not np.array_equal(got[name], want[name])]
        return within(float("inf") if changed else 0.0, f"the model is changed: {', '.join(dict.fromkeys(changed))}")

    return Judge(rule)


def left_alone(made: Models, count: Callable[[Any], Any]) -> Steps:
    """Conduct: a model in train mode, and one in eval mode where torch keeps no gradients."""
    for mode in (True, False):

        def run(mode: bool = mode) -> dict[str, Array]:
            import torch

            model = lived_in(made["frozen"](), mode)
            with torch.set_grad_enabled(mode):
                count(model)
                return condition(model)

        yield f"conduct, model in {'train' if mode else 'eval'} mode", settled(run), as_it_was()


@question("5.19", "count_parameters", stub="complexity.count_parameters", needs_torch=True)
def count_parameters(ps2: Any, draw: Draw) -> Steps:
    """Trainable numbers, shared ones once."""
    yield from settings(ps2, "count_parameters")
    made, _ = models(draw)
    for name in ("plain", "plain, bare parameters", "grouped", "linear head", "tied", "frozen"):
        yield name, counts(partial(apply, lambda model: ps2.count_parameters(model), made[name])), exactly()
    yield from left_alone(made, lambda model: ps2.count_parameters(model))


@question("5.20", "count_macs", stub="complexity.count_macs", needs_torch=True)
def count_macs(ps2: Any, draw: Draw) -> Steps:
    """Multiply-adds of convolutions and linear layers, every call counted."""
    yield from from_a_sample(draw, lambda model, shape: ps2.count_macs(model, shape))


@question("5.21", "count_activations", stub="complexity.count_activations", needs_torch=True)
def count_activations(ps2: Any, draw: Draw) -> Steps:
    """Output elements of convolutions and linear layers, every call counted."""
    yield from from_a_sample(draw, lambda model, shape: ps2.count_activations(model, shape))


def from_a_sample(draw: Draw, count: Callable[[Any, tuple[int, int, int]], Any]) -> Steps:
    made, shape = models(draw)
    for name in ("plain", "plain, one layer", "linear head", "grouped", "called twice", "tied", "frozen"):
        yield name, counts(partial(apply, lambda model: count(model, shape), made[name])), exactly()
    yield from left_alone(made, lambda model: count(model, shape))
