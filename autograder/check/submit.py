"""`python -m ps2check submit`: what the grader would say of the files, the score to expect, and the zip to upload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from . import layout
from .archive import zip_of
from .kit import GIVEN_COPY, SETTINGS, Kit, check_digest
from .local import Home, Outcome, ask

ZIP = "submission.zip"


@dataclass(frozen=True)
class Preflight:
    """problems: sentences on what will cost points or was changed; empty: questions without code; outcomes: every question that could
    be run; unchecked: by package that is not installed here, those that could not."""

    problems: list[str]
    empty: list[str]
    outcomes: list[Outcome]
    unchecked: dict[str, list[Outcome]]

    @property
    def points(self) -> Fraction:
        return sum((o.points for o in self.outcomes), Fraction(0))


def preflight(home: Home) -> Preflight:
    """Judge the files as the grader's intake and `import` do, and run every question."""
    everything = [ask(home, asked) for asked in home.kit.questions]
    unchecked: dict[str, list[Outcome]] = {}
    for outcome in everything:
        if package := home.waits_for(outcome):
            unchecked.setdefault(package, []).append(outcome)
    outcomes = [o for o in everything if not home.waits_for(o)]
    files = [file for file in home.faults if file not in home.lacking]
    faults = [home.faults[file] for file in files if file in home.kit.files or file in home.sources]
    faults += [f"{o.asked.name}: {o.fault}" for o in outcomes if o.fault and o.fault not in home.faults.values()]
    slow = [slow_sentence(o) for o in outcomes if o.seconds > o.asked.cpu_seconds]
    remarks = [remark for remark in home.remarks if remark not in faults]
    problems = dict.fromkeys([*faults, *remarks, *changed_given(home), *home.warnings, *slow, *changed_checks(home.kit)])
    return Preflight(list(problems), [o.asked.name for o in outcomes if o.empty], outcomes, unchecked)


def slow_sentence(outcome: Outcome) -> str:
    limit = f"the grader stops a question after {outcome.asked.cpu_seconds:.0f} s of computing"
    return f"{outcome.asked.name} took {outcome.seconds:.0f} s; {limit}."


def changed_given(home: Home) -> list[str]:
    """A sentence for each given file that is not as it was given."""
    says = "differs from the given file; the grader uses its own copy, so your change has no effect."
    copies = {path.name: path.read_bytes() for path in (home.kit.package / GIVEN_COPY).glob("*.py")}
    return [f"{name} {says}" for name, data in home.sources.items() if name in copies and lines(data) != lines(copies[name])]


def lines(data: bytes) -> list[bytes]:
    return data.removeprefix(b"\xef\xbb\xbf").rstrip().splitlines()


def changed_checks(kit: Kit) -> list[str]:
    if check_digest(kit.package) == kit.digest:
        return []
    return ["ps2check/ is not as it was given, so its verdict may differ from the grader's; unzip the kit again to get the checks back."]


def write_zip(home: Home) -> Path:
    """Write submission.zip beside ps2/: the same bytes for the same files. Raises OSError."""
    path = home.kit.root / ZIP
    path.write_bytes(zip_of(submitted(home.kit, home.sources)))
    return path


def submitted(kit: Kit, sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of the zip by name: the package, and which kit they were made with."""
    manifest = {"kit_version": kit.version, "check_digest": check_digest(kit.package)}
    files = {f"{layout.PACKAGE}/{name}": data for name, data in sources.items()}
    return {**files, SETTINGS: json.dumps(manifest, indent=2).encode() + b"\n"}
