"""One submission's run, from images to a record: train in the worker, measure the weights apart, say what happened."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import platform
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..check.seeds import root_of
from ..check.verdict import Array
from ..course import Course
from ..sandbox.errors import GraderError
from . import images, measuring, store, wire
from .profiles import Machine
from .run import SAFETY, Ended, OnEpoch, Room, reference_seconds, room
from .settings import Profile

MOST_LOSSES = 200
HUGE = 1e30  # whatever student code calls a loss, its mean is a number


@dataclass(frozen=True)
class Submission:
    """folder: holds ps2/. digest: of its content."""

    folder: Path
    digest: str


@dataclass(frozen=True)
class Judging:
    """What every run of a grading shares."""

    course: Course
    name: str
    profile: Profile
    here: Machine
    confined: bool = True

    def run(self, submission: Submission, tell: OnEpoch = lambda epoch: None) -> tuple[store.Record, bytes]:
        """Train and measure. The weights are b"" where there are none. Raises GraderError for a fault of the machine."""
        source = self.source(submission.digest)
        data, hidden, labels = images.draw(source, self.course.reference)
        task = self.profile.task(source.number("run"))
        limit, memory = SAFETY * self.profile.seconds, self.profile.memory_mb << 20
        with room(data, self.allowed(), self.confined) as place:
            ended = place.run(submission.folder, task, limit, memory, tell)
            if task.graphs and isinstance(ended.message, wire.Stopped) and ended.message.kind == "device":
                # a network that cannot be recorded may leave CUDA unusable: the same run, step by step
                ended = place.run(submission.folder, dataclasses.replace(task, graphs=False), limit, memory, tell)
            finished = ended.message
            if isinstance(finished, wire.Stopped):
                return self.stopped(submission, place, finished, ended, limit), b""
            assert isinstance(finished, wire.Finished)
        measured = self.measured(finished.weights, hidden, labels)
        record = self.record(
            submission,
            "failed" if measured.accuracy is None else "judged",
            measured.trouble,
            accuracy=measured.accuracy,
            parameters=measured.parameters,
            images=task.images,
            seconds=ended.seconds,
            weights=hashlib.sha256(finished.weights).hexdigest(),
            losses=thinned(finished.losses),
            curve=self.curve(ended),
        )
        return record, finished.weights

    def again(self, record: store.Record, weights: bytes) -> store.Record:
        """The stored weights measured anew, on the same hidden images: no verdict changes, whatever machine this is."""
        source = self.source(record.submission) if record.world == "own" else self.practice(int(record.world))
        _, hidden, labels = images.draw(source, self.course.reference)
        measured = self.measured(weights, hidden, labels)
        return _with(record, accuracy=measured.accuracy, says=measured.trouble, verdict="failed" if measured.accuracy is None else "judged")

    def handed_in(self, submission: Submission, weights: bytes, world: int) -> store.Record:
        """Weights that were trained elsewhere, in a practice world, on hidden images of that world."""
        _, hidden, labels = images.draw(self.practice(world), self.course.reference)
        measured = self.measured(weights, hidden, labels)
        return self.record(
            submission,
            "failed" if measured.accuracy is None else "judged",
            measured.trouble,
            accuracy=measured.accuracy,
            parameters=measured.parameters,
            weights=hashlib.sha256(weights).hexdigest(),
            world=str(world),
            trained_elsewhere=True,
        )

    def source(self, digest: str) -> images.Source:
        root = root_of(self.course.secret, digest)
        return images.Source(self.profile.images, images.key_of(root), self.course.assignment.training.cifar10)

    def practice(self, world: int) -> images.Source:
        """The images to train on are anybody's, the hidden ones the course's."""
        hidden = images.hidden_key(self.course.secret, world)
        return images.Source(self.profile.images, images.practice_key(world), self.course.assignment.training.cifar10, hidden)

    def measured(self, weights: bytes, hidden: Array, labels: Array) -> measuring.Measured:
        return measuring.measure(weights, hidden, labels, self.course.reference, self.profile.depth, self.profile.width)

    def allowed(self) -> tuple[str, ...]:
        """What the files that the run needs may import."""
        parts = self.course.assignment.parts
        return tuple(sorted({name for part in ("5", "6") if part in parts for name in parts[part].imports}))

    def stopped(self, submission: Submission, place: Room, why: wire.Stopped, ended: Ended, limit: float) -> store.Record:
        """Too slow or too large is the student's only where the reference would have made it on this machine, just now."""
        verdict: store.Verdict = "failed"
        says, reference = why.says, None
        if why.kind in ("time", "memory", "device"):
            reference = reference_seconds(place, self.course.reference, self.profile.task(0), self.profile.memory_mb << 20)
            if reference is None:
                verdict, says = "not judged", f"{says}; the reference does not run here either"
            elif reference > limit:
                verdict, says = "not judged", f"{says}, and the reference would have taken {reference:.0f} s here: the machine was too slow"
            else:
                says = f"{says}; the reference takes {reference:.0f} s on the same machine"
        return self.record(submission, verdict, says, seconds=ended.seconds, reference_seconds=reference, curve=self.curve(ended))

    def curve(self, ended: Ended) -> list[tuple[int, float]]:
        errors = [error if math.isfinite(error) else 1.0 for error in ended.errors[: self.profile.epochs]]  # JSON has no NaN
        return [((i + 1) * self.profile.epoch_images, error) for i, error in enumerate(errors)]

    def record(self, submission: Submission, verdict: store.Verdict, says: str, **more: object) -> store.Record:
        made = store.Record(submission.digest, self.name, store.task_digest(self.profile), verdict, says)
        name = self.here.name if self.profile.device == self.here.device else platform.processor() or platform.machine()
        machine = f"{self.profile.device}: {name}" if name else self.profile.device
        return _with(made, device=machine, versions=versions(self.here), **more)


def _with(record: store.Record, **more: object) -> store.Record:
    import msgspec

    return msgspec.structs.replace(record, **more)


def versions(here: Machine) -> dict[str, str]:
    return {"python": platform.python_version(), "numpy": np.__version__, "torch": here.torch}


def thinned(losses: list[float]) -> list[float]:
    """At most MOST_LOSSES means over equal stretches, of the losses that are numbers."""
    losses = [min(max(loss, -HUGE), HUGE) for loss in losses if math.isfinite(loss)]
    stretch = -(-len(losses) // MOST_LOSSES) or 1
    return [float(np.mean(losses[i : i + stretch])) for i in range(0, len(losses), stretch)]


def best(old: store.Record | None, new: store.Record) -> store.Record:
    """Of two runs of one submission the one that counts: a run that was not judged never replaces one that was."""
    if old is None or old.accuracy is None:
        return new if old is None or new.verdict != "not judged" else old
    return new if (new.accuracy or 0.0) > old.accuracy else old


__all__ = ["GraderError", "Judging", "Submission", "best"]
