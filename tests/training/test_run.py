"""Real runs, tiny: in the confined process, with students' code of every kind, up to the points."""

import contextlib
import dataclasses
import os
import struct
import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from autograder.check.trainer import Task
from autograder.course import this_course
from autograder.grading.grade import grade
from autograder.training import grading, measuring, store, wire, worker
from autograder.training import images as imaging
from autograder.training import judging as judging_module
from autograder.training.judging import Judging, Submission
from autograder.training.run import MALFORMED, Ended, Watch, reference_seconds, room
from autograder.training.settings import Training

from .conftest import DIGEST, HERE, LOOP, TINY, TinyCourse, copied, edit

pytest.importorskip("torch")

# ---- one confined run, looked at from several sides


@pytest.fixture(scope="module")
def confined(few_images):
    """Of a student who tries to read the grader's files on the way, and to have 3 GB where the profile allows 2.

    (judging, record, weights, epochs)
    """
    with tempfile.TemporaryDirectory() as name:
        submission = copied(Path(name))
        secret = str(this_course().reference / "training.py")
        snoop = (
            f"    try:\n        open({secret!r}).read()\n        raise SystemExit('was read')\n    except PermissionError:\n        pass\n"
        )
        greed = "    try:\n        torch.ones(3 << 28)\n        raise SystemExit('has too much')\n    except RuntimeError:\n        pass\n"
        edit(submission, LOOP, snoop + greed + LOOP)
        judging = Judging(TinyCourse(submission.folder, Training(profile="tiny", profiles={"tiny": TINY})), "tiny", TINY, HERE)
        epochs = []
        record, weights = judging.run(submission, epochs.append)
        yield judging, record, weights, epochs


def test_a_confined_run_ends_with_an_accuracy_and_keeps_from_the_graders_files_and_within_its_memory(confined):
    _, record, _, epochs = confined
    assert record.verdict == "judged", record.says
    assert 0 <= record.accuracy <= 1
    assert (record.images, record.parameters) == (128, 75_290)
    assert [e.images for e in epochs] == [64, 128] == [images for images, _ in record.curve]


def test_its_weights_measure_the_same_again(confined, monkeypatch):
    judging, record, weights, _ = confined
    monkeypatch.setattr(measuring, "measure", measured_here)
    assert judging.again(record, weights).accuracy == record.accuracy


def measured_here(weights, images, labels, reference, depth, width):
    """As measuring.measure, without its process."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "w").write_bytes(weights)
        np.savez(place / "hidden.npz", images=images, labels=labels)
        return measuring.measured(measuring.Ask(str(place / "w"), str(place / "hidden.npz"), str(reference), depth, width))


def test_a_whole_grading_ends_with_the_run_and_its_points(course, confined, monkeypatch):
    _, record, weights, _ = confined
    monkeypatch.setattr(Judging, "run", lambda self, submission, tell=None: (record, weights))
    monkeypatch.setattr(grading, "machine", lambda: HERE)
    seen = []
    result = grade(this_course().reference.parent, course, seen.append, only={"6.8"})
    assert [q.id for q in result.questions] == ["6.8"]
    assert seen[0].questions[0].status == "not reached"
    assert result.finished and result.max_total == 10
    assert "accuracy 0." in result.questions[0].sentences[0]


@pytest.mark.slow
def test_too_much_memory_in_a_confined_run_is_a_sentence(course, here, submission, monkeypatch):
    edit(submission, LOOP, f"    much = torch.ones(3 << 28)\n{LOOP}")  # 3 GB, and the profile allows 2
    monkeypatch.setattr(judging_module, "reference_seconds", lambda *_: 2.0)
    record, weights = Judging(course, "tiny", TINY, here).run(submission)
    assert (record.verdict, weights) == ("failed", b"")
    assert record.says == "the run was out of memory; the reference takes 2 s on the same machine"


# ---- what student code does to a run, in this process


def outcome(submission, judging, task=None):
    """What the worker would send, from `outcome` on."""
    data, _, _ = imaging.draw(judging.source(DIGEST), judging.course.reference)
    order = wire.Order(str(submission.folder), "", {}, "")
    with open(os.devnull, "wb") as nowhere:
        return worker.outcome(order, task or TINY.task(0), data, nowhere.fileno())


def test_a_nan_is_a_sentence(judging, submission):
    edit(submission, LOOP, f"    [p.data.fill_(float('nan')) for p in model.parameters()]\n    validate()\n{LOOP}")
    message = outcome(submission, judging)
    assert (message.kind, "no longer finite" in message.says) == ("diverged", True)


@pytest.mark.parametrize("code", ["raise MemoryError", "torch.empty(1 << 46)", "import numpy; numpy.ones(1 << 46)"])
def test_memory_that_runs_out_is_a_sentence(judging, submission, code):
    edit(submission, LOOP, f"    {code}\n{LOOP}")
    assert outcome(submission, judging) == wire.Stopped("memory", "the run was out of memory")


def test_another_network_does_not_fit_the_reference(judging, submission):
    edit(submission, "self.fc = nn.Linear(channels, classes)", "self.fc = nn.Linear(channels, classes, bias=False)", "resnet.py")
    finished = outcome(submission, judging)
    _, hidden, labels = imaging.draw(judging.source(DIGEST), judging.course.reference)
    found = measured_here(finished.weights, hidden, labels, judging.course.reference, TINY.depth, TINY.width)
    assert found.accuracy is None
    assert 'no "fc.bias"' in found.trouble


def test_losses_and_errors_that_are_no_numbers_do_not_spoil_the_record(judging, submission, tmp_path):
    """JSON has no NaN: a record with one could be written and never be read again."""
    ended = Ended(wire.Stopped("code", ""), ["x"], [float("nan"), float("inf")], 1.0)
    losses = judging_module.thinned([float("nan"), 1e308, 1e308, float("-inf"), 2.0])
    record = store.Record(DIGEST, "tiny", store.task_digest(TINY), "judged", "", accuracy=0.5, curve=judging.curve(ended), losses=losses)
    store.save(tmp_path, record, b"", b"k" * 32)
    assert store.find(tmp_path, DIGEST, b"k" * 32, {"tiny": TINY}).curve == [(64, 1.0), (128, 1.0)]


# ---- watching, on a pipe with hand-made bytes

READY = wire.frame(wire.Ready(["clean environment"]))
DONE = wire.Finished(b"weights", [0.5], [0.1], 1.0, 128)


def watched(*sent, seconds=30.0, awaited=wire.Finished, closed=True):
    """How a process that wrote this would have ended."""
    ours, theirs = os.pipe()
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, ours)
        os.write(theirs, b"".join(s if isinstance(s, bytes) else wire.frame(s) for s in sent))
        if closed:
            os.close(theirs)
        else:
            stack.callback(os.close, theirs)
        return Watch(ours, lambda epoch: None, awaited).until_end(seconds)


def test_of_two_results_the_first_counts():
    other = wire.Finished(b"other", [], [], 1.0, 0)
    assert watched(READY, DONE, other).message == DONE
    assert watched(READY, wire.Stopped("code", "raised"), DONE).message == wire.Stopped("code", "raised")


def test_a_result_before_the_process_was_ready_has_no_layers_and_is_no_result():
    assert watched(DONE).layers == []  # for which run.watched raises GraderError


def test_a_second_ready_neither_renames_the_layers_nor_starts_the_clock_anew():
    late = wire.frame(wire.Ready(["all of them"], "a fault"))
    ended = watched(READY, late, DONE)
    assert (ended.message, ended.layers) == (DONE, ["clean environment"])


def test_an_answer_of_another_kind_than_was_asked_for_is_malformed():
    logits = wire.Logits(1, 10, b"\0" * 40)
    assert watched(READY, logits, DONE).message == MALFORMED
    assert watched(READY, DONE, awaited=wire.Logits).message == MALFORMED
    assert watched(READY, logits, awaited=wire.Logits).message == logits


def test_a_process_that_ends_itself_or_says_nothing_is_told():
    assert "ended its own process" in watched(READY).message.says
    silent = watched(READY, seconds=0.05, closed=False)
    assert (silent.message.kind, silent.message.says) == ("time", "took longer than 0 s and was stopped")


def test_a_process_that_never_stops_writing_is_stopped_by_the_clock():
    with open("/dev/zero", "rb") as endless:
        watch = Watch(endless.fileno(), lambda epoch: None)
        watch.reader.feed = lambda data: [wire.Ready([])]  # as fast as it can, for ever
        assert watch.until_end(0.2).message.kind == "time"


def test_epochs_without_end_are_malformed():
    epoch = wire.frame(wire.Epoch(1, 64, 0.5, 1.0))
    watch = Watch(-1, lambda epoch: None)
    assert not any(watch.take(message, 1.0) for message in watch.reader.feed(epoch * wire.MOST_EPOCHS))
    assert watch.take(watch.reader.feed(epoch)[0], 1.0) == MALFORMED


def test_sentences_of_a_worker_are_bounded_and_harmless():
    says = watched(READY, wire.Stopped("code", "\x1b[2J" + "x" * 5_000)).message.says
    assert len(says) < 2 * wire.LONGEST
    assert "\x1b" not in says


@pytest.mark.parametrize("field", ["losses", "errors"])
def test_lists_longer_than_any_run_are_malformed(field):
    flood = msgspec.structs.replace(DONE, **{field: [0.0] * (wire.MOST_LOSSES + 1)})
    reader = wire.Reader()
    assert reader.feed(wire.frame(flood)) == [] and reader.malformed


def test_what_cannot_be_read_is_malformed_and_never_trusted():
    reader = wire.Reader()
    assert reader.feed(wire.frame(wire.Epoch(1, 64, 0.5, 1.0))) == [wire.Epoch(1, 64, 0.5, 1.0)]
    assert reader.feed(struct.pack("<I", 3) + b"abc") == [] and reader.malformed
    flood = wire.Reader()
    flood.feed(struct.pack("<I", wire.LARGEST + 1))
    assert flood.malformed


# ---- too slow, too large

CASES = [("time", 2, "failed"), ("time", 50, "not judged"), ("memory", None, "not judged"), ("memory", 2, "failed"), ("code", 50, "failed")]


@pytest.mark.parametrize(("kind", "reference", "verdict"), CASES)
def test_a_run_fails_for_time_and_memory_only_where_the_reference_would_have_made_it(
    judging, submission, monkeypatch, kind, reference, verdict
):
    monkeypatch.setattr(judging_module, "reference_seconds", lambda *_: reference)
    stopped = wire.Stopped(kind, "took too long or too much")
    record = judging.stopped(submission, None, stopped, Ended(stopped), limit=30.0)
    assert record.verdict == verdict


def test_a_process_that_hangs_is_killed(judging, course, monkeypatch):
    """A real process, though not one that imports torch: it says that it is ready, and sleeps."""
    from autograder.training import run as running

    def command(_, code):
        fd = code.split("main(")[1].rstrip(")")
        return [sys.executable, "-c", f"import os, time; print(os.getpid(), flush=True); os.write({fd}, {READY!r}); time.sleep(60)"]

    monkeypatch.setattr(running.launch, "command", command)
    data, _, _ = imaging.draw(judging.source(DIGEST), course.reference)
    with room(data, (), confined=False) as place:
        ended = place.run(course.reference.parent, TINY.task(0), 0.2, 2 << 30)
    assert ended.message.kind == "time"
    with pytest.raises(ProcessLookupError):
        os.kill(int(ended.output), 0)


def test_the_reference_is_timed_by_a_few_of_its_steps(judging, course):
    class Here:
        """A Room without processes."""

        def run(self, folder, task, seconds, memory, trusted):
            assert trusted and folder == course.reference.parent
            self.task = task
            return Ended(outcome(Submission(folder, DIGEST), judging, task), ["x"])

    here = Here()
    many = dataclasses.replace(TINY.task(0), epochs=1000)
    seconds = reference_seconds(here, course.reference, many, 2 << 30)
    assert here.task.steps == 12 and here.task.images == 12 * many.batch
    assert seconds is not None and seconds > 0


@pytest.mark.slow
def test_a_run_that_hangs_is_stopped_and_the_reference_is_timed(judging, submission):
    """Both processes are real."""
    edit(submission, LOOP, f"    import time; time.sleep(60)\n{LOOP}")
    judging = dataclasses.replace(judging, profile=msgspec.structs.replace(TINY, seconds=0.3))
    timed = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging_module, "reference_seconds", lambda *more: timed.append(reference_seconds(*more)) or 2.0)
        record, _ = judging.run(submission)
    assert record.verdict == "failed"
    assert "took longer than 3 s and was stopped; the reference takes 2 s on the same machine" in record.says
    assert timed[0] is not None and 0 < timed[0] < 60


def test_a_grading_uses_a_stored_result_and_refuses_an_altered_one(course):
    record = store.Record(DIGEST, "tiny", store.task_digest(TINY), "judged", "", accuracy=0.9)
    packed = course.toml.parent / grading.PACKED
    path = store.save(packed, record, b"", course.secret)
    course.assignment = msgspec.structs.replace(
        course.assignment, training=msgspec.structs.replace(course.assignment.training, profile="stored")
    )
    done = grading.judge(course, Path("/"), DIGEST, [])
    assert (done.result.id, done.result.status, done.points, done.staff) == ("6.8", "passed", 10, [])
    path.write_bytes(path.read_bytes().replace(b"0.9", b"0.99"))
    done = grading.judge(course, Path("/"), DIGEST, [])
    assert (done.result.status, done.points) == ("not reached", 0)
    assert "altered" in done.staff[0]


def test_every_image_is_seen_once_before_any_is_seen_again():
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
