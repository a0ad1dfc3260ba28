"""Chroot: as root on a kernel without Landlock, a worker's file system ends at a folder that holds the submission and nothing else.

Nothing can be imported from there that is not loaded already, so the zygote loads all that is on offer first.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SUBMISSION = "/ps2-submission-copy"  # a name that front ends know to leave out
SCRATCH = "/scratch"


def furnish(folder: Path, submission: str | None, uid: int | None) -> None:
    """Make the new, empty `folder` ready to be a worker's whole file system: a copy of the submission, and a place to write."""
    if uid is not None:
        os.chown(folder, 0, 0)
    folder.chmod(0o755)
    scratch = folder / SCRATCH[1:]
    scratch.mkdir(0o700)
    if uid is not None:
        os.chown(scratch, uid, uid)
    if submission is not None:
        shutil.copytree(submission, folder / SUBMISSION[1:], symlinks=True)


def enter(folder: str) -> None:
    """From here on, for ever: a later user without privileges cannot leave. Raises OSError where this process may not."""
    os.chroot(folder)
    os.chdir("/")
