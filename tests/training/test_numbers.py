"""Thresholds, ramps, profiles and the [training] table: everything about the run that needs no torch."""

import json
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from autograder.assignment import AssignmentError, load_assignment
from autograder.course import this_course
from autograder.grading.result import QuestionResult
from autograder.sandbox.errors import GraderError
from autograder.training import question, store, thresholds
from autograder.training.judging import best, thinned
from autograder.training.profiles import Machine, chosen, cpu_share
from autograder.training.settings import Profile, Training

CPU = Profile(images="small", device="cpu", depth=8, epochs=16, epoch_images=2500, seconds=60)
GPU = msgspec.structs.replace(CPU, device="cuda")


@pytest.mark.parametrize(("n", "k"), [(20, 4.32), (30, 4.02), (50, 3.77)])
def test_tolerance_factors_are_those_of_the_tables(n, k):
    assert thresholds.tolerance_factor(n) == pytest.approx(k, abs=0.005)


def test_a_threshold_holds_for_honest_runs_and_is_not_given_for_a_few():
    random = np.random.default_rng(0)
    reached = [
        (1 / (1 + np.exp(-random.normal(2.8, 0.2, 1000))) >= thresholds.threshold(1 / (1 + np.exp(-random.normal(2.8, 0.2, 30))))).mean()
        for _ in range(200)
    ]
    assert np.mean(np.array(reached) >= 0.999) > 0.9
    with pytest.raises(ValueError, match="too few"):
        thresholds.threshold([0.9] * 9)


def test_the_ramp_is_exact_at_both_ends():
    assert thresholds.share(0.60, 0.6, 0.8) == 0
    assert thresholds.share(0.70, 0.6, 0.8) == Fraction(1, 2)
    assert thresholds.share(0.95, 0.6, 0.8) == 1
    assert thresholds.share(0.10, 0.6, 0.8) == 0


def test_auto_takes_the_first_profile_of_the_device_and_explains_a_machine_that_is_too_small():
    training = Training(profile="auto", profiles={"gpu": GPU, "cpu": CPU})
    assert chosen(training, "auto", Machine(device="cuda", cpus=8))[0] == "gpu"
    assert chosen(training, "auto", Machine(device="cpu", cpus=2, memory_mb=4000))[0] == "cpu"
    assert chosen(training, "auto", Machine(device="mps", cpus=8))[0] == "cpu"
    for machine, says in (
        (Machine(device="cpu", cpus=0.5, memory_mb=768), r"0\.5 CPUs and 768 MB"),
        (Machine(), "needs torch, which is not installed"),
    ):
        with pytest.raises(GraderError, match=says):
            chosen(training, "auto", machine)
    with pytest.raises(GraderError, match="needs cuda"):
        chosen(training, "gpu", Machine(device="cpu", cpus=8))
    with pytest.raises(GraderError, match='no profile "tpu"'):
        chosen(training, "tpu", Machine(device="cpu", cpus=8))


def test_the_containers_quota_counts(tmp_path):
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert cpu_share(tmp_path) == 0.5


def written(tmp_path, old, new):
    text = this_course().toml.read_text()
    assert old in text
    path = tmp_path / "assignment.toml"
    path.write_text(text.replace(old, new))
    return path


def test_the_run_is_off_by_default_and_counts_when_it_is_on(tmp_path):
    off = this_course().assignment
    assert not off.training.on and off.training_points() == 0
    points = int(off.total()) // 9
    path = written(tmp_path, 'profile = "off"               # off | auto', 'profile = "cpu"  # ')
    path.write_text(path.read_text().replace("points = 10                   # a tenth", f"points = {points}  #"))
    on = load_assignment(path)
    assert on.total() == off.total() + points


def test_mistakes_in_the_table_are_sentences(tmp_path):
    with pytest.raises(AssignmentError, match=r'training\.profile is "cup", expected one of off, auto, stored, gpu-large'):
        load_assignment(written(tmp_path, 'profile = "off"               # off', 'profile = "cup" # off'))
    path = written(tmp_path, 'profile = "off"               # off', 'profile = "cpu" # off')
    path.write_text(path.read_text().replace("points = 10                   # a tenth", "points = 400 # a tenth"))
    with pytest.raises(AssignmentError, match="at most a tenth"):
        load_assignment(path)


def test_the_plateau_rule_has_room_to_fire_twice_in_every_profile():
    for profile in this_course().assignment.training.profiles.values():
        assert profile.epochs >= 3 * (profile.patience + 1)


# ---- results as questions, records on disk


def a_record(**more):
    made = store.Record("d" * 64, "cpu", store.task_digest(CPU), "judged", "", accuracy=0.7, images=40_000, curve=[(2500, 0.3)])
    return msgspec.structs.replace(made, **more)


def graded(record, zero=0.6, full=0.8, earlier=()):
    profiles = {"cpu": msgspec.structs.replace(CPU, zero=zero, full=full)}
    assignment = msgspec.structs.replace(this_course().assignment, training=Training(profile="cpu", profiles=profiles))
    return question.graded(assignment, record, earlier)


def test_points_follow_the_ramp():
    result, points = graded(a_record())
    assert (result.status, points, result.points, result.max_points) == ("partial", 5, 5, 10)
    assert graded(a_record(accuracy=0.9))[0].status == "passed"
    assert graded(a_record(accuracy=0.3))[0].status == "failed"


def test_the_run_by_itself_has_points_where_gradings_leave_it_out():
    training = Training(profile="off", profiles={"cpu": msgspec.structs.replace(CPU, zero=0.6, full=0.8)})
    result, points = question.graded(msgspec.structs.replace(this_course().assignment, training=training), a_record(), ())
    assert (points, result.max_points) == (5, 10)


def test_an_uncalibrated_profile_reports_and_awards_nothing():
    result, points = graded(a_record(), None, None)
    assert points == 0 and result.status == "fault"
    assert "no thresholds yet" in result.sentences[0]


def test_the_earlier_question_that_blocks_is_named():
    block = QuestionResult("5.4", 5, "BasicBlock", 1, 4, "partial")
    result, _ = graded(a_record(accuracy=0.3), earlier=[block])
    assert "5.4 BasicBlock lost points: mend that first" in " ".join(result.sentences)


def test_a_network_that_is_not_the_reference_is_told():
    result, _ = graded(a_record(accuracy=0.12, curve=[(2500, 0.05)]))
    assert "your network computes something else" in " ".join(result.sentences)


def test_not_judged_is_a_fault_of_the_machine():
    result, points = graded(a_record(verdict="not judged", accuracy=None, says="took longer than 600 s"))
    assert (result.status, points) == ("fault", 0)
    assert "not yours" in result.sentences[0]


SECRET = b"k" * 32
PROFILES = {"cpu": CPU}


def test_a_record_comes_back_as_it_was_written(tmp_path):
    path = store.save(tmp_path, a_record(weights="w"), b"weights", SECRET)
    found = store.find(tmp_path, "d" * 64, SECRET, PROFILES)
    assert found is not None and found.accuracy == 0.7
    assert store.find(tmp_path, "e" * 64, SECRET, PROFILES) is None
    assert path.with_suffix(".safetensors").read_bytes() == b"weights"


def test_an_altered_record_is_refused(tmp_path):
    path = store.save(tmp_path, a_record(), b"", SECRET)
    path.write_bytes(path.read_bytes().replace(b"0.7", b"0.9"))
    with pytest.raises(store.StoreError, match="altered"):
        store.find(tmp_path, "d" * 64, SECRET, PROFILES)


def test_a_stale_record_is_refused(tmp_path):
    store.save(tmp_path, a_record(grader_version="0.0.1"), b"", SECRET)
    with pytest.raises(store.StoreError, match=r"of grader 0\.0\.1"):
        store.find(tmp_path, "d" * 64, SECRET, PROFILES)
    store.save(tmp_path, a_record(), b"", SECRET)
    with pytest.raises(store.StoreError, match='as profile "cpu" was before'):
        store.find(tmp_path, "d" * 64, SECRET, {"cpu": msgspec.structs.replace(CPU, epochs=20)})


def test_a_ramp_may_change_without_training_anew(tmp_path):
    store.save(tmp_path, a_record(), b"", SECRET)
    assert store.find(tmp_path, "d" * 64, SECRET, {"cpu": msgspec.structs.replace(CPU, zero=0.1, full=0.2)})


def test_the_better_run_stays_and_a_run_that_was_not_judged_replaces_none():
    good, better, none = a_record(), a_record(accuracy=0.8), a_record(verdict="not judged", accuracy=None)
    assert best(good, better) is better and best(better, good) is better
    assert best(good, none) is good and best(None, none) is none and best(none, good) is good
    failed = a_record(verdict="failed", accuracy=None)
    assert best(failed, none) is failed


def test_losses_are_thinned():
    assert len(thinned([1.0] * 1001)) <= 200
    assert thinned([]) == []


@pytest.mark.parametrize(
    ("profile", "files"), [("cpu", ("cpu", "cpu-float32")), ("gpu-small", ("gpu-small",)), ("gpu-large", ("gpu-large",))]
)
def test_no_committed_threshold_is_above_what_the_measured_runs_give(profile, files):
    course = this_course()
    used = course.assignment.training.profiles[profile]
    for name in files:
        runs = json.loads((course.root / "benchmarks" / "training" / f"{name}.json").read_text(encoding="utf-8"))["runs"]
        accuracies = [run["accuracy"] for run in runs]
        assert used.full <= thresholds.threshold(accuracies)
        assert used.full < min(accuracies)
        assert sum(run["lowered"] >= 2 for run in runs) >= 0.9 * len(runs)


def test_the_rate_is_lowered_as_often_as_a_plateau_schedule_would():
    assert thresholds.lowerings([0.9, 0.8, 0.8, 0.85, 0.7, 0.7, 0.7], patience=1) == 2
    assert thresholds.lowerings([0.5, 0.4, 0.3], patience=0) == 0
