"""The two system calls that Python does not offer: prctl and syscall."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

if sys.platform == "linux":
    _libc = ctypes.CDLL(None, use_errno=True)
    _libc.syscall.restype = ctypes.c_long
    _libc.syscall.argtypes = [ctypes.c_long, *[ctypes.c_void_p] * 4]  # as wide as a register: half of one would carry garbage


def syscall(number: int, *arguments: Any) -> int:
    """With at most four arguments, each a number, bytes or None. Raises OSError."""
    return checked(int(_libc.syscall(number, *(*arguments, 0, 0, 0, 0)[:4])), "syscall", number)


def prctl(option: int, *arguments: Any) -> int:
    """Raises OSError."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return checked(int(_libc.prctl(option, *[ctypes.c_ulong(a) if isinstance(a, int) else a for a in padded])), "prctl", option)


def checked(result: int, what: str, number: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what} {number}: {os.strerror(code)}")
    return result


def hide_memory() -> None:
    """Nobody of the same user may read this process's memory, environment or descriptors (nor attach to it)."""
    prctl(PR_SET_DUMPABLE, 0)


def die_with_parent() -> None:
    """SIGKILL when the thread that started this process ends. A change of user clears it, so it comes after that."""
    prctl(PR_SET_PDEATHSIG, 9)
