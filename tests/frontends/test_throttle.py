"""A tree of processes gets its share of a CPU and no more, also over children that come and go."""

import subprocess
import sys
import time

import pytest

from autograder.frontends.emulate import end, family
from autograder.frontends.throttle import Throttle, cpu_seconds

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc")

BUSY = "import subprocess, sys\nwhile True: subprocess.run([sys.executable, '-c', 'for i in range(2_000_000): pass'])"


@pytest.mark.parametrize("cpus", [0.25, 0.5])
def test_busy_processes_and_their_children_use_at_most_their_share(cpus):
    process = subprocess.Popen([sys.executable, "-c", BUSY], start_new_session=True)
    throttle, began = Throttle(cpus), time.monotonic()
    try:
        while time.monotonic() - began < 3:
            time.sleep(0.02)
            throttle.step(family(process.pid))
        used = cpu_seconds(family(process.pid))
    finally:
        end(process)
    assert used <= cpus * (time.monotonic() - began) + 0.3
    assert used > 0.05
