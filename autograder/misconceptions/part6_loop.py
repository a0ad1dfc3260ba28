"""Known mistakes in 6.5, train: the loop."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

# ---- 6.5 train

LOSS = "F.cross_entropy(model(images), labels)"
AFTER = "        if validate is not None:\n            schedule.step(validate())\n"
VALUES = ("losses", "parameters", "with validation")
RISING = "with validation, rising errors, NaN and 0"


@mistake("6.5", "train", "gradients are never cleared, so that each step goes along the sum of all before it", fails=VALUES)
def train_never_clears(right: Any) -> Any:
    return edited(right, ("            optimizer.zero_grad()\n", ""))


@mistake("6.5", "train", "gradients are cleared between backward and step: nothing is ever learned", fails=VALUES)
def train_clears_too_late(right: Any) -> Any:
    return edited(right, ("optimizer.zero_grad()\n            loss.backward()", "loss.backward()\n            optimizer.zero_grad()"))


@mistake("6.5", "train", "a softmax goes into the cross-entropy, which takes logits and has one inside (handout 6.5)", fails=VALUES)
def train_softmax_first(right: Any) -> Any:
    return edited(right, (LOSS, "F.cross_entropy(model(images).softmax(dim=1), labels)"))


@mistake("6.5", "train", "the loss is the sum over the batch; it is the mean", fails=VALUES)
def train_sum_of_losses(right: Any) -> Any:
    return edited(right, ("(model(images), labels)", "(model(images), labels, reduction='sum')"))


@mistake("6.5", "train", "labels are shuffled apart from their images", fails=VALUES)
def train_labels_apart(right: Any) -> Any:
    return edited(right, ("(model(images), labels)", "(model(images), labels.roll(1))"))


@mistake(
    "6.5",
    "train",
    "train mode is set once before the first epoch; validation leaves the model in eval mode, and from the second epoch on the running "
    "statistics are used",
    fails=("with validation",),
)
def train_mode_once(right: Any) -> Any:
    return edited(right, ("    for epoch in epochs:\n        model.train()\n", "    model.train()\n    for epoch in epochs:\n"))


@mistake("6.5", "train", "the model is trained in the mode it came in", fails=VALUES)
def train_mode_never(right: Any) -> Any:
    return edited(right, ("        model.train()\n", ""))


@mistake("6.5", "train", "the schedule is stepped after each batch; it counts epochs", fails=("with validation",))
def train_schedule_per_batch(right: Any) -> Any:
    return edited(right, (AFTER, AFTER.replace("        if", "            if").replace("            schedule", "                schedule")))


@mistake("6.5", "train", "the schedule is told an accuracy, 1 − error; validate() returns the error", fails=("with validation",))
def train_tells_accuracies(right: Any) -> Any:
    return edited(right, ("schedule.step(validate())", "schedule.step(1.0 - validate())"))


@mistake("6.5", "train", "validate is called and its error is not passed to the schedule", fails=("with validation",))
def train_without_schedule(right: Any) -> Any:
    return edited(right, ("schedule.step(validate())", "validate()"))


@mistake("6.5", "train", "a new optimizer is made for each epoch: momentum and lowered rates are forgotten", fails=("with validation",))
def train_optimizer_each_epoch(right: Any) -> Any:
    return edited(
        right,
        ("    for epoch in epochs:\n", "    for epoch in epochs:\n        optimizer = make_optimizer(model, lr)\n"),
    )


@mistake("6.5", "train", "lr is not passed to make_optimizer", fails=("losses", "parameters", "with validation"))
def train_rate_ignored(right: Any) -> Any:
    return edited(right, ("make_optimizer(model, lr)", "make_optimizer(model)"))


@mistake("6.5", "train", "patience is not passed to the schedule", fails=("with validation, errors and patience",))
def train_patience_ignored(right: Any) -> Any:
    return edited(right, (", patience=patience)", ")"))


@mistake("6.5", "train", "patience is passed in the place of factor", fails=("with validation, errors and patience",))
def train_patience_as_factor(right: Any) -> Any:
    return edited(right, ("PlateauSchedule(optimizer, patience=patience)", "PlateauSchedule(optimizer, patience)"))


@mistake("6.5", "train", "one loss is returned for each epoch; one for each step is asked for", fails=("losses", "with validation, losses"))
def train_losses_of_epochs(right: Any) -> Any:
    return edited(right, ("            losses.append(loss.detach())", "        losses.append(loss.detach())"))


@mistake("6.5", "train", "the losses are computed after the update", fails=("losses", "with validation, losses"))
def train_losses_after(right: Any) -> Any:
    return edited(right, ("losses.append(loss.detach())", "losses.append(F.cross_entropy(model(images), labels).detach())"))


@mistake("6.5", "train", "the model is initialized inside; it is taken as it comes", fails=VALUES)
def train_starts_anew(right: Any) -> Any:
    return edited(right, ("    optimizer = make_optimizer", "    he_initialize(model)\n    optimizer = make_optimizer"))


@mistake("6.5", "train", "the last batch of each epoch is left out", fails=VALUES)
def train_last_batch_dropped(right: Any) -> Any:
    return edited(right, ("in epoch:", "in list(epoch)[:-1]:"))


@mistake("6.5", "train", "the model is left in train mode at the end", fails=("conduct, mode",))
def train_ends_in_train(right: Any) -> Any:
    return edited(right, ("    model.eval()\n", "    model.train()\n"))


@mistake(
    "6.5",
    "train",
    "a checkpoint is saved as each epoch starts and the last one is loaded at the end: the last epoch is lost (handout 6.5)",
    fails=("parameters", "with validation"),
)
def train_ends_with_a_checkpoint(right: Any) -> Any:
    save = "        saved = {name: value.clone() for name, value in model.state_dict().items()}\n"
    load = "    model.load_state_dict(saved)\n    model.eval()\n"
    return edited(right, ("    for epoch in epochs:\n", "    for epoch in epochs:\n" + save), ("    model.eval()\n", load))


@mistake(
    "6.5",
    "train",
    "the weights of the epoch with the lowest error are put back at the end; the model keeps those of the last step (handout 6.5)",
    fails=(RISING,),
)
def train_returns_to_the_best(right: Any) -> Any:
    note = "errors.append(validate())\n            schedule.step(errors[-1])\n            if errors[-1] == min(errors): "
    save = "saved = {name: value.clone() for name, value in model.state_dict().items()}"
    load = "    if errors: model.load_state_dict(saved)\n    model.eval()\n"
    return edited(
        right, ("losses = []", "losses, errors = [], []"), ("schedule.step(validate())", note + save), ("    model.eval()\n", load)
    )


@mistake(
    "6.5",
    "train",
    "training stops early when `patience` epochs brought nothing; patience is the schedule's, and every epoch is trained (handout 6.5)",
    fails=(RISING,),
)
def train_stops_early(right: Any) -> Any:
    note = "errors.append(validate())\n            schedule.step(errors[-1])\n            "
    stop = "if len(errors) - errors.index(min(errors)) > patience: break"
    return edited(right, ("losses = []", "losses, errors = [], []"), ("schedule.step(validate())", note + stop))
