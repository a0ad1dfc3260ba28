"""`autograder package`: submissions of any shape become one normalised zip a student, each with what the intake says of it.

No student code runs. The same files give the same bytes, so that a second run changes nothing and two equal submissions are seen.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..check.archive import zip_of
from ..check.layout import GIVEN, PACKAGE
from ..course import Course
from ..grading.intake import IntakeError, Submission, merged, take
from ..grading.kit import about_kit
from ..grading.result import write_atomically
from .collect import Handed, collect, laid_out, left_out


@dataclass(frozen=True)
class Packed:
    """digest: of the student's files; "" where nothing could be packed. says: sentences."""

    name: str
    digest: str
    files: int
    says: tuple[str, ...]


def package(submissions: Path, out: Path, course: Course) -> list[Packed]:
    """Write NAME.zip and NAME.txt for each submission and summary.csv, into `out`. Raises IntakeError where there are none."""
    handed = collect(submissions, set(course.assignment.files()))
    packed = [pack(one, out, course) for one in handed]
    write_atomically(out / "summary.csv", summary(packed).encode())
    return packed


def pack(one: Handed, out: Path, course: Course) -> Packed:
    with tempfile.TemporaryDirectory(prefix="ps2-package-") as place:
        try:
            taken = take(
                laid_out(one, Path(place) / "loose"), Path(place) / "clean", given=course.reference, wanted=course.assignment.files()
            )
        except IntakeError as error:
            made = Packed(one.name, "", 0, (f"Nothing could be taken: {error}",))
        else:
            files = student_files(taken)
            write_atomically(out / f"{one.name}.zip", zip_of({**files, **manifest(taken)}))
            about = about_kit(taken.manifest, course)
            says = merged([*taken.faults.values(), *taken.remarks, *([about] if about else [])])
            made = Packed(one.name, taken.digest, len(files), tuple(says))
    write_atomically(out / f"{one.name}.txt", report(made).encode())
    return made


def student_files(taken: Submission) -> dict[str, bytes]:
    """What the student wrote; the given files come from the kit."""
    root = Path(taken.folder)
    paths = [path for path in sorted((root / PACKAGE).rglob("*.py")) if path.relative_to(root / PACKAGE).as_posix() not in GIVEN]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def manifest(taken: Submission) -> dict[str, bytes]:
    return {"kit.json": json.dumps(taken.manifest, indent=2).encode() + b"\n"} if taken.manifest else {}


def report(made: Packed) -> str:
    head = f"{made.name}: {made.files} files, digest {made.digest}" if made.digest else f"{made.name}: not packed"
    return "\n".join([head, *(f"- {sentence}" for sentence in made.says), ""])


def summary(packed: list[Packed]) -> str:
    """One row a student; `same as` names an earlier one with exactly the same files."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["student", "zip", "files", "digest", "same as", "remarks"])
    first: dict[str, str] = {}
    for made in packed:
        twin = first.setdefault(made.digest, made.name) if made.digest else made.name
        zip = f"{made.name}.zip" if made.digest else ""
        says = " ".join(" ".join(s.split()) for s in made.says)
        writer.writerow([made.name, zip, made.files, made.digest[:16], "" if twin == made.name else twin, harmless(says)])
    return table.getvalue()


def harmless(text: str) -> str:
    """A spreadsheet runs what begins like a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text


def package_command(submissions: Path, out: Path, course: Course) -> int:
    """0 where every submission became a zip; 1 where one could not."""
    packed = package(submissions, out, course)
    for made in packed:
        notes = len(made.says)
        what = f"{made.files} files" if made.digest else "NOT PACKED"
        print(f"  {made.name:<32} {what:<12} {f'{notes} remark' + 's' * (notes != 1) + f': {made.name}.txt' if notes else ''}".rstrip())
    for sentence in left_out(submissions, set(course.assignment.files())):
        print(sentence)
    bad = sum(not made.digest for made in packed)
    print(f"{len(packed) - bad} of {len(packed)} packed into {out}/; summary.csv has a line for each.")
    return 1 if bad else 0
