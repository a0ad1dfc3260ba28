"""One student's points from one source, or joined from several. No lateness and no cap is in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from ..classroom.index import Member


class GradesError(ValueError):
    """What a person asked for cannot be exported; its text is one sentence with the remedy."""


@dataclass(frozen=True)
class Points:
    """Of one question: earned and most."""

    earned: Fraction
    most: Fraction


@dataclass(frozen=True)
class Record:
    """source: where it is from. submitted: with its zone; None where nobody says, or nothing was. questions: by column name, in order.

    whole: of the assignment, where a source knows no questions. remarks: sentences for staff.
    """

    member: Member
    source: str
    submitted: datetime | None
    questions: dict[str, Points] = field(default_factory=dict)
    whole: Points | None = None
    remarks: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        """What this student is known by."""
        told = (self.member.id, self.member.sid, self.member.email)
        return {name.casefold() for name in told if name}


def exact(points: float | str) -> Fraction:
    """Points as they are written: 0.1 is a tenth."""
    return Fraction(str(points).strip() or "0")


def join(sources: Iterable[list[Record]]) -> list[Record]:
    """One record a student. A question counts as the first source that has it says; the others add what it lacks."""
    joined: list[Record] = []
    known: dict[str, int] = {}
    for records in sources:
        for record in records:
            place = next((known[name] for name in sorted(record.names) if name in known), None)
            if place is None:
                place = len(joined)
                joined.append(record)
            else:
                joined[place] = both(joined[place], record)
            known |= dict.fromkeys(joined[place].names, place)
    return joined


def both(first: Record, second: Record) -> Record:
    """Two records of one student. The later time counts: that is when the work was complete."""
    differ = [q for q, points in second.questions.items() if q in first.questions and first.questions[q].earned != points.earned]
    remarks = [*first.remarks, *second.remarks]
    if differ:
        told = ", ".join(f"{q} ({float(second.questions[q].earned):g})" for q in differ)
        remarks.append(f"{second.source} has other points for {told}; those of {first.source} count.")
    if first.whole and second.whole and first.whole.earned != second.whole.earned:
        remarks.append(f"{second.source} has {float(second.whole.earned):g} points; those of {first.source} count.")
    mine, theirs = first.member, second.member
    member = Member(mine.id, mine.name or theirs.name, mine.email or theirs.email, mine.sid or theirs.sid)
    times = [time for time in (first.submitted, second.submitted) if time is not None]
    return replace(
        first,
        member=member,
        source=f"{first.source}, {second.source}" if first.source != second.source else first.source,
        submitted=max(times, default=None),
        questions={**second.questions, **first.questions} if not first.questions else {**first.questions, **missing(first, second)},
        whole=first.whole or second.whole,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def missing(first: Record, second: Record) -> dict[str, Points]:
    return {name: points for name, points in second.questions.items() if name not in first.questions}
