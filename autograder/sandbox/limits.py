"""Resource limits, measured from the zygote's own size: a worker starts with all of it."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

SHARED_SLACK = 2 << 30  # address space that libraries and threads reserve without using it
LARGEST_FILE = 64 << 20
OPEN_FILES = 256
TASKS_OF_A_UID = 64  # threads count too; fewer than the threads of an OpenMP team makes libgomp crash


@dataclass(frozen=True)
class Size:
    """What a worker has before it does anything. data, space: bytes. tasks: of this user, on the whole machine."""

    data: int
    space: int
    tasks: int


def own_size() -> Size:
    fields = status("/proc/self/status")
    return Size(fields["VmData"] << 10, fields["VmSize"] << 10, tasks_of(os.getuid()))


def status(path: str) -> dict[str, int]:
    """The fields of a /proc/PID/status that begin with a number (sizes are in kB)."""
    with open(path) as file:
        pairs = [line.split(":", 1) for line in file if ":" in line]
    words = {key: rest.split() for key, rest in pairs}
    return {key: int(first[0]) for key, first in words.items() if first and first[0].isdigit()}


def tasks_of(uid: int) -> int:
    """How many threads this user has now."""
    count = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = status(f"/proc/{entry}/status")
            except (OSError, ValueError):  # it ended meanwhile
                continue
            count += fields.get("Threads", 1) if fields.get("Uid") == uid else 0
    return count


def apply(cpu_seconds: float, memory: int, size: Size, own_uid: bool, above: int = 0) -> None:
    """Set every limit. own_uid: the worker is about to become a user that nobody else is. above: its highest descriptor."""
    import resource  # not everywhere, while the grader's side of this package can be imported everywhere

    cpu = max(1, math.ceil(cpu_seconds))
    tasks = TASKS_OF_A_UID if own_uid else size.tasks + 512
    for limit, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, LARGEST_FILE, LARGEST_FILE),
        (resource.RLIMIT_NOFILE, above + OPEN_FILES, above + OPEN_FILES),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_CPU, cpu, cpu + 1),  # SIGXCPU first, which says what happened; it can be ignored, SIGKILL cannot
        (resource.RLIMIT_DATA, size.data + memory, size.data + memory),
        (resource.RLIMIT_AS, size.space + memory + SHARED_SLACK, size.space + memory + SHARED_SLACK),
        (resource.RLIMIT_NPROC, tasks, tasks),
    ):
        _, ceiling = resource.getrlimit(limit)
        if ceiling != resource.RLIM_INFINITY:  # an outer limit may be lower, and only goes down
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(limit, (soft, hard))
