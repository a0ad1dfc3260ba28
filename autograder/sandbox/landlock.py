"""Landlock: which files a worker can read and write. In our own words rather than a young package's: forty lines, no dependency.

A ruleset is built while the worker is still privileged (its paths may lie under folders that its later user cannot enter) and takes
effect by `restrict`. It binds the calling thread and those it starts, so the process must have only one.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable

from .libc import syscall

CREATE, ADD, RESTRICT = 444, 445, 446

WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, TRUNCATE = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 14
READ = READ_FILE | READ_DIR
DEVICE = WRITE_FILE | READ_FILE
SCRATCH = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE  # no links, sockets, pipes or devices
IOCTL_DEVICE = 1 << 15  # restricted from ABI 5 on
FILE_RIGHTS = WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE  # a rule on a file with any other right is refused

KNOWN_FILE_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}  # by ABI; 0xFFFF from 5 on
NET = 3  # bind and connect TCP, from ABI 4 on
SCOPE = 3  # abstract unix sockets and signals, from ABI 6 on


def abi() -> int:
    """The kernel's Landlock version, 0 where there is none. Asked by the call itself: /sys/kernel/security is often not mounted."""
    try:
        return syscall(CREATE, None, 0, 1)
    except OSError:
        return 0


Rule = tuple[int, int]
"""A descriptor that stands for a path, and rights."""


def rule(path: str, rights: int) -> Rule | None:
    """The rule for a path, kept open so that many rulesets can use it; None where there is no such path."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return None
    return fd, (rights if os.path.isdir(path) else rights & FILE_RIGHTS)


def ruleset(rules: Iterable[Rule | None]) -> int:
    """A descriptor of a ruleset that allows these, and nothing else."""
    version = abi()
    known = KNOWN_FILE_RIGHTS.get(version, 0xFFFF)
    attributes = struct.pack("QQQ", known, NET, SCOPE)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules_fd = syscall(CREATE, attributes, len(attributes), 0)
    for fd, rights in filter(None, rules):
        syscall(ADD, rules_fd, 1, struct.pack("=Qi", rights & known, fd), 0)
    return rules_fd


def restrict(rules_fd: int) -> None:
    """From here on, for ever. Needs no_new_privs."""
    syscall(RESTRICT, rules_fd, 0)
    os.close(rules_fd)
