"""Does anything that students get give something away? The secret in any writing, markers of solutions, lines of a solution.

Looked into: every file of every archive, an archive inside an archive, each text of a notebook with its outputs and metadata, HTML with
its entities resolved. A PDF is compressed glyphs and cannot be read; it is made from the text that is scanned as HTML.
"""

from __future__ import annotations

import base64
import contextlib
import html
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..course import Course
from .starter import BEGIN, END, find_regions

SHORTEST = 25
"""Characters of a solution's line that can be told from what anybody would write."""
MARKERS = tuple(f"{end} {what}" for what in ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME") for end in ("BEGIN", "END"))


class Scanner:
    """What must not be seen, for one course. `scan` gives a sentence for each thing that is.

    written: phrases of model answers and rubrics → where each is from (publish/written.py), where these are to be looked for too.
    """

    def __init__(self, course: Course, written: Mapping[str, str] | None = None) -> None:
        self.secrets = [key for path in secrets(course) for key in writings(path.read_bytes().strip())]
        self.lines = solution_lines(course)
        told = {line: f"a line of the solution in {home}" for line, home in self.lines.items()}
        told |= {phrase: f"words of {home}" for phrase, home in (written or {}).items()}
        self.bare = {without_space(text): f"{what}: `{text}`" for text, what in told.items()}

    def scan(self, name: str, data: bytes) -> list[str]:
        """Sentences, each with the file (and the file inside it) and what it gives away."""
        found: list[str] = []
        for place, part in unpacked(name, data):
            if any(key in part for key in self.secrets):
                found.append(f"{place} holds the course's secret.")
            found += self.in_text(place, " ".join(texts(place, part)))
        return list(dict.fromkeys(found))

    def in_text(self, place: str, text: str) -> Iterator[str]:
        yield from (f"{place} holds the marker `{marker}`." for marker in MARKERS if marker in text)
        bare = without_space(text)
        yield from (f"{place} holds {what}." for piece, what in self.bare.items() if piece in bare)

    def scan_path(self, path: Path) -> list[str]:
        """A file, an archive or a folder."""
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        return [says for file in files for says in self.scan(file.relative_to(path.parent).as_posix(), file.read_bytes())]


def secrets(course: Course) -> list[Path]:
    """Of this term and of those before."""
    return sorted(p for p in course.toml.parent.glob("secret*") if p.is_file())


def writings(key: bytes) -> Iterator[bytes]:
    """The ways in which a key, often itself written in hexadecimal, would be found in a file."""
    keys = [key]
    with contextlib.suppress(ValueError):
        keys.append(bytes.fromhex(key.decode()))
    for one in keys:
        yield from (one, one.hex().encode(), one.hex().upper().encode(), str(int.from_bytes(one, "big")).encode())
        yield from (base64.b64encode(one).rstrip(b"="), base64.urlsafe_b64encode(one).rstrip(b"="))


def solution_lines(course: Course) -> dict[str, str]:
    """The lines that only solutions hold → where: long enough, and not also outside of a marked region."""
    inside: dict[str, str] = {}
    outside: set[str] = set()
    for path in sorted(course.reference.rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        solved = {n for begin, end in find_regions(path.name, lines) for n in range(begin, end + 1)}
        for n, line in enumerate(lines, 1):
            text = line.strip()
            if n not in solved:
                outside.add(without_space(text))
            elif len(text) >= SHORTEST and text not in (BEGIN, END):
                inside.setdefault(text, f"{path.name}, line {n}")
    return {line: home for line, home in inside.items() if without_space(line) not in outside}


def without_space(text: str) -> str:
    return "".join(text.split())


def unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The file itself, and everything in it where it is a zip (an .npz is one)."""
    yield name, data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield from unpacked(f"{name}: {info.filename}", archive.read(info))


def texts(place: str, data: bytes) -> Iterable[str]:
    """What can be read in a file: as it is, with entities resolved, and each text of a JSON document (a notebook is one) unescaped."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        return  # its files come one by one
    text = data.decode("utf-8", "replace")
    yield text
    if place.endswith((".html", ".htm", ".ipynb", ".svg")):
        yield html.unescape(text)
    if place.endswith((".ipynb", ".json")):
        try:
            yield from strings(json.loads(text))
        except (ValueError, RecursionError):
            return


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON document; the pieces of a list of lines are one text. What is base64 is decoded as well."""
    if isinstance(value, str):
        yield value
        yield from decoded(value)
    elif isinstance(value, dict):
        yield from (text for entry in (*value, *value.values()) for text in strings(entry))
    elif isinstance(value, list):
        if value and all(isinstance(entry, str) for entry in value):
            yield "".join(value)
        yield from (text for entry in value for text in strings(entry))


def decoded(text: str) -> Iterator[str]:
    if len(text) >= SHORTEST:
        try:
            yield base64.b64decode(text, validate=True).decode()
        except ValueError:  # not base64, or no text
            return


def leaks_command(course: Course, paths: list[Path]) -> int:
    """Scan files, archives and folders; 1 and a line for each thing that is given away."""
    from .written import written  # which needs this file

    try:
        answers = written(course)
    except ModuleNotFoundError as error:
        answers = {}
        print(f"Answers in words are not looked for: the Python package {error.name} is missing here.", file=sys.stderr)
    scanner = Scanner(course, answers)
    found = [says for path in paths for says in scanner.scan_path(path)]
    print(*found or ["Nothing is given away."], sep="\n")
    return 1 if found else 0
