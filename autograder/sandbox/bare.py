"""The process behind `simple`: the same answering without any confinement."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

import msgspec

from ..check.question import load_questions
from . import wire
from .answering import answer
from .libraries import run_file
from .stage import Stage


def main(questions: Sequence[str]) -> None:
    """Never returns."""
    load_questions()
    for path in questions:
        run_file(path)
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=wire.Order)
    answer_fd = take_over_streams()
    if order.request is not None:
        limit_cpu(order.request.cpu_seconds)
    answer(order, Stage([path for path in sys.path[1:] if path]), ["clean environment"], answer_fd)
    sys.stdout.flush()
    os._exit(0)


def take_over_streams() -> int:
    """The answer goes where stdout went; what is printed goes to stderr; there is nothing to read."""
    answer_fd = os.dup(1)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(answer_fd, os.O_BINARY)
    return answer_fd


def limit_cpu(seconds: float) -> None:
    """Where the platform can, beyond what loading has cost."""
    if sys.platform != "win32":
        import resource

        limit = int(time.process_time() + seconds) + 1
        _, ceiling = resource.getrlimit(resource.RLIMIT_CPU)
        if ceiling == resource.RLIM_INFINITY or limit < ceiling:
            resource.setrlimit(resource.RLIMIT_CPU, (limit, ceiling))
