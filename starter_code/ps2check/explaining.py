"""A student's own run, explained: for each failed group the smallest size that shows it, with calls to paste."""

from __future__ import annotations

from . import consistency, report
from .draw import LADDER, Draw
from .local import Home, Outcome, ask
from .relating import relations
from .scoring import CONDUCT, GRADIENT_CHECK, Row, groups_of
from .seeds import question_seed
from .tracing import calls_to, imports_for
from .verdict import Failure


def explanations(home: Home, outcome: Outcome, most: int | None = None) -> list[str]:
    """Each failed group once, from the smallest size that shows it; at most `most` of them. Then what the gradient check adds."""
    if outcome.fault:
        return [f"{outcome.asked.name}: {outcome.fault}"]
    texts: list[str] = []
    related = relations(home, outcome)
    for group in failed_groups(outcome):
        if most is not None and len(texts) >= most:
            break
        text = explain_group(home, outcome, group)
        text += f"\n{related[group]}" if group in related else ""
        if text not in texts:
            texts.append(text)
    more = consistency.sentence(outcome.rows)
    return [*texts, more] if more and texts else texts


def failed_groups(outcome: Outcome) -> list[str]:
    """Those with an item that failed by itself, in order; conduct last, and only where it has something of its own to say."""
    passed = groups_of(outcome.rows)
    failed: list[str] = []
    for row in outcome.rows:
        told = row.reached and not row.verdict.passed and row.group not in (*failed, GRADIENT_CHECK)
        if told and report.telling(row, outcome.mine.items.get(row.item), passed):
            failed.append(row.group)
    return sorted(failed, key=CONDUCT.__eq__) or [g for g, ok in passed.items() if not ok and g != CONDUCT][:1]


def explain_group(home: Home, outcome: Outcome, group: str) -> str:
    full = first_failed(outcome, group)
    shown = smallest(home, outcome, group)
    row = first_failed(shown, group, full.item)
    got, reference = shown.mine.items.get(row.item), shown.want.items[row.item]
    assert not isinstance(reference, Failure)
    stub = isinstance(got, Failure) and got.kind == "stub"
    calls = [] if stub or shown.level is None else pasteable(home, shown, row)
    return report.explain(outcome.asked.question, row, shown.mine.judges.get(row.item), got, reference, calls)


def first_failed(outcome: Outcome, group: str, preferred: str = "") -> Row:
    """The failed item of a group to tell about: the preferred one, else the first that was reached."""
    failed = [row for row in outcome.rows if row.group == group and not row.verdict.passed]
    return min(failed, key=lambda row: (row.item != preferred, not row.reached))


def smallest(home: Home, outcome: Outcome, group: str) -> Outcome:
    """The outcome at the first level of the ladder where the group's first failed item fails as well, else any item of the group.

    The given outcome where no small size shows a failure.
    """
    if outcome.level is not None or outcome.overran or not outcome.asked.question.ladder:
        return outcome
    item = first_failed(outcome, group).item
    second: Outcome | None = None
    for level in range(len(LADDER)):
        small = ask(home, outcome.asked, level)
        failed = [row.item for row in small.rows if row.group == group and row.reached and not row.verdict.passed]
        if item in failed:
            return small
        second = second or (small if failed else None)
    return second or outcome


def pasteable(home: Home, outcome: Outcome, row: Row) -> list[str]:
    """The calls that lead to an item, traced on the student's own package, with the imports that they need."""
    question = outcome.asked.question
    draw = Draw(question_seed(home.kit.public_seed.encode(), question.id, outcome.level), outcome.level)
    calls: list[str] = []
    try:
        with home.contained(outcome.asked.wall_seconds, outcome.asked.question.file) as happened:
            calls = calls_to(question, home.ps2, draw, row.item)
    except KeyboardInterrupt:
        if not happened.overran:
            raise
    return [*imports_for(calls), *calls]
