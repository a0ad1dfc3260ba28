"""The trusted side of judging: runs the reference, judges a student's recording against it, finds the words for what failed.

It lives in a process of its own (a fork of the zygote that no worker descends from), because it alone may load the reference.
"""

from __future__ import annotations

import functools
import socket
import struct
from fractions import Fraction
from pathlib import Path

import msgspec

from ..assignment import Telling
from ..check import scoring
from ..check.histogram import Histogram
from ..check.package import Package
from ..check.question import Question, load_questions
from ..check.recording import record
from ..sandbox import wire
from .diagnose import Diagnosis, diagnose
from .explain import explain_failures, unpaid_failures
from .histograms import histograms_of
from .redraw import Memory, Redraw
from .replay import Run


class RunData(msgspec.Struct, frozen=True):
    """One run of the student's code, on its way to the oracle. checked: with the numerical gradient check."""

    level: int | None
    seed: bytes
    items: dict[str, dict[str, wire.Array] | wire.Fault]
    ended: wire.Fault | None = None
    checked: bool = True


class Ask(msgspec.Struct, frozen=True):
    """Judge `graded` and explain what failed: by the smallest of `ladder` that fails, and by the cause, where `again` confirms it.

    again: a second seed at full size.
    weights: of the groups. consistent: the share paid for the true derivative of a catalogued wrong forward.
    telling: how much of it is told; the share never depends on that.
    """

    question: str
    reference: str
    weights: dict[str, str]
    consistent: str
    telling: Telling
    graded: RunData
    ladder: list[RunData] = []
    again: RunData | None = None


class RowData(msgspec.Struct, frozen=True):
    item: str
    passed: bool
    ratio: float


class Judged(msgspec.Struct, frozen=True):
    """share: the exact fraction of the points, as text. stub: nothing was written yet. fault: why the grader could not judge."""

    rows: list[RowData] = []
    share: str = "0"
    sentences: list[str] = []
    stub: bool = False
    causes: list[str] = []
    histograms: list[Histogram] = []
    fault: str = ""


class Oracle:
    """Judges questions against the reference in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.questions = load_questions()
        self.reference = Package(folder, "ps2_reference")
        self.latest: tuple[tuple[str, bytes], Run] | None = None
        self.explaining: dict[tuple[str, int | None], Run] = {}

    def judge(self, ask: Ask) -> Judged:
        """Never raises: a fault of the grader comes back as one."""
        try:
            return self._judge(ask)
        except scoring.ReferenceFault as fault:
            return Judged(fault=str(fault))
        except Exception as error:
            return Judged(fault=f"judging raised {type(error).__name__}: {error}"[:400])

    def _judge(self, ask: Ask) -> Judged:
        question = self.questions[ask.question]
        graded = self.graded(question, ask.graded)
        weights = {group: Fraction(w) for group, w in ask.weights.items()}
        rows = [row for row in graded.rows if ask.graded.checked or row.group != scoring.GRADIENT_CHECK]
        share = scoring.share(rows, weights)
        sentences = unpaid_failures(question, rows)
        found = Diagnosis()
        if share < 1 and ask.graded.checked:  # what fails in a first look is judged again, and explained then
            ladder = [functools.cache(functools.partial(self.explained, question, data)) for data in ask.ladder]
            if ask.again is not None:
                found = diagnose(question, self.reference, [graded, self.explained(question, ask.again)], ladder[-1]() if ladder else None)
                share = scoring.share(rows, weights, {g: Fraction(ask.consistent) for g in found.consistent})
            sentences = explain_failures(question, self.reference, rows, graded, ladder, found, ask.telling)
        return Judged(
            rows=[RowData(r.item, r.verdict.passed, r.verdict.ratio) for r in rows],
            share=str(share),
            sentences=sentences,
            stub=scoring.nothing_written(rows, graded.items, graded.ended),
            causes=[cause.misconception.id for cause in found.causes],
            histograms=histograms_of(rows, graded) if share < 1 and ask.graded.checked and ask.telling != "none" else [],
        )

    def graded(self, question: Question, data: RunData) -> Run:
        """The graded run; what failed is judged twice in a row, beside one run of the reference."""
        key = (question.id, data.seed)
        if self.latest is None or self.latest[0] != key:
            self.latest = (key, self.unanswered(question, data))
        return answered(self.latest[1], data)

    def explained(self, question: Question, data: RunData) -> Run:
        """A run that explains. Its inputs are every submission's, so what the reference and known mistakes yield on them is kept."""
        key = (question.id, data.level)
        if key not in self.explaining or self.explaining[key].seed != data.seed:
            self.explaining[key] = self.unanswered(question, data)
        return answered(self.explaining[key], data)

    def unanswered(self, question: Question, data: RunData) -> Run:
        """The reference's run on these inputs, beside which a student's is put."""
        memory: Memory = {}
        want = record(question, self.reference, Redraw(data.seed, data.level, memory), trusted=True)
        if want.ended is not None:
            raise scoring.ReferenceFault("the whole run", want.ended)
        return Run(data.level, data.seed, want, {}, None, memory)


def answered(run: Run, data: RunData) -> Run:
    """With the student's answers."""
    items = {name: wire.to_value(parts) for name, parts in data.items.items()}
    return run.answered(items, wire.to_failure(data.ended) if data.ended else None)


def serve(connection: socket.socket) -> None:
    """Answer asks until the grader hangs up. The first message names the reference's folder."""
    oracle = Oracle(Path(receive(connection).decode()))
    send(connection, b"ready")
    while data := receive(connection):
        ask = msgspec.msgpack.decode(data, type=Ask)
        send(connection, msgspec.msgpack.encode(oracle.judge(ask)))


def send(connection: socket.socket, data: bytes) -> None:
    connection.sendall(struct.pack("<I", len(data)) + data)


def receive(connection: socket.socket) -> bytes:
    """One message; b"" when the other side hung up."""
    head = exactly(connection, 4)
    return exactly(connection, struct.unpack("<I", head)[0]) if len(head) == 4 else b""


def exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(min(count - len(data), 1 << 20))
        if not piece:
            return b""
        data += piece
    return bytes(data)
