"""What is compared: the files of each submission, the code of its notebooks, and the same of earlier terms and public solutions."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ..classroom.reading import Upload, gathered, read_class
from ..course import Course
from ..grading import intake
from ..grading.intake import IntakeError

LARGEST = 2_000_000  # bytes of a notebook; plots in it are not code
MOST_NOTEBOOKS = 20


@dataclass(frozen=True)
class Document:
    """One file. owner: whose. file: its name; files of one name are compared. known: from elsewhere, compared with students only."""

    owner: str
    file: str
    text: str
    known: bool = False


def documents(folder: Path, course: Course, label: str = "") -> Iterator[Document]:
    """Every file of every submission in a folder; what cannot be read is left out. label: of an earlier term, before each name."""
    for upload in read_class(folder, course):
        owner = f"{label}: {upload.entry.id}" if label else upload.entry.id
        for file, data in [*files(upload, course), *notebooks(upload)]:
            yield Document(owner, file, data.decode("utf-8", "replace").replace("\r\n", "\n"), known=bool(label))


def files(upload: Upload, course: Course) -> list[tuple[str, bytes]]:
    try:
        with gathered(upload.handed) as source:
            found = intake.own_files(source, given=course.reference, wanted=course.assignment.files())
    except (IntakeError, OSError):
        return []
    return sorted(found.items())


def notebooks(upload: Upload) -> list[tuple[str, bytes]]:
    """The code cells of each notebook, one after another."""
    source = upload.handed.source
    if source is None:
        return []
    found = in_folder(source) if source.is_dir() else in_zip(source)
    return [(Path(name).name, code) for name, data in found if (code := code_of(data))]


def in_folder(folder: Path) -> list[tuple[str, bytes]]:
    paths = [p for p in sorted(folder.rglob("*.ipynb")) if p.is_file() and not p.is_symlink() and ".ipynb_checkpoints" not in p.parts]
    return [(path.name, path.read_bytes()) for path in paths[:MOST_NOTEBOOKS] if path.stat().st_size <= LARGEST]


def in_zip(path: Path) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [
                i for i in archive.infolist() if i.filename.endswith(".ipynb") and i.file_size <= LARGEST and "__MACOSX" not in i.filename
            ]
            found = []
            for info in infos[:MOST_NOTEBOOKS]:
                with archive.open(info) as member:
                    found.append((info.filename, member.read(LARGEST)))
            return found
    except Exception:  # zipfile and zlib raise nearly anything on a damaged file, of which the grading tells
        return []


def code_of(data: bytes) -> bytes:
    try:
        said = msgspec.json.decode(data)
        cells = [cell["source"] for cell in said["cells"] if cell["cell_type"] == "code"]
        return "\n\n".join(cell if isinstance(cell, str) else "".join(cell) for cell in cells).encode()
    except (msgspec.MsgspecError, ValueError, RecursionError, TypeError, KeyError):
        return b""


def package_documents(folder: Path, label: str) -> Iterator[Document]:
    """The files of one package, such as the public solutions."""
    for path in sorted(folder.glob("*.py")):
        yield Document(label, path.name, path.read_text(encoding="utf-8"), known=True)
