"""A pool of long-lived graders on this machine, each a process with zygotes of its own.

A grader that dies takes one submission with it, which is tried once more in a fresh one; a second death is written down as that
submission's. Everything ends with the process that started it, killed or not.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.context import SpawnProcess

from ..assignment import AssignmentError
from ..sandbox.errors import GraderError
from .grader import ClassGrader, Done, Settings, Task

TRIES = 2
MARGIN_SECONDS = 120.0
"""Beyond the time of a grading, after which a grader hangs."""
QUIT = None


class PoolError(GraderError):
    """No submission can be graded here; the sentence says why."""


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(tasks: Sequence[Task], settings: Settings, workers: int, seconds: float) -> Iterator[Done]:
    """What came of each task, as it comes. seconds: that one grading may take. Raises PoolError where nobody can be graded."""
    with contextlib.ExitStack() as stack:
        pool = Pool(settings, seconds)
        stack.callback(pool.close)
        yield from pool.run(deque(tasks), max(1, min(workers, len(tasks))))


@dataclass
class Hand:
    """One grader of the pool, and the task that it has."""

    process: SpawnProcess
    pipe: connection.Connection[object, object]
    task: Task | None = None
    deadline: float = 0.0


class Pool:
    def __init__(self, settings: Settings, seconds: float) -> None:
        self.settings = settings
        self.seconds = seconds + MARGIN_SECONDS
        self.hands: list[Hand] = []
        self.deaths: dict[str, int] = {}

    def run(self, waiting: deque[Task], count: int) -> Iterator[Done]:
        while waiting or any(hand.task for hand in self.hands):
            while waiting and len(self.hands) < count:
                self.hands.append(start(self.settings))
            for hand in self.hands:
                if hand.task is None and waiting:
                    self.give(hand, waiting.popleft())
            yield from self.hear(waiting)

    def give(self, hand: Hand, task: Task) -> None:
        hand.task, hand.deadline = task, time.monotonic() + self.seconds
        with contextlib.suppress(OSError):  # a grader that is gone is noticed when it is heard
            hand.pipe.send(task)

    def hear(self, waiting: deque[Task]) -> Iterator[Done]:
        busy = [hand for hand in self.hands if hand.task]
        soonest = min(hand.deadline for hand in busy)
        ready = connection.wait([hand.pipe for hand in busy], max(0.0, soonest - time.monotonic()))
        for hand in busy:
            if hand.pipe in ready:
                try:
                    said = hand.pipe.recv()
                except (EOFError, OSError):
                    yield from self.lost(hand, waiting, "killed its grader")
                    continue
                if not isinstance(said, Done):
                    raise PoolError(str(said))
                hand.task = None
                yield said
            elif time.monotonic() > hand.deadline:
                yield from self.lost(hand, waiting, "hung its grader")

    def lost(self, hand: Hand, waiting: deque[Task], what: str) -> Iterator[Done]:
        """The grader is gone or must go; its submission is tried again, last of all."""
        task = hand.task
        assert task is not None
        self.hands.remove(hand)
        end(hand)
        self.deaths[task.id] = self.deaths.get(task.id, 0) + 1
        if self.deaths[task.id] < TRIES:
            waiting.append(task)
        else:
            yield Done(task.id, f"it {what} {TRIES} times; grade it by itself with `autograder grade` to see why.")

    def close(self) -> None:
        for hand in self.hands:
            end(hand)


def start(settings: Settings) -> Hand:
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=serve, args=(settings, theirs), daemon=False)
    process.start()
    theirs.close()
    return Hand(process, ours)


def end(hand: Hand) -> None:
    hand.pipe.close()
    hand.process.join(1.0 if hand.task is None else 0.0)
    if hand.process.is_alive():
        hand.process.kill()
        hand.process.join()


def serve(settings: Settings, pipe: connection.Connection[object, object]) -> None:
    """A grader of the pool: its program. What concerns every submission goes back as a sentence."""
    if sys.platform == "linux":
        from ..sandbox import libc

        libc.die_with_parent()
    grader = None
    try:
        grader = ClassGrader(settings)
        while (task := pipe.recv()) is not QUIT:
            assert isinstance(task, Task)
            pipe.send(grader.grade(task))
    except (EOFError, KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        pass
    except (AssignmentError, GraderError, OSError) as error:
        with contextlib.suppress(OSError):
            pipe.send(str(error))
    finally:
        if grader is not None:
            grader.close()
