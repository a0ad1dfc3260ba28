"""What a worker's answer is for the grader, and the sentences for every way in which a worker can stop early."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field

from ..check.verdict import Failure
from .reply import Reply, RunAnswer
from .wire import Request

HANGS = ("time", "cpu")
"""Kinds of `stopped` that are asked once more before they count."""


@dataclass
class Answer:
    """One question's answer.

    runs: as requested, with whatever arrived. stopped: why the worker ended before it was through, None when every run is complete;
    its kind is "time", "cpu", "memory", "threads", "files", "output", "malformed", "signal" or "exit". fault: not empty when the grader
    itself failed, which must never cost the student. output: what was printed, shortened. outputs: of each run, where all of it can be told
    apart. wall, cpu: seconds. layers: those that were
    active. survivors: processes that outlived it (always 0, else something is badly wrong). readable: only for an order without a request.
    """

    runs: list[RunAnswer]
    stopped: Failure | None = None
    fault: str = ""
    output: str = ""
    outputs: list[str] | None = None
    wall: float = 0.0
    cpu: float = 0.0
    retried: bool = False
    layers: list[str] = field(default_factory=list)
    survivors: int = 0
    readable: list[str] = field(default_factory=list)

    @property
    def hung(self) -> bool:
        return self.stopped is not None and self.stopped.kind in HANGS


def why(reply: Reply, killed: Failure | None, code: int, cpu: float, request: Request) -> Failure | None:
    """Why the worker stopped early. killed: why the grader killed it, if it did. code: its exit code, or −signal."""
    if reply.complete:
        return None
    if reply.malformed:
        return Failure("malformed", "sent a reply that cannot be read, and what was left of it does not count")
    return killed or of_code(code, cpu, request)


def of_code(code: int, cpu: float, request: Request) -> Failure:
    """The end of a process that nobody killed from outside."""
    if code >= 0:
        return Failure("exit", f"ended its own process (exit status {code}) before the question was answered")
    number = -code
    if number == getattr(signal, "SIGXCPU", None) or (number == 9 and cpu >= request.cpu_seconds):
        return too_much_cpu(request)
    if number == 9:
        return Failure("memory", "was killed by the system, most likely because memory ran out")
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    hint = {"SIGSEGV": ", often a recursion without end", "SIGSYS": ": it called something that is not allowed here"}.get(name, "")
    return Failure("signal", f"crashed ({name}{hint})")


def too_much_cpu(request: Request) -> Failure:
    return Failure("cpu", f"used more than {request.cpu_seconds:g} s of computing time and was stopped")


def too_long(seconds: float) -> Failure:
    return Failure("time", f"took longer than {seconds:g} s and was stopped")


def broken_off() -> Failure:
    return Failure("malformed", "broke off its connection to the grader")


def too_much_output(most: int) -> Failure:
    return Failure("output", f"printed more than {most >> 20} MB and was stopped")
