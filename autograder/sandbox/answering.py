"""What a worker does with its order, confined or not: run the probe on the student's package and stream what it yields."""

from __future__ import annotations

import os
import tempfile

from ..check.draw import Draw
from ..check.package import Package
from ..check.question import REGISTRY, Question
from ..check.recording import Item, failure, record
from ..check.scoring import unchecked
from . import stage, wire
from .traces import Traces


def answer(order: wire.Order, scene: stage.Stage, active: list[str], answer_fd: int) -> None:
    """Everything that is sent. Student code runs after `Ready` and not before."""
    request = order.request
    sender = Sender(answer_fd)
    if request is None:
        sender.send(wire.Ready(active, readable=[path for path in order.look if readable(path)]))
        return
    questions = [run.question or request.question for run in request.runs] or [request.question]
    unknown = [id for id in questions if id not in REGISTRY]
    missing = [layer for layer in order.require if layer not in active]
    if missing:
        sender.send(wire.Ready(active, f'the confinement layer "{missing[0]}" is not active'))
    elif unknown:
        sender.send(wire.Ready(active, f"there is no question {unknown[0]}"))
    elif not readable(f"{request.folder}/ps2/__init__.py"):
        sender.send(wire.Ready(active, f"a worker cannot read {request.folder}/ps2: are its parent folders private?"))
    else:
        sender.send(wire.Ready(active))
        go_to(order.scratch)
        scene.set_up(order.allow, request.forbid, request.folder)
        perform(request, sender)


def readable(path: str) -> bool:
    try:
        if os.path.isdir(path):
            os.listdir(path)
        else:
            with open(path, "rb") as file:
                file.read(1)
    except OSError:
        return False
    return True


def go_to(scratch: str) -> None:
    os.chdir(scratch)
    os.environ.update(HOME=scratch, TMPDIR=scratch, TORCHINDUCTOR_CACHE_DIR=scratch)
    tempfile.tempdir = None  # remembered from the zygote


def perform(request: wire.Request, sender: Sender) -> None:
    """Every run in turn, each question's on an import of the student's package of its own. Ends early where one file left traces that
    another would see."""
    package: Package | BaseException | None = None
    names = [run.question or request.question for run in request.runs]
    several = len({REGISTRY[name].file for name in names}) > 1
    asked, traces = "", Traces() if several else None
    for number, (run, name) in enumerate(zip(request.runs, names, strict=True)):
        if traces and asked and REGISTRY[name].file != REGISTRY[asked].file and traces.left():
            return
        if package is None or name != asked:
            asked, package = name, imported(request.folder)
        sender.whole = not run.checked  # of a first look, or a run that explains
        stage.reseed(run.seed)
        ended = run_once(REGISTRY[name], package, run, number, sender)
        sender.send(wire.End(number, ended, stage.printed()))


def imported(folder: str) -> Package | BaseException:
    try:
        return Package(f"{folder}/ps2")
    except BaseException as error:
        return error


def run_once(question: Question, package: Package | BaseException, run: wire.Run, number: int, sender: Sender) -> wire.Fault | None:
    def emit(name: str, item: Item) -> None:
        sender.item(number, name, item)

    try:
        if isinstance(package, BaseException):
            raise package
        asked = question if run.checked else unchecked(question)
        ended = record(asked, package, Draw(run.seed, run.level), emit).ended
    except BaseException as error:  # what `record` lets through: KeyboardInterrupt, and memory that ran out while sending
        ended = failure(error)
    return wire.to_fault(ended) if ended else None


class Sender:
    """Writes messages, and keeps an honest reply within the wire's limits.

    whole: a run's items only together with its end mark. Only of a graded run it counts what came before it was stopped, and each
    write wakes the grader.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.whole = False
        self._held = bytearray()
        self._room = wire.LARGEST_REPLY

    def item(self, run: int, name: str, value: Item) -> None:
        size = wire.append(self._held, wire.to_item(run, name, value, self._room))
        self._room = max(0, self._room - size)
        if not self.whole:
            self._write()

    def send(self, message: wire.Message) -> None:
        wire.append(self._held, message)
        self._write()

    def _write(self) -> None:
        sent = 0
        with memoryview(self._held) as view:
            while sent < len(view):
                sent += os.write(self._fd, view[sent:])
        self._held.clear()
