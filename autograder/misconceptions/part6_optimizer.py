"""Known mistakes in 6.2 and 6.3: the optimizer and the schedule of its rate."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

# ---- 6.2 make_optimizer

SGD = "torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay)"


@mistake("6.2", "make_optimizer", "momentum is not passed on, so that there is none", fails=("momentum", "defaults"))
def optimizer_without_momentum(right: Any) -> Any:
    return edited(right, (", momentum=momentum", ""))


@mistake(
    "6.2",
    "make_optimizer",
    "the velocity is a mean, m·v + (1 − m)·g; here it is the sum m·v + g (handout 6.2)",
    fails=("momentum", "weight decay, with momentum", "defaults"),
)
def optimizer_dampened(right: Any) -> Any:
    return edited(right, ("momentum=momentum", "momentum=momentum, dampening=momentum"))


@mistake("6.2", "make_optimizer", "the momentum is Nesterov's; plain momentum is asked for", fails=("first step", "momentum", "defaults"))
def optimizer_nesterov(right: Any) -> Any:
    return edited(right, ("momentum=momentum", "momentum=momentum, nesterov=momentum > 0"))


@mistake("6.2", "make_optimizer", "weight_decay is not passed on, so that nothing decays", fails=("weight decay", "defaults"))
def optimizer_without_decay(right: Any) -> Any:
    return edited(right, (", weight_decay=weight_decay", ""))


@mistake(
    "6.2",
    "make_optimizer",
    "weights are decayed twice: 2·weight_decay·w is the gradient of weight_decay·‖w‖²",
    fails=("weight decay", "defaults"),
)
def optimizer_decay_twice(right: Any) -> Any:
    return edited(right, ("weight_decay=weight_decay", "weight_decay=2 * weight_decay"))


@mistake(
    "6.2",
    "make_optimizer",
    "weight_decay is multiplied by the rate before the optimizer gets it, which does that itself",
    fails=("weight decay", "defaults"),
)
def optimizer_decay_times_rate(right: Any) -> Any:
    return edited(right, ("weight_decay=weight_decay", "weight_decay=lr * weight_decay"))


@mistake(
    "6.2",
    "make_optimizer",
    "biases and normalizations are left out of the weight decay; here every parameter decays",
    fails=("weight decay", "defaults"),
)
def optimizer_decays_weights_only(right: Any) -> Any:
    groups = (
        "torch.optim.SGD([{'params': [p for p in model.parameters() if p.ndim > 1]}, "
        "{'params': [p for p in model.parameters() if p.ndim == 1], 'weight_decay': 0.0}], "
        "lr=lr, momentum=momentum, weight_decay=weight_decay)"
    )
    return edited(right, (SGD, groups))


@mistake(
    "6.2",
    "make_optimizer",
    "the optimizer is Adam; plain gradient descent with momentum is asked for",
    fails=("first step", "momentum", "defaults"),
)
def optimizer_adam(right: Any) -> Any:
    return edited(right, (SGD, "torch.optim.Adam(model.parameters(), lr=lr, betas=(momentum, 0.999), weight_decay=weight_decay)"))


@mistake("6.2", "make_optimizer", "the rate is not passed on", fails=("first step", "momentum"))
def optimizer_rate_fixed(right: Any) -> Any:
    return edited(right, ("lr=lr", "lr=0.1"))


@mistake("6.2", "make_optimizer", "the default of weight_decay is He et al.'s 1e-4; here it is the lecture's 1e-5", fails=("defaults",))
def optimizer_decay_of_the_paper(right: Any) -> Any:
    return edited(right, ("weight_decay: float = 1e-5", "weight_decay: float = 1e-4"))


@mistake("6.2", "make_optimizer", "only the last layer is trained", fails=("first step", "momentum", "defaults"))
def optimizer_last_layer_only(right: Any) -> Any:
    return edited(right, ("model.parameters()", "list(model.parameters())[-2:]"))


# ---- 6.3 PlateauSchedule

BETTER = "error < self.best - self.min_delta"
LATE = "self.failures > self.patience"


@mistake(
    "6.3",
    "PlateauSchedule",
    "the rate falls with the patience-th failed call; it takes one more than `patience` of them (handout 6.3)",
    fails=("flat", "growing", "falling", "flat, defaults"),
)
def plateau_one_early(right: Any) -> Any:
    return edited(right, (LATE, "self.failures >= self.patience"))


@mistake("6.3", "PlateauSchedule", "the rate falls one call too late", fails=("flat", "growing", "flat, defaults"))
def plateau_one_late(right: Any) -> Any:
    return edited(right, (LATE, "self.failures > self.patience + 1"))


@mistake(
    "6.3",
    "PlateauSchedule",
    "an error is compared with the last one; it is compared with the best so far (handout 6.3)",
    fails=("zig-zag", "jump"),
)
def plateau_compares_with_the_last(right: Any) -> Any:
    old = "    self.failures += 1\n"
    return edited(right, (old, "    self.best = error\n        self.failures += 1\n"))


@mistake(
    "6.3",
    "PlateauSchedule",
    "failures are not counted anew after the rate fell, so that it falls at every call from then on",
    fails=("flat", "growing", "flat, defaults"),
)
def plateau_never_counts_anew(right: Any) -> Any:
    return edited(right, ("            self.failures = 0\n            for group", "            for group"))


@mistake("6.3", "PlateauSchedule", "an improvement does not end the count: only failures in a row count", fails=("zig-zag", "falling"))
def plateau_counts_all_failures(right: Any) -> Any:
    return edited(right, ("            self.failures = 0\n            return", "            return"))


@mistake("6.3", "PlateauSchedule", "best is forgotten when the rate falls; it stays", fails=("jump", "growing"))
def plateau_forgets_the_best(right: Any) -> Any:
    return edited(
        right,
        (
            "            self.failures = 0\n            for group",
            "            self.failures, self.best = 0, float('inf')\n            for group",
        ),
    )


@mistake(
    "6.3", "PlateauSchedule", "an equal error counts as an improvement; it must be below", fails=("flat", "min_delta", "flat, defaults")
)
def plateau_equal_is_better(right: Any) -> Any:
    return edited(right, (BETTER, "error <= self.best - self.min_delta"))


@mistake("6.3", "PlateauSchedule", "min_delta is ignored, and any smaller error counts as an improvement", fails=("min_delta",))
def plateau_without_min_delta(right: Any) -> Any:
    return edited(right, (BETTER, "error < self.best"))


@mistake(
    "6.3", "PlateauSchedule", "min_delta is taken as a fraction of the best error; it is a difference", fails=("min_delta, slow fall",)
)
def plateau_relative_min_delta(right: Any) -> Any:
    return edited(right, (BETTER, "error < self.best * (1 - self.min_delta) if self.best < float('inf') else True"))


@mistake(
    "6.3",
    "PlateauSchedule",
    "best follows every smaller error; one that does not fall by more than min_delta fails, and leaves best as it is",
    fails=("min_delta, slow fall",),
)
def plateau_best_creeps(right: Any) -> Any:
    return edited(right, ("        self.failures += 1\n", "        self.best = min(self.best, error)\n        self.failures += 1\n"))


@mistake("6.3", "PlateauSchedule", "only the first parameter group is slowed down", fails=("flat", "growing"))
def plateau_first_group_only(right: Any) -> Any:
    return edited(right, ("self.optimizer.param_groups:", "self.optimizer.param_groups[:1]:"))


@mistake("6.3", "PlateauSchedule", "the rate is divided by factor; it is multiplied by it", fails=("flat", "growing", "flat, defaults"))
def plateau_divides(right: Any) -> Any:
    return edited(right, ('group["lr"] *=', 'group["lr"] /='))


@mistake(
    "6.3",
    "PlateauSchedule",
    "a higher number counts as better: `step` is told errors, not accuracies",
    fails=("growing", "zig-zag", "falling"),
)
def plateau_wants_accuracies(right: Any) -> Any:
    return edited(right, (BETTER, "error > (self.best if self.best < float('inf') else float('-inf')) + self.min_delta"))
