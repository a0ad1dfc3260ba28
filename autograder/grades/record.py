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

    whole: of everything that the autograder judged, where a source knows it only as a whole. remarks: sentences for staff.
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
    if first.source == second.source:
        return later(first, second)
    remarks = [*first.remarks, *second.remarks, *disagreements(first, second)]
    mine, theirs = first.member, second.member
    member = Member(mine.id, mine.name or theirs.name, mine.email or theirs.email, mine.sid or theirs.sid)
    times = [time for time in (first.submitted, second.submitted) if time is not None]
    return replace(
        first,
        member=member,
        source=f"{first.source}, {second.source}",
        submitted=max(times, default=None),
        questions={**first.questions, **missing(first, second)},
        whole=first.whole or second.whole,
        remarks=tuple(dict.fromkeys(remarks)),
    )


def later(first: Record, second: Record) -> Record:
    """Two submissions of one student in one place: the later counts, the first where nobody says when they came."""
    if None in (first.submitted, second.submitted):
        counts, which = first, "the first"
    else:
        counts, which = max((first, second), key=lambda record: record.submitted or datetime.min), "the later"
    says = f"there are two submissions in {first.source}; {which} counts."
    return replace(counts, remarks=tuple(dict.fromkeys([*counts.remarks, says])))


def disagreements(first: Record, second: Record) -> list[str]:
    """What two sources say differently, a sentence each."""
    other = {q: points for q, points in second.questions.items() if q in first.questions and first.questions[q].earned != points.earned}
    told = ", ".join(f"{q} ({float(points.earned):g})" for q, points in other.items())
    says = [f"{second.source} has other points for {told}; those of {first.source} count."] if told else []
    whole = {record.source: total_of(record) for record in (first, second)}
    if all(value is not None for value in whole.values()) and len(set(whole.values())) == 2 and (first.whole or second.whole):
        says.append(
            f"{second.source} has {number(whole[second.source])} points; the {number(whole[first.source])} of {first.source} count."
        )
    return says


def total_of(record: Record) -> Fraction | None:
    """What the autograder gave, as far as this source knows it."""
    asked = [points.earned for name, points in record.questions.items() if name.partition(".")[0].isdecimal()]
    return sum(asked, Fraction(0)) if asked else record.whole.earned if record.whole is not None else None


def number(value: Fraction | float | None) -> str:
    return f"{float(value or 0):.4f}".rstrip("0").rstrip(".")


def missing(first: Record, second: Record) -> dict[str, Points]:
    return {name: points for name, points in second.questions.items() if name not in first.questions}
