"""A class read from disk: an export of Gradescope, an nbgrader `submitted/` tree, or a folder of zips and folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..check.layout import PACKAGE, ignored
from ..check.seeds import root_of
from ..course import Course
from ..frontends.collect import EXPORT, Handed, collect, fit, laid_out, place_of
from ..grading import intake
from ..grading.intake import IntakeError
from ..sandbox import scratch
from .export import iso, read_export
from .index import INDEX, Entry, Member


@dataclass(frozen=True)
class Upload:
    """An entry and what was handed in for it."""

    entry: Entry
    handed: Handed


def read_class(folder: Path, course: Course) -> list[Upload]:
    """Every submission of a class, by name; digests are not known yet. Raises IntakeError where there is none."""
    folder = meant(folder, course)
    exported = read_export(folder)
    uploads = []
    for handed in collect(folder, set(course.assignment.files())):
        members, submitted = exported.get(handed.place or handed.name, ([], ""))
        uploads.append(Upload(Entry(handed.name, members or [Member(handed.name)], submitted or stamped(handed)), handed))
    return uploads + list(without_files(exported, uploads))


def without_files(exported: Mapping[str, tuple[list[Member], str]], uploads: list[Upload]) -> Iterator[Upload]:
    """Submissions that the export names and has no files of: nobody is lost without a word."""
    there = {upload.handed.place or upload.handed.name for upload in uploads}
    for place, (members, submitted) in exported.items():
        if place not in there and members:
            entry = Entry(fit(place), members, submitted, trouble=f"the export holds no files of it ({place} is empty or missing).")
            yield Upload(entry, Handed(entry.id, None, {}))


def meant(folder: Path, course: Course) -> Path:
    """The folder that holds the submissions: one level deeper where an export or an nbgrader course lies there.

    Raises IntakeError for what is one submission, or a folder of results.
    """
    if (folder / INDEX).is_file():
        raise IntakeError(f"{folder} holds results of an earlier `autograder class`; name the folder of the submissions.")
    if any((folder / PACKAGE / name).is_file() for name in course.assignment.files()):
        raise IntakeError(f"{folder} is one submission, which `autograder grade` takes; name the folder that holds all of them.")
    folders = [path for path in sorted(folder.glob("*/")) if not ignored(path.name)]
    inner = [path for path in folders if (path / EXPORT).is_file()]
    if len(inner) == len(folders) > 1:  # a student's file of this name makes nobody's folder the class
        names = ", ".join(path.name for path in inner)
        raise IntakeError(f"{folder} holds {len(inner)} exports ({names}); name one of them, each with a folder of results of its own.")
    return place_of(folder)


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
        yield laid_out(handed, place)


def digest_of(handed: Handed, course: Course) -> str:
    """What `Result.submission_digest` will be. Raises IntakeError where nothing can be graded."""
    try:
        with gathered(handed) as source:
            return intake.identify(source, given=course.reference, wanted=course.assignment.files())
    except OSError as error:
        raise IntakeError(f"{error.filename or handed.name} cannot be read: {error.strerror or error}.") from None


def seed_of(course: Course, digest: str) -> bytes:
    """The seed of a submission, from which those of its questions come."""
    return root_of(course.secret, digest)
