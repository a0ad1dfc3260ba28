"""Does anything that students get give something away? Secrets and hidden numbers, markers of solutions, lines of a solution.

Looked into is whatever leak_places.py can open. A PDF is compressed glyphs and cannot be read; the handout's is made from the text that is
scanned as HTML.
"""

from __future__ import annotations

import base64
import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..course import Course
from . import leak_places
from .leak_graded import Graded
from .leak_thresholds import Thresholds
from .starter import BEGIN, END, find_regions

SHORTEST = 25
"""Characters of a solution's line that can be told from what anybody would write."""
MARKERS = tuple(f"{end} {what}" for what in ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME") for end in ("BEGIN", "END"))


class Scanner:
    """What must not be seen, for one course. `scan` gives a sentence for each thing that is.

    written: phrases of model answers and rubrics → where each is from (publish/written.py), where these are to be looked for too.
    """

    def __init__(self, course: Course, written: Mapping[str, str] | None = None) -> None:
        keys = [path.read_bytes().strip() for path in secrets(course)]
        self.secrets = [writing for key in keys for writing in writings(key)]
        self.graded = Graded(course, keys)
        self.thresholds = Thresholds(course)
        self.lines = solution_lines(course)
        told = {line: f"a line of the solution in {home}" for line, home in self.lines.items()}
        told |= {phrase: f"words of {home}" for phrase, home in (written or {}).items()}
        self.bare = {without_space(text): f"{what}: `{text}`" for text, what in told.items()}
        self.closed: list[str] = []
        """Files met so far that cannot be looked into, each a sentence."""

    def scan(self, name: str, data: bytes) -> list[str]:
        """Sentences, each with the file (and the file inside it) and what it gives away."""
        found: list[str] = []
        for place, part in leak_places.parts(name, data):
            if kind := leak_places.closed(place, part):
                self.closed.append(f"{place} was not looked into: it is {kind}.")
            found += [f"{place} holds {what}." for what in self.within(place, part)]
        return list(dict.fromkeys(found))

    def within(self, place: str, data: bytes) -> Iterator[str]:
        """What one file gives away by itself, apart from the files in it."""
        text = " ".join(leak_places.texts(place, data))
        bare = without_space(text)
        if any(key in data or key.decode("latin-1") in bare for key in self.secrets):
            yield "the course's secret"
        yield from self.graded.in_bytes(data)
        yield from self.graded.in_recording(place, data)
        if (numbers := leak_places.array(data)) is not None:
            yield from self.graded.in_array(numbers)
        yield from self.graded.in_text(text)
        yield from self.thresholds.found(text)
        yield from (f"the marker `{marker}`" for marker in MARKERS if marker in text)
        yield from (what for piece, what in self.bare.items() if piece in bare)

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
    print(*scanner.closed, sep="\n", end="\n" if scanner.closed else "", file=sys.stderr)
    print(*found or ["Nothing is given away."], sep="\n")
    return 1 if found else 0
