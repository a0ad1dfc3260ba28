import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from autograder.classroom import pool, synthetic
from autograder.classroom.command import Options, class_command
from autograder.classroom.grader import Settings, task
from autograder.classroom.index import Store, read_index
from autograder.classroom.reading import read_class
from autograder.classroom.run import alone
from autograder.grading.intake import IntakeError

from ..courses import small_course
from .conftest import grade_class


def test_one_result_a_submission_and_the_same_files_are_graded_once(graded):
    out, index, ids = graded
    assert len(index.entries) == 6
    assert len(ids) == len(set(ids)) == 4
    keys = {entry.id: entry.key for entry in index.entries}
    assert keys["s0001"] == keys["s0005"] != keys["s0002"]
    assert all(Store(out).has(key) for key in keys.values() if key)


def test_what_cannot_be_graded_is_a_sentence_and_stops_nobody(graded):
    _, index, _ = graded
    (bad,) = [entry for entry in index.entries if entry.trouble]
    assert bad.id == "s0006" and not bad.key and bad.trouble.endswith(".")


def test_a_second_run_grades_nothing(course, classroom, graded):
    out, index, _ = graded
    again, ids = grade_class(classroom, out, course)
    assert ids == []
    assert again == index


def test_another_folder_of_submissions_into_the_same_results_is_told(course, classroom, graded, tmp_path, capsys):
    shutil.copytree(graded[0], tmp_path / "out")
    (tmp_path / "few").mkdir()
    shutil.copyfile(classroom / "s0001.zip", tmp_path / "few" / "s0001.zip")
    assert class_command(tmp_path / "few", tmp_path / "out", course, Options()) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "0 graded now" in said and "5 submissions of the last run" in said and "s0002" in said


def test_a_changed_submission_alone_is_graded_again(course, tmp_path):
    folder = synthetic.write_class(tmp_path / "zips", course, 2)
    first, _ = grade_class(folder, tmp_path / "out", course)
    (folder / "s0002.zip").write_bytes(synthetic.zipped(synthetic.Writer(course).files(9)))
    second, ids = grade_class(folder, tmp_path / "out", course)
    assert len(ids) == 1
    assert second.entries[0] == first.entries[0] and second.entries[1].key != first.entries[1].key


def test_a_killed_run_loses_nothing_and_grades_nothing_twice(course, tmp_path):
    folder, out = synthetic.write_class(tmp_path / "zips", course, 6), tmp_path / "out"
    command = [sys.executable, "-m", "autograder", "--course", str(course.root), "class", str(folder), "--out", str(out), "--workers", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: len(list(out.glob("results/*.json"))) >= 2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not graders_of(str(course.root)))
    stamps = {path: path.stat().st_mtime_ns for path in out.glob("results/*.json")}
    index, ids = grade_class(folder, out, course)
    assert len(ids) == 6 - len(stamps)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert all(entry.key and not entry.trouble for entry in index.entries)


def graders_of(course: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"AUTOGRADER_COURSE={course}" in path.read_text(errors="replace"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def until(holds, seconds=120.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def tasks_of(folder, out, course):
    return [task(upload.handed, out / f"{upload.entry.id}.json") for upload in read_class(folder, course)]


def test_a_grader_that_dies_costs_no_submission(course, tmp_path):
    folder = synthetic.write_class(tmp_path / "zips", course, 3)
    hands = pool.Pool(Settings(str(course.root)), 300.0)
    waiting = pool.deque(tasks_of(folder, tmp_path / "out", course))
    killer = threading.Thread(target=lambda: (until(lambda: hands.hands and hands.hands[0].task), os.kill(hands.hands[0].process.pid, 9)))
    killer.start()
    done = list(hands.run(waiting, 1))
    killer.join()
    hands.close()
    assert sorted(d.id for d in done) == ["s0001", "s0002", "s0003"]
    assert not any(d.trouble for d in done)


def test_a_submission_that_kills_its_grader_again_and_again_is_named(course, tmp_path):
    folder = synthetic.write_class(tmp_path / "zips", course, 1)
    hands = pool.Pool(Settings(str(course.root)), 300.0)
    stop = threading.Event()

    def kill():
        while not stop.is_set():
            for hand in list(hands.hands):
                if hand.task:
                    os.kill(hand.process.pid, 9)
            time.sleep(0.02)

    killer = threading.Thread(target=kill)
    killer.start()
    (done,) = hands.run(pool.deque(tasks_of(folder, tmp_path / "out", course)), 1)
    stop.set()
    killer.join()
    hands.close()
    assert "killed its grader 2 times" in done.trouble


def test_a_course_out_of_order_is_one_sentence(tmp_path):
    course = small_course(tmp_path / "course")
    folder = synthetic.write_class(tmp_path / "zips", course, 1)
    tasks = tasks_of(folder, tmp_path / "out", course)
    (course.root / "assignment" / "secret").unlink()
    with pytest.raises(pool.PoolError, match="secret is missing"):
        list(pool.run(tasks, Settings(str(course.root)), 1, 300.0))


def test_two_runs_at_once_are_refused(tmp_path):
    with alone(tmp_path), pytest.raises(IntakeError, match="another `autograder class`"), alone(tmp_path):
        pass


def test_a_mended_grader_regrades_a_question_and_lowers_nobody(tmp_path):
    course = small_course(tmp_path / "course")
    folder, out = synthetic.write_class(tmp_path / "zips", course, 3), tmp_path / "out"
    before, _ = grade_class(folder, out, course)
    toml = course.toml
    toml.write_text(re.sub(r"conduct = .*", "conduct = 3", toml.read_text(encoding="utf-8")), encoding="utf-8")  # a "mended" weight
    from autograder.course import Course

    mended = Course(course.root)
    now, ids = grade_class(folder, out, mended, only={"1.5"}, never_lower=True)
    assert len(ids) == 3
    assert read_index(out, "index.before.json") == before
    for old, new in zip(before.entries, now.entries, strict=True):
        was, result = Store(out).read(old.key), Store(out).read(new.key)
        assert len(result.questions) == len(was.questions)
        assert [q for q in result.questions if q.id != "1.5"] == [q for q in was.questions if q.id != "1.5"]
        assert all(n.points >= o.points for o, n in zip(was.questions, result.questions, strict=True))
    _, ids = grade_class(folder, out, mended, only={"1.5"}, never_lower=True)
    assert ids == []
