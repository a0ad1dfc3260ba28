"""What every transformer with `fit` and `transform` is asked, and the data for it.

Leakage is tested by what `transform` is given: test data with another mean and spread, and single rows, must meet the training
statistics. No test row is ever shown to `fit`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .agreement import unchanged
from .draw import Draw, Shape
from .verdict import Array, Judge, Parts, Verdict, within

Steps = Iterator[tuple[Any, ...]]
Make = Callable[[], Any]


def ordinary(draw: Draw, shape: Shape) -> Array:
    """Data with a mean and a spread of its own in every column (or channel, axis 1)."""
    along = (1, shape[1], *(1,) * (len(shape) - 2))
    scale, mean = 0.5 + np.abs(draw.normal(along)), 3 * draw.normal(along)
    data: Array = draw.normal(shape) * scale + mean
    return data


def foreign(draw: Draw, shape: Shape) -> Array:
    """Test data that is visibly not distributed like `ordinary` training data."""
    return 3.5 * draw.normal(shape) - 5.0


def fitted(draw: Draw, make: Make, rows: Shape, other: Shape) -> Steps:
    """What every transformer with `fit` and `transform` is asked. other: the shape of the test data."""
    train, test = ordinary(draw, rows), foreign(draw, other)
    tool = make()
    yield "training data", lambda: fit_and(tool, train, train)
    yield "test data", lambda: tool.transform(test)
    yield "test data, one example", lambda: tool.transform(test[:1])
    yield "test data, the training data again", lambda: tool.transform(train)
    yield "conduct, train", train, unchanged("train")
    yield "conduct, x", test, unchanged("x")
    yield from fit_twice(draw, make, rows, other, wider=True)
    yield from earlier_result(draw, make, rows)


def fit_and(tool: Any, train: Array, x: Array) -> Any:
    """fit, then transform, with no use made of what fit returns."""
    tool.fit(train)
    return tool.transform(x)


def fit_twice(draw: Draw, make: Make, rows: Shape, other: Shape, *, wider: bool = False) -> Steps:
    """fit returns the object, a second fit forgets the first, and what one object learns is not another's.

    wider: whether data with more columns (channels) may be fitted before.
    """
    first, second, x = ordinary(draw, rows), ordinary(draw, rows), foreign(draw, other)
    returned: list[bool] = []

    def chained() -> Any:
        tool = make()
        tool.fit(first)
        fitted = tool.fit(second)
        returned.append(fitted is tool)
        return fitted.transform(x)

    def between() -> Any:
        tool = make()
        tool.fit(second)
        make().fit(first)
        return tool.transform(x)

    yield "test data, chained after a second fit", chained
    yield "test data, another one fitted in between", between
    yield "conduct, what fit returns", lambda: returned[0], itself()

    def after_wider() -> Any:
        tool = make()
        tool.fit(np.concatenate([first, second], axis=1))
        return fit_and(tool, second, x)

    if wider:
        yield "test data, after a fit to wider data", after_wider


def itself() -> Judge:
    """The item is whether fit returned the object: only then do two names mean one transformer."""

    def rule(got: Parts, want: Parts) -> Verdict:
        return within(0.0 if got[""] else float("inf"), "fit has returned something else; expected is the object itself (`return self`)")

    return Judge(rule, allowed="none", shown=False)


def earlier_result(draw: Draw, make: Make, rows: Shape) -> Steps:
    """A result stays what it was when transform is called again."""
    train, x = ordinary(draw, rows), foreign(draw, rows)
    kept: list[Any] = []

    def again() -> Any:
        tool = make().fit(train)
        kept.append(tool.transform(train))
        return tool.transform(x)

    yield "test data, after an earlier transform", again
    yield "conduct, earlier result", lambda: kept[0], unchanged("the first transform's result")


def with_constants(draw: Draw, shape: Shape) -> Array:
    """Data two of whose columns (channels) are constant: the computed deviation of one is 0, that of the other 1e-15 or so."""
    train = ordinary(draw, shape)
    even, other = draw.order(shape[1])[:2]
    train[:, even] = draw.between(0.5, 4.0)
    train[:, other] = uneven(draw, shape[0], math.prod(shape[2:]))
    return train


def uneven(draw: Draw, n: int, places: int = 1) -> float:
    """A number whose mean over n·places equals is another number: the deviation of such a constant is computed as 1e-15 or so, not as 0.

    Added up as numpy does: over the places in eight sums, then over the n. Many decimal fractions will do, whole numbers never.
    """
    value = 0.0
    for thousandths in draw.integers(40_000, (64,)):
        value = 5 + float(thousandths) / 1000
        one = repeated(value, places) if places < 8 else repeated(value, places % 8, 8 * repeated(value, places // 8))
        if repeated(one, n) / (n * places) != value:
            break
    return value


def repeated(value: float, times: int, total: float = 0.0) -> float:
    for _ in range(times):
        total += value
    return total


def guarded(draw: Draw, make: Make, shape: Shape, name: str) -> Steps:
    """What a transformer that divides by a deviation is asked besides. name: of the group about deviations of 0."""
    train, test = with_constants(draw, shape), foreign(draw, shape)
    tool = make()
    yield f"{name}, training data", lambda: fit_and(tool, train, train)
    yield f"{name}, test data", lambda: tool.transform(test)
    yield f"conduct, train with a {name}", train, unchanged("train")
    yield f"conduct, x with a {name}", test, unchanged("x")
    columns = (1, shape[1], *(1,) * (len(shape) - 2))
    plain = draw.normal(shape)
    small = plain * np.resize([2.0**-23, 2.0**-36], shape[1]).reshape(columns)  # spreads of 1e-7 and 1e-11 are not 0
    yield f"{name}, small spreads beside", lambda: fit_and(make(), small, small)
    distant = plain + (40_000.0 + draw.integers(50_000, columns))  # E[x²] − μ² loses nine digits here; sums are exact
    yield "training data, far from zero", lambda: fit_and(make(), distant, distant)
