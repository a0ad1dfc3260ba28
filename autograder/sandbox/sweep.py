"""Makes sure that nothing of a worker is left, on platforms where a worker could start processes.

Where seccomp is active it cannot, and killing its one pid is enough; this is the second net.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Collection

from . import limits

NOBODY = 65534


def kill_uid(uid: int) -> None:
    """SIGKILL to every process of `uid`, in one call that no fork can outrun. Needs root.

    The helper's effective uid is the victim's, which is what kill(-1) looks at; its real and saved ones are nobody's, so that the
    victims cannot kill it first, and it holds no right over anybody else.
    """
    helper = os.fork()
    if helper == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, uid, NOBODY)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(helper, 0)


def kill_orphans(spare: Collection[int], seconds: float = 2.0) -> None:
    """SIGKILL and reap every child of this process but `spare`, and theirs as they come up (this process is their subreaper)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        victims = children() - set(spare)
        if not victims:
            return
        for pid in victims:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in victims:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.001)


def children() -> set[int]:
    pid = os.getpid()
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return {int(word) for word in file.read().split()}
    except OSError:  # a kernel without that file
        return {child for child in pids() if parent_of(child) == pid}


def pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def parent_of(pid: int) -> int:
    try:
        return limits.status(f"/proc/{pid}/status").get("PPid", 0)
    except (OSError, ValueError):
        return 0


def count_of(uid: int) -> int:
    """How many living processes this uid has."""
    count = 0
    for pid in pids():
        with contextlib.suppress(OSError, ValueError):
            with open(f"/proc/{pid}/status") as file:
                text = file.read()
            count += f"\nUid:\t{uid}\t" in text and "\nState:\tZ" not in text
    return count
