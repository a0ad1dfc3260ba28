"""The grader's side: start a zygote, ask it questions, get an answer whatever the worker does.

with Zygote("numpy") as zygote:
    answer = zygote.ask(Request("1.5", folder, [Run(None, seed)]), wall_seconds=30)
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

import msgspec
import numpy as np
import scipy

from . import control, jail, layers, libc, libraries, scratch, uids
from .answer import Answer
from .errors import GraderError
from .launch import PACKAGES
from .process import START_SECONDS, Process, ZygoteLost
from .reply import Reply
from .visit import FORK_SECONDS, visit
from .wire import Order, Request

CHECK = Path(__file__).resolve().parents[1] / "check"


class Zygote:
    """A zygote and the way to ask it. Thread-safe; one question at a time (for more at once, have more of them).

    kind: "torch" loads torch as well. allow: what students may import beyond the standard library. use: the layers to apply (all).
    require: the layers without which grading is refused (`layers.required()`). hidden: paths that no worker should be able to read.
    questions: Python files to import for questions of their own, besides the registered ones. python: the interpreter.
    Raises GraderError where it cannot start, or where a required layer is missing. Makes the calling process's memory unreadable to others.

    layers: those active here. remarks: sentences for the person who runs the grader. exposed: which of `hidden` a worker can read.
    """

    def __init__(
        self,
        kind: Literal["numpy", "torch"] = "numpy",
        *,
        allow: Sequence[str] | None = None,
        use: Collection[str] = tuple(layers.LAYERS),
        require: Collection[str] | None = None,
        hidden: Sequence[str] = (),
        questions: Sequence[str] = (),
        python: str | None = None,
    ) -> None:
        if not layers.confinement_possible():
            raise GraderError("student code can be confined on Linux only; here it can be graded without confinement (--simple)")
        libc.hide_memory()  # of the grader itself: an ordinary user's workers have its uid
        self._setup = control.Setup(kind, list(PACKAGES[kind] if allow is None else allow), list(questions), list(use))
        self._require = sorted(layers.required() if require is None else require)
        self._python = python
        self._lock = threading.Lock()
        self._root = scratch.make_root()
        self._process: Process | None = None
        self._preload = False
        self._jailed = False
        self.layers: list[str] = []
        self.remarks: list[str] = []
        self.exposed: list[str] = []
        try:
            self._look_around(self._start(), list(hidden))
            layers.insist(self.layers, self._require)
        except ZygoteLost as lost:
            self.close()
            raise GraderError(f"the grader's worker process does not start: {lost}") from None
        except BaseException:
            self.close()
            raise

    def ask(self, request: Request, wall_seconds: float = 30.0, patient: bool = True) -> Answer:
        """Ask one question. A hang is asked once more in a fresh process; a zygote that died is restarted and asked once more.

        patient: False where a hang counts at once.
        Raises GraderError when nobody can be asked this here (no such question, or the submission's folder is unreadable).
        """
        with self._lock:
            answer = self._try(request, wall_seconds)
            if (answer.hung and patient) or answer.fault:
                answer = self._try(request, wall_seconds)
                answer.retried = True
        return answer

    def oracle(self, entry: str = "autograder.grading.oracle:serve") -> socket.socket:
        """Fork a trusted, unconfined process that runs `entry` ("module:function") on one end of a stream; the other end is returned.

        It ends with the zygote. A zygote that died is restarted first. Raises GraderError when there is none to fork from.
        """
        with self._lock:
            try:
                return self._oracle(entry)
            except ZygoteLost:
                self._stop()
            try:
                return self._oracle(entry)
            except ZygoteLost as lost:
                raise GraderError(f"the grader's own process failed: {lost}") from None

    def _oracle(self, entry: str) -> socket.socket:
        """Raises ZygoteLost."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = self._process or self._start()
                process.tell(control.Oracle(entry), (theirs.fileno(),))
            process.expect(control.Done, START_SECONDS)
        except BaseException:
            ours.close()
            raise
        return ours

    def close(self) -> None:
        """End everything and remove the scratch folders."""
        with self._lock:
            self._stop()
            scratch.remove(self._root)

    def _try(self, request: Request, wall_seconds: float) -> Answer:
        began = time.monotonic()
        try:
            answer = self._order(self._process or self._start(), request, wall_seconds)
        except (ZygoteLost, OSError) as error:  # OSError: no descriptors, no disk, no processes left
            said = self._stop()
            fault = f"the grader's own process failed: {error}{f' ({said})' if said else ''}"
            return Answer(Reply(request.runs).runs, fault=fault, wall=time.monotonic() - began)
        except BaseException:  # interrupted half-way: nobody knows any more what the zygote is about to say
            self._stop()
            raise
        if answer.fault and answer.layers:  # said by the worker before it began: asking again would not help
            raise GraderError(answer.fault)
        return answer

    def _order(self, process: Process, request: Request | None, wall_seconds: float, look: Sequence[str] = ()) -> Answer:
        uid = uids.fresh() if layers.is_root() and "uid" in self._setup.layers else None
        with scratch.folder(self._root, uid) as folder:
            require = self._require if request else []
            order = Order(request, str(folder), uid, self._setup.layers, self._setup.allow, require, list(look))
            return visit(process, self._jail(order, folder) if self._jailed else order, wall_seconds, folder)

    def _jail(self, order: Order, folder: Path) -> Order:
        """The same order in a file system that ends at `folder`."""
        request = order.request
        jail.furnish(folder, request.folder if request else None, order.uid)
        inside = None if request is None else msgspec.structs.replace(request, folder=jail.SUBMISSION)
        require = [*order.require, "chroot"] if request else []
        return msgspec.structs.replace(order, request=inside, scratch=jail.SCRATCH, jail=str(folder), require=require)

    def _start(self) -> Process:
        self._process = Process(self._setup, self._root, self._python)
        if self._preload:
            self._load_everything(self._process)
        return self._process

    def _stop(self) -> str:
        process, self._process = self._process, None
        return process.stop() if process else ""

    def _look_around(self, process: Process, hidden: list[str]) -> None:
        """See from inside a worker which layers are active, and what can be read there."""
        library = [os.__file__, np.__file__, scipy.__file__, str(CHECK / "__init__.py")]
        answer = self._see(process, [*library, *hidden])
        unreadable = [path for path in library if path not in answer.readable]
        if unreadable:
            self.remarks.append(libraries.unreadable(unreadable[0]))
        self._jailed = "landlock" not in answer.layers and "chroot" in self._setup.layers and layers.is_root()
        if unreadable or self._jailed:
            self._preload = True
            self._load_everything(process)
        if self._jailed:
            inside = self._see(process, hidden)
            self._jailed = "chroot" in inside.layers
            answer = inside if self._jailed else answer
        self.layers = answer.layers
        self.exposed = [path for path in hidden if path in answer.readable]

    def _see(self, process: Process, look: list[str]) -> Answer:
        answer = self._order(process, None, FORK_SECONDS, look)
        if answer.fault:
            raise GraderError(f"a worker cannot be confined here: {answer.fault}")
        return answer

    def _load_everything(self, process: Process) -> None:
        process.tell(control.Preload())
        process.expect(control.Done, START_SECONDS)

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
