"""Scratch folders: one private root for a zygote, one folder in it for each worker, removed with whatever it has become."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def make_root() -> Path:
    """A new folder that anybody may pass through and only we may list or write."""
    root = Path(tempfile.mkdtemp(prefix="ps2-grader-"))
    root.chmod(0o711)
    return root


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
    """Remove a tree that its writer may have made hard to remove: folders without rights, nested thousands deep. Follows no link."""
    try:
        path.rmdir()
        return
    except OSError:
        pass
    if os.name == "posix":  # chmod and rm know how to walk a tree that is deeper than Python's stack and longer than a path may be
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run([*command, "--", str(path)], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    shutil.rmtree(path, ignore_errors=True)
