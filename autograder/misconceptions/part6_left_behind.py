"""Known mistakes in part 6 that change something for whatever comes next. Each sentence goes on after "This is what you get when …"."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

SWITCH = ("conduct, gradients afterwards",)


@mistake(
    "6.4",
    "evaluate",
    "set_grad_enabled(False) switches gradients off and they stay off, so that training learns nothing after it; no_grad() ends by itself",
    fails=SWITCH,
)
def evaluate_leaves_gradients_off(right: Any) -> Any:
    def evaluate(*given: Any, **named: Any) -> Any:
        import torch

        accuracy = right(*given, **named)
        torch.set_grad_enabled(False)
        return accuracy

    return evaluate


@mistake(
    "6.4",
    "evaluate",
    "gradients are switched on at the end although the caller had switched them off; no_grad() puts back what was there",
    fails=SWITCH,
)
def evaluate_switches_gradients_on(right: Any) -> Any:
    return edited(right, ("    return", "    torch.set_grad_enabled(True)\n    return"))


@mistake(
    "6.4",
    "evaluate",
    "the parameters are frozen (requires_grad) and stay so, so that training learns nothing after it; use no_grad()",
    fails=("conduct, the model",),
)
def evaluate_freezes(right: Any) -> Any:
    return edited(right, ("    model.eval()\n", "    model.eval().requires_grad_(False)\n"))


@mistake("6.4", "evaluate", "gradients that the model came with are cleared; only a training loop does that", fails=("conduct, the model",))
def evaluate_clears_gradients(right: Any) -> Any:
    return edited(right, ("    model.eval()\n", "    model.eval().zero_grad()\n"))


@mistake("6.4", "evaluate", "the model is turned into one of float64, and stays so", fails=("conduct, the model",))
def evaluate_in_double(right: Any) -> Any:
    return edited(right, ("    model.eval()\n", "    model.double().eval()\n"), ("model(x)", "model(x.double())"))


@mistake(
    "6.5",
    "train",
    "set_grad_enabled(False) switches gradients off at the end, for whatever comes next as well",
    fails=SWITCH,
)
def train_leaves_gradients_off(right: Any) -> Any:
    return edited(right, ("    model.eval()\n", "    model.eval()\n    torch.set_grad_enabled(False)\n"))


@mistake("6.5", "train", "frozen parameters train; they stay frozen (requires_grad)", fails=("conduct, what is frozen",))
def train_unfreezes(right: Any) -> Any:
    return edited(right, ("    losses = []\n", "    losses = []\n    model.requires_grad_(True)\n"))


@mistake(
    "6.5",
    "train",
    "a seed is set inside, and everything random that comes later repeats; seeds are the caller's business",
    fails=("conduct, torch's own generator",),
)
def train_sets_a_seed(right: Any) -> Any:
    return edited(right, ("    losses = []\n", "    losses = []\n    torch.manual_seed(0)\n"))


@mistake("6.6", "ensemble", "set_grad_enabled(False) switches gradients off, and they stay off; no_grad() ends by itself", fails=SWITCH)
def ensemble_leaves_gradients_off(right: Any) -> Any:
    return edited(right, ("    return", "    torch.set_grad_enabled(False)\n    return"))


@mistake("6.6", "ensemble", "the models are frozen (requires_grad) and stay so; use no_grad()", fails=("conduct, the models",))
def ensemble_freezes(right: Any) -> Any:
    return edited(right, ("        model.eval()\n", "        model.eval().requires_grad_(False)\n"))


@mistake(
    "6.7",
    "controller_gradient",
    "backward() adds to the .grad of the caller's logits: the second call returns the sum of both; work on a detached copy",
    fails=("direction, called twice", "conduct, logits"),
)
def controller_accumulates(right: Any) -> Any:
    body = "logits.requires_grad_(True).log_softmax(dim=0)[choice].backward()"
    return edited(
        right, ("direction = -logits.softmax(dim=0)", body), ("    direction[choice] += 1.0\n", ""), ("* direction", "* logits.grad")
    )


@mistake(
    "6.7", "controller_gradient", "the caller's logits are made to require a gradient; work on a detached copy", fails=("conduct, logits",)
)
def controller_marks_the_logits(right: Any) -> Any:
    return edited(right, ("-logits.softmax(dim=0)", "-logits.requires_grad_(True).softmax(dim=0).detach()"))
