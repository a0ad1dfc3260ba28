"""Starting and watching the process that trains, and the rule for one that takes too long."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from ..check.open_track import Hidden
from ..check.source import printable
from ..check.trainer import Data, Task
from ..sandbox import launch, layers, scratch, uids
from ..sandbox.errors import GraderError
from . import wire

START_SECONDS = 300.0  # importing torch and reading the images, on a slow disk
SAFETY = 10.0  # wall-clock is limited to so many times what was measured
TIMING_STEPS = 12
MALFORMED = wire.Stopped("malformed", "sent something that cannot be read")
OnEpoch = Callable[[wire.Epoch], None]


@dataclasses.dataclass
class Ended:
    """How a process ended. message: Finished or Logits, or Stopped with why. output: the last of what it printed."""

    message: wire.Finished | wire.Logits | wire.Stopped
    layers: list[str] = dataclasses.field(default_factory=list)
    errors: list[float] = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    output: str = ""


@dataclasses.dataclass(frozen=True)
class Room:
    """Where runs happen: scratch folders, the images on disk, and who may be trusted.

    confined: False runs student code with the rights of whoever runs the grader, which is for platforms without the layers.
    """

    root: Path
    data: Path
    allow: tuple[str, ...]
    confined: bool = True

    def run(
        self,
        folder: Path,
        task: Task,
        seconds: float,
        memory: int,
        tell: OnEpoch = lambda epoch: None,
        trusted: bool = False,
        work: wire.Work = "run",
    ) -> Ended:
        """Train the ps2/ in `folder`, for `seconds` of wall-clock at most; or compute logits, where that is the work.

        Raises GraderError where it cannot be started, or a required layer is missing.
        """
        confined = self.confined and not trusted
        if confined and not layers.confinement_possible():
            raise GraderError("student code can be confined on Linux only; here it can be trained without confinement (--simple)")
        uid = uids.fresh() if confined and layers.is_root() else None
        with scratch.folder(self.root, uid) as place:
            order = wire.Order(
                folder=str(folder),
                data=str(self.data),
                task=dataclasses.asdict(task),
                scratch=str(place),
                uid=uid,
                layers=list(layers.LAYERS) if confined else [],
                require=sorted(layers.required()) if confined else [],
                allow=list(self.allow),
                cpu_seconds=seconds * max(1, task.threads),
                memory=memory,
                work=work,
            )
            return watched(order, task, place, seconds, tell)


@contextlib.contextmanager
def room(data: Data | Hidden, allow: tuple[str, ...], confined: bool = True) -> Iterator[Room]:
    """A Room with `data` on disk, readable by the grader alone; gone afterwards."""
    root = scratch.make_root()
    handle, path = tempfile.mkstemp(prefix="ps2-images-", suffix=".npz")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **{field.name: getattr(data, field.name) for field in dataclasses.fields(data)})
        yield Room(root, Path(path), allow, confined)
    finally:
        Path(path).unlink(missing_ok=True)
        scratch.remove(root)


def environment(place: Path, device: str) -> dict[str, str]:
    """As for every child; the GPU is seen only by a run on it."""
    made = launch.environment(place)
    if device == "cuda":
        made["CUDA_VISIBLE_DEVICES"] = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
        made["CUDA_CACHE_PATH"] = str(place)
    return made


def watched(order: wire.Order, task: Task, place: Path, seconds: float, tell: OnEpoch) -> Ended:
    ours, theirs = os.pipe()
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                launch.command(None, f"from autograder.training import worker; worker.main({theirs})"),
                env=environment(place, task.device),
                cwd="/",
                pass_fds=[theirs],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
            )
        finally:
            os.close(theirs)
        try:
            assert process.stdin is not None
            with contextlib.suppress(OSError), process.stdin as pipe:
                pipe.write(msgspec.msgpack.encode(order))
            ended = Watch(ours, tell, wire.Logits if order.work == "logits" else wire.Finished).until_end(seconds)
        finally:
            os.close(ours)
            process.kill()
            process.wait()
        ended.output = tail(said)
        if not ended.layers:
            raise GraderError(f"the training process failed before it began: {ended.output.strip()[-300:] or process.returncode}")
        return ended


def tail(said: object, most: int = 2_000) -> str:
    size = said.seek(0, os.SEEK_END)  # type: ignore[attr-defined]
    said.seek(max(0, size - most))  # type: ignore[attr-defined]
    data: bytes = said.read()  # type: ignore[attr-defined]
    return data.decode("utf-8", "replace")


class Watch:
    """What came out of the process so far. awaited: the message that ends it well; after it nothing is read."""

    def __init__(self, fd: int, tell: OnEpoch, awaited: type[wire.Finished | wire.Logits] = wire.Finished) -> None:
        self.fd, self.tell, self.awaited = fd, tell, awaited
        self.reader = wire.Reader()
        self.ready: wire.Ready | None = None
        self.errors: list[float] = []

    def until_end(self, seconds: float) -> Ended:
        self.began = time.monotonic()
        self.deadline = self.began + START_SECONDS
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):  # the clock first: a process that never stops writing is stopped as well
                return self.ended(wire.Stopped("time", f"took longer than {seconds:.0f} s and was stopped"))
            data = os.read(self.fd, 1 << 20)
            if not data:
                return self.ended(wire.Stopped("ended", "ended its own process before the training was over"))
            for message in self.reader.feed(data):
                if (last := self.take(message, seconds)) is not None:
                    return self.ended(last)
            if self.reader.malformed:
                return self.ended(MALFORMED)

    def take(self, message: wire.Message, seconds: float) -> wire.Finished | wire.Logits | wire.Stopped | None:
        """The message that ends it, if this is one. Raises GraderError where the process could not be made ready."""
        if isinstance(message, wire.Ready):
            if self.ready is None:
                self.ready = message
                if message.fault:
                    raise GraderError(message.fault)
                self.began, self.deadline = time.monotonic(), time.monotonic() + seconds
            return None
        if isinstance(message, wire.Epoch) and len(self.errors) < wire.MOST_EPOCHS:
            self.errors.append(message.error)
            self.tell(message)
            return None
        if isinstance(message, wire.Stopped):
            return wire.Stopped(printable(message.kind), printable(message.says, wire.LONGEST))
        return message if isinstance(message, self.awaited) else MALFORMED

    def ended(self, message: wire.Finished | wire.Logits | wire.Stopped) -> Ended:
        return Ended(message, self.ready.layers if self.ready else [], self.errors, time.monotonic() - self.began)


def reference_seconds(room: Room, reference: Path, task: Task, memory: int) -> float | None:
    """How long the reference would take here and now, from a few of its steps; None where it cannot run here either."""
    few = dataclasses.replace(task, steps=TIMING_STEPS, epochs=1, epoch_images=TIMING_STEPS * task.batch)
    ended = room.run(reference.parent, few, START_SECONDS, memory, trusted=True)
    if not isinstance(ended.message, wire.Finished) or not ended.message.images:
        return None
    return ended.message.seconds / ended.message.images * task.images
