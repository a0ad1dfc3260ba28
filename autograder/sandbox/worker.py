"""A confined worker: reads its order, gives up its rights, answers, and ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from . import landlock, stage, wire
from .answering import answer
from .confine import Plan, confine
from .limits import Size

_exit = os._exit  # student code may replace it in its module
_orders = msgspec.msgpack.Decoder(wire.Order)


@dataclass(frozen=True)
class Base:
    """What every worker of a zygote inherits: what Landlock allows, its stage, the seccomp filter, the zygote's size."""

    rules: Sequence[landlock.Rule]
    stage: stage.Stage
    program: bytes | None
    size: Size


def main(base: Base, order_fd: int, answer_fd: int, output_fd: int) -> None:
    """Run in the fork. Never returns."""
    status = 70
    try:
        order = _orders.decode(read_all(order_fd))
        standard_streams(output_fd)
        active = confine(plan(base, order, answer_fd))
        answer_fd = move(answer_fd, 3)
        answer(order, base.stage, active, answer_fd)
        status = 0
        sys.stdout.flush()
    except BaseException as error:  # before `Ready` this is a fault of the grader, and its client prints it
        with contextlib.suppress(BaseException):
            os.write(2, f"{type(error).__name__}: {error}\n".encode(errors="replace"))
    _exit(status)


def read_all(fd: int) -> bytes:
    with open(fd, "rb") as pipe:
        return pipe.read()


def standard_streams(output_fd: int) -> None:
    """Nothing to read; whatever is printed goes to the grader."""
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(output_fd, 1)
    os.dup2(output_fd, 2)


def move(fd: int, place: int) -> int:
    """Below the limit of open files, which the zygote's own descriptors may have pushed it beyond."""
    if fd != place:
        os.dup2(fd, place)
        os.close(fd)
    return place


def plan(base: Base, order: wire.Order, answer_fd: int) -> Plan:
    request = order.request
    return Plan(
        layers=order.layers,
        uid=order.uid,
        rules=base.rules,
        folder=request.folder if request else None,
        scratch=order.scratch,
        jail=order.jail,
        program=base.program,
        keep={answer_fd},
        cpu_seconds=request.cpu_seconds if request else 10,
        memory=request.memory if request else 1 << 30,
        size=base.size,
    )
