"""`make release`: everything that leaves the house, built, proven, and only then put into dist/."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

from ..course import Course
from .archive import write_zip
from .documents import handout_html, handout_pdf
from .gradescope_zip import build_gradescope_zip, settings
from .kit import kit_files
from .notebook import STORY
from .proofs import proofs
from .solution_pack import solution_files

STUDENTS = ["starter.zip", "handout.html", "handout.pdf"]
STAFF = ["autograder.zip", "solution.zip"]
NOTEBOOK = "solution.html"
"""The problem set's notebook, run with the solutions; where the course has one."""
SUMS = "SHA256SUMS"


def build(course: Course, folder: Path) -> None:
    """Write every archive and document, and a manifest for each archive. The same sources give the same bytes."""
    (folder / "handout.html").write_bytes(handout_html(course))
    (folder / "handout.pdf").write_bytes(handout_pdf(course))
    write_zip(folder / "starter.zip", {f"ps2-starter/{name}": data for name, data in kit_files(course).items()})
    build_gradescope_zip(folder / "autograder.zip", course)
    write_zip(folder / "solution.zip", {f"ps2-solution/{name}": data for name, data in solution_files(course).items()})
    names = [*STUDENTS, *STAFF]
    if has_story(course):
        from ..frontends.nbgrader.solution import write_html  # Jupyter, which nothing else here needs

        names.append(write_html(folder / NOTEBOOK, course).name)
    for name in ("solution.zip", NOTEBOOK):
        if name in names:
            (folder / name).chmod(0o600)
    for name in names:
        if name.endswith(".zip"):
            (folder / f"{name}.manifest").write_text(manifest(folder / name), encoding="utf-8")
    (folder / SUMS).write_text("".join(f"{digest((folder / n).read_bytes())}  {n}\n" for n in sorted(names)), encoding="utf-8")


def has_story(course: Course) -> bool:
    return (course.toml.parent / STORY).is_file()


def manifest(archive: Path) -> str:
    """What is in it, as `sha256sum --check` reads it where the archive was unpacked."""
    with zipfile.ZipFile(archive) as opened:
        return "".join(f"{digest(opened.read(name))}  {name}\n" for name in sorted(opened.namelist()))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def release_command(course: Course, out: Path, locks: bool = True) -> int:
    """0 and dist/ filled when every proof holds; else 1, and dist/ is as it was."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=out) as place:
        folder = Path(place)
        build(course, folder)
        good = True
        for proof in proofs(course, folder, STUDENTS, locks):
            note = f" ({proof.note})" if proof.note else ""
            print(f"  {'fails' if proof.faults else 'holds'}  {proof.claim}{note}", flush=True)
            for fault in proof.faults:
                print(f"           {fault}")
            good = good and not proof.faults
        if not good:
            print(f"\nNothing was released; {out}/ is as it was.")
            return 1
        for path in sorted(folder.iterdir()):
            os.replace(path, out / path.name)
    told(course, out)
    return 0


def told(course: Course, out: Path) -> None:
    width = shutil.get_terminal_size().columns
    print(f"\n{out}/")
    for name, what in (
        ("starter.zip", "for students: stubs, checks, handout"),
        ("handout.html", "for students"),
        ("handout.pdf", "for students"),
        ("autograder.zip", "for Gradescope; private, it holds the secret"),
        ("solution.zip", "for staff; private"),
        (NOTEBOOK, "with answers and pictures, for staff; private"),
        (SUMS, "for `sha256sum --check`; .manifest: what is in a zip"),
    ):
        if (out / name).is_file():
            print(f"  {name:<16}{max(1, (out / name).stat().st_size // 1000):>6} kB  {what}"[:width])
    print("\nOn Gradescope choose")
    for sentence in settings(course.assignment):
        print(f"  {sentence}")
