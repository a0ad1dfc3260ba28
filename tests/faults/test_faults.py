"""Whatever fails around the grader, what was graded stays, nothing is left behind, and one sentence says what happened."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from autograder.course import this_course
from autograder.grading.grade import Grader
from autograder.grading.result import decode, encode, write_atomically
from autograder.sandbox import scratch

COURSE = this_course()
SOLUTIONS = COURSE.root / "solutions"
ASKED = ("1.1", "1.2", "1.3")


@pytest.fixture(scope="module")
def grader():
    with Grader(COURSE, keep=True) as one:
        one.room("numpy")
        yield one


@pytest.fixture
def temporary():
    """A folder that a worker's user can enter; pytest's own are private."""
    path = Path(tempfile.mkdtemp(prefix="ps2-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def command(*arguments, **variables):
    environment = {**os.environ, "PYTHONPATH": str(COURSE.root), **variables}
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=COURSE.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("graded", [0, 1])
def test_a_killed_grader_leaves_what_it_had_graded_and_no_process(temporary, graded, monkeypatch):
    out = temporary / "result.json"
    asked = [*ASKED, "5.14"]  # the last one needs torch, whose start leaves time to kill the grader before it is through
    questions = [part for id in asked for part in ("-q", id)]
    with command("-m", "autograder", "grade", "solutions", "--json", str(out), *questions, TMPDIR=str(temporary)) as process:
        wait_until(lambda: out.exists() and sum(q.status == "passed" for q in decode(out.read_bytes()).questions) >= graded)
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert psutil.wait_procs(family, timeout=10)[1] == []
    result = decode(out.read_bytes())
    assert not result.finished and [q.id for q in result.questions] == asked
    assert {q.status for q in result.questions} <= {"passed", "not reached"} and result.total >= 2 * graded
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(scratch, "YOUNG", -1.0)

    def swept():  # a process that was being started when the grader died may hold the lock for a moment
        scratch.sweep()
        return not any(p.is_dir() for p in temporary.iterdir())

    wait_until(swept, 20.0)


def test_a_full_disk_costs_no_point_and_is_told_to_staff(tmp_path, grader, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        result = grader.grade(SOLUTIONS, lambda r: write_atomically(tmp_path / "r.json", encode(r)), only=set(ASKED))
    assert result.total == result.max_total and list(tmp_path.iterdir()) == []
    assert "the result could not be written down: No space left on device" in result.staff


def test_a_disk_that_is_full_for_a_while_is_forgotten(tmp_path, grader):
    seen = []

    def sometimes(result):
        seen.append(result)
        if len(seen) < 3:
            raise OSError(errno.ENOSPC, "full")

    result = grader.grade(SOLUTIONS, sometimes, only=set(ASKED))
    assert result.total == result.max_total and not any("written down" in s for s in result.staff) and seen[-1] == result


def test_a_folder_that_cannot_be_written_is_one_sentence_after_the_grades(tmp_path):
    (tmp_path / "file").touch()
    with command("-m", "autograder", "grade", "solutions", "-q", "1.1", "--json", str(tmp_path / "file" / "result.json")) as process:
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 2 and "1.1 Sigmoid" in said and "2 / 2" in said
    assert "cannot be read or written:" in said.splitlines()[-1] and "Traceback" not in said


@pytest.mark.parametrize("package", ["scipy", "msgspec"])
def test_a_missing_package_is_one_sentence_with_the_remedy(package):
    script = f"import sys; sys.modules[{package!r}] = None; sys.argv[1:] = ['doctor']; from autograder.cli import main; main()"
    with command("-c", script) as process:
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert said == f"The Python package {package} is missing here: run `make setup`, and use the .venv that it makes.\n"


def test_a_clock_that_jumps_changes_nothing(grader, monkeypatch):
    jumps = iter(range(0, 10**6))
    monkeypatch.setattr(time, "time", lambda: (-1) ** next(jumps) * 1e9)
    result = grader.grade(SOLUTIONS, only=set(ASKED))
    assert result.total == result.max_total and result.seconds < 600


def killing(pid_of):
    """Kill a process as soon as the first question is graded."""
    killed = []

    def on_result(result):
        if not killed and any(q.status == "passed" for q in result.questions):
            killed.append(pid_of())
            os.kill(killed[0], signal.SIGKILL)

    return on_result


def test_a_zygote_that_dies_is_replaced_and_what_judges_with_it(grader):
    room = grader.room("numpy")
    first = room.zygote._process.pid
    result = grader.grade(SOLUTIONS, killing(lambda: room.zygote._process.pid), only=set(ASKED))
    assert result.total == result.max_total  # perhaps without a new one: what was left to judge may have been on its way
    assert grader.grade(SOLUTIONS, only=set(ASKED)).total == result.max_total and room.zygote._process.pid != first


def test_what_judges_is_replaced_when_it_dies(grader):
    zygote = grader.room("numpy").zygote._process.pid
    oracle = psutil.Process(zygote).children()
    assert len(oracle) == 1
    result = grader.grade(SOLUTIONS, killing(lambda: oracle[0].pid), only=set(ASKED))
    assert result.total == result.max_total and grader.room("numpy").zygote._process.pid == zygote


def test_what_no_oracle_survives_is_a_fault_of_the_grader_for_that_question_alone(grader, monkeypatch):
    room = grader.room("numpy")
    once = room.judge

    def dying(ask):
        if ask.question == "1.2":
            monkeypatch.setattr(room._judge.__class__, "_said", dead)
            try:
                return once(ask)
            finally:
                monkeypatch.setattr(room._judge.__class__, "_said", alive)
        return once(ask)

    from autograder.grading.room import Gone, Judge

    alive = Judge._said

    def dead(self, data):
        if data.startswith(b"/"):
            return alive(self, data)
        raise Gone("ended early")

    monkeypatch.setattr(room, "judge", dying)
    result = grader.grade(SOLUTIONS, only=set(ASKED))
    assert [q.status for q in result.questions] == ["passed", "fault", "passed"]
    assert "a fault of the grader, not yours" in result.questions[1].sentences[0]


def test_no_clock_but_the_monotonic_one_decides_anything():
    uses = [
        f"{path.name}: {line.strip()}"
        for path in Path(COURSE.root / "autograder").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "time.time()" in line
    ]
    assert len(uses) == 1 and uses[0].startswith("scratch.py:") and "YOUNG" in uses[0]


def test_a_file_that_hangs_at_import_leaves_time_for_the_others(grader, temporary, monkeypatch):
    shutil.copytree(COURSE.reference, temporary / "ps2", ignore=shutil.ignore_patterns("__pycache__"))
    with open(temporary / "ps2" / "activations.py", "a") as file:
        file.write("import time; time.sleep(99)\n")
    patient = []
    ask = grader.room("numpy").zygote.ask
    monkeypatch.setattr(grader.room("numpy").zygote, "ask", lambda *a, **k: patient.append(k.get("patient")) or ask(a[0], 0.3, **k))
    result = grader.grade(temporary, only={"1.1", "1.2", "1.3", "1.4"})
    assert result.total == 0 and "took longer than 0.3 s" in result.questions[3].sentences[0]
    assert patient == [False, True, False, False, False]  # the first is the look at all four together, which hung as well
