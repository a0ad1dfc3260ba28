"""Numerical libraries inside limits: threads that a fork lacks, processes that may not be started, address space that is only reserved."""

import threading
from pathlib import Path

import numpy as np
import psutil
import pytest

from autograder.sandbox import zygote as inside
from autograder.sandbox.client import Zygote
from autograder.sandbox.wire import Request, Run

QUESTIONS = str(Path(__file__).parent / "sandbox_questions.py")
MANY = {f"{library}_NUM_THREADS": "64" for library in ("OMP", "OPENBLAS", "MKL")}
MB = 1 << 20


@pytest.fixture
def many_cores(monkeypatch):
    """A grader that is told to use 64 threads, as on a large machine."""
    for name, value in MANY.items():
        monkeypatch.setenv(name, value)


def ask(zygote, folder, memory=512 * MB):
    answer = zygote.ask(Request("9.2", folder, [Run(None, b"seed")], memory=memory), 30.0)
    assert answer.stopped is None and not answer.retried and not answer.fault, answer
    return answer.runs[0].items["value"]


def threads_of(zygote):
    return psutil.Process(zygote._process.pid).num_threads()


def test_four_products_at_once_are_right_although_no_worker_may_start_many_processes(submit, many_cores):
    folder = submit(
        "import numpy as np, os\na = np.arange(810000.0).reshape(900, 900) % 5\n"
        "try:\n    [os.fork() or os._exit(0) for _ in range(200)]\nexcept OSError:\n    return (a @ a)[:2]"
    )
    a = np.arange(810000.0).reshape(900, 900) % 5
    found = []

    def work():
        with Zygote(questions=[QUESTIONS]) as zygote:
            found.append((ask(zygote, folder), threads_of(zygote)))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 4
    assert all(np.array_equal(value[""], (a @ a)[:2]) and threads == 1 for value, threads in found)


def test_a_worker_has_room_for_the_libraries_on_a_machine_with_many_cores(submit, many_cores):
    body = (
        "import os, numpy as np, scipy.stats, scipy.signal\nassert os.environ['OPENBLAS_NUM_THREADS'] == '1'\n"
        "return np.linalg.svd(np.eye(200) + x[0, 0])[1][:3]"
    )
    with Zygote(questions=[QUESTIONS]) as zygote:
        assert isinstance(ask(zygote, submit(body), 128 * MB), dict)


def test_a_convolution_of_a_batch_ends_in_a_fork_of_a_zygote_that_has_one_thread(submit, many_cores):
    pytest.importorskip("torch")
    body = "import torch\nreturn torch.nn.Conv2d(3, 8, 3)(torch.ones(4, 3, 16, 16)).detach().float().double().numpy()"
    with Zygote("torch", questions=[QUESTIONS]) as zygote:
        for _ in range(2):
            assert ask(zygote, submit(body), 256 * MB)[""].shape == (4, 8, 14, 14)
            assert threads_of(zygote) == 1


def test_with_a_second_thread_nothing_is_forked():
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    try:
        with pytest.raises(RuntimeError, match="threads"):
            inside.Zygote._fork(object.__new__(inside.Zygote))
    finally:
        stop.set()
        other.join()
