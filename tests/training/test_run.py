"""Real runs, tiny: in the confined process, with students' code of every kind, up to the points."""

import dataclasses
import shutil
import struct
import tempfile
from pathlib import Path

import msgspec
import pytest

from autograder.check.trainer import Task
from autograder.course import this_course
from autograder.grading.grade import grade
from autograder.training import grading, store, wire
from autograder.training import images as imaging
from autograder.training import judging as judging_module
from autograder.training.judging import Judging, Submission
from autograder.training.run import Ended, reference_seconds, room

from .conftest import TINY

pytest.importorskip("torch")
DIGEST = "a" * 64


@pytest.fixture
def submission():
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are private, and a confined worker is another user
        folder = Path(name)
        shutil.copytree(this_course().reference, folder / "ps2", ignore=shutil.ignore_patterns("__pycache__"))
        folder.chmod(0o755)
        yield Submission(folder, DIGEST)


@pytest.fixture
def judging(course, here):
    return Judging(course, "tiny", TINY, here, confined=False)


def edit(submission, old, new, file="training.py"):
    path = submission.folder / "ps2" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


LOOP = "    optimizer = make_optimizer(model, lr)\n"


def test_a_confined_run_ends_with_an_accuracy_and_its_weights_measure_the_same_again(judging, submission, tmp_path):
    confined = dataclasses.replace(judging, confined=True)
    epochs = []
    record, weights = confined.run(submission, epochs.append)
    assert record.verdict == "judged", record.says
    assert 0 <= record.accuracy <= 1
    assert (record.images, record.parameters) == (128, 75_290)
    assert [e.images for e in epochs] == [64, 128] == [images for images, _ in record.curve]
    assert confined.again(record, weights).accuracy == record.accuracy


def test_a_student_who_reads_the_graders_files_gets_nothing_in_a_confined_run(judging, submission):
    secret = this_course().reference / "training.py"
    edit(submission, LOOP, f"    open({str(secret)!r}).read()\n{LOOP}")
    record, _ = dataclasses.replace(judging, confined=True).run(submission)
    assert record.verdict == "failed"
    assert "PermissionError" in record.says


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("    import os; os._exit(0)\n", "ended its own process"),
        ("    [p.data.fill_(float('nan')) for p in model.parameters()]\n    validate()\n", "no longer finite"),
    ],
)
def test_an_exit_and_a_nan_are_sentences(judging, submission, broken, says):
    edit(submission, LOOP, broken + LOOP)
    record, weights = judging.run(submission)
    assert record.verdict == "failed" and weights == b""
    assert says in record.says


def test_another_network_does_not_fit_the_reference(judging, submission):
    edit(submission, "self.fc = nn.Linear(channels, classes)", "self.fc = nn.Linear(channels, classes, bias=False)", "resnet.py")
    record, _ = judging.run(submission)
    assert record.verdict == "failed"
    assert 'no "fc.bias"' in record.says


def test_a_run_that_hangs_is_stopped(judging, submission):
    edit(submission, LOOP, f"    import time; time.sleep(60)\n{LOOP}")
    judging = dataclasses.replace(judging, profile=msgspec.structs.replace(TINY, seconds=0.3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging_module, "reference_seconds", lambda *_: 2.0)
        record, _ = judging.run(submission)
    assert record.verdict == "failed"
    assert "took longer than 3 s and was stopped; the reference takes 2 s on the same machine" in record.says


CASES = [("time", 2, "failed"), ("time", 50, "not judged"), ("memory", None, "not judged"), ("memory", 2, "failed"), ("code", 50, "failed")]


@pytest.mark.parametrize(("kind", "reference", "verdict"), CASES)
def test_a_run_fails_for_time_and_memory_only_where_the_reference_would_have_made_it(judging, monkeypatch, kind, reference, verdict):
    monkeypatch.setattr(judging_module, "reference_seconds", lambda *_: reference)
    stopped = wire.Stopped(kind, "took too long or too much")
    record = judging.stopped(Submission(Path("/"), DIGEST), None, stopped, Ended(stopped), limit=30.0)
    assert record.verdict == verdict


def test_the_reference_is_timed_by_a_few_of_its_steps(judging, course):
    data, _, _ = imaging.draw(judging.source(DIGEST), course.reference)
    with room(data, ("torch",), confined=False) as place:
        seconds = reference_seconds(place, course.reference, TINY.task(0), 2 << 30)
    assert seconds is not None and 0 < seconds < 60


def test_a_grading_uses_a_stored_result_and_refuses_an_altered_one(course):
    record = store.Record(DIGEST, "tiny", store.task_digest(TINY), "judged", "", accuracy=0.9)
    packed = course.toml.parent / grading.PACKED
    path = store.save(packed, record, b"", course.secret)
    course.assignment = msgspec.structs.replace(
        course.assignment, training=msgspec.structs.replace(course.assignment.training, profile="stored")
    )
    result, points, staff = grading.judge(course, Path("/"), DIGEST, [])
    assert (result.id, result.status, points, staff) == ("6.8", "passed", 10, [])
    path.write_bytes(path.read_bytes().replace(b"0.9", b"0.99"))
    result, points, staff = grading.judge(course, Path("/"), DIGEST, [])
    assert (result.status, points) == ("not reached", 0)
    assert "altered" in staff[0]


def test_a_whole_grading_ends_with_the_run_and_its_points(course):
    seen = []
    result = grade(this_course().reference.parent, course, seen.append, only={"6.8"})
    assert [q.id for q in result.questions] == ["6.8"]
    assert seen[0].questions[0].status == "not reached"
    assert result.finished and result.max_total == 10
    assert "accuracy 0." in result.questions[0].sentences[0]


def test_what_cannot_be_read_is_malformed_and_never_trusted():
    reader = wire.Reader()
    assert reader.feed(wire.frame(wire.Epoch(1, 64, 0.5, 1.0))) == [wire.Epoch(1, 64, 0.5, 1.0)]
    assert reader.feed(struct.pack("<I", 3) + b"abc") == [] and reader.malformed
    flood = wire.Reader()
    flood.feed(struct.pack("<I", wire.LARGEST + 1))
    assert flood.malformed


def test_every_image_is_seen_once_before_any_is_seen_again():
    import numpy as np
    import torch

    from autograder.check.trainer import Batches, Data

    images = np.arange(96, dtype=np.float32).reshape(96, 1, 1, 1) * np.ones((1, 3, 4, 4), np.float32)
    data = Data(images, np.arange(96), images[:2], np.arange(2))
    task = Task(epochs=3, epoch_images=40, batch=16)
    batches = Batches(task, data)
    seen = [[(x[:, 0, 0, 0].long(), y) for x, y in epoch] for epoch in batches.epochs()]
    assert [sum(len(y) for _, y in epoch) for epoch in seen] == [40, 40, 40]
    assert all(torch.equal(x, y) for epoch in seen for x, y in epoch)
    moved = Batches(dataclasses.replace(task, shift=1, mirror=True), data)
    assert next(next(moved.epochs()))[0].shape == (16, 3, 4, 4)
