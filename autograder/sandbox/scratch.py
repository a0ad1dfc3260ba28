"""Scratch folders: one private root for a zygote, one folder in it for each worker, removed with whatever it has become.

A root is locked as long as its grader lives; one without a lock was left by a grader that was killed, and the next grader removes it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

GRADERS, SUBMISSIONS = "ps2-grader-", "ps2-submission-"
YOUNG = 3600.0  # seconds in which a root is left alone, locked or not: it may just be made, or on a file system without locks
_locks: dict[Path, int] = {}


def make_root(prefix: str = GRADERS, mode: int = 0o711) -> Path:
    """A new folder that anybody may pass through and only we may list or write. Removes what dead graders have left."""
    sweep()
    root = Path(tempfile.mkdtemp(prefix=prefix))
    lock = locked(root)
    if lock is not None:
        _locks[root] = lock
    root.chmod(mode)
    return root


@contextlib.contextmanager
def root(prefix: str, mode: int) -> Iterator[Path]:
    path = make_root(prefix, mode)
    try:
        yield path
    finally:
        remove(path)


def sweep() -> None:
    """Remove the roots of this user whose grader is dead."""
    if not hasattr(os, "getuid"):
        return
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        left = [Path(e.path) for e in entries if e.name.startswith((GRADERS, SUBMISSIONS)) and abandoned(e)]
        for path in left:
            lock = locked(path)
            if lock is not None:
                remove(path)
                os.close(lock)


def abandoned(entry: os.DirEntry[str]) -> bool:
    """Whether this is an old enough folder of ours; the lock tells the rest."""
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    # a clock that was set back makes everything young, and one set forward leaves it to the lock
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and time.time() - found.st_ctime > YOUNG


def locked(folder: Path) -> int | None:
    """A descriptor that holds the lock of a folder; None where somebody else does, or where there is no such lock."""
    try:
        import fcntl

        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return None
    return fd


@contextlib.contextmanager
def folder(root: Path, uid: int | None) -> Iterator[Path]:
    """A new folder below `root`, owned by `uid`, gone afterwards."""
    path = Path(tempfile.mkdtemp(dir=root))
    if uid is not None:
        with contextlib.suppress(PermissionError):  # a root without that right; the uid layer is then missing as well
            os.chown(path, uid, uid)
    try:
        yield path
    finally:
        remove(path)


def remove(path: Path) -> None:
    """Remove a tree, a root with its lock. Follows no link.

    Its writer may have made that hard: folders without rights, nested thousands deep.
    """
    lock = _locks.pop(path, None)
    if lock is not None:
        os.close(lock)
    with contextlib.suppress(OSError, RecursionError):
        shutil.rmtree(path)
        return
    if os.name == "posix":  # chmod and rm know how to walk a tree that is deeper than Python's stack and longer than a path may be
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run([*command, "--", str(path)], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    shutil.rmtree(path, ignore_errors=True)
