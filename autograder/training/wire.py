"""Between the grader and the process that trains: one order in, a stream of messages out, hostile until decoded."""

from __future__ import annotations

import struct
from typing import Annotated, Any, Literal

import msgspec

LARGEST = 64 << 20  # bytes of one message; the weights are the largest
MOST_LOSSES = 200_000
MOST_EPOCHS = 10_000
LONGEST = 400  # characters of a sentence

Work = Literal["run", "open", "logits"]
"""The judged run; the open track's training; the open track's logits from the weights of that."""


class Order(msgspec.Struct, frozen=True):
    """What the worker is to do. folder: holds ps2/. data: the images, an .npz that only the grader may read. task: fields of trainer.Task.

    layers: of confinement, none for the reference.
    """

    folder: str
    data: str
    task: dict[str, Any]
    scratch: str
    uid: int | None = None
    layers: list[str] = []
    require: list[str] = []
    allow: list[str] = []
    cpu_seconds: float = 600.0
    memory: int = 2 << 30
    work: Work = "run"


class Ready(msgspec.Struct, tag=True, frozen=True):
    """Student code runs after this and not before. fault: why it will not."""

    layers: Annotated[list[str], msgspec.Meta(max_length=100)]
    fault: str = ""


class Epoch(msgspec.Struct, tag=True, frozen=True):
    """As trainer.Progress."""

    epoch: int
    images: int
    error: float
    seconds: float


class Finished(msgspec.Struct, tag=True, frozen=True):
    """weights: safetensors, never a pickle."""

    weights: bytes
    losses: Annotated[list[float], msgspec.Meta(max_length=MOST_LOSSES)]
    errors: Annotated[list[float], msgspec.Meta(max_length=MOST_EPOCHS)]
    seconds: float
    images: int


class Logits(msgspec.Struct, tag=True, frozen=True):
    """Of the hidden images, in the order in which they came. data: little-endian float32, a row an image."""

    rows: int
    columns: int
    data: bytes


class Stopped(msgspec.Struct, tag=True, frozen=True):
    """kind: "code", "stub", "diverged", "memory" or "device"; the grader adds "time", "ended" and "malformed"."""

    kind: str
    says: str


Message = Ready | Epoch | Finished | Logits | Stopped
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def frame(message: Message) -> bytes:
    data = _encoder.encode(message)
    return struct.pack("<I", len(data)) + data


class Reader:
    """Takes bytes as they come and gives whole messages. `malformed` once something else came."""

    def __init__(self) -> None:
        self._data = bytearray()
        self.malformed = False

    def feed(self, data: bytes) -> list[Message]:
        self._data += data
        found: list[Message] = []
        while len(self._data) >= 4 and not self.malformed:
            length = struct.unpack("<I", self._data[:4])[0]
            if length > LARGEST:
                self.malformed = True
            elif len(self._data) >= 4 + length:
                try:
                    found.append(_decoder.decode(bytes(self._data[4 : 4 + length])))
                except msgspec.DecodeError:
                    self.malformed = True
                del self._data[: 4 + length]
            else:
                break
        return found
