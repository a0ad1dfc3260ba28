"""The layers between student code and everything else: their names, what each stops, and which are required where."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection

from .errors import GraderError

LAYERS = {
    "clean environment": "no variable of the grader's environment and no argument of its command line reaches student code",
    "closed descriptors": "no open file or connection of the grader reaches student code",
    "rlimits": "floods of memory, files, processes and computing time end at a limit",
    "uid": "a user of its own for each worker: no file, process or signal of the grader or of another worker is within reach",
    "no_new_privs": "no program with special privileges can give them to student code",
    "landlock": "nothing can be read but Python's own libraries and the submission, nothing written but a scratch folder",
    "chroot": "where Landlock is missing: the file system is a folder with the submission and a scratch folder, and nothing else exists",
    "seccomp": "no new process, no program start, no network, no signal to or look into another process",
}

REMEDIES = {
    "uid": "run the grader as root in a container that keeps the capability SETUID",
    "landlock": "use a Linux kernel of 5.13 or later with Landlock enabled (and Docker 23 or later)",
    "chroot": "run the grader as root in a container that keeps the capability SYS_CHROOT",
    "seccomp": "install libseccomp (Debian and Ubuntu: apt install libseccomp2) and the package pyseccomp",
}


def required() -> set[str]:
    """What grading insists on, unless told otherwise: a worker's own user and seccomp as root, Landlock and seccomp as anybody else."""
    wall = {"uid", "seccomp"} if is_root() else {"landlock", "seccomp"}
    return wall | {"clean environment", "closed descriptors", "rlimits", "no_new_privs"}


def states(active: Collection[str]) -> dict[str, str]:
    """Each layer with "active" or what its absence means; of the two walls around files only the one that is needed."""
    told = [name for name in LAYERS if name != "chroot" or "landlock" not in active]
    return {name: "active" if name in active else f"missing: {LAYERS[name]}" for name in told}


def insist(active: Collection[str], on: Collection[str]) -> None:
    """Raise a GraderError that names the first missing layer, what it would stop, and the remedy."""
    for layer in LAYERS:
        if layer in on and layer not in active:
            remedy = REMEDIES.get(layer, "use Linux")
            raise GraderError(
                f'the confinement layer "{layer}" is not available here, so this would not hold: {LAYERS[layer]}. '
                f"Remedy: {remedy}; or grade without confinement (--simple), for submissions that you trust."
            )
    unknown = set(on) - set(LAYERS)
    if unknown:
        raise GraderError(f"there is no confinement layer {sorted(unknown)[0]!r}; the layers are {', '.join(LAYERS)}")


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def confinement_possible() -> bool:
    """Whether this platform has any of the layers that need a kernel's help."""
    return sys.platform == "linux"
