"""Hostile submissions in confined workers: each costs its own question, says why in a sentence, and leaves nothing behind.

As root this whole file runs a second time as an ordinary user (test_platforms.py).
"""

import os
import signal
import socket
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from autograder.sandbox import visit
from autograder.sandbox.client import Zygote
from autograder.sandbox.errors import GraderError
from autograder.sandbox.layers import LAYERS, required
from autograder.sandbox.wire import Request, Run

USE = [layer for layer in LAYERS if layer not in os.environ.get("SANDBOX_TEST_WITHOUT", "").split(",")]
REQUIRE = [layer for layer in required() if layer in USE]
RUNS = [Run(None, b"graded"), Run(0, b"small")]
MB = 1 << 20
QUESTIONS = str(Path(__file__).parent / "sandbox_questions.py")
ORACLE = str(Path(__file__).parent / "sandbox_oracle.py")


@pytest.fixture(scope="module")
def zygote():
    with Zygote(questions=[QUESTIONS], use=USE, require=REQUIRE) as z:
        yield z


def ask(zygote, folder, question="9.2", wall=20.0, cpu=5.0, memory=512 * MB):
    return zygote.ask(Request(question, folder, RUNS, cpu_seconds=cpu, memory=memory), wall)


def check_unharmed(zygote, folder):
    """The same submission's honest question is answered right; nobody of the worker is left."""
    answer = ask(zygote, folder, "9.1")
    assert answer.stopped is None and not answer.fault and not answer.retried
    for run in answer.runs:
        assert run.complete and run.ended is None
        assert np.array_equal(run.items["value"][""], 2 * run.items["before"][""])
    assert psutil.Process(zygote._process.pid).children(recursive=True) == []


def said(answer):
    """What the item says in the student's terms."""
    assert answer.stopped is None, answer
    return answer.runs[0].items["value"].says


STOPS = {
    "exit": ("import os; os._exit(0)", "exit", "ended its own process (exit status 0)"),
    "exit 3": ("import os; os._exit(3)", "exit", "exit status 3"),
    "crash": ("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV"),
    "abort": ("import os; os.abort()", "signal", "SIGABRT"),
    "sleep": ("import time; time.sleep(60)", "time", "took longer than 0.7 s"),
    "signals ignored": (
        "import signal, time\nfor s in set(signal.Signals) - {9, 19}: signal.signal(s, signal.SIG_IGN)\ntime.sleep(60)",
        "time",
        "took longer",
    ),
    "printing": ("import os\nwhile True: os.write(1, b'spam ' * 10000)", "output", "printed more than 20 MB"),
    "garbage on the pipe": (
        "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'garbage' * 1000)\n    except OSError: pass",
        "malformed",
        "cannot be read",
    ),
    "closing everything": ("import os, time; os.closerange(0, 100); time.sleep(9)", "malformed", "broke off"),
    "thread bomb": (
        "import threading, time\nthreading.stack_size(32768)\n"
        "try:\n    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nexcept RuntimeError: time.sleep(60)",
        ("threads", "time"),
        "",
    ),
    "shared memory": (
        "import mmap, time\nkept = []\nfor _ in range(90):\n    m = mmap.mmap(-1, 16 << 20); kept.append(m)\n"
        "    for i in range(0, 16 << 20, 4096): m[i] = 1\ntime.sleep(60)",
        "memory",
        "more than 512 MB",
    ),
    "many files": (
        "import time\nfor i in range(3000):\n    try: open(str(i), 'w').close()\n    except OSError: break\ntime.sleep(60)",
        "files",
        "wrote more than",
    ),
    "stopping itself": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "time", "took longer"),
    "x32 system call": ("import ctypes; ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 57))", "signal", "SIGSYS: it called"),
    "a second beginning": (
        "import os\nm = bytes([0x82, 0xa4]) + b'type' + bytes([0xa5]) + b'ready' + bytes([0xa6]) + b'layers' + bytes([0x90])\n"
        "os.write(3, len(m).to_bytes(4, 'little') + m)",
        "malformed",
        "cannot be read",
    ),
    "SIGKILL": ("import os; os.kill(os.getpid(), 9)", "memory", "most likely because memory ran out"),
}


@pytest.mark.parametrize("name", STOPS)
def test_what_stops_a_worker_is_told_in_a_sentence_and_harms_nobody_else(zygote, submit, name):
    body, kind, says = STOPS[name]
    folder = submit(body)
    slow = name in ("shared memory", "many files")
    answer = ask(zygote, folder, wall=10.0 if slow else 0.7)
    assert answer.stopped is not None, answer
    assert answer.stopped.kind in (kind if isinstance(kind, tuple) else [kind]) and says in answer.stopped.says
    assert "before" in answer.runs[0].items and not answer.runs[0].complete  # what arrived is kept
    assert answer.retried == answer.hung and not answer.fault and answer.survivors == 0
    check_unharmed(zygote, folder)


def test_a_busy_loop_ends_at_the_cpu_limit(zygote, submit):
    answer = ask(zygote, submit("while True: pass"), cpu=1.0)
    assert answer.stopped.kind == "cpu" and "1 s of computing time" in answer.stopped.says and answer.retried


def test_a_hang_that_does_not_come_back_costs_nothing(zygote, submit, place):
    """Asked once more in a fresh process; here the answer depends on the uid or pid, as a real accident depends on chance."""
    folder = submit("import os, time\nif os.path.exists(FLAG): time.sleep(60)\nreturn x", top=f"FLAG = {str(place / 'flag')!r}")
    (place / "flag").touch()

    class Once:
        """Removes the flag as soon as the first try is over."""

        def __init__(self):
            self.tries = 0

        def __call__(self, *arguments):
            self.tries += 1
            if self.tries == 2:
                (place / "flag").unlink()
            return original(*arguments)

    original = zygote._try
    zygote._try = Once()
    try:
        answer = ask(zygote, folder, wall=0.7)
    finally:
        zygote._try = original
    assert answer.retried and answer.stopped is None and answer.runs[0].complete


EXCEPTIONS = {
    "exception": ("raise ValueError('no\\x1b[31m way')", "raised ValueError: no[31m way"),
    "sys.exit": ("import sys; sys.exit(3)", "raised SystemExit: 3"),
    "keyboard interrupt": ("raise KeyboardInterrupt('x')", None),
    "recursion": ("return attack(x)", "calls itself without end"),
    "stub": ("raise NotImplementedError", "is not written yet"),
    "memory": ("import numpy as np; return np.ones(1 << 30)", "MemoryError"),
    "huge item": ("import numpy as np; return np.zeros(5 << 20)", "40 MB, far more than was asked"),
    "input": ("input('number?')", "nobody is there"),
    "breakpoint": ("breakpoint()", "remove it before you submit"),
    "pdb": ("import pdb; pdb.set_trace()", "remove it before you submit"),
    "matplotlib": ("import matplotlib.pyplot", "matplotlib is not available in the grader (allowed: numpy, scipy) (activations.py, line 6"),
    "torch": ("import importlib; importlib.import_module('torch')", "torch is not available"),
    "msgspec": ("import msgspec", "msgspec is not available"),
    "grader": ("import autograder.misconceptions", "autograder is not available"),
    "grader by import_module": ("import importlib; importlib.import_module('autograder.grading')", "autograder is not available"),
    "sibling": ("import activations", "write `from ps2 import activations`"),
}


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_an_exception_costs_its_item_alone(zygote, submit, name):
    body, says = EXCEPTIONS[name]
    folder = submit(body)
    answer = ask(zygote, folder)
    if says is None:  # ends the run, not the worker
        assert answer.stopped is None and answer.runs[0].ended is not None
    else:
        assert says in said(answer) and isinstance(answer.runs[0].items["after"], dict)
    check_unharmed(zygote, folder)


def test_a_file_that_does_not_import_ends_each_run_with_the_reason(zygote, submit):
    answer = ask(zygote, submit(top="import nunpy"))
    assert answer.stopped is None and [r.complete for r in answer.runs] == [True, True]
    assert "nunpy is not available" in answer.runs[1].ended.says and "before" in answer.runs[1].items


def tried(code):
    """A body that does something forbidden and returns normally only when it was denied."""
    body = "".join(f"    {line}\n" for line in code.splitlines())
    return f"try:\n{body}except Exception as error:\n    return x\nraise AssertionError('it worked')"


FORBIDDEN = {
    "fork": "import os\npid = os.fork()\nif pid == 0: os._exit(0)",
    "exec": "import os; os.execv('/bin/true', ['true'])",
    "subprocess": "import subprocess; subprocess.run(['/bin/true'], check=True)",
    "multiprocessing": "import multiprocessing as m; p = m.get_context('fork').Process(target=print); p.start()",
    "tcp": "import socket; socket.create_connection(('127.0.0.1', PORT), timeout=1)",
    "udp": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))",
    "unix socket": "import socket; socket.socket(socket.AF_UNIX)",
    "signal to the parent": "import os; os.kill(os.getppid(), 0)",
    "signal to all": "import os; os.kill(-1, 15)",
    "environment of the grader": "open(f'/proc/{GRADER}/environ', 'rb').read()",
    "memory of the grader": "open(f'/proc/{GRADER}/mem', 'rb').read(1)",
    "command line of the grader": "open(f'/proc/{GRADER}/cmdline', 'rb').read()",
    "memory of the zygote": "import os; open(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
    "descriptors of the grader": "import os; os.open(f'/proc/{GRADER}/fd/0', os.O_RDONLY)",
    "another file": "open('/etc/passwd').read()",
    "the grader's files": "open(__import__('os').path.join(ROOT, 'autograder/sandbox/zygote.py')).read()",
    "writing elsewhere": "open('/tmp/ps2-sandbox-test', 'w')",
    "writing its own package": "open(__file__, 'a')",
    "a link": "import os; os.symlink('/etc', 'link')",
    "rights of a file": "import os; os.chmod(__file__, 0o777)",
    "priority of the grader": "import os; os.setpriority(os.PRIO_PROCESS, GRADER, 19)",
    "limits of the grader": "import resource; resource.prlimit(GRADER, resource.RLIMIT_CPU, (1, 1))",
    "raising a limit": "import resource; resource.setrlimit(resource.RLIMIT_CPU, (999, 999))",
    "becoming root": "import os; os.setuid(0)",
    "outliving its zygote": "import ctypes; libc = ctypes.CDLL(None); assert libc.prctl(1, 0, 0, 0, 0) == 0",
    "reading memory by process_vm_readv": "import ctypes; assert ctypes.CDLL(None).process_vm_readv(GRADER, 0, 0, 0, 0, 0) == 0",
}
LANDLOCK_ALONE = {"writing its own package", "command line of the grader", "another file", "the grader's files", "writing elsewhere"}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_forbidden_fails_with_an_ordinary_exception(zygote, submit, name):
    if "landlock" not in zygote.layers and name in LANDLOCK_ALONE:
        pytest.skip("this one needs Landlock")
    with socket.create_server(("127.0.0.1", 0)) as server:
        top = f"GRADER, PORT, ROOT = {os.getpid()}, {server.getsockname()[1]}, {str(Path(__file__).parents[2])!r}"
        answer = ask(zygote, submit(tried(FORBIDDEN[name]), top=top))
        assert isinstance(answer.runs[0].items["value"], dict), said(answer)


def test_a_worker_finds_no_environment_but_its_own(zygote, submit, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "1")
    answer = ask(zygote, submit("import os; raise ValueError(' '.join(sorted(os.environ)))"))
    assert "SECRET" not in said(answer) and "HOME" in said(answer)


def test_a_worker_can_write_in_its_scratch_folder_which_is_gone_afterwards(zygote, submit):
    folder = submit("import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').write('x')\nos.mkdir('locked', 0)\nraise ValueError(os.getcwd())")
    answer = ask(zygote, folder)
    place = Path(said(answer).removeprefix("raised ValueError: ").split(" ")[0])
    assert place.is_relative_to(zygote._root) and not place.exists() and list(zygote._root.iterdir()) == []


def test_a_scratch_folder_nested_beyond_every_limit_is_removed(zygote, submit):
    ask(zygote, submit("import os\nfor _ in range(600): os.mkdir('d' * 50); os.chdir('d' * 50)\nreturn x"))
    assert list(zygote._root.iterdir()) == []


def test_a_module_that_the_question_forbids_is_refused(zygote, submit):
    request = Request("9.2", submit("import scipy.special"), RUNS, forbid=["scipy.special"])
    assert "scipy.special is not allowed in this question" in zygote.ask(request).runs[0].items["value"].says
    assert "not allowed" not in said(ask(zygote, submit("import scipy.special; raise ValueError('fine')")))


def test_every_offered_library_can_be_used(zygote, submit):
    body = (
        "import scipy.special, scipy.linalg, scipy.signal, scipy.stats, numpy.fft, dataclasses, statistics, functools, fractions, decimal\n"
        "import unittest.mock, json, collections.abc, xml.etree.ElementTree, concurrent.futures\n"
        "scipy.stats.norm.cdf(x); scipy.special.erf(x); scipy.linalg.svd(x); scipy.signal.convolve(x, x); 'é'.encode('cp1252')\n"
        "import warnings; warnings.warn('look'); import numpy as np; np.log(0 * x); return x"
    )
    answer = ask(zygote, submit(body))
    assert isinstance(answer.runs[0].items["value"], dict), answer
    assert "UserWarning: look" in answer.output


def test_prints_are_kept_at_both_ends_and_cleaned(zygote, submit):
    answer = ask(zygote, submit("print('first \\x1b[31m'); print('x' * 100000); print('last'); return x"))
    assert answer.output.startswith("first [31m\n") and answer.output.endswith("last\n") and "left out" in answer.output
    assert len(answer.output) < 5000


def test_random_generators_are_the_same_in_every_worker(zygote, submit):
    body = "import random, numpy as np\nreturn np.array([random.random(), np.random.rand(), hash('a')])"
    first, second = (ask(zygote, submit(body)).runs[0].items["value"][""] for _ in range(2))
    assert np.array_equal(first, second)


def test_an_honest_reply_of_many_megabytes_arrives(zygote, submit):
    answer = ask(zygote, submit("import numpy as np; return np.arange(3 << 20) * 1.0"))
    assert answer.runs[1].items["value"][""][-1] == (3 << 20) - 1


def test_no_descriptor_is_left_in_the_grader_or_its_zygote(zygote, submit):
    def count():
        return len(os.listdir("/proc/self/fd")), psutil.Process(zygote._process.pid).num_fds() if os.getuid() == 0 else 0

    folder = submit("import os; os._exit(1)")
    ask(zygote, folder)
    before = count()
    for _ in range(5):
        ask(zygote, folder)
    assert count() == before


def test_an_unknown_question_is_the_graders_fault(zygote, submit):
    with pytest.raises(GraderError, match=r"no question 9\.99"):
        ask(zygote, submit(), "9.99")


def test_a_submission_that_a_worker_cannot_read_is_the_graders_fault(zygote, submit, place):
    folder = submit()
    (place / "ps2").chmod(0)
    with pytest.raises(GraderError, match="cannot read"):
        ask(zygote, folder)
    (place / "ps2").chmod(0o755)


def test_a_zygote_that_dies_is_started_again(zygote, submit):
    folder = submit()
    process = psutil.Process(zygote._process.pid)
    process.kill()
    answer = ask(zygote, folder, "9.1")
    assert answer.retried and not answer.fault and answer.runs[0].complete
    check_unharmed(zygote, folder)


def test_a_zygote_that_does_not_answer_is_replaced(zygote, submit, monkeypatch):
    monkeypatch.setattr(visit, "FORK_SECONDS", 0.5)
    folder = submit()
    stopped = zygote._process.pid
    os.kill(stopped, signal.SIGSTOP)
    answer = zygote._try(Request("9.1", folder, RUNS), 5.0)
    assert "no answer in 0.5 s" in answer.fault and not psutil.pid_exists(stopped)


def test_an_interrupted_grader_starts_afresh(zygote, submit, monkeypatch):
    folder = submit("import time; time.sleep(60)")
    with monkeypatch.context() as patch:
        patch.setattr(visit.Visit, "_wait", lambda *_: signal.raise_signal(signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            ask(zygote, folder)
    check_unharmed(zygote, folder)


def test_an_oracle_is_another_process_and_serves_until_its_zygote_ends():
    with Zygote(questions=[ORACLE], use=USE, require=REQUIRE) as z, z.oracle("sandbox_oracle:serve") as connection:
        connection.sendall(b"one")
        pid, echo = connection.recv(100).split()
        connection.sendall(b"two")
        assert connection.recv(100) == pid + b" two" and echo == b"one"
        assert psutil.Process(int(pid)).ppid() == z._process.pid
    deadline = time.monotonic() + 5
    while psutil.pid_exists(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not psutil.pid_exists(int(pid))
