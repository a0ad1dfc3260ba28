"""Reading an uploaded folder: no link is followed on the way to a file, and nothing but plain files is opened."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from ..check.layout import LARGEST_FILE, ignored
from ..check.source import printable
from .upload import MOST_RECORDS, IntakeError, Upload, about_link, clean, kind_of, reason, too_many

MOST_FOLDERS = 5_000  # folders that are opened while looking for files
DEEPEST = 110  # folders within one another; names inside ps2/ cannot be so deep


def read_folder(root: int) -> Upload:
    """The upload in the folder that the descriptor `root` stands for; usable while it is open."""
    upload = Upload()
    pending: list[tuple[str, ...]] = [()]
    seen = 0
    while pending:
        parts = pending.pop()
        seen += 1
        if seen > MOST_FOLDERS:
            raise too_many(f"{MOST_FOLDERS:,} folders")
        try:
            listed = _listed(root, parts)
        except OSError as error:
            upload.add_link("/".join(parts) or ".", f"a folder that cannot be read ({reason(error)})")
            continue
        for name, mode in listed:
            inner = (*parts, name)
            path = clean("/".join(inner))
            if path is None or ignored(path):
                continue
            if stat.S_ISDIR(mode) and len(inner) > DEEPEST:
                upload.add_link(path, "a folder nested too deeply")
            elif stat.S_ISDIR(mode):
                pending.append(inner)
            elif stat.S_ISREG(mode):
                upload.add(path, _reader(root, inner, path))
            else:
                upload.add_link(path, kind_of(mode))
    return upload


def _listed(root: int, parts: tuple[str, ...]) -> list[tuple[str, int]]:
    """Names and modes in one folder, sorted."""
    with _beneath(root, parts, os.O_DIRECTORY) as folder, os.scandir(folder) as entries:
        found = sorted((entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in islice(entries, MOST_RECORDS + 1))
    if len(found) > MOST_RECORDS:
        raise too_many(f"{MOST_RECORDS:,} entries")
    return found


@contextmanager
def _beneath(root: int, parts: tuple[str, ...], flags: int) -> Iterator[int]:
    """A descriptor of what lies at `parts` below `root`, no link followed on the way."""
    current = os.dup(root)
    try:
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            step = flags if last else os.O_DIRECTORY
            deeper = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | step, dir_fd=current)
            os.close(current)
            current = deeper
        yield current
    finally:
        os.close(current)


def _reader(root: int, parts: tuple[str, ...], path: str) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with _beneath(root, parts, 0) as descriptor:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise IntakeError(about_link(path, kind_of(status.st_mode)))
                if status.st_nlink > 1:  # may be another's file, whose lines an error message would show
                    raise IntakeError(about_link(path, "a hard link"))
                with open(os.dup(descriptor), "rb") as file:
                    return file.read(LARGEST_FILE + 1)
        except OSError as error:
            kind = "a symbolic link" if error.errno == errno.ELOOP else None
            says = about_link(path, kind) if kind else f"'{printable(path)}' cannot be read ({reason(error)}); submit it again."
            raise IntakeError(says) from None

    return read
