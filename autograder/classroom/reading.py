"""A class read from disk: an export of Gradescope, an nbgrader `submitted/` tree, or a folder of zips and folders."""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..check.layout import PACKAGE
from ..course import Course
from ..frontends.collect import Handed, collect, place_of
from ..grading import intake
from ..grading.intake import IntakeError
from ..sandbox import scratch
from .export import iso, read_export
from .index import Entry, Member


@dataclass(frozen=True)
class Upload:
    """An entry and what was handed in for it."""

    entry: Entry
    handed: Handed


def read_class(folder: Path, course: Course) -> list[Upload]:
    """Every submission of a class, by name; digests are not known yet. Raises IntakeError where there is none."""
    folder = place_of(folder)
    exported = read_export(folder)
    uploads = []
    for handed in collect(folder, set(course.assignment.files())):
        members, submitted = exported.get(handed.place or handed.name, ([], ""))
        uploads.append(Upload(Entry(handed.name, members or [Member(handed.name)], submitted or stamped(handed)), handed))
    return uploads


def stamped(handed: Handed) -> str:
    """The time in nbgrader's timestamp.txt, beside the submitted files."""
    if handed.source is None or not handed.source.is_dir():
        return ""
    for path in [*sorted(handed.source.glob("*/timestamp.txt")), handed.source / "timestamp.txt"]:
        try:
            return iso(path.read_text(encoding="utf-8", errors="replace")[:100])
        except OSError:
            continue
    return ""


@contextmanager
def gathered(handed: Handed) -> Iterator[Path]:
    """A zip or a folder as it is; loose files in a folder, under the names that they stand for."""
    if handed.source is not None:
        yield handed.source
        return
    with scratch.root(scratch.SUBMISSIONS, 0o755) as place:
        (place / PACKAGE).mkdir()
        for name, path in handed.files.items():
            shutil.copyfile(path, place / PACKAGE / name)
        yield place


def digest_of(handed: Handed, course: Course) -> str:
    """What `Result.submission_digest` will be. Raises IntakeError where nothing can be graded."""
    try:
        with gathered(handed) as source:
            return intake.identify(source, given=course.reference, wanted=course.assignment.files())
    except OSError as error:
        raise IntakeError(f"{error.filename or handed.name} cannot be read: {error.strerror or error}.") from None


def seed_of(course: Course, digest: str) -> bytes:
    """The seed of a submission, from which those of its questions come."""
    return hmac.digest(course.secret, digest.encode(), "sha256")
