"""A user of its own for each living worker: numbers from a range that nobody else uses and this machine's user map knows."""

from __future__ import annotations

import itertools
import random
import threading

PREFERRED = range(1_900_000_000, 2_000_000_000)  # above everything that systemd and container engines hand out
_lock = threading.Lock()
_count: itertools.count[int] | None = None
_range = PREFERRED


def fresh() -> int:
    """A uid that no worker of this grader has had for long; where it begins is random, so that two graders do not meet."""
    global _count, _range
    with _lock:
        if _count is None:
            _range = usable(read_map())
            _count = itertools.count(random.SystemRandom().randrange(len(_range)))
        return _range[next(_count) % len(_range)]


def read_map() -> list[range]:
    """The uids that exist in this user namespace."""
    with open("/proc/self/uid_map") as file:
        rows = [[int(word) for word in line.split()] for line in file]
    return [range(inside, inside + length) for inside, _, length in rows]


def usable(extents: list[range]) -> range:
    """The preferred range where it is mapped, else the upper half of the largest extent, short of the usual special uids."""
    for extent in extents:
        if extent.start <= PREFERRED.start and PREFERRED.stop <= extent.stop:
            return PREFERRED
    largest = max(extents, key=len)
    stop = min(largest.stop, 60_000) if largest.stop <= 65_536 else largest.stop
    return range(max(largest.start, (largest.start + stop) // 2), stop)
