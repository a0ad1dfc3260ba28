"""The process that workers are forked from: everything loaded, one thread, no secret.

It is started by exec with a clean environment before the grader makes any seed, and no request passes through its memory (a worker reads
its own from a pipe), so that what a worker inherits tells nothing about any other question.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
from types import FrameType

import numpy as np

import autograder.check

from ..check import gradient
from ..check.draw import Draw
from ..check.question import Question, load_questions
from ..check.recording import Item, record
from . import control, libc, libraries, limits, seccomp, stage, sweep, wire, worker
from .confine import common_rules

OFFERED = ("numpy.random", "numpy.linalg", "numpy.fft", "scipy.special", "scipy.linalg")  # scipy.stats and signal double what a fork copies
OFFERED_TORCH = ("torch", "torch.nn", "torch.optim", "torch.nn.functional", "torch.utils.data")


def main(fd: int, die_with_parent: bool) -> None:
    """Serve until the grader is gone."""
    if die_with_parent:
        libc.die_with_parent()
    libc.hide_memory()
    libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)
    end = socket.socket(fileno=fd)
    setup, _ = control.receive(end)
    if not isinstance(setup, control.Setup):
        return
    Zygote(end, setup).serve()


class Zygote:
    """The loop behind the control socket, and what it knows."""

    def __init__(self, end: socket.socket, setup: control.Setup) -> None:
        self._end = end
        self._oracles: set[int] = set()
        self._seccomp = False
        self._wake, wake = socket.socketpair()
        for side in (self._wake, wake):
            side.setblocking(False)
        self._wake_keeper = wake
        signal.signal(signal.SIGCHLD, nothing)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        load(setup)
        program = build_filter() if "seccomp" in setup.layers else None
        self._seccomp = program is not None
        self._settle(setup, program)
        control.send(end, control.Done())

    def _settle(self, setup: control.Setup, program: bytes | None) -> None:
        """Measure, and make sure that forks stay cheap: nothing of what is loaded is looked at by a worker's garbage collection."""
        names = libraries.loaded_packages() if setup.kind == "torch" else set(setup.allow)
        read = [*libraries.standard_library(), *libraries.system_libraries(), *libraries.packages(sorted(names))]
        read += list(autograder.check.__path__)
        search_path = libraries.search_path()
        rules = common_rules(read, search_path)
        scene = stage.Stage(search_path)
        gc.collect()
        gc.freeze()
        self._setup, self._program = setup, program
        self._base = worker.Base(rules, scene, program, limits.own_size())

    def serve(self) -> None:
        while True:
            message, descriptors = control.receive(self._end)
            if message is None:
                return
            if isinstance(message, control.Fork):
                if not self._work(message, descriptors):
                    return
            elif isinstance(message, control.Oracle):
                self._start_oracle(message, descriptors[0])
            elif isinstance(message, control.Preload):
                libraries.load_everything()
                self._settle(self._setup, self._program)
                control.send(self._end, control.Done())

    def _fork(self) -> int:
        """Fork with one thread, or not at all: any other thread's locks would stay locked in the child for ever."""
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            raise RuntimeError(f"the zygote has {threads} threads")
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        return pid

    def _work(self, fork: control.Fork, descriptors: list[int]) -> bool:
        """One worker from fork to burial. False when the grader went away meanwhile."""
        order_fd, answer_fd, output_fd = descriptors
        pid = self._fork()
        if pid == 0:
            self._end.close()
            worker.main(self._base, order_fd, answer_fd, output_fd)
        for fd in descriptors:
            os.close(fd)
        control.send(self._end, control.Forked(pid))
        here, killed, status, cpu = self._wait(pid)
        survivors = self._bury(fork.uid) if killed or not self._seccomp else 0
        if here:
            control.send(self._end, control.Exited(status, cpu, survivors))
        return here

    def _wait(self, pid: int) -> tuple[bool, bool, int, float]:
        """Until the worker is gone: whether the grader is still there, whether it was killed, its status and seconds of CPU."""
        here, killed = True, False
        while True:
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done:
                return here, killed, status, usage.ru_utime + usage.ru_stime
            watched = [self._wake, self._end] if here else [self._wake]
            ready = control.wait([side.fileno() for side in watched], None)
            if self._wake.fileno() in ready:
                with contextlib.suppress(BlockingIOError):
                    self._wake.recv(4096)
            if self._end.fileno() in ready:
                message, _ = control.receive(self._end)
                here = message is not None
                if not here or isinstance(message, control.Kill):
                    os.kill(pid, signal.SIGKILL)
                    killed = True

    def _bury(self, uid: int | None) -> int:
        """Whatever a worker may have left running. How many of its processes are alive after that (as root, where this can be told)."""
        if uid is not None and os.geteuid() == 0:
            sweep.kill_uid(uid)
        sweep.kill_orphans(self._oracles)
        return sweep.count_of(uid) if uid is not None else 0

    def _start_oracle(self, message: control.Oracle, fd: int) -> None:
        pid = self._fork()
        if pid == 0:
            self._end.close()
            run_oracle(message.entry, fd)
        os.close(fd)
        self._oracles.add(pid)
        control.send(self._end, control.Done())


def nothing(_: int, __: FrameType | None) -> None:
    """Only so that the end of a child wakes the loop."""


def run_oracle(entry: str, fd: int) -> None:
    """In a fork: trusted code on its socket. Never returns."""
    status = 1
    try:
        libc.hide_memory()
        libc.die_with_parent()
        module, _, function = entry.partition(":")
        getattr(importlib.import_module(module), function)(socket.socket(fileno=fd))
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    os._exit(status)


def load(setup: control.Setup) -> None:
    """Everything a worker may need, and one round of what it will do, so that it pays for nothing twice."""
    load_questions()
    for name in ("resource", *OFFERED, *setup.allow, *(OFFERED_TORCH if setup.kind == "torch" else ())):
        with contextlib.suppress(ImportError):  # an allowed package that is not installed: a student's import of it says so
            importlib.import_module(name)
    if setup.kind == "torch":
        warm_up_torch()
    for path in setup.questions:
        libraries.run_file(path)
    warm_up()


def warm_up() -> None:
    """A probe of our own, as a worker would run it."""
    question = Question("0.0", "warm-up", ("none.None",), warm_probe, core=False)
    record(question, None, Draw(b"warm-up"), warm_emit)
    np.linalg.svd(np.eye(3) @ np.eye(3))
    np.einsum("ij,jk->ik", np.eye(3), np.eye(3), optimize=True)
    np.random.default_rng(0).normal(size=3)


def warm_emit(name: str, item: Item) -> None:
    wire.frame(wire.to_item(0, name, item))


def warm_probe(ps2, draw):  # type: ignore[no-untyped-def]
    x = draw.sprinkle(draw.away_from(0.0, (4, 6)), (0.0,))
    yield "values", lambda: {"x": x, "u": draw.uniform(0, 1, (3,))}
    yield "raises", lambda: ps2.Nothing
    report = gradient.check(lambda x: x * 2.0, lambda u, x: {"x": u * 2.0}, {"x": x})
    yield "gradient", lambda: np.array(report.passed)


def warm_up_torch() -> None:
    """One forward operation settles which kernels are used; the first optimizer costs a second."""
    import torch

    with torch.no_grad():
        layer = torch.nn.Conv2d(1, 1, 3)
        layer(torch.ones(1, 1, 4, 4))
        torch.nn.Linear(2, 2)(torch.ones(1, 2))
    torch.optim.Adam(layer.parameters())
    torch.optim.SGD(layer.parameters(), lr=0.1)


def build_filter() -> bytes | None:
    """None where libseccomp or pyseccomp is missing: then the layer is not active, and says so."""
    try:
        return seccomp.build()
    except (ImportError, RuntimeError, OSError):
        return None
