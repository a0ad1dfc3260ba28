"""What crosses the process boundary: messages, their framing, and the limits that hold for what comes back.

Each message is MessagePack behind a length of four bytes. A `Request` goes to the worker; `Ready`, `Item`s and an `End` a run come back.
All of them may be forged, since student code shares the worker's process: decoding raises `WireError` and nothing else, and looks at a
length before it makes anything of that length.
"""

from __future__ import annotations

import math
import sys
import unicodedata
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from ..check import verdict
from ..check.recording import Item as Value
from ..check.verdict import Failure, Parts

DTYPES = {"bool"} | {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)} | {"float16", "float32", "float64"}
NAMES = {np.dtype(name): name for name in DTYPES}
"""Asking a dtype for its name takes longer than sending an array. Those of another byte order are not among them."""
SIZES = {name: dtype.itemsize for dtype, name in NAMES.items()}
LARGEST_ITEM = 32 << 20  # bytes of arrays
LARGEST_REPLY = 64 << 20
LARGEST_FRAME = LARGEST_ITEM + (1 << 16)
MOST_ITEMS = 200  # a run
MOST_PARTS = 100  # an item
MOST_DIMENSIONS = 8
LONGEST_SIDE = 1 << 24
LONGEST_NAME = 200
LONGEST_SENTENCE = 600


class WireError(Exception):
    """What arrived is not what a worker sends."""


class Run(msgspec.Struct, frozen=True):
    """One run of a question.

    level: None for full size, else an index into the ladder of small sizes. checked: with the numerical gradient check.
    question: where it is another than the request's.
    """

    level: int | None
    seed: bytes
    checked: bool = True
    question: str = ""


class Request(msgspec.Struct, frozen=True):
    """One question for one worker, or several under the same rules.

    folder: holds `ps2/`. cpu_seconds: for all runs together. memory: bytes beyond the empty worker's own. forbid: modules that this
    question does not allow (a convenience, not a wall).
    """

    question: str
    folder: str
    runs: list[Run]
    cpu_seconds: float = 10.0
    memory: int = 1 << 30
    forbid: list[str] = []


class Order(msgspec.Struct, frozen=True):
    """A request with what the client adds to it. A request of None only asks what the confinement looks like from inside.

    require: without these layers the worker must not run anything. look: paths whose readability is to be reported. jail: the folder at
    which the worker's file system is to end; `scratch` and the request's folder are then paths inside of it.
    """

    request: Request | None
    scratch: str
    uid: int | None
    layers: list[str]
    allow: list[str]
    require: list[str] = []
    look: list[str] = []
    jail: str | None = None


class Fault(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A `Failure` on its way."""

    kind: Literal["raised", "stub", "type"]
    says: str


class Array(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """An array: name of its dtype, shape, and its bytes in C order."""

    dtype: str
    shape: Annotated[list[int], msgspec.Meta(max_length=MOST_DIMENSIONS)]
    data: bytes


class Ready(msgspec.Struct, tag="ready", frozen=True, forbid_unknown_fields=True):
    """Sent once, before any student code runs, so its word can be trusted.

    layers: those active. fault: why the grader cannot ask this question. readable: which paths of `Order.look` could be read.
    """

    layers: list[str]
    fault: str = ""
    readable: list[str] = []


class Item(msgspec.Struct, tag="item", frozen=True, forbid_unknown_fields=True):
    """One yielded item of one run."""

    run: int
    name: str
    parts: Annotated[dict[str, Array], msgspec.Meta(max_length=MOST_PARTS)] | Fault


class End(msgspec.Struct, tag="end", frozen=True, forbid_unknown_fields=True):
    """A run is over. ended: how it stopped early, if it did. printed: bytes that Python printed in this and earlier runs."""

    run: int
    ended: Fault | None = None
    printed: Annotated[int, msgspec.Meta(ge=0, le=1 << 40)] = 0


Message = Ready | Item | End
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def frame(message: msgspec.Struct) -> bytes:
    """A message as it travels."""
    framed = bytearray()
    append(framed, message)
    return bytes(framed)


def append(buffer: bytearray, message: msgspec.Struct) -> int:
    """Put a message, as it travels, behind others; or nothing of it, where memory runs out. Returns how many bytes it takes."""
    start = len(buffer)
    try:
        buffer += bytes(4)
        _encoder.encode_into(message, buffer, start + 4)
    except BaseException:
        del buffer[start:]
        raise
    buffer[start : start + 4] = (len(buffer) - start - 4).to_bytes(4, "little")
    return len(buffer) - start


class Frames:
    """Cuts a stream into messages as it arrives. Raises WireError on the first that no worker sends."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._total = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes."""
        self._total += len(data)
        if self._total > LARGEST_REPLY + (1 << 20):
            raise WireError(f"more than {LARGEST_REPLY >> 20} MB")
        self._buffer += data
        while len(self._buffer) >= 4:
            size = int.from_bytes(self._buffer[:4], "little")
            if size > LARGEST_FRAME:
                raise WireError(f"a message of {size} bytes")
            if len(self._buffer) < 4 + size:
                return
            message = bytes(self._buffer[4 : 4 + size])
            del self._buffer[: 4 + size]
            yield decode(message)


def decode(data: bytes) -> Message:
    """One message."""
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise WireError(f"not a message ({type(error).__name__})") from None


def to_item(run: int, name: str, value: Value, room: int = LARGEST_ITEM) -> Item:
    """An item ready to be sent; what the wire does not carry becomes the sentence that says so. room: bytes that may still be sent."""
    return Item(run, clean(name, LONGEST_NAME), to_fault(value) if isinstance(value, Failure) else to_arrays(value, room))


def to_arrays(parts: Parts, room: int) -> dict[str, Array] | Fault:
    if len(parts) > MOST_PARTS:
        return Fault("type", f"has {len(parts)} entries, at most {MOST_PARTS} can be judged")
    sent, size, most = {}, 0, min(room, LARGEST_ITEM)
    for name, array in parts.items():
        dtype, shape = NAMES.get(array.dtype), array.shape
        if dtype is None or len(shape) > MOST_DIMENSIONS or max(shape, default=0) > LONGEST_SIDE:
            return not_carried(name, array)
        size += array.nbytes
        if size <= most:
            sent[clean(name, LONGEST_NAME)] = Array(dtype, list(shape), array.tobytes())
    return sent if size <= most else Fault("type", f"has {size / 2**20:.0f} MB, far more than was asked")


def not_carried(name: str, array: verdict.Array) -> Fault:
    label = f'entry "{clean(name, 40)}" ' if name else ""
    if array.dtype not in NAMES:
        return Fault("type", f"{label}has dtype {array.dtype}, expected ordinary numbers")
    return Fault("type", f"{label}has a shape far beyond what was asked ({array.ndim} dimensions, {array.size} entries)")


def to_fault(failure: Failure) -> Fault:
    kind: Any = failure.kind if failure.kind in ("raised", "stub", "type") else "raised"
    return Fault(kind, clean(failure.says))


def sound(parts: dict[str, Array] | Fault) -> dict[str, Array] | Fault:
    """What arrived, with names and sentences that are safe to print. Raises WireError unless `to_value` can make arrays of it."""
    if isinstance(parts, Fault):
        return Fault(parts.kind, clean(parts.says))
    if len(parts) > MOST_PARTS or any(len(name) > LONGEST_NAME for name in parts):
        raise WireError("too many or too long names")
    if sum(len(a.data) for a in parts.values()) > LARGEST_ITEM:
        raise WireError("an item too large")
    for array in parts.values():
        check_array(array)
    return {clean(name, LONGEST_NAME): array for name, array in parts.items()}


def to_value(parts: dict[str, Array] | Fault) -> Value:
    """What the grader works on: arrays of its own, or the failure. parts: `sound`."""
    return to_failure(parts) if isinstance(parts, Fault) else {name: to_array(array) for name, array in parts.items()}


def to_failure(fault: Fault) -> Failure:
    return Failure(fault.kind, clean(fault.says))


def check_array(array: Array) -> None:
    """Raises WireError unless dtype, shape and number of bytes agree."""
    shape = array.shape
    if array.dtype not in DTYPES or len(shape) > MOST_DIMENSIONS or (shape and not 0 <= min(shape) <= max(shape) <= LONGEST_SIDE):
        raise WireError("an array of a forbidden kind or shape")
    if math.prod(shape) * SIZES[array.dtype] != len(array.data):
        raise WireError("an array whose shape and bytes disagree")
    # where one side is 0, numpy refuses others whose product overflows
    if not array.data and math.prod(side or 1 for side in shape) * SIZES[array.dtype] > sys.maxsize:
        raise WireError("an array of an impossible shape")


def to_array(array: Array) -> verdict.Array:
    """A writable array of its own."""
    if array.dtype == "bool":  # any byte but 0 and 1 would make a bool that is neither
        return np.array(np.frombuffer(array.data, np.uint8).reshape(array.shape), bool)
    return np.array(np.frombuffer(array.data, array.dtype).reshape(array.shape))


def clean(text: str, longest: int = LONGEST_SENTENCE) -> str:
    """`text` on one line, without control, formatting or surrogate characters, and not longer than `longest`."""
    if len(text) <= longest and text.isascii() and text.isprintable():  # nearly always, and there are thousands in a grading
        return text
    text = "".join(" " if c in "\n\r\t" else c for c in text[: 4 * longest] if c in "\n\r\t" or unicodedata.category(c)[0] != "C")
    return text if len(text) <= longest else text[: longest - 1] + "…"
