"""From a recording to a share of the points: each item judged, items into groups, groups into a fraction."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .question import Question
from .recording import NOT_ASKED, Item, Recording
from .verdict import Failure, Verdict, fails

CONDUCT = "conduct"
GRADIENT_CHECK = "gradient check"
NOT_REACHED = Failure("missing", "was not reached")


@dataclass(frozen=True)
class Row:
    """One item, judged."""

    item: str
    verdict: Verdict
    reached: bool = True

    @property
    def group(self) -> str:
        return self.item.split(",")[0]


def judge(want: Recording, items: Mapping[str, Item], ended: Failure | None) -> list[Row]:
    """Judge what a student's run yielded against the reference's recording, by the reference's judges.

    ended: why the run stopped early; it is told at the first item that is missing, the rest were not reached.
    """
    rows, cause = [], ended or Failure("missing", "never arrived")
    for name, reference in want.items.items():
        if isinstance(reference, Failure):
            raise ReferenceFault(name, reference)
        if name in items:
            rows.append(Row(name, want.judges[name](items[name], reference)))
        else:
            rows.append(Row(name, fails(cause.says), reached=cause is not NOT_REACHED))
            cause = NOT_REACHED
    for name in items:
        if name not in want.items:
            rows.append(Row(name, fails("was never asked for")))
    return rows


class ReferenceFault(Exception):
    """The reference itself failed: a fault of the grader, never the student's loss."""

    def __init__(self, item: str, failure: Failure) -> None:
        super().__init__(f'the reference\'s own item "{item}" {failure.says}')


def groups_of(rows: list[Row]) -> dict[str, bool]:
    """Each group that can earn, and whether all its items passed; conduct only counts when every other group did."""
    passed: dict[str, bool] = {}
    for row in rows:
        if row.group != GRADIENT_CHECK:
            passed[row.group] = passed.get(row.group, True) and row.verdict.passed
    if CONDUCT in passed:
        passed[CONDUCT] = all(passed.values())
    return passed


def share(rows: list[Row], weights: Mapping[str, Fraction], part_paid: Mapping[str, Fraction] | None = None) -> Fraction:
    """The earned fraction of the question's points: exact, between 0 and 1.

    weights: of the groups (1 where not named). part_paid: groups that failed but earn this part of their weight all the same.
    """
    passed, paid = groups_of(rows), part_paid or {}
    weigh = {group: weights.get(group, 1) for group in passed}
    total = sum(weigh.values())
    if not total or any(row.verdict.says == "was never asked for" for row in rows):
        return Fraction(0)
    earned = sum(weigh[group] * (1 if ok else paid.get(group, 0)) for group, ok in passed.items())
    return Fraction(earned) / total


def nothing_written(rows: list[Row], items: Mapping[str, Item], ended: Failure | None) -> bool:
    """Whether the stub is untouched: nothing was earned, and in each group that was asked a stub failed.

    A value that is wrong, or any other exception, in a group without a stub is an attempt; a constructor's values beside stubs are none.
    """
    kinds: dict[str, set[str]] = {}
    for row in rows:
        item = items.get(row.item)
        if not row.verdict.passed and row.group not in (CONDUCT, GRADIENT_CHECK) and item is not None and not waits(item):
            kinds.setdefault(row.group, set()).add(item.kind if isinstance(item, Failure) else "value")
    asked = bool(kinds) or (ended is not None and ended.kind == "stub")
    return asked and not any(groups_of(rows).values()) and all("stub" in group for group in kinds.values())


def waits(item: Item) -> bool:
    """Whether it failed only because a step before it did."""
    return isinstance(item, Failure) and item.says == NOT_ASKED


def unchecked(question: Question) -> Question:
    """`question` without the work of its numerical gradient check, which earns nothing: half the time of a run."""

    def probe(ps2: Any, draw: Any) -> Iterator[tuple[Any, ...]]:
        for name, value, *judge in question.probe(ps2, draw):
            yield name, {} if name.split(",")[0] == GRADIENT_CHECK else value, *judge

    return dataclasses.replace(question, probe=probe)


def first_failure(rows: list[Row]) -> Row | None:
    """The item to tell about first: the first failed one that can earn."""
    failed = [r for r in rows if not r.verdict.passed and r.group != GRADIENT_CHECK]
    return failed[0] if failed else None
