"""One worker, watched from its order to its end: what it sends, what it prints, how long it takes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

from ..check.verdict import Failure
from . import answer, control
from .answer import Answer
from .output import MOST, Output
from .process import Process, ZygoteLost
from .reply import Reply
from .watchdog import EVERY, Watchdog
from .wire import Order

FORK_SECONDS = 60.0  # from the order to a confined worker, on a machine under load
EXIT_SECONDS = 1.0  # from a complete answer to the end of the worker
DEATH_SECONDS = 20.0  # from SIGKILL to the report of it
CHUNK = 1 << 18


def visit(process: Process, order: Order, wall_seconds: float, scratch: Path | None = None) -> Answer:
    """Ask one worker. scratch: where its scratch folder really is, if not where the order says. Raises ZygoteLost."""
    order_pipe, answer_pipe, output_pipe = os.pipe(), os.pipe(), os.pipe()
    theirs = (order_pipe[0], answer_pipe[1], output_pipe[1])
    try:
        try:
            write_order(order_pipe[1], order)
            process.tell(control.Fork(order.uid), theirs)
        finally:
            close(order_pipe[1], *theirs)
        return Visit(process, order, answer_pipe[0], output_pipe[0]).run(wall_seconds, scratch or Path(order.scratch))
    finally:
        close(answer_pipe[0], output_pipe[0])


def write_order(fd: int, order: Order) -> None:
    """Into the pipe at once, before anybody reads: an order that does not fit is not one of ours."""
    os.set_blocking(fd, False)
    data = msgspec.msgpack.encode(order)
    if os.write(fd, data) != len(data):
        raise ValueError("this order is too long")


def close(*fds: int) -> None:
    """Each exactly once: closed again, the number may be another thread's new descriptor."""
    for fd in fds:
        os.close(fd)


class Visit:
    """The state of one visit. `exited` is the zygote's report of the worker's end."""

    def __init__(self, process: Process, order: Order, answer_fd: int, output_fd: int) -> None:
        self._process, self._order = process, order
        self._fds = {"answer": answer_fd, "output": output_fd}
        for fd in self._fds.values():
            os.set_blocking(fd, False)
        self.reply = Reply(order.request.runs if order.request else [])
        self.output = Output()
        self.exited: control.Exited | None = None

    def run(self, wall_seconds: float, scratch: Path) -> Answer:
        pid = self._process.expect(control.Forked, FORK_SECONDS).pid
        began = time.monotonic()
        memory = self._order.request.memory if self._order.request else 1 << 30
        killed = self._watch(wall_seconds, Watchdog(pid, memory, scratch))
        if self.exited is None:
            self._process.tell(control.Kill())
            self.exited = self._process.expect(control.Exited, DEATH_SECONDS)
        for name in list(self._fds):
            self._read(name, most=64)
        return self._conclude(killed, self.exited, time.monotonic() - began)

    def _watch(self, wall_seconds: float, watchdog: Watchdog) -> Failure | None:
        """Until the worker is gone, or why it must be killed. A deadline runs in each phase: confining, running, leaving."""
        phase, deadline, next_look = "confining", time.monotonic() + FORK_SECONDS, time.monotonic()
        while self.exited is None:
            now = time.monotonic()
            if phase == "confining" and self.reply.ready is not None:
                phase, deadline = "running", now + wall_seconds
            if phase != "leaving" and (self.reply.done or "answer" not in self._fds):
                phase, deadline = "leaving", now + EXIT_SECONDS
            if now >= deadline or self.reply.malformed:
                return answer.too_long(wall_seconds) if phase == "running" else answer.broken_off()
            if self.output.flood:
                return answer.too_much_output(MOST)
            if now >= next_look:
                next_look = now + EVERY
                alarm = watchdog.look()
                if alarm:
                    return alarm
            self._wait(min(deadline, next_look) - now)
        return None

    def _wait(self, seconds: float) -> None:
        """Take whatever comes next."""
        names = {fd: name for name, fd in self._fds.items()}
        for fd in control.wait([*names, self._process.end.fileno()], seconds):
            if fd in names:
                self._read(names[fd])
            else:
                message = self._process.hear()
                if not isinstance(message, control.Exited):
                    raise ZygoteLost(f"an unexpected {type(message).__name__}")
                self.exited = message

    def _read(self, name: str, most: int = 1) -> None:
        """Up to `most` chunks of what is there; forgets the descriptor at its end."""
        for _ in range(most):
            try:
                data = os.read(self._fds[name], CHUNK)
            except BlockingIOError:
                return
            if not data:
                del self._fds[name]
                return
            if name == "answer":
                self.reply.feed(data)
            else:
                self.output.feed(data)

    def _conclude(self, killed: Failure | None, exited: control.Exited, wall: float) -> Answer:
        reply, request = self.reply, self._order.request
        result = Answer(reply.runs, output=self.output.text(), wall=wall, cpu=exited.cpu, survivors=exited.survivors)
        if reply.complete:
            result.outputs = self.output.split([run.printed for run in reply.runs])
        if reply.ready is None:
            result.fault = f"a worker failed before it began: {result.output.strip()[-300:] or f'status {exited.status}'}"
        else:
            result.layers = reply.ready.layers
            result.readable = reply.ready.readable
            result.fault = reply.ready.fault
        if request is not None and not result.fault:
            result.stopped = answer.why(reply, killed, os.waitstatus_to_exitcode(exited.status), exited.cpu, request)
        return result
