"""A share of a CPU for a tree of processes, as a container's quota gives it, without a container: by stopping and continuing them.

Control groups would do it too, and can be set in few places (not in a container, seldom without root); signals work wherever /proc does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

PERIOD = 0.1  # seconds; what is not used within it is lost, as with the kernel's quota
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Throttle:
    """Call `step` often: who has used more than `cpus` allows stands still until it has been paid back."""

    def __init__(self, cpus: float) -> None:
        self.cpus = cpus
        self.credit = cpus * PERIOD  # seconds of CPU that may be used at once
        self.used = 0.0
        self.then = time.monotonic()
        self.stopped = False

    def step(self, pids: list[int]) -> None:
        now, used = time.monotonic(), cpu_seconds(pids)
        self.credit = min(self.credit + self.cpus * (now - self.then), self.cpus * PERIOD) - max(used - self.used, 0.0)
        self.then, self.used = now, max(used, self.used)
        if self.credit < 0 or self.stopped:
            self.stopped = self.credit < 0
            send(pids, signal.SIGSTOP if self.stopped else signal.SIGCONT)


def send(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, what)


def cpu_seconds(pids: list[int]) -> float:
    """What these processes and their children that have ended have used together."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))  # utime, stime, and both of the children waited for
    return total / TICKS
