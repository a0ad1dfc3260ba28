"""Without confinement: a fresh process a question, on any platform. For submissions that you trust, and the night before a deadline.

What holds: a crash, a hang, an exit or a flood of output costs one question; the grader's own process never imports student code. What does
not: student code has the rights of whoever runs the grader. It can read and change files, use the network, leave processes behind.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Literal

import msgspec

from ..check.verdict import Failure
from . import answer as answers
from . import launch, scratch
from .answer import Answer
from .errors import GraderError
from .launch import PACKAGES
from .output import MOST, Output
from .reply import Reply
from .wire import Order, Request

STATEMENT = (
    "Student code ran without confinement, with the rights of the person who ran the grader: only a crash, a hang and a flood of output "
    "were contained. Do this with submissions that you trust."
)
START_SECONDS = 120.0  # importing torch on a slow disk
EXIT_SECONDS = 1.0


class Simple:
    """Asks like `client.Zygote`, with a process a question and nothing around it."""

    layers = ("clean environment",)
    remarks = ("graded with --simple, without confinement",)
    exposed: tuple[str, ...] = ()

    def __init__(
        self, kind: Literal["numpy", "torch"] = "numpy", *, allow: Sequence[str] | None = None, questions: Sequence[str] = ()
    ) -> None:
        self._allow = list(PACKAGES[kind] if allow is None else allow)
        self._questions = list(questions)
        self._root = scratch.make_root()

    def ask(self, request: Request, wall_seconds: float = 30.0, patient: bool = True) -> Answer:
        """Ask one question. A hang is asked once more, if `patient`, before it counts. Raises GraderError as a Zygote does."""
        answer = self._once(request, wall_seconds)
        if (answer.hung and patient) or answer.fault:
            answer = self._once(request, wall_seconds)
            answer.retried = True
        return answer

    def oracle(self, entry: str = "autograder.grading.oracle:serve") -> socket.socket:
        """Run trusted code in a thread on one end of a stream; the other end is returned."""
        ours, theirs = socket.socketpair()
        module, _, function = entry.partition(":")
        threading.Thread(target=getattr(importlib.import_module(module), function), args=(theirs,), daemon=True).start()
        return ours

    def close(self) -> None:
        """Remove the scratch folders."""
        scratch.remove(self._root)

    def _once(self, request: Request, wall_seconds: float) -> Answer:
        with scratch.folder(self._root, None) as folder:
            order = Order(request, str(folder), None, [], self._allow)
            answer = Child(launch_child(self._questions, folder), order).run(wall_seconds)
        if answer.fault and answer.layers:
            raise GraderError(answer.fault)
        return answer

    def __enter__(self) -> Simple:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def launch_child(questions: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    """Order on its stdin, answer on its stdout, prints on its stderr: three pipes that every platform has."""
    return subprocess.Popen(
        launch.command(None, f"from autograder.sandbox import bare; bare.main({list(questions)!r})"),
        env=launch.environment(folder),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=os.name == "posix",
    )


class Child:
    """One process, watched from its order to its end. Threads read its pipes, since not every platform can wait for two of them."""

    def __init__(self, process: subprocess.Popen[bytes], order: Order) -> None:
        self._process = process
        self._order = order
        request = order.request
        assert request is not None
        self._request = request
        self._reply = Reply(request.runs)
        self._output = Output()
        self._arrivals: queue.Queue[tuple[str, bytes]] = queue.Queue(maxsize=64)
        self._open = {"answer", "output"}
        for name, pipe in (("answer", process.stdout), ("output", process.stderr)):
            threading.Thread(target=self._pump, args=(name, pipe), daemon=True).start()

    def run(self, wall_seconds: float) -> Answer:
        began = time.monotonic()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as pipe:
            pipe.write(msgspec.msgpack.encode(self._order))
        killed = self._watch(wall_seconds)
        end_for_sure(self._process)
        self._drain()
        status = self._process.returncode
        result = Answer(self._reply.runs, output=self._output.text(), wall=time.monotonic() - began)
        if self._reply.ready is None:
            result.fault = f"a worker failed before it began: {result.output.strip()[-300:] or f'status {status}'}"
        else:
            result.layers, result.fault = list(Simple.layers), self._reply.ready.fault
            result.stopped = None if result.fault else answers.why(self._reply, killed, status, 0.0, self._request)
        return result

    def _pump(self, name: str, pipe: IO[bytes]) -> None:
        with pipe, contextlib.suppress(OSError, ValueError):
            while data := os.read(pipe.fileno(), 1 << 16):
                self._arrivals.put((name, data))
        self._arrivals.put((name, b""))

    def _watch(self, wall_seconds: float) -> Failure | None:
        """Until there is nothing more to wait for, or why it must be killed. The clock of the question starts when it is ready."""
        phase, deadline = "starting", time.monotonic() + START_SECONDS
        while self._open:
            now = time.monotonic()
            if phase == "starting" and self._reply.ready is not None:
                phase, deadline = "running", now + wall_seconds
            if phase != "leaving" and (self._reply.done or "answer" not in self._open):
                phase, deadline = "leaving", now + EXIT_SECONDS
            if now >= deadline or self._reply.malformed:
                return answers.too_long(wall_seconds) if phase == "running" else answers.broken_off()
            if self._output.flood:
                return answers.too_much_output(MOST)
            with contextlib.suppress(queue.Empty):
                self._take(*self._arrivals.get(timeout=deadline - now))
        return None

    def _take(self, name: str, data: bytes) -> None:
        if not data:
            self._open.discard(name)
        elif name == "answer":
            self._reply.feed(data)
        else:
            self._output.feed(data)

    def _drain(self) -> None:
        """What is still in the pipes; a process left behind may hold them open, which is not waited for."""
        until = time.monotonic() + EXIT_SECONDS
        while self._open and time.monotonic() < until:
            with contextlib.suppress(queue.Empty):
                self._take(*self._arrivals.get(timeout=0.05))


def end_for_sure(process: subprocess.Popen[bytes]) -> None:
    """The process may take a moment to end by itself; then it, and on POSIX its whole group, is killed."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(0.05)
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()
