"""What the grader and its zygote say to each other, over a socket that keeps messages apart. Both ends are trusted."""

from __future__ import annotations

import math
import select
import socket
from collections.abc import Iterable

import msgspec


class Setup(msgspec.Struct, tag=True, frozen=True):
    """First of all: what to load. questions: files to run for questions of their own."""

    kind: str
    allow: list[str]
    questions: list[str]
    layers: list[str]


class Preload(msgspec.Struct, tag=True, frozen=True):
    """Import whatever students may import, since workers cannot read it themselves."""


class Fork(msgspec.Struct, tag=True, frozen=True):
    """Fork a worker. With it come three descriptors: the order to read, the answer and the output to write."""

    uid: int | None


class Kill(msgspec.Struct, tag=True, frozen=True):
    """Kill the worker now."""


class Oracle(msgspec.Struct, tag=True, frozen=True):
    """Fork a trusted process that runs `entry` ("module:function") on the socket that comes with this."""

    entry: str


class Done(msgspec.Struct, tag=True, frozen=True):
    """Setup, Preload or Oracle is done. fault: why it is not."""

    fault: str = ""


class Forked(msgspec.Struct, tag=True, frozen=True):
    pid: int


class Exited(msgspec.Struct, tag=True, frozen=True):
    """A worker is gone, with all that it may have left behind. status: as from wait. cpu: seconds. survivors: nothing could kill them."""

    status: int
    cpu: float
    survivors: int = 0


Message = Setup | Preload | Fork | Kill | Oracle | Done | Forked | Exited
LARGEST = 1 << 16
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def wait(descriptors: Iterable[int], seconds: float | None) -> list[int]:
    """Those that have something to be read, or have ended. (select() knows no descriptor beyond 1023.)"""
    poll = select.poll()
    for fd in descriptors:
        poll.register(fd, select.POLLIN)
    return [fd for fd, _ in poll.poll(None if seconds is None else max(0, math.ceil(seconds * 1000)))]


def send(end: socket.socket, message: Message, descriptors: tuple[int, ...] = ()) -> None:
    """Raises OSError when the other end is gone."""
    socket.send_fds(end, [_encoder.encode(message)], descriptors)


def receive(end: socket.socket) -> tuple[Message | None, list[int]]:
    """The next message with its descriptors, None when the other end is gone."""
    try:
        data, descriptors, _, _ = socket.recv_fds(end, LARGEST, 3)
    except ConnectionError:
        return None, []
    return (_decoder.decode(data) if data else None), list(descriptors)
