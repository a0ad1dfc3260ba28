"""Applies the layers to this process, in the one order that works, and tells which of them took effect."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from . import jail, landlock, libc, limits, seccomp

T = TypeVar("T")

DEVICES = ("/dev/null", "/dev/urandom")
HARMLESS = ("/proc/cpuinfo", "/sys/devices/system/cpu")  # without them torch takes slower kernels, which round differently


@dataclass(frozen=True)
class Plan:
    """What a worker is to be left with.

    uid: the user to become, None to stay. rules: what Landlock allows beside `folder`, which it may read, and `scratch`, where it may
    write. jail: the folder at which its file system is to end, None for the whole. program: the seccomp filter, None where it could not be
    built. keep: descriptors that stay open.
    """

    layers: Collection[str]
    uid: int | None
    rules: Sequence[landlock.Rule]
    folder: str | None
    scratch: str
    jail: str | None
    program: bytes | None
    keep: Collection[int]
    cpu_seconds: float
    memory: int
    size: limits.Size


def confine(plan: Plan) -> list[str]:
    """Give up everything that the plan does not name. Returns the active layers; a layer that fails is not among them.

    The process must have one thread. Paths are opened while it is still privileged, and every later step works without privileges.
    """
    active = ["clean environment"]  # the zygote was started with it
    os.setsid()
    rules = ruleset(plan) if "landlock" in plan.layers and landlock.abi() > 0 else None
    if "closed descriptors" in plan.layers:
        close_all_but({*plan.keep, *([rules] if rules is not None else [])})
        active.append("closed descriptors")
    offer_to_oom_killer()
    if "rlimits" in plan.layers:
        above = 0 if "closed descriptors" in active else max(map(int, os.listdir("/proc/self/fd")))
        limits.apply(plan.cpu_seconds, plan.memory, plan.size, own_uid=plan.uid is not None, above=above)
        active.append("rlimits")
    if plan.jail is not None and attempt(jail.enter, plan.jail):
        active.append("chroot")
    if "uid" in plan.layers and plan.uid is not None and become(plan.uid):
        active.append("uid")
    if "no_new_privs" in plan.layers:
        libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
        active.append("no_new_privs")
    libc.hide_memory()
    libc.die_with_parent()
    if rules is not None and attempt(landlock.restrict, rules):
        active.append("landlock")
    if "seccomp" in plan.layers and plan.program is not None and attempt(seccomp.load, plan.program):
        active.append("seccomp")
    return active


def ruleset(plan: Plan) -> int | None:
    submission = landlock.rule(plan.folder, landlock.READ) if plan.folder else None
    try:
        return landlock.ruleset([*plan.rules, submission, landlock.rule(plan.scratch, landlock.SCRATCH)])
    except OSError:
        return None


def common_rules(read: Sequence[str], listed: Sequence[str]) -> list[landlock.Rule]:
    """What every worker of a zygote may do. read: paths with all below them. listed: folders of which only the names can be read."""
    rules = [landlock.rule(path, landlock.READ) for path in (*read, *HARMLESS)]
    rules += [landlock.rule(path, landlock.READ_DIR) for path in listed]
    rules += [landlock.rule(path, landlock.DEVICE) for path in DEVICES]
    return [rule for rule in rules if rule is not None]


def close_all_but(keep: Collection[int]) -> None:
    """Everything from 3 on, but for `keep`."""
    low = 3
    for fd in sorted(f for f in keep if f > 2):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, max(low, os.sysconf("SC_OPEN_MAX"), 4096))


def offer_to_oom_killer() -> None:
    """When the machine runs out of memory, this process goes first, not the grader."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def become(uid: int) -> bool:
    """Change user and group for good. A root without the right to do so, or a uid that is not mapped here, is no layer."""
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError:
        return False
    return True


def attempt(step: Callable[[T], None], argument: T) -> bool:
    """Take a step for good; whether the kernel let us."""
    try:
        step(argument)
    except OSError:
        return False
    return True
