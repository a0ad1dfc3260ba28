"""The run as a question of a result: points by the ramp, and sentences on what happened and which earlier question blocks it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

import msgspec

from ..assignment import Assignment
from ..grading.result import QuestionResult, Standing, Status, rounded
from .settings import Profile, Training
from .store import OpenEntry, Record
from .thresholds import share

ID = "6.8"
TITLE = "The training run"
STANDS_ON = ("5.4", "5.14", "6.1", "6.2", "6.3", "6.4", "6.5")
"""Everything of the student's that the run uses."""


class Judged(NamedTuple):
    """The question's result, its exact points, sentences for staff, what the leaderboard shows, and the record that it all comes from."""

    result: QuestionResult
    points: Fraction
    staff: list[str]
    leaderboard: Sequence[Standing] = ()
    record: Record | None = None


def unreached(assignment: Assignment, says: str = "was not reached: the grading ended before.") -> QuestionResult:
    most = assignment.training.points
    return QuestionResult(ID, 6, TITLE, 0, most, "not reached", sentences=[f"{ID} {TITLE} {says}"])


def faulty(assignment: Assignment, fault: str) -> QuestionResult:
    says = f"{ID} {TITLE} could not be judged: a fault of the machine, not yours; a later run fills it in. Staff: {fault}"
    return msgspec.structs.replace(unreached(assignment), status="fault", sentences=[says])


def graded(assignment: Assignment, record: Record, earlier: Iterable[QuestionResult]) -> tuple[QuestionResult, Fraction]:
    """The result and its exact points."""
    profile = assignment.training.profiles[record.profile]
    if record.verdict == "not judged":
        return faulty(assignment, record.says), Fraction(0)
    part = Fraction(0)
    if record.accuracy is not None and profile.zero is not None and profile.full is not None:
        part = share(record.accuracy, profile.zero, profile.full)
    points = assignment.training.points * part  # also where grading leaves the run out and only `autograder train` asks
    uncalibrated = record.accuracy is not None and not profile.calibrated
    status: Status = "fault" if uncalibrated else "passed" if part == 1 else "partial" if part else "failed"
    made = msgspec.structs.replace(
        unreached(assignment),
        points=rounded(points),
        status=status,
        sentences=sentences(record, profile, part, blocking(earlier)),
        seconds=record.seconds,
    )
    return made, points


def blocking(earlier: Iterable[QuestionResult]) -> list[str]:
    """The questions that the run stands on and that lost points."""
    return [f"{q.id} {q.title}" for q in earlier if q.id in STANDS_ON and q.status in ("failed", "partial", "empty")]


def sentences(record: Record, profile: Profile, part: Fraction, blocks: list[str]) -> list[str]:
    told = [f"{ID} {TITLE}: {outcome(record, profile)}"]
    if blocks and part < 1:
        told.append(f"The run uses everything before it, and {', '.join(blocks)} lost points: mend that first.")
    elif record.accuracy is not None and part < 1 and wrong_network(record):
        error = record.curve[-1][1]
        told.append(
            f"Your own evaluate saw an accuracy of {1 - error:.3f} at the end, the reference network with your weights has "
            f"{record.accuracy:.3f}: your network computes something else than it should (5.4 BasicBlock, 5.14 CifarResNet, 6.4 evaluate)."
        )
    where = "weights trained elsewhere" if record.trained_elsewhere else f"{record.images:,} images in {record.seconds:.0f} s"
    if record.accuracy is not None:
        told.append(f"({where}; {record.device}; torch {record.versions.get('torch', '?')}; profile {record.profile})")
    return told


def outcome(record: Record, profile: Profile) -> str:
    if record.accuracy is None:
        return f"{record.says or 'it did not end'}."
    measured = f"accuracy {record.accuracy:.3f} on hidden images"
    if not profile.calibrated:
        return f'{measured}. The profile "{record.profile}" has no thresholds yet, so staff decide what that is worth.'
    return f"{measured}; points rise from {profile.zero:.2f} to {profile.full:.2f}."


def wrong_network(record: Record) -> bool:
    return bool(record.curve) and (1 - record.curve[-1][1]) - (record.accuracy or 0.0) > 0.1


def standings(training: Training, record: Record) -> list[Standing]:
    """What a leaderboard shows of a record: the run's accuracy where the course wants it, the open track's where it was within budget."""
    shown = []
    if training.leaderboard and record.accuracy is not None:
        shown.append(Standing("Training run: accuracy", round(record.accuracy, 4)))
    entry = record.open
    if entry is not None and entry.accuracy is not None and entry.parameters <= training.open_parameters:
        shown.append(Standing("Open track: accuracy", round(entry.accuracy, 4)))
        shown.append(Standing("Open track: parameters", entry.parameters, lower=True))
    return shown


def about_open(training: Training, entry: OpenEntry | None) -> str:
    """One sentence for the student who takes part."""
    if entry is None:
        return "Open track: not run yet; its entry appears with a later grading."
    if entry.accuracy is None:
        return f"Open track: no entry. {entry.says[:1].upper()}{entry.says[1:]}."
    count = f"{entry.parameters:,} of at most {training.open_parameters:,} parameters"
    return f"Open track: accuracy {entry.accuracy:.3f} with {count} (for the leaderboard, not for points)."
