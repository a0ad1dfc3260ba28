"""What a student reads about one question: for each failed group the smallest example that fails, then the cause where it is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..assignment import Telling
from ..check import consistency, report, scoring, tracing
from ..check.package import Package
from ..check.question import Question
from ..check.recording import Item
from ..check.scoring import Row
from ..check.verdict import Failure
from .diagnose import Cause, Diagnosis
from .replay import Run

MOST = 3
"""Groups that are explained; more would bury the first."""


def explain_failures(
    question: Question,
    reference: Package,
    rows: list[Row],
    graded: Run,
    ladder: Sequence[Callable[[], Run]],
    found: Diagnosis,
    telling: Telling = "cause",
) -> list[str]:
    """Sentences, the most useful first; as many as `telling` allows.

    ladder: the runs at small sizes, each made when it is asked for.
    """
    if telling == "none":
        return [f"{question.id} {question.title} has a mistake; what it is, is not told now."]
    failed: dict[str, Row] = {}
    passed = scoring.groups_of(rows)
    for row in rows:
        worth = row.reached and row.group != scoring.GRADIENT_CHECK and report.telling(row, graded.items.get(row.item), passed)
        if worth and not row.verdict.passed:
            failed.setdefault(row.group, row)
    shown = sorted(failed, key=lambda group: group == scoring.CONDUCT)[:MOST]
    sentences = [explain_item(question, reference, failed[g], graded, ladder) for g in told_once(shown, failed, graded)]
    if telling == "symptom":
        return list(dict.fromkeys(sentences))
    sentences += causes_told(found)
    sentences += found.relations.values()
    pair = consistency.sentence(rows)
    if pair:
        sentences.append(pair + (" Part of its points is paid for that." if found.consistent else ""))
    return list(dict.fromkeys(sentences))


def told_once(groups: Sequence[str], failed: Mapping[str, Row], graded: Run) -> list[str]:
    """Without the groups that raised what an earlier one raised at the same line: a file that does not import would fill a page."""
    says: dict[str, str] = {}
    for group in groups:
        item = graded.items.get(failed[group].item)
        says.setdefault(item.says if isinstance(item, Failure) and item.kind == "raised" else group, group)
    return list(says.values())


def unpaid_failures(question: Question, rows: list[Row]) -> list[str]:
    """Where every point is earned and a check that earns nothing disagrees all the same: full marks must not hide it."""
    wrong = [row for row in rows if row.group == scoring.GRADIENT_CHECK and not row.verdict.passed and not row.verdict.undecided]
    if not wrong or not all(scoring.groups_of(rows).values()):
        return []
    return [f"{report.headline(question, wrong[0])} It costs nothing, but look at it: backward must be right on every input."]


def causes_told(found: Diagnosis) -> list[str]:
    if any(cause.together for cause in found.causes):
        both = ", and ".join(cause.misconception.says.rstrip(".") for cause in found.causes)
        return [f"Two mistakes at once: this is what you get when {both}."]
    return [told(cause, many=len(found.causes) > 1) for cause in found.causes]


def told(cause: Cause, many: bool) -> str:
    """A verified cause; with its place where it explains a part only, or is one of several."""
    says = cause.misconception.says.rstrip(".")
    if cause.groups and not many:
        return f"This is what you get when {says}."
    place = ", ".join(sorted(cause.groups)) or "; ".join(sorted(cause.items))
    return f"In {place}: this is what you get when {says}."


def explain_item(question: Question, reference: Package, row: Row, graded: Run, ladder: Sequence[Callable[[], Run]]) -> str:
    """The item at the smallest size at which it fails; at full size where it fails only there."""
    for level in ladder:
        run = level()
        small = next((r for r in run.rows if r.item == row.item and not r.verdict.passed), None)
        if small is not None and small.reached:
            calls = tracing.calls_to(question, reference, run.draw(), row.item)
            return explain_run(question, small, run, [*tracing.imports_for(calls), *calls])
    return explain_run(question, row, graded, [])


def explain_run(question: Question, row: Row, run: Run, calls: list[str]) -> str:
    want: Item | None = run.want.items.get(row.item)
    if row.item not in run.want.judges or isinstance(want, Failure) or want is None:
        return report.headline(question, row)
    return report.explain(question, row, run.want.judges[row.item], run.items.get(row.item), want, calls)
