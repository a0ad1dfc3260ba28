"""Known mistakes in 6.3, PlateauSchedule."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

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


UNKNOWN = ("flat, with NaN first and in between",)


@mistake(
    "6.3", "PlateauSchedule", "an error that is NaN becomes the best, being not above it; it is below nothing, and fails", fails=UNKNOWN
)
def plateau_nan_is_better(right: Any) -> Any:
    return edited(right, (BETTER, "not error >= self.best - self.min_delta"))


@mistake(
    "6.3", "PlateauSchedule", "the first error becomes the best whatever it is, and no error is ever below NaN; it fails too", fails=UNKNOWN
)
def plateau_first_never_fails(right: Any) -> Any:
    return edited(right, (BETTER, f"self.best == float('inf') or {BETTER}"))


@mistake("6.3", "PlateauSchedule", "the default of min_delta is torch's 1e-4; here it is 0", fails=("flat, defaults",))
def plateau_default_of_torch(right: Any) -> Any:
    return edited(right, ("min_delta: float = 0.0", "min_delta: float = 1e-4"))


@mistake("6.3", "PlateauSchedule", "the rates have a least value; they are multiplied however small they are", fails=("flat, defaults",))
def plateau_with_a_floor(right: Any) -> Any:
    return edited(right, ('group["lr"] *= self.factor', 'group["lr"] = max(group["lr"] * self.factor, 1e-6)'))


@mistake(
    "6.3",
    "PlateauSchedule",
    "the rates are remembered from the start and put back multiplied; what is multiplied is the rate that the group has by then",
    fails=("flat, rates that others change too",),
)
def plateau_remembers_the_rates(right: Any) -> Any:
    start = "self.failures = 0\n        self.rates = [g['lr'] for g in optimizer.param_groups]\n\n    def"
    lower = "for i, group in enumerate(self.optimizer.param_groups):\n                self.rates[i] *= self.factor"
    return edited(
        right,
        ("self.failures = 0\n\n    def", start),
        ("for group in self.optimizer.param_groups:", lower),
        ('group["lr"] *= self.factor', 'group["lr"] = self.rates[i]'),
    )
