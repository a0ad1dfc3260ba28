"""Simple relations between a wrong result and the right one: transposed, negated, a factor too many, a factor missing, in float32.

A relation is told only where it holds exactly, for every failed item of a group, on two unrelated sets of inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from .agreement import TOLERANCE, relative_error
from .arguments import Arguments
from .recording import Item
from .scoring import CONDUCT, GRADIENT_CHECK, Row
from .verdict import Array, Failure

Apply = Callable[[Array, Arguments], Array | None]

LEAST = 4
"""Entries that the largest failed array of each run must have: on a single number every relation holds."""
FLOAT32 = 1e-6
"""Relative error below which an array of float32 numbers is the right one rounded."""


@dataclass(frozen=True)
class Transformation:
    """says: goes on after "the expected result". apply(want, arguments): what comes out then; None where it does not apply."""

    says: str
    apply: Apply


@dataclass(frozen=True)
class Evidence:
    """One run: its judged rows, what the student's code gave and what was expected, and what went into the calls."""

    rows: list[Row]
    got: Mapping[str, Item]
    want: Mapping[str, Item]
    arguments: Mapping[str, Arguments]


# ---- the relations


def times(factor: float) -> Apply:
    return lambda want, _: want * factor


def plus(constant: float) -> Apply:
    return lambda want, _: want + constant


def count_of(arguments: Arguments, axis: int) -> int:
    """The size of a dimension of the input; 0 where there is no input, or no such dimension."""
    x = arguments.x if arguments.x is not None else arguments.grad_output
    return x.shape[axis] if x is not None and x.ndim > axis else 0


def scaled_by_size(axis: int, power: int) -> Apply:
    def apply(want: Array, arguments: Arguments) -> Array | None:
        count = count_of(arguments, axis)
        return want * float(count) ** power if count > 1 else None

    return apply


def scaled_by_entries(power: int) -> Apply:
    def apply(want: Array, arguments: Arguments) -> Array | None:
        size = 0 if arguments.x is None else arguments.x.size
        return want * float(size) ** power if size > 1 else None

    return apply


def upstream(change: Callable[[Array, Array], Array]) -> Apply:
    """change(want, grad_output), where grad_output has an entry for each of the result."""

    def apply(want: Array, arguments: Arguments) -> Array | None:
        g = arguments.grad_output
        return change(want, g) if g is not None and g.shape == want.shape and g.all() else None

    return apply


def permuted(axes: tuple[int, ...]) -> Apply:
    return lambda want, _: want.transpose(axes) if want.ndim == len(axes) else None


def flipped(axis: int) -> Apply:
    return lambda want, _: np.flip(want, axis) if want.ndim > axis and want.shape[axis] > 1 else None


def rolled(axis: int, by: int) -> Apply:
    return lambda want, _: np.roll(want, by, axis) if want.ndim > axis and want.shape[axis] > 2 else None


def reduced(axis: int, how: Callable[[Array, int], Array]) -> Apply:
    return lambda want, _: how(want, axis) if want.ndim > axis and want.shape[axis] > 1 else None


ORDINALS = ("first", "second", "third", "fourth")


def transformations() -> Iterator[Transformation]:
    """The likely ones first: where several hold, the first is told."""
    yield Transformation("with its sign flipped", lambda want, _: -want)
    yield Transformation("transposed", permuted((1, 0)))
    yield Transformation("without the upstream gradient: grad_output is not multiplied in", upstream(lambda want, g: want / g))
    yield Transformation("with grad_output multiplied in twice", upstream(lambda want, g: want * g))
    yield Transformation("replaced by grad_output as it came", upstream(lambda _, g: g))
    for factor, name in ((2.0, "2"), (0.5, "1/2"), (3.0, "3"), (1 / 3, "1/3"), (4.0, "4"), (0.25, "1/4"), (-2.0, "−2"), (-0.5, "−1/2")):
        yield Transformation(f"times {name}", times(factor))
    yield Transformation("times N, the first dimension of the input: a sum where a mean belongs", scaled_by_size(0, 1))
    yield Transformation("divided by N, the first dimension of the input: a mean where a sum belongs", scaled_by_size(0, -1))
    for axis in (1, 2, 3):
        yield Transformation(f"times the {ORDINALS[axis]} dimension of the input", scaled_by_size(axis, 1))
        yield Transformation(f"divided by the {ORDINALS[axis]} dimension of the input", scaled_by_size(axis, -1))
    yield Transformation("times the number of entries of the input: a sum where a mean belongs", scaled_by_entries(1))
    yield Transformation("divided by the number of entries of the input: a mean where a sum belongs", scaled_by_entries(-1))
    for constant, name in ((1.0, "plus 1"), (-1.0, "minus 1"), (0.5, "plus 1/2"), (-0.5, "minus 1/2")):
        yield Transformation(f"{name} in every entry", plus(constant))
    yield Transformation("without its signs (its absolute value)", lambda want, _: np.abs(want))
    yield Transformation("squared", lambda want, _: want * want)
    yield Transformation("under a square root", lambda want, _: np.sqrt(want))
    yield Transformation("as its reciprocal", lambda want, _: 1 / want)
    for axis, name in enumerate(ORDINALS):
        yield Transformation(f"in reverse order along its {name} axis", flipped(axis))
        yield Transformation(f"moved by one place along its {name} axis", rolled(axis, 1))
        yield Transformation(f"moved back by one place along its {name} axis", rolled(axis, -1))
        yield Transformation(f"summed over its {name} axis", reduced(axis, lambda a, i: a.sum(i)))
        yield Transformation(f"averaged over its {name} axis", reduced(axis, lambda a, i: a.mean(i)))
    for ndim in (3, 4):
        for axes in permutations(range(ndim)):
            if axes != tuple(range(ndim)):
                yield Transformation(f"with its axes in the order {axes}", permuted(axes))


TRANSFORMATIONS = tuple(transformations())

# What is seen from the student's array rather than made from the right one, by the words that go on after "the expected result".
SEEN: dict[str, Callable[[Array, Array], bool]] = {
    "in another shape: the numbers and their order are right": lambda got, want: (
        got.shape != want.shape and got.size == want.size and agree(got.reshape(want.shape), want)
    ),
    "in float32 precision: keep to float64 throughout": lambda got, want: is_float32(got, want),
    "before a sum over its first axis": lambda got, want: got.ndim == want.ndim + 1 and len(got) > 1 and agree(got.sum(0), want),
    "before a mean over its first axis": lambda got, want: got.ndim == want.ndim + 1 and len(got) > 1 and agree(got.mean(0), want),
    "with a border around it that does not belong to it": lambda got, want: has_border(got, want),
}


def is_float32(got: Array, want: Array) -> bool:
    """Every number is one of float32, the right ones are not, and rounding explains the difference."""
    single = got.dtype == np.float32 or (got.dtype == np.float64 and np.array_equal(got, got.astype(np.float32)))
    exact = np.array_equal(want, want.astype(np.float32))
    return bool(single) and got.shape == want.shape and not exact and relative_error(got, want) <= FLOAT32


def has_border(got: Array, want: Array) -> bool:
    """The right array lies in the middle of a larger one."""
    if got.ndim != want.ndim or got.ndim < 2:
        return False
    margins = [a - b for a, b in zip(got.shape, want.shape, strict=True)]
    if not any(margins) or any(m < 0 or m % 2 for m in margins):
        return False
    return agree(got[tuple(slice(m // 2, n - m // 2) for m, n in zip(margins, got.shape, strict=True))], want)


def agree(got: Array, want: Array) -> bool:
    return got.shape == want.shape and got.dtype == want.dtype and relative_error(got, want) <= TOLERANCE


# ---- what holds


def holds(says: str, pairs: list[tuple[Array, Array, Arguments]]) -> bool:
    """Whether a relation holds in every pair (student's array, right array, arguments)."""
    with np.errstate(all="ignore"):
        if says in SEEN:
            return all(SEEN[says](got, want) for got, want, _ in pairs)
        apply = next(t.apply for t in TRANSFORMATIONS if t.says == says)
        return all(gives(apply, *pair) for pair in pairs)


def gives(apply: Apply, got: Array, want: Array, arguments: Arguments) -> bool:
    made = apply(want, arguments)
    return made is not None and bool(np.isfinite(made).all()) and agree(got, np.asarray(made, dtype=want.dtype))


def recognised(runs: list[Evidence]) -> dict[str, str]:
    """Failed group → the sentence about the relation that holds in all of its failed items on every run; at least two runs."""
    found: dict[str, str] = {}
    if len(runs) < 2:
        return found
    for group in dict.fromkeys(row.group for row in runs[0].rows if not row.verdict.passed):
        if group in (CONDUCT, GRADIENT_CHECK):
            continue
        pairs = [differing(run, group) for run in runs]
        if any(not some or max(want.size for _, want, _ in some) < LEAST for some in pairs):
            continue
        every = [pair for some in pairs for pair in some]
        says = next((says for says in (*SEEN, *(t.says for t in TRANSFORMATIONS)) if holds(says, every)), "")
        if says:
            found[group] = sentence(group, parts_of(runs[0], group), says)
    return found


def differing(run: Evidence, group: str) -> list[tuple[Array, Array, Arguments]]:
    """Student's array, right array and arguments, for each array of the group's failed items that differs; [] where one has no value."""
    pairs: list[tuple[Array, Array, Arguments]] = []
    for item, got, want in failed_items(run, group):
        if isinstance(got, Failure) or isinstance(want, Failure) or set(got) != set(want):
            return []
        if any(a.dtype.kind != "f" for a in want.values()):
            return []
        pairs += [(got[p], want[p], run.arguments.get(item, Arguments())) for p in want if not agree(got[p], want[p])]
    return pairs


def failed_items(run: Evidence, group: str) -> list[tuple[str, Item, Item]]:
    missing = Failure("missing", "never arrived")
    rows = [row for row in run.rows if row.group == group and not row.verdict.passed]
    return [(row.item, run.got.get(row.item, missing), run.want.get(row.item, missing)) for row in rows]


def parts_of(run: Evidence, group: str) -> list[str]:
    """The names of the arrays that differ, where they have names and others are right."""
    wrong: dict[str, bool] = {}
    for _, got, want in failed_items(run, group):
        assert not isinstance(got, Failure) and not isinstance(want, Failure)
        wrong |= {part: wrong.get(part, False) or not agree(got[part], want[part]) for part in want}
    return [] if all(wrong.values()) else [part for part, differs in wrong.items() if differs]


def sentence(group: str, parts: list[str], says: str) -> str:
    place = f"{group} ({', '.join(parts)})" if parts else group
    return f"In {place}, you have the expected result {says}. It is so on other inputs too."
