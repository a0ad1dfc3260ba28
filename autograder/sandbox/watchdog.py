"""Looks at a long-running worker from outside, for what no limit of the kernel counts: shared memory, threads, many files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ..check.verdict import Failure
from . import limits

MOST_THREADS = 256
MOST_FILES = 2000
MOST_WRITTEN = 256 << 20
EVERY = 0.25  # seconds


class Watchdog:
    """One worker's. The first look tells how much memory it began with."""

    def __init__(self, pid: int, memory: int, scratch: Path) -> None:
        self._path = f"/proc/{pid}/status"
        self._memory = memory
        self._scratch = scratch
        self._base: int | None = None

    def look(self) -> Failure | None:
        """Why the worker has to be stopped, if it has to."""
        try:
            fields = limits.status(self._path)
        except (OSError, ValueError):  # gone already
            return None
        used = (fields.get("RssAnon", 0) + fields.get("RssShmem", 0)) << 10
        self._base = used if self._base is None else min(used, self._base)
        if used - self._base > self._memory:
            return Failure("memory", f"used more than {self._memory >> 20} MB of memory and was stopped")
        if fields.get("Threads", 0) > MOST_THREADS:
            return Failure("threads", f"started more than {MOST_THREADS} threads and was stopped")
        if too_many_files(self._scratch):
            return Failure("files", f"wrote more than {MOST_FILES} files or {MOST_WRITTEN >> 20} MB and was stopped")
        return None


def too_many_files(folder: Path) -> bool:
    """Whether more was written below `folder` than anybody needs, or deeper. Follows no link and stops counting at the limit."""
    files = written = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    files += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        written += entry.stat(follow_symlinks=False).st_blocks * 512
                    if files > MOST_FILES or written > MOST_WRITTEN:
                        return True
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return True
    return False
