"""The same on every footing: as root and as an ordinary user, without a layer, at load, and when the grader itself is killed."""

import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from autograder.sandbox import layers, libraries, uids
from autograder.sandbox.client import Zygote
from autograder.sandbox.errors import GraderError
from autograder.sandbox.layers import LAYERS, required
from autograder.sandbox.simple import Simple
from autograder.sandbox.wire import Request, Run

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
QUESTIONS = str(HERE / "sandbox_questions.py")
USER = 12345
IN_SHORT = {
    "": "forbidden or exit or sleep or scratch_folder_which or no_descriptor or environment or oracle",
    "landlock": "forbidden or exit or environment",
}

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


def interpreter():
    """A Python of this version that an ordinary user can start: this one, or the system's."""
    for python in (os.path.realpath(sys.executable), f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        if os.path.exists(python) and not libraries.private_folder(python):
            return python
    pytest.skip("no Python of this version outside of private folders")


def as_user(arguments, **variables):
    """Run this Python with these arguments as an ordinary user, with this environment's packages."""
    paths = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    environment = {"PYTHONPATH": paths, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"} | variables
    command = [interpreter(), *arguments]
    nobody = {"user": USER, "group": USER, "extra_groups": []}
    return subprocess.run(command, cwd=ROOT, env=environment, **nobody, capture_output=True, text=True, timeout=200)


@as_root
@pytest.mark.parametrize("without", IN_SHORT)
def test_the_hostile_submissions_earn_the_same_as_an_ordinary_user(without):
    chosen = [
        "-p",
        "no:cacheprovider",
        "-q",
        "-k",
        IN_SHORT[without],
    ]
    done = as_user(["-m", "pytest", *chosen, str(HERE / "test_worker.py")], SANDBOX_TEST_WITHOUT=without)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-3000:] + done.stderr[-1000:]


@as_root
def test_an_ordinary_user_cannot_grade_without_landlock():
    script = "from autograder.sandbox import client, layers\nclient.Zygote(use=set(layers.LAYERS) - {'landlock'})"
    assert 'GraderError: the confinement layer "landlock" is not available' in as_user(["-c", script]).stderr


@as_root
def test_root_grades_without_landlock_and_says_so(submit):
    with Zygote(use=set(LAYERS) - {"landlock"}, questions=[QUESTIONS], hidden=[QUESTIONS, "/etc/shadow"]) as zygote:
        assert set(zygote.layers) == set(LAYERS) - {"landlock"} and "/etc/shadow" not in zygote.exposed
        body = (
            "import os\nfor path in (f'/proc/{os.getppid()}/environ', '/etc/shadow'):\n    try: open(path)\n"
            "    except (PermissionError, FileNotFoundError): continue\n    return 0\nreturn x"
        )
        assert zygote.ask(Request("9.2", submit(body), [Run(None, b"")])).runs[0].items["value"][""].shape == (3, 4)


def test_a_required_layer_that_is_missing_is_told_with_what_it_stops_and_a_remedy():
    with pytest.raises(GraderError, match=r'"seccomp" is not available here.*no new process.*Remedy: install libseccomp'):
        Zygote(use=set(LAYERS) - {"seccomp"}, questions=[QUESTIONS])
    with pytest.raises(GraderError, match="there is no confinement layer 'moat'"):
        layers.insist(LAYERS, ["moat"])


def daemons():
    """A body that starts processes which leave their session and ignore every signal, and then ends or hangs."""
    return (
        "import os, signal, time\nfor _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
        "            for s in set(signal.Signals) - {9, 19}: signal.signal(s, signal.SIG_IGN)\n            time.sleep(300)\n"
        "        os._exit(0)\n"
        "return x"
    )


def test_without_seccomp_the_second_net_leaves_no_process_behind(submit):
    use = set(LAYERS) - {"seccomp"}
    with Zygote(use=use, require=[r for r in required() if r != "seccomp"], questions=[QUESTIONS]) as zygote:
        for ending in ("return x", "os._exit(0)"):
            answer = zygote.ask(Request("9.2", submit(daemons().replace("return x", ending)), [Run(None, b"")]), 5.0)
            assert answer.survivors == 0 and psutil.Process(zygote._process.pid).children(recursive=True) == []


def test_sixty_honest_workers_at_load_are_all_right(submit):
    folder = submit("import numpy as np\na = np.arange(490000.0).reshape(700, 700) % 7\nreturn (a @ a)[:2]")
    a = np.arange(490000.0).reshape(700, 700) % 7
    expected = (a @ a)[:2]
    wrong = []

    def work():
        with Zygote(questions=[QUESTIONS]) as zygote:
            for i in range(20):
                answer = zygote.ask(Request("9.2", folder, [Run(None, b"%d" % i)]), 60.0)
                if answer.stopped or answer.retried or not np.array_equal(answer.runs[0].items["value"][""], expected):
                    wrong.append(answer)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


GRADER = """
import sys, threading
from autograder.sandbox.client import Zygote
from autograder.sandbox.wire import Request, Run
def grade():
    zygote = Zygote(questions=[{questions!r}])
    print(zygote._process.pid, flush=True)
    zygote.ask(Request("9.2", {folder!r}, [Run(None, b"")]), 60.0)
grade() if {main} else threading.Thread(target=grade).start()
"""


@pytest.mark.parametrize("main", [True, False])
def test_a_grader_that_is_killed_leaves_no_process_behind(submit, main):
    folder = submit("import time; time.sleep(60)")
    script = GRADER.format(questions=QUESTIONS, folder=folder, main=main)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as grader:
        zygote = psutil.Process(int(grader.stdout.readline()))
        wait_until(lambda: zygote.children())
        family = [zygote, *zygote.children(recursive=True)]
        grader.send_signal(signal.SIGKILL)
        grader.wait()
    assert len(family) == 2
    assert psutil.wait_procs(family, timeout=5)[1] == []


def wait_until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_private_folder_is_named_in_the_remark(place):
    (place / "lib").mkdir()
    (place / "lib" / "os.py").touch()
    assert str(place) not in libraries.private_folder(str(place / "lib" / "os.py"))
    (place / "lib").chmod(0o700)
    assert f"chmod o+x {place / 'lib'}" in libraries.unreadable(str(place / "lib" / "os.py"))


def test_worker_uids_are_inside_the_user_map_and_never_special():
    assert uids.usable([range(1 << 32)]) == uids.PREFERRED
    small = uids.usable([range(65536)])
    assert small.start > 1000 and small.stop <= 60000
    assert uids.fresh() != uids.fresh()


SIMPLE = {
    "exit": ("import os; os._exit(3)", "exit", "exit status 3"),
    "crash": ("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV"),
    "sleep": ("import time; time.sleep(60)", "time", "took longer than 0.5 s"),
    "printing": ("import os\nwhile True: os.write(1, b'spam ' * 10000)", "output", "printed more than 20 MB"),
    "cpu": ("while True: pass", "cpu", "computing time"),
}


@pytest.fixture(scope="module")
def simple():
    with Simple(questions=[QUESTIONS]) as client:
        yield client


@pytest.mark.parametrize("name", SIMPLE)
def test_the_simple_way_tells_the_same(simple, submit, name):
    body, kind, says = SIMPLE[name]
    answer = simple.ask(Request("9.2", submit(body), [Run(None, b"")], cpu_seconds=0.5), 0.5 if name == "sleep" else 20.0)
    assert (answer.stopped.kind, says in answer.stopped.says) == (kind, True), answer
    assert "before" in answer.runs[0].items and answer.retried == answer.hung


def test_the_simple_way_answers_an_honest_question(simple, submit):
    answer = simple.ask(Request("9.1", submit(), [Run(None, b"a"), Run(1, b"b")]))
    assert answer.stopped is None and all(r.complete for r in answer.runs)
    assert np.array_equal(answer.runs[0].items["value"][""], 2 * answer.runs[0].items["before"][""])
    refused = simple.ask(Request("9.2", submit("import matplotlib"), [Run(None, b"")]))
    assert "matplotlib is not available" in refused.runs[0].items["value"].says
    with pytest.raises(GraderError, match="no question"):
        simple.ask(Request("9.99", submit(), []))


def test_the_simple_way_serves_an_oracle(simple, monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    with simple.oracle("sandbox_oracle:serve") as connection:
        connection.sendall(b"x")
        assert connection.recv(99).endswith(b" x")
