"""Known mistakes in part 2, columns brought to one scale: ZeroCenter, Standardize. Sentences go on after "This is what you get when …"."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but

OWN = "the test data are centred by their own mean; statistics come from `fit` alone, and whatever `transform` sees must meet them"

NOTHING = "fit returns nothing, so that fit(train).transform(x) fails; it returns the object itself"


def guarded(deviation: Any) -> Any:
    return np.where(deviation < 1e-12, 1.0, deviation)


def fitting(right: Any, prepare: Any) -> Any:
    """`right`, whose fit ends with prepare(self, train)."""

    def fit(self: Any, train: Any) -> Any:
        right.fit(self, train)
        prepare(self, train)
        return self

    return but(right, fit=fit)


def keeping_the_first_fit(right: Any) -> Any:
    def fit(self: Any, train: Any) -> Any:
        return self if hasattr(self, "mean") else right.fit(self, train)

    return but(right, fit=fit)


def returning_nothing(right: Any) -> Any:
    def fit(self: Any, train: Any) -> None:
        right.fit(self, train)

    return but(right, fit=fit)


ON_THE_CLASS = "what fit learns is kept on the class (or in a global), where the next object's fit overwrites it; it belongs to self"


def on_the_class(right: Any) -> Any:
    learned: dict[str, Any] = {}

    def fit(self: Any, train: Any) -> Any:
        right.fit(self, train)
        learned.update(vars(self))
        return self

    def transform(self: Any, x: Any) -> Any:
        vars(self).update(learned)
        return right.transform(self, x)

    return but(right, fit=fit, transform=transform)


def in_place(right: Any) -> Any:
    def transform(self: Any, x: Any) -> Any:
        x -= self.mean
        return right.transform(self, x + self.mean)

    return but(right, transform=transform)


def refitting(right: Any) -> Any:
    """Every transform first fits what it is given."""

    def transform(self: Any, x: Any) -> Any:
        right.fit(self, x)
        return right.transform(self, x)

    return but(right, transform=transform)


# ---- 2.1 ZeroCenter


@mistake("2.1", "ZeroCenter", f"{OWN} (handout 2.1)", fails=("test data",))
def zero_center_own_mean(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - x.mean(axis=0))


@mistake(
    "2.1",
    "ZeroCenter",
    "one mean over the whole matrix is subtracted; each column has its own (handout 2.1)",
    fails=("training data", "test data"),
)
def zero_center_global_mean(right: Any) -> Any:
    return fitting(right, lambda self, train: setattr(self, "mean", train.mean()))


@mistake(
    "2.1",
    "ZeroCenter",
    "the mean is taken over each row (axis=1); rows are examples, and the mean wanted is that of a column over all of them (handout 2.1)",
    fails=("training data", "test data"),
)
def zero_center_row_mean(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - x.mean(axis=1, keepdims=True))


@mistake("2.1", "ZeroCenter", "the median is subtracted instead of the mean (handout 2.1)", fails=("training data", "test data"))
def zero_center_median(right: Any) -> Any:
    return fitting(right, lambda self, train: setattr(self, "mean", np.median(train, axis=0)))


@mistake(
    "2.1", "ZeroCenter", "transform subtracts in place and so overwrites its argument; make a new array", fails=("conduct", "test data")
)
def zero_center_in_place(right: Any) -> Any:
    def transform(self: Any, x: Any) -> Any:
        x -= self.mean
        return x

    return but(right, transform=transform)


@mistake(
    "2.1",
    "ZeroCenter",
    "a second fit changes nothing; it must forget the first (handout 2.1)",
    fails=("test data, chained after a second fit",),
)
def zero_center_first_fit_stays(right: Any) -> Any:
    return keeping_the_first_fit(right)


@mistake("2.1", "ZeroCenter", NOTHING, fails=("test data",))
def zero_center_fit_returns_none(right: Any) -> Any:
    return returning_nothing(right)


# ---- 2.2 Standardize


@mistake("2.2", "Standardize", ON_THE_CLASS, fails=("test data, another one fitted in between",))
def standardize_on_the_class(right: Any) -> Any:
    return on_the_class(right)


@mistake("2.2", "Standardize", NOTHING, fails=("test data, chained after a second fit",))
def standardize_fit_returns_none(right: Any) -> Any:
    return returning_nothing(right)


@mistake(
    "2.2",
    "Standardize",
    "the test data are standardised by their own mean and deviation: information leaks, and train and test are no longer on one scale "
    "(handout 2.2)",
    fails=("test data", "constant column"),
)
def standardize_own_statistics(right: Any) -> Any:
    return refitting(right)


@mistake(
    "2.2",
    "Standardize",
    "the test data keep the training deviation but are centred by their own mean (handout 2.2)",
    fails=("test data", "constant column"),
)
def standardize_own_mean(right: Any) -> Any:
    return but(right, transform=lambda self, x: (x - x.mean(axis=0)) / self.deviation)


@mistake(
    "2.2",
    "Standardize",
    "the deviation divides by N − 1 (ddof=1); the population one divides by N (handout 2.2)",
    fails=("training data", "test data", "constant column"),
)
def standardize_ddof_one(right: Any) -> Any:
    return fitting(right, lambda self, train: setattr(self, "deviation", guarded(train.std(axis=0, ddof=1))))


@mistake(
    "2.2",
    "Standardize",
    "there is no guard for a constant column: its deviation is 0 and 0/0 is NaN; a deviation of 0 counts as 1 (handout 2.2)",
    fails=("constant column",),
)
def standardize_constant_nan(right: Any) -> Any:
    return fitting(right, lambda self, train: setattr(self, "deviation", train.std(axis=0)))


@mistake(
    "2.2",
    "Standardize",
    "a small number is added to every deviation; divide by the deviation itself, and by 1 where it is 0 (handout 2.2)",
    fails=("training data", "test data", "constant column"),
)
def standardize_plus_eps(right: Any) -> Any:
    return fitting(right, lambda self, train: setattr(self, "deviation", train.std(axis=0) + 1e-8))


@mistake(
    "2.2",
    "Standardize",
    "one mean and one deviation serve all columns; a feature in metres and one in millimetres stay on different scales (handout 2.2)",
    fails=("training data", "test data", "constant column"),
)
def standardize_global(right: Any) -> Any:
    def prepare(self: Any, train: Any) -> None:
        self.mean, self.deviation = train.mean(), train.std()

    return fitting(right, prepare)


@mistake(
    "2.2",
    "Standardize",
    "the centred data are divided by the variance, not by its square root (handout 2.2)",
    fails=("training data", "test data", "constant column"),
)
def standardize_by_variance(right: Any) -> Any:
    return fitting(right, lambda self, train: setattr(self, "deviation", guarded(train.var(axis=0))))


@mistake(
    "2.2",
    "Standardize",
    "brackets are missing: x − μ/σ instead of (x − μ)/σ (handout 2.2)",
    fails=("training data", "test data", "constant column"),
)
def standardize_without_brackets(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - self.mean / self.deviation)


@mistake(
    "2.2",
    "Standardize",
    "the data are divided by the deviation but never centred (handout 2.2)",
    fails=("training data", "test data", "constant column"),
)
def standardize_not_centred(right: Any) -> Any:
    return but(right, transform=lambda self, x: x / self.deviation)


@mistake(
    "2.2",
    "Standardize",
    "statistics are taken along each row (axis=1); rows are examples (handout 2.2)",
    fails=("training data", "test data", "constant column"),
)
def standardize_rows(right: Any) -> Any:
    return but(right, transform=lambda self, x: (x - x.mean(axis=1, keepdims=True)) / guarded(x.std(axis=1, keepdims=True)))


@mistake(
    "2.2",
    "Standardize",
    "the columns are squeezed into [0, 1] by minimum and maximum; asked is mean 0 and deviation 1 (handout 2.2)",
    fails=("training data", "test data", "constant column"),
)
def standardize_min_max(right: Any) -> Any:
    def prepare(self: Any, train: Any) -> None:
        self.mean, self.deviation = train.min(axis=0), guarded(np.ptp(train, axis=0))

    return fitting(right, prepare)


@mistake(
    "2.2",
    "Standardize",
    "a constant column comes out as all zeros, also for test data; it is only centred: (x − μ)/1 (handout 2.2)",
    fails=("constant column, test data",),
)
def standardize_constant_dropped(right: Any) -> Any:
    return fitting(right, lambda self, train: setattr(self, "deviation", np.where(train.std(axis=0) < 1e-12, np.inf, self.deviation)))


@mistake(
    "2.2",
    "Standardize",
    "fit standardises its argument in place, so the training data are changed behind the caller's back; work on a copy",
    fails=("conduct", "test data"),
)
def standardize_in_place(right: Any) -> Any:
    def transform(self: Any, x: Any) -> Any:
        result = right.transform(self, x)
        x[...] = result
        return result

    return but(right, transform=transform)


@mistake(
    "2.2",
    "Standardize",
    "statistics are taken from the training and the test data together; the test data may not move them (handout 2.2)",
    fails=("test data", "constant column"),
)
def standardize_of_both(right: Any) -> Any:
    def transform(self: Any, x: Any) -> Any:
        both = np.concatenate([self.train, x])
        return (x - both.mean(axis=0)) / guarded(both.std(axis=0))

    return but(fitting(right, lambda self, train: setattr(self, "train", train.copy())), transform=transform)


@mistake(
    "2.2",
    "Standardize",
    "transform only subtracts the mean: the deviation that fit has learned is never divided by (handout 2.2)",
    fails=("training data", "test data", "constant column"),
)
def standardize_only_centred(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - self.mean)


@mistake(
    "2.2",
    "Standardize",
    "a second fit is averaged with the first; the statistics are those of the latest training data alone (handout 2.2)",
    fails=("test data, chained after a second fit",),
)
def standardize_running(right: Any) -> Any:
    def fit(self: Any, train: Any) -> Any:
        before = getattr(self, "mean", None)
        right.fit(self, train)
        self.mean = self.mean if before is None else (before + self.mean) / 2
        return self

    return but(right, fit=fit)
