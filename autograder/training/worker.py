"""The process that trains: started afresh for each run, confined before it imports the student's package.

It holds the labelled images and nothing else of the grader's: no seed, no reference, no hidden image. (The open track's logits come from
a process that holds hidden images without labels and no labelled one.) torch is imported while there is
one thread, and confinement comes before the second, because Landlock binds only the thread that calls it; a GPU is touched after that.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import msgspec
import numpy as np

from ..check import open_track, trainer
from ..check.package import Package
from ..check.question import load_questions
from ..check.recording import failure
from ..sandbox import libc, libraries, limits, seccomp, stage
from ..sandbox.answering import readable
from ..sandbox.confine import Plan, common_rules, confine
from . import gpu, wire


def main(answer_fd: int) -> None:
    """The order comes on stdin. Never returns."""
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=wire.Order)
    task = trainer.Task(**order.task)
    load_questions()
    data = load(order.data)
    prepare(confined=bool(order.layers))
    active, fault = ["clean environment"], ""
    scene = stage.Stage(libraries.search_path())
    if order.layers:
        active = confine(plan(order, answer_fd))
        missing = [layer for layer in order.require if layer not in active]
        fault = f'the confinement layer "{missing[0]}" is not active' if missing else ""
    if not fault and not readable(f"{order.folder}/ps2/__init__.py"):
        fault = f"a worker cannot read {order.folder}/ps2: are its parent folders private?"
    send(answer_fd, wire.Ready(active, fault))
    if not fault:
        os.chdir(order.scratch)
        os.environ.update(HOME=order.scratch, TMPDIR=order.scratch)
        scene.set_up(order.allow, [], order.folder)
        stage.reseed(b"training run %d" % task.seed)
        send(answer_fd, outcome(order, task, data, answer_fd))
    sys.stdout.flush()
    os._exit(0)


def load(path: str) -> trainer.Data | open_track.Hidden:
    with np.load(path, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    return open_track.Hidden(**found) if "weights" in found else trainer.Data(**found)


def prepare(confined: bool) -> None:
    """Whatever is imported late anyway, as long as files can be read, and one operation, which settles the kernels in use."""
    import safetensors.numpy  # noqa: F401
    import torch

    from ..sandbox.zygote import warm_up_torch

    warm_up_torch()
    if confined and any(libraries.private_folder(str(module.__file__)) for module in (os, torch)):
        libraries.load_everything()


def plan(order: wire.Order, answer_fd: int) -> Plan:
    names, cuda = libraries.loaded_packages(), order.task["device"] == "cuda"
    read = [*libraries.standard_library(), *libraries.system_libraries(), *libraries.packages(sorted(names))]
    try:
        program = seccomp.build(listening=cuda)
    except (ImportError, RuntimeError, OSError):
        program = None
    libc.hide_memory()
    return Plan(
        layers=order.layers,
        uid=order.uid,
        rules=[*common_rules(read, libraries.search_path()), *(gpu.rules() if cuda else [])],
        folder=order.folder,
        scratch=order.scratch,
        jail=None,
        program=program,
        keep={answer_fd},
        cpu_seconds=order.cpu_seconds,
        memory=gpu.ADDRESSES if cuda else order.memory,
        size=limits.own_size(),
    )


def outcome(order: wire.Order, task: trainer.Task, data: trainer.Data | open_track.Hidden, answer_fd: int) -> wire.Message:
    """The run, and whatever stops it, as a message."""

    def tell(progress: trainer.Progress) -> None:
        send(answer_fd, wire.Epoch(progress.epoch, progress.images, progress.error, progress.seconds))

    try:
        ps2 = Package(f"{order.folder}/ps2")
        if isinstance(data, open_track.Hidden):
            return logits(task, data)
        run = (open_track.perform if order.work == "open" else trainer.perform)(ps2, task, data, tell)
        return wire.Finished(packed(run.weights), run.losses[: wire.MOST_LOSSES], run.errors, run.seconds, run.images)
    except trainer.Trouble as trouble:
        return wire.Stopped(trouble.kind, str(trouble))
    except BaseException as error:  # sys.exit() in a student's file as well
        told = failure(error)
        return wire.Stopped("stub" if told.kind == "stub" else "code", told.says)


def logits(task: trainer.Task, hidden: open_track.Hidden) -> wire.Logits:
    import safetensors.numpy

    found = open_track.logits(safetensors.numpy.load(hidden.weights.tobytes()), hidden.images, task)
    rows, columns = found.shape
    return wire.Logits(rows, columns, np.ascontiguousarray(found, "<f4").tobytes())


def packed(weights: dict[str, Any]) -> bytes:
    import safetensors.numpy

    data: bytes = safetensors.numpy.save(weights)
    return data


def send(fd: int, message: wire.Message) -> None:
    view = memoryview(wire.frame(message))
    while view:
        view = view[os.write(fd, view) :]
