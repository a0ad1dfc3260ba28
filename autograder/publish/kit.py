"""The kit that students unzip: stubs, checks, golden recordings, settings, tests and a README."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from ..assignment import Assignment
from ..check import layout
from ..check.kit import GIVEN_COPY, GOLDEN, SETTINGS, digest_of
from ..check.question import REGISTRY, Question
from ..course import Course, this_course
from ..grading.kit import check_files, kit_version
from .archive import write_zip
from .figures import images_of, recorded
from .goldens import golden_files
from .handout import handout_text
from .starter import starter

STARTER = "starter_code"
TEMPLATES = Path(__file__).parent / "templates"
Files = dict[str, bytes]


def build_kit_zip(out: Path) -> Path:
    """Build the kit anew and write it as the zip `out`, in which everything lies in one folder."""
    return write_zip(out, {f"ps2-starter/{name}": data for name, data in kit_files(this_course()).items()})


def kit_files(course: Course) -> Files:
    """Every file of the kit by its name in it."""
    given = given_files(course)
    checks = check_files(course)
    goldens = golden_files(course, course.root / STARTER / "ps2check" / GOLDEN)
    return {
        **{f"ps2/{name}": data for name, data in {**given, **stub_files(course)}.items()},
        **{f"ps2check/{name}": data for name, data in checks.items()},
        **{f"ps2check/{GIVEN_COPY}/{name}": data for name, data in given.items()},
        **{f"ps2check/{GOLDEN}/{name}": data for name, data in goldens.items()},
        **recorded(course, f"ps2check/{GOLDEN}"),
        SETTINGS: as_json(settings(course.assignment, digest_of(checks))),
        **surroundings(course),
    }


def given_files(course: Course) -> Files:
    """The files that students get whole; the images only where training is asked."""
    training = any("training.py" in q.file for q in course.assignment.asked())
    names = [name for name in layout.GIVEN if training or name != "images.py"]
    return {name: unix((course.reference / name).read_bytes()) for name in names if (course.reference / name).is_file()}


def stub_files(course: Course) -> Files:
    """A stub file for each file with something asked in it."""
    asked = {stub: q for q in course.assignment.asked() for stub in q.stubs}
    off = {stub for q in REGISTRY.values() for stub in q.stubs} - asked.keys()
    files: Files = {}
    for module in dict.fromkeys(stub.split(".")[0] for stub in asked):
        path = course.reference / f"{module}.py"
        ids = {stub.split(".")[1]: q.id for stub, q in asked.items() if stub.split(".")[0] == module}
        hidden = {stub.split(".")[1] for stub in off if stub.split(".")[0] == module}
        files[path.name] = starter(path.name, path.read_text(encoding="utf-8"), ids, hidden).encode()
    return files


def settings(assignment: Assignment, check_digest: str) -> dict[str, Any]:
    """kit.json: what the checks need to know of assignment.toml."""
    asked = assignment.asked()
    parts = sorted({q.part for q in asked})
    return {
        "title": assignment.title,
        "kit_version": kit_version(assignment),
        "check_digest": check_digest,
        "public_seed": assignment.public_seed,
        "total": int(assignment.total()),
        "parts": [{"number": n, "title": assignment.parts[str(n)].title, "imports": list(assignment.parts[str(n)].imports)} for n in parts],
        "questions": [question_settings(assignment, q) for q in asked],
        **({"training": training_settings(assignment)} if assignment.training.on else {}),
    }


def training_settings(assignment: Assignment) -> dict[str, Any]:
    """For the rehearsal: what each profile asks, and the accuracy to aim at, never the graded one."""
    training = assignment.training
    profiles = {
        name: {
            "images": profile.images,
            "task": dataclasses.asdict(profile.task(0)),
            "safer": None if profile.full is None else round(profile.full + training.safer, 4),
        }
        for name, profile in training.profiles.items()
        if profile.images != "cifar10"
    }
    return {"profiles": profiles, "open_parameters": training.open_parameters}


def question_settings(assignment: Assignment, question: Question) -> dict[str, Any]:
    own, limits = assignment.questions[question.id], assignment.limits_of(question)
    return {
        "id": question.id,
        "title": question.title,
        "part": question.part,
        "points": own.points,
        "minutes": own.minutes,
        "section": own.section,
        "weights": {group: str(weight) for group, weight in assignment.weights_of(question).items()},
        "cpu_seconds": limits.cpu_seconds,
        "wall_seconds": limits.wall_seconds,
    }


def surroundings(course: Course) -> Files:
    """README, tests, requirements and an editor's settings."""
    assignment = course.assignment
    handout = handout_text(course)
    first = assignment.asked()[0]
    words = {
        "TITLE": assignment.title,
        "FIRST": f"{first.id} {first.title}",
        "FIRST_FILE": first.file,
        "FIRST_NAME": first.names[0].lower(),
    }
    torch = any(q.needs_torch for q in assignment.asked())
    words["TORCH"] = template("README-torch.md").decode() if torch else ""
    files = {
        "README.md": filled("README.md", words),
        "handout.md": handout.encode(),
        **images_of(course, handout),
        "pytest.ini": template("pytest.ini"),
        "requirements.txt": template("requirements.txt"),
        "tests/test_ps2.py": template("test_ps2.py.txt"),
        ".vscode/settings.json": template("vscode-settings.json"),
    }
    if torch:
        files["requirements-torch.txt"] = template("requirements-torch.txt")
    if any("matplotlib" in assignment.parts[str(q.part)].imports for q in assignment.asked()):
        files["requirements-figures.txt"] = template("requirements-figures.txt")
    return files


def template(name: str) -> bytes:
    return unix((TEMPLATES / name).read_bytes())


def filled(name: str, words: dict[str, str]) -> bytes:
    """A template in which @WORD@ is replaced."""
    text = template(name).decode()
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text.encode()


def as_json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def unix(data: bytes) -> bytes:
    """Line ends as in the repository, however git checked it out."""
    return data.replace(b"\r\n", b"\n")
