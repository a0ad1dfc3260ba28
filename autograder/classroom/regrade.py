"""After a mended check: old and new results side by side, what moved and why, and what nobody loses."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import msgspec

from ..grading.result import QuestionResult, Result, rounded
from .index import Entry, Index, Store

SMALLEST = 1e-9
KEPT = "{id}: the earlier grading gave {old:g} points and this one {new:g}; the earlier ones are kept (--never-lower)."
SPLICED = "only {questions} graded anew; the other questions are as an earlier grader left them."


class Moved(msgspec.Struct, frozen=True):
    """One question of one submission whose points moved."""

    entry: Entry
    old: QuestionResult
    new: QuestionResult

    @property
    def by(self) -> float:
        return self.new.points - self.old.points


class Changes(msgspec.Struct, frozen=True):
    """compared: submissions graded before and after with the same files. resubmitted: with other files, so that nothing can be said."""

    moved: list[Moved]
    compared: int
    resubmitted: int


def spliced(old: Result, new: Result) -> Result:
    """`old` with the questions of `new` in their places."""
    anew = {q.id: q for q in new.questions}
    questions = [anew.get(q.id, q) for q in old.questions]
    says = SPLICED.format(questions=", ".join(anew))
    staff = [*(s for s in old.staff if not s.startswith("only ")), *new.staff, says]
    return totalled(msgspec.structs.replace(new, remarks=old.remarks, staff=list(dict.fromkeys(staff))), questions)


def never_lower(old: Result, new: Result) -> Result:
    """`new`, with a question as it was where it earned more before. Questions that have other points now are left as they are."""
    before = {q.id: q for q in old.questions}
    kept = [q for q in new.questions if q.id in before and before[q.id].points > q.points + SMALLEST and comparable(before[q.id], q)]
    if not kept:
        return new
    says = [KEPT.format(id=q.id, old=before[q.id].points, new=q.points) for q in kept]
    questions = [before[q.id] if q in kept else q for q in new.questions]
    return totalled(msgspec.structs.replace(new, staff=[*new.staff, *says]), questions)


def comparable(old: QuestionResult, new: QuestionResult) -> bool:
    return abs(old.max_points - new.max_points) < SMALLEST


def totalled(result: Result, questions: list[QuestionResult]) -> Result:
    """The result with these questions and their sums. Four places a question: a third three times is 0.9999 again, so whole sums of
    full marks stay whole because full marks are."""
    total = rounded(sum((Fraction(str(q.points)) for q in questions), Fraction(0)))
    most = rounded(sum((Fraction(str(q.max_points)) for q in questions), Fraction(0)))
    return msgspec.structs.replace(result, questions=questions, total=total, max_total=most)


def changes(before: Index, now: Index, store: Store) -> Changes:
    """What moved between two states of a class."""
    earlier = {entry.id: entry for entry in before.entries}
    moved: list[Moved] = []
    compared = resubmitted = 0
    for entry in now.entries:
        old = earlier.get(entry.id)
        if old is None or not (store.has(old.key) and store.has(entry.key)):
            continue
        if old.digest != entry.digest:
            resubmitted += 1
            continue
        compared += 1
        if old.key != entry.key:
            moved += moves(entry, store.read(old.key), store.read(entry.key))
    return Changes(moved, compared, resubmitted)


def moves(entry: Entry, old: Result, new: Result) -> list[Moved]:
    before = {q.id: q for q in old.questions}
    return [Moved(entry, before[q.id], q) for q in new.questions if q.id in before and abs(q.points - before[q.id].points) > SMALLEST]


def why(old: QuestionResult, new: QuestionResult) -> list[str]:
    """The items that one grading passed and the other failed, one line each, old and new side by side."""
    before = {item.name: item.passed for item in old.items}
    after = {item.name: item.passed for item in new.items}
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    lines = [f"{name}: {word(before.get(name))} → {word(after.get(name))}" for name in names]
    if not lines and old.max_points != new.max_points:
        lines.append(f"worth {old.max_points:g} points before, {new.max_points:g} now")
    return lines or [f"{old.status} before, {new.status} now"]


def word(passed: bool | None) -> str:
    return "not asked" if passed is None else "passed" if passed else "failed"


def listing(found: Changes) -> str:
    """For staff, as Markdown: whose scores moved and why."""
    lines = ["# Whose points moved", "", summary(found), ""]
    for move in found.moved:
        lines += [
            f"## {move.entry.who}: {move.new.id} {move.new.title}, {move.old.points:g} → {move.new.points:g} of {move.new.max_points:g}",
            "",
        ]
        lines += [f"- {line}" for line in why(move.old, move.new)]
        for title, question in (("before", move.old), ("now", move.new)):
            if question.sentences:
                lines += ["", f"What the student read {title}:" if title == "before" else "What the student reads now:", ""]
                lines += ["    " + line for sentence in question.sentences for line in sentence.splitlines()]
        lines.append("")
    return "\n".join(lines)


def summary(found: Changes) -> str:
    entries = len({move.entry.id for move in found.moved})
    text = f"{found.compared} submissions compared, the points of {entries} moved."
    return text + (f" {found.resubmitted} have other files now and were not compared." if found.resubmitted else "")


def notice(found: Changes, assignment: str) -> str:
    """For students, without names: what a TA can publish."""
    assignment = assignment.partition(":")[0]
    if not found.moved:
        return f"We graded {assignment} again. No score changed.\n"
    lines = [f"We mended a check of {assignment} and graded every submission again, on the same inputs as before.", ""]
    by_question: dict[str, list[Moved]] = {}
    for move in found.moved:
        by_question.setdefault(f"{move.new.id} {move.new.title}", []).append(move)
    for name, moved in by_question.items():
        parts = [told(moved, sign) for sign in (1, -1) if any(move.by * sign > 0 for move in moved)]
        lines.append(f"- **{name}**: {'; '.join(parts)}.")
    lost = Counter(move.entry.id for move in found.moved if move.by < 0)
    said = f"{count(len(lost), 'submission')} lost points; write to us if you think that yours is wrong."
    lines += ["", said if lost else "Nobody lost points."]
    lines += ["If yours moved, your report says what passes now that did not before. You need not submit again."]
    return "\n".join(lines) + "\n"


def told(moved: list[Moved], sign: int) -> str:
    sizes = [abs(move.by) for move in moved if move.by * sign > 0]
    least, most = min(sizes), max(sizes)
    how = f"{most:g}" if least == most else f"{least:g} to {most:g}"
    return f"{count(len(sizes), 'submission')} {'gained' if sign > 0 else 'lost'} {how} point{'' if most == 1 else 's'}"


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
