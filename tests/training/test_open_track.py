"""The open track: an own network within a budget, judged on logits of images without labels, on the leaderboard and never worth points."""

import dataclasses
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from autograder.check import layout
from autograder.check.trainer import Trouble
from autograder.frontends import gradescope
from autograder.grading.grade import grade
from autograder.grading.intake import take
from autograder.grading.result import Standing
from autograder.publish.handout import handout_text
from autograder.sandbox.errors import GraderError
from autograder.training import grading, open_track, question, store, wire
from autograder.training import images as imaging
from autograder.training.judging import Judging
from autograder.training.settings import Training

from .conftest import DIGEST, HERE, TINY, TinyCourse

OWN = """
import torch
from torch import nn


def build():
    convolution = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU())
    return nn.Sequential(convolution, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 10))
"""
OWN_TRAIN = """

from .training import train as theirs


def train(model, epochs, validate, lr, patience):
    return theirs(model, epochs, validate, lr=lr / 2, patience=patience)
"""
NUMBERS = 8 * 27 + 8 + 4 * 8 + 2 + 32 * 10 + 10  # 2: the count of batches is a whole number of eight bytes


@pytest.fixture
def course(tmp_path, few_images):
    return TinyCourse(tmp_path, Training(profile="tiny", profiles={"tiny": TINY}, open_parameters=1_000))


def packed(**arrays):
    safetensors = pytest.importorskip("safetensors.numpy")
    return safetensors.save({name: np.asarray(array) for name, array in arrays.items()})


def logits_of(array):
    return wire.Logits(*array.shape, np.asarray(array, "<f4").tobytes())


def test_a_network_of_ones_own_is_trained_confined_and_earns_an_entry_and_no_points(course, submission):
    """The one real run: training in one confined process, logits in another."""
    pytest.importorskip("torch")
    (submission.folder / "ps2" / "open_track.py").write_text(OWN + OWN_TRAIN)
    entry = open_track.run(Judging(course, "tiny", TINY, HERE), submission)
    assert entry.says == ""
    assert 0 <= entry.accuracy <= 1
    assert entry.parameters == NUMBERS

    record = store.Record(DIGEST, "tiny", store.task_digest(TINY), "judged", "", accuracy=0.5, open=entry)
    store.save(course.toml.parent / grading.PACKED, record, b"", course.secret)
    before = grading.judge(course, submission.folder, DIGEST, [])
    after = grading.open_track(course, submission.folder, DIGEST, before)
    assert (after.points, after.result.points, after.result.max_points) == (before.points, before.result.points, before.result.max_points)
    assert after.leaderboard == [
        Standing("Open track: accuracy", round(entry.accuracy, 4)),
        Standing("Open track: parameters", NUMBERS, lower=True),
    ]
    assert f"with {NUMBERS} of at most 1,000 parameters" in after.result.sentences[-1]


def test_a_submission_without_the_file_or_a_course_without_the_track_has_no_entry(course, submission):
    entry = store.OpenEntry(0.9, 500)
    record = store.Record(DIGEST, "tiny", store.task_digest(TINY), "judged", "", accuracy=0.5)
    result, points = question.graded(course.assignment, record, [])
    done = question.Judged(result, points, [], [], record)
    assert grading.open_track(course, submission.folder, DIGEST, done) is done
    off = Training(profiles={"tiny": TINY})
    assert not open_track.entered(off, submission.folder)
    assert question.standings(off, msgspec.structs.replace(record, open=entry)) == []


@pytest.mark.parametrize("fault", [False, True])
def test_a_grading_writes_the_points_down_before_the_open_track_and_keeps_them_whatever_comes_of_it(course, submission, monkeypatch, fault):
    def entry(judging, submission):
        if fault:
            raise GraderError("no process could be started")
        return store.OpenEntry(0.8, 500)

    (submission.folder / "ps2" / "open_track.py").write_text(OWN)
    record = store.Record(DIGEST, "tiny", store.task_digest(TINY), "judged", "", accuracy=0.95)
    monkeypatch.setattr(Judging, "run", lambda self, submission, tell=None: (record, b""))
    monkeypatch.setattr(open_track, "run", entry)
    monkeypatch.setattr(grading, "machine", lambda: HERE)
    seen = []
    result = grade(submission.folder, course, seen.append, only={"6.8"})
    assert [r.total for r in seen] == [0, 10, 10] and result.total == 10
    assert [len(r.leaderboard) for r in seen] == [0, 0, 0 if fault else 2]
    assert result.staff == (["the open track: no process could be started"] if fault else [])
    says = "not run yet" if fault else "accuracy 0.800 with 500 of at most 1,000"
    assert says in result.questions[0].sentences[-1]


def test_the_runs_accuracy_is_on_the_leaderboard_where_the_course_wants_it():
    record = store.Record(DIGEST, "tiny", "", "judged", "", accuracy=0.91239)
    assert question.standings(Training(leaderboard=True), record) == [Standing("Training run: accuracy", 0.9124)]
    assert question.standings(Training(), record) == []


def test_an_entry_over_a_budget_that_was_lowered_is_not_shown():
    record = store.Record(DIGEST, "tiny", "", "judged", "", open=store.OpenEntry(0.9, 900))
    assert len(question.standings(Training(open_parameters=900), record)) == 2
    assert question.standings(Training(open_parameters=899), record) == []


def test_gradescope_gets_the_leaderboard_in_its_own_words():
    from autograder.frontends.gradescope_run import unreached

    blank = unreached(TinyCourse(Path("/"), Training()).assignment)
    shown = msgspec.structs.replace(blank, leaderboard=[Standing("A", 0.5), Standing("B", 7, lower=True)])
    made = msgspec.json.decode(gradescope.render(shown))
    assert made["leaderboard"] == [{"name": "A", "value": 0.5, "order": "desc"}, {"name": "B", "value": 7, "order": "asc"}]
    assert gradescope.validate(gradescope.render(shown)) == []


# ---- what reaches student code


def test_its_hidden_images_are_not_those_of_the_judged_run_and_its_training_images_are(judging, course):
    source = judging.source(DIGEST)
    data, hidden, _ = imaging.draw(source, course.reference)
    again, others, _ = imaging.draw(open_track.own_hidden(source), course.reference)
    assert np.array_equal(data.train_images, again.train_images)
    distance = np.abs(hidden[:, None] - others[None]).max(axis=(2, 3, 4))
    assert distance.min() > 0.1


class Played:
    """In place of the processes: hands out what was asked, and takes what is answered."""

    def __init__(self, monkeypatch, weights, answer):
        self.given = []
        finished = wire.Finished(weights, [], [], 1.0, 128)
        ended = lambda message: open_track.Ended(message, ["x"], [], 1.0)  # noqa: E731
        monkeypatch.setattr(open_track, "trained", lambda *_: ended(finished))
        monkeypatch.setattr(open_track, "asked", lambda judging, submission, weights, hidden: self.ask(answer, hidden))

    def ask(self, answer, hidden):
        self.given.append(hidden)
        return answer(hidden)


def test_memorised_logits_are_worth_chance_because_the_order_is_new_each_time(judging, course, submission, monkeypatch):
    """The table is perfect for the order in which the images are drawn."""
    judging = dataclasses.replace(judging, course=course)
    _, drawn, labels = imaging.draw(open_track.own_hidden(judging.source(DIGEST)), course.reference)
    table = logits_of(np.eye(10, dtype=np.float32)[labels])
    played = Played(monkeypatch, packed(w=np.zeros(5, np.float32)), lambda hidden: table)
    accuracies = [open_track.run(judging, submission).accuracy for _ in range(5)]
    assert max(accuracies) < 0.3
    assert not np.array_equal(played.given[0], played.given[1])
    assert np.array_equal(np.sort(played.given[0], axis=None), np.sort(drawn, axis=None))


def test_right_logits_are_right_in_any_order(judging, course, submission, monkeypatch):
    judging = dataclasses.replace(judging, course=course)
    _, drawn, labels = imaging.draw(open_track.own_hidden(judging.source(DIGEST)), course.reference)
    known = {image.tobytes(): label for image, label in zip(drawn, labels, strict=True)}
    Played(
        monkeypatch,
        packed(w=np.zeros(5, np.float32)),
        lambda hidden: logits_of(np.eye(10)[[known[image.tobytes()] for image in hidden]]),
    )
    assert open_track.run(judging, submission) == store.OpenEntry(1.0, 5, 1.0)


# ---- hostile answers

LABELS = np.arange(20) % 10
GOOD = np.eye(10, dtype=np.float32)[LABELS]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (logits_of(GOOD[:-1]), r"shape \(19, 10\), expected \(20, 10\)"),
        (logits_of(GOOD[:, :9]), r"shape \(20, 9\)"),
        (wire.Logits(20, 10, b"\0" * 799), "shape"),
        (wire.Logits(1 << 60, 1 << 60, b""), "shape"),
        (wire.Logits(-20, -10, b"\0" * 800), "shape"),
        (logits_of(np.where(GOOD > 0, np.nan, GOOD)), "not finite"),
        (logits_of(np.where(GOOD > 0, np.inf, GOOD)), "not finite"),
    ],
)
def test_logits_of_another_shape_or_not_finite_are_refused(answer, says):
    with pytest.raises(Trouble, match=says):
        open_track.scored(answer, LABELS, 10)
    assert open_track.scored(logits_of(GOOD), LABELS, 10) == 1.0


def test_parameters_are_counted_by_their_bytes_so_that_no_type_holds_more_for_less():
    assert open_track.counted(packed(a=np.zeros((3, 5), np.float32)), 15) == 15
    assert open_track.counted(packed(a=np.zeros(15, np.float64)), 30) == 30
    assert open_track.counted(packed(a=np.zeros(15, np.uint8)), 30) == 4
    with pytest.raises(Trouble, match="has 16 parameters, and the track allows 15"):
        open_track.counted(packed(a=np.zeros(15, np.float32), hidden=np.zeros(1, np.float32)), 15)


@pytest.mark.parametrize("data", [b"", b"\x80\x04K\x01.", b"\xff" * 64, b'\x08\0\0\0\0\0\0\0{"a":1}x'])
def test_what_is_no_safetensors_is_no_entry(data):
    pytest.importorskip("safetensors")
    with pytest.raises(Trouble, match="cannot be read as safetensors"):
        open_track.counted(data, 10**9)


def test_the_better_entry_stays():
    good, bad, none = store.OpenEntry(0.9, 5), store.OpenEntry(0.5, 3), store.OpenEntry(says="no")
    assert open_track.better(None, bad) is bad
    assert open_track.better(good, bad) is good and open_track.better(good, none) is good
    assert open_track.better(bad, good) is good


def test_on_public_images_there_is_no_entry(judging, submission):
    public = dataclasses.replace(judging, profile=msgspec.structs.replace(TINY, images="cifar10"))
    assert "public" in open_track.run(public, submission).says


# ---- the file's way, and what students read


def test_the_file_gets_through_submit_and_intake_and_is_never_missed(tmp_path, course):
    wanted = course.assignment.files()
    files = {f"ps2/{name}": (course.reference / name).read_bytes() for name in wanted}
    assert not [r for r in layout.find(files, wanted).remarks if "open_track" in r]
    with_own = {**files, "ps2/open_track.py": OWN.encode()}
    assert layout.find(with_own, wanted).files["open_track.py"] == OWN.encode()
    path = tmp_path / "submission.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in with_own.items():
            archive.writestr(name, data)
    taken = take(path, tmp_path / "clean", given=course.reference, wanted=wanted)
    assert (tmp_path / "clean" / "ps2" / "open_track.py").read_bytes() == OWN.encode()
    assert not taken.faults and not taken.remarks


def test_the_handout_describes_the_track_where_there_is_one(course):
    def text(**settings):
        made = TinyCourse(course.toml.parent, Training(profile="tiny", profiles={"tiny": TINY}, **settings))
        made.toml = made.root / "assignment" / "assignment.toml"
        return handout_text(made)

    with_track, without = text(open_parameters=123_456), text()
    assert "at most 123,456 parameters" in with_track
    assert "open_track" not in without and "### Degradation, in words" in without
