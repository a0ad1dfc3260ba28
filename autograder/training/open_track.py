"""The open track at the grader's: train the student's own network, count its parameters, have another process compute its logits, compare.

The images that it is judged on are not those of the judged run, and reach student code without labels, in an order drawn for this once.
"""

from __future__ import annotations

import dataclasses
import hmac
from pathlib import Path

import numpy as np

from ..check import open_track
from ..check.trainer import Data, Task, Trouble
from ..check.verdict import Array
from . import images, wire
from .judging import Judging, Submission
from .run import SAFETY, Ended, OnEpoch, room
from .settings import Training
from .store import OpenEntry


def entered(training: Training, folder: Path) -> bool:
    """Whether the course has the track and the submission in `folder` takes part."""
    return training.open_parameters > 0 and (folder / "ps2" / open_track.FILE).is_file()


def run(judging: Judging, submission: Submission, tell: OnEpoch = lambda epoch: None) -> OpenEntry:
    """Raises GraderError for a fault of the machine."""
    source = judging.source(submission.digest)
    if source.preset == "cifar10":
        return OpenEntry(says="the images of this course's run are public, labels and all, so there is nothing to judge on")
    data, hidden, labels = images.draw(own_hidden(source), judging.course.reference)
    ended = trained(judging, submission, data, judging.profile.task(source.number("open track")), tell)
    if isinstance(ended.message, wire.Stopped):
        return OpenEntry(says=ended.message.says, seconds=ended.seconds)
    assert isinstance(ended.message, wire.Finished)
    try:
        count = counted(ended.message.weights, judging.course.assignment.training.open_parameters)
        order = np.random.default_rng().permutation(len(hidden))
        answer = asked(judging, submission, ended.message.weights, hidden[order])
        accuracy = scored(answer, labels[order], images.formulas(judging.course.reference).CLASSES)
    except Trouble as trouble:
        return OpenEntry(says=str(trouble), seconds=ended.seconds)
    return OpenEntry(accuracy, count, ended.seconds)


def own_hidden(source: images.Source) -> images.Source:
    """The same images to train on, other hidden ones."""
    return dataclasses.replace(source, hidden_key=hmac.digest(source.key, b"open track", "sha256"))


def trained(judging: Judging, submission: Submission, data: Data, task: Task, tell: OnEpoch) -> Ended:
    with room(data, judging.allowed(), judging.confined) as place:
        return place.run(submission.folder, task, SAFETY * judging.profile.seconds, judging.profile.memory_mb << 20, tell, work="open")


def counted(weights: bytes, budget: int) -> int:
    """How many parameters they are. Raises Trouble for too many, and for what is no safetensors."""
    import safetensors.numpy

    try:
        size = sum(array.nbytes for array in safetensors.numpy.load(weights).values())
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise Trouble("code", f"the weights cannot be read as safetensors ({type(error).__name__})") from None
    if (count := open_track.parameters(size)) > budget:
        raise Trouble("code", f"the network has {count:,} parameters, and the track allows {budget:,}")
    return count


def asked(judging: Judging, submission: Submission, weights: bytes, hidden: Array) -> wire.Logits:
    """The logits, from a process that never saw a labelled image. Raises Trouble where it sends none."""
    given = open_track.Hidden(hidden, np.frombuffer(weights, np.uint8))
    task = dataclasses.replace(judging.profile.task(0), device="cpu", graphs=False)
    with room(given, judging.allowed(), judging.confined) as place:
        limit, memory = SAFETY * judging.profile.seconds, judging.profile.memory_mb << 20
        message = place.run(submission.folder, task, limit, memory, work="logits").message
    if isinstance(message, wire.Stopped):
        raise Trouble(message.kind, f"when asked for logits, it {message.says}")
    assert isinstance(message, wire.Logits)
    return message


def scored(answer: wire.Logits, labels: Array, classes: int) -> float:
    """The fraction of images whose largest logit is that of their label. Raises Trouble for what are not finite logits of them all."""
    shape = (answer.rows, answer.columns)
    if shape != (len(labels), classes) or len(answer.data) != 4 * len(labels) * classes:
        raise Trouble("code", f"the logits have shape {shape}, expected ({len(labels)}, {classes})")
    logits = np.frombuffer(answer.data, "<f4").reshape(shape)
    if not np.isfinite(logits).all():
        raise Trouble("code", "the logits hold numbers that are not finite")
    return float((logits.argmax(axis=1) == labels).mean())


def better(old: OpenEntry | None, new: OpenEntry) -> OpenEntry:
    return old if old is not None and (old.accuracy or 0.0) > (new.accuracy or 0.0) else new
