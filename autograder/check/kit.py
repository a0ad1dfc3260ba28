"""The kit that a student unzipped: its settings, `kit.json` beside this package, and what its checks are, as a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from .question import Question, load_questions

HERE = Path(__file__).resolve().parent
SETTINGS = "kit.json"
GOLDEN = "golden"
GIVEN_COPY = "given"
"""The folder in ps2check with the given files (base.py, …) as the grader has them."""


class KitError(Exception):
    """The kit is incomplete; its text says what to do."""


@dataclass(frozen=True)
class KitPart:
    """imports: the packages that this part's code may import in the grader, beside the standard library."""

    number: int
    title: str
    imports: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """One question as this kit asks it. weights: of the item groups; seconds: the grader's limits."""

    question: Question
    points: Fraction
    minutes: int
    section: str
    weights: Mapping[str, Fraction]
    cpu_seconds: float
    wall_seconds: float

    @property
    def name(self) -> str:
        """ "1.5 ELU" ."""
        return f"{self.question.id} {self.question.title}"


@dataclass(frozen=True)
class Kit:
    """package: the folder ps2check with golden recordings and given files; beside it lie ps2/ and kit.json."""

    package: Path
    title: str
    version: str
    digest: str
    public_seed: str
    parts: dict[int, KitPart]
    questions: list[Asked]

    @property
    def root(self) -> Path:
        return self.package.parent

    @property
    def total(self) -> Fraction:
        return sum((asked.points for asked in self.questions), Fraction(0))

    @property
    def files(self) -> list[str]:
        """The student's files that are asked about."""
        return list(dict.fromkeys(stub.split(".")[0] + ".py" for asked in self.questions for stub in asked.question.stubs))

    def imports_of(self, file: str) -> set[str]:
        """The packages that `file` may import; a file of the student's own, or "", may import what any part may. torch is there where a
        question of the file needs it."""
        asked = [a.question for a in self.questions if any(stub.split(".")[0] + ".py" == file for stub in a.question.stubs)]
        names = {name for part in {q.part for q in asked} or self.parts for name in self.parts[part].imports}
        return names if not asked or any(q.needs_torch for q in asked) else names - {"torch"}


def load_kit(package: Path = HERE) -> Kit:
    """The kit that `package` (the folder ps2check) belongs to. Raises KitError."""
    root = package.parent
    try:
        raw = json.loads((root / SETTINGS).read_text(encoding="utf-8"))
        return kit_from(package, raw)
    except OSError:
        raise KitError(f"{SETTINGS} is not beside the folder {package.name}; unzip the kit again and copy your ps2/ into it.") from None
    except (ValueError, KeyError, TypeError):
        raise KitError(f"{SETTINGS} is damaged; unzip the kit again and copy your ps2/ into it.") from None


def kit_from(package: Path, raw: dict[str, Any]) -> Kit:
    registry = load_questions()
    parts = {p["number"]: KitPart(p["number"], p["title"], tuple(p["imports"])) for p in raw["parts"]}
    questions = [
        Asked(
            registry[q["id"]],
            Fraction(q["points"]),
            q["minutes"],
            q["section"],
            {group: Fraction(weight) for group, weight in q["weights"].items()},
            q["cpu_seconds"],
            q["wall_seconds"],
        )
        for q in raw["questions"]
    ]
    return Kit(package, raw["title"], raw["kit_version"], raw["check_digest"], raw["public_seed"], parts, questions)


def digest_of(files: Mapping[str, bytes]) -> str:
    """sha256 (hex) over names and contents; line ends do not count, since git on Windows changes them."""
    total = hashlib.sha256()
    for name, data in sorted(files.items()):
        for part in (name.encode("utf-8"), data.replace(b"\r\n", b"\n")):
            total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def check_digest(package: Path = HERE) -> str:
    """The digest of the checks in the folder `package`: its own .py files."""
    return digest_of({path.name: path.read_bytes() for path in package.glob("*.py")})
