"""At home the student's code runs in this very process, so that a debugger works; here is what keeps it from disturbing the checks.

Nothing in here is a defence. It gives the same conditions as in the grader: no keyboard, no windows, prints kept aside, a time limit.
"""

from __future__ import annotations

import _thread
import builtins
import io
import os
import pdb
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MOST_OUTPUT = 100_000  # bytes kept of what the student's code prints


class Kept(io.BytesIO):
    """Keeps the first bytes and forgets the rest."""

    def write(self, data) -> int:  # type: ignore[no-untyped-def]  # the stub's type for `data` is newer than Python 3.10
        view = memoryview(data).cast("B")
        super().write(view[: max(0, MOST_OUTPUT - self.tell())])
        return len(view)


def kept_output() -> io.TextIOWrapper:
    return io.TextIOWrapper(Kept(), encoding="utf-8", errors="replace", write_through=True)


@dataclass
class Contained:
    """What happened inside `contained`: `output` as printed, `overran` whether the time limit struck."""

    printed: io.TextIOWrapper = field(default_factory=kept_output)
    overran: bool = False

    @property
    def output(self) -> str:
        kept = self.printed.buffer
        assert isinstance(kept, Kept)
        return kept.getvalue().decode("utf-8", "replace").replace("\r\n", "\n")


@contextmanager
def contained(seconds: float) -> Iterator[Contained]:
    """Run what is inside without keyboard, with its prints kept and warnings silent; KeyboardInterrupt after `seconds`."""
    os.environ["MPLBACKEND"] = "Agg"  # plt.show() opens no window and does not wait
    happened = Contained()
    before = sys.stdin, sys.stdout, sys.stderr, os.getcwd(), np.geterr()
    keyboard = builtins.input, sys.breakpointhook, pdb.set_trace
    stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")  # at its end from the start
    sys.stdin, sys.stdout, sys.stderr = stdin, happened.printed, happened.printed
    if not debugging():
        nobody_at_the_keyboard()
    try:
        with warnings.catch_warnings(), time_limit(seconds, happened):
            warnings.simplefilter("ignore")
            yield happened
    finally:
        sys.stdin, sys.stdout, sys.stderr = before[:3]
        builtins.input, sys.breakpointhook, pdb.set_trace = keyboard
        np.seterr(**before[4])
        restore_folder(before[3])


def nobody_at_the_keyboard() -> None:
    """What waits for somebody to type raises instead, on the line where it stands; in the grader's worker as well."""

    def no_input(prompt: object = "", /) -> str:
        raise EOFError("input() asks for something to be typed, and nobody is there: remove it before you submit")

    def no_debugger(*_: Any, **__: Any) -> None:
        raise RuntimeError("a breakpoint stops here: remove it before you submit")

    builtins.input = no_input
    sys.breakpointhook = no_debugger
    pdb.set_trace = no_debugger


def restore_folder(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError:  # the student's code removed it
        return


@contextmanager
def time_limit(seconds: float, happened: Contained) -> Iterator[None]:
    """Interrupt the main thread after `seconds`, as Ctrl-C would, also where Ctrl-C is ignored (a shell's background job); not in a
    debugger, where time stands still."""
    if debugging() or threading.current_thread() is not threading.main_thread():
        yield
        return
    lock, running = threading.Lock(), [True]

    def strike() -> None:
        with lock:
            if running:
                happened.overran = True
                interrupt()

    timer = threading.Timer(seconds, strike)
    timer.daemon = True
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        yield
    finally:
        with lock:
            running.clear()
        timer.cancel()
        if before is not None:  # None: set by something that is not Python
            signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    """A real signal where there is one: it also ends a sleep."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def debugging() -> bool:
    return sys.gettrace() is not None or bool({"debugpy", "pydevd"} & sys.modules.keys())
