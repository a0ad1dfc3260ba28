"""The zip that Gradescope takes: two scripts, the grader, the reference, the assignment with its secret, exact versions of everything.

What is not needed to grade is not in it: no tests, no documents, no starter, no audit, no command line.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from .. import __version__
from ..assignment import Assignment, AssignmentError
from ..check.archive import FIXED_TIME
from ..course import ENGINE, Course, part_files, this_course
from ..grading.result import write_atomically
from ..training.store import find, read, records

SCRIPTS = Path(__file__).parent / "gradescope"
MANIFEST = "MANIFEST"
SECRET = "assignment/secret"
MODES = {"setup.sh": 0o755, "run_autograder": 0o755, SECRET: 0o600}
PACKAGES = ("check", "grading", "misconceptions", "sandbox", "training")
MODULES = (
    "__init__.py",
    "assignment.py",
    "course.py",
    "frontends/__init__.py",
    "frontends/gradescope.py",
    "frontends/gradescope_metadata.py",
    "frontends/gradescope_run.py",
    "frontends/gradescope_spec.py",
    "frontends/text.py",
    "frontends/unittest_bridge.py",
)
DATA = {".py", ".json", ".npz", ".npy"}
REQUIREMENTS = ("gradescope-utils", "msgspec", "numpy", "pyseccomp", "scipy", 'tomli; python_version < "3.11"')
REQUIREMENTS_TORCH = ("safetensors", "torch")

GRADER_MB, GRADER_TORCH_MB = 250, 700  # what the grader's own processes take together
CONTAINERS = (
    (768, "0.5 CPU, 0.75 GB RAM (Gradescope's default)"),
    (1_536, "1 CPU, 1.5 GB RAM"),
    (3_072, "2 CPU, 3 GB RAM"),
    (6_144, "4 CPU, 6 GB RAM"),
)


def build_gradescope_zip(out: Path, course: Course | None = None, training: Path | None = None) -> Path:
    """Write the zip to `out` (private: it holds the secret), byte-identical whenever its contents are. Raises AssignmentError.

    training: a folder of training results to pack (without the weights); StoreError where one of them does not count.
    """
    course = course or this_course()
    files = contents(course) | training_results(course, training)
    files[MANIFEST] = manifest(files)
    write_atomically(out, packed(files))
    out.chmod(0o600)
    return out


def packed(files: dict[str, bytes]) -> bytes:
    """Sorted, without times, stored (compressors differ between machines); unlike a student's zip, this one has three kinds of rights."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.create_system = 3  # Unix, on whatever machine it is built, so that the rights are read
            info.external_attr = (0o100000 | MODES.get(name, 0o644)) << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()


def contents(course: Course) -> dict[str, bytes]:
    """Name in the zip → bytes."""
    assert course.secret  # raises where it is missing, before anything is built
    files = {name: (SCRIPTS / name).read_bytes() for name in ("setup.sh", "run_autograder")}
    files |= {name: (course.root / name).read_bytes() for name in ("assignment/assignment.toml", SECRET)}
    files |= {
        f"solutions/ps2/{path.relative_to(course.reference).as_posix()}": path.read_bytes() for path in python_files(course.reference)
    }
    engine = [*grader_files(ENGINE), *sorted((ENGINE / "constraints").rglob("py*.txt"))]
    files |= {path.relative_to(ENGINE).as_posix(): path.read_bytes() for path in engine}
    files = with_own(files, course)
    files["requirements.txt"] = lines(REQUIREMENTS)
    if needs_torch(course.assignment):
        files["requirements-torch.txt"] = lines(REQUIREMENTS_TORCH)
    return files


def training_results(course: Course, folder: Path | None) -> dict[str, bytes]:
    """Name in the zip → record, each checked: a stale or altered one must not be found out only when students see it."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise AssignmentError(f"{folder} is no folder; name the one that `autograder train --out` filled.")
    files = {}
    for path in records(folder):
        find(folder, read(path, course.secret).submission, course.secret, course.assignment.training.profiles)
        files[f"assignment/training/{path.name}"] = path.read_bytes()
    return files


def with_own(files: dict[str, bytes], course: Course) -> dict[str, bytes]:
    """A course's own questions and known mistakes in the places of PS2's."""
    for folder, own in (("autograder/check", course.checks), ("autograder/misconceptions", course.misconceptions)):
        if own != ENGINE / folder:
            theirs = {path.relative_to(ENGINE).as_posix() for path in part_files(ENGINE / folder)}
            files = {name: data for name, data in files.items() if name not in theirs}
            files |= {f"{folder}/{path.name}": path.read_bytes() for path in sorted(own.glob("*.py"))}
    return files


def grader_files(root: Path) -> Iterator[Path]:
    package = root / "autograder"
    yield from (package / name for name in MODULES)
    for name in PACKAGES:
        yield from python_files(package / name)


def python_files(folder: Path) -> Iterator[Path]:
    """Source and data; nothing that Python or an editor leaves beside them."""
    yield from sorted(p for p in folder.rglob("*") if p.suffix in DATA and p.is_file() and not hidden(p.relative_to(folder)))


def hidden(path: Path) -> bool:
    return any(part == "__pycache__" or part.startswith(".") for part in path.parts)


def lines(names: tuple[str, ...]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def manifest(files: dict[str, bytes]) -> bytes:
    """As `sha256sum --check` reads it."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def needs_torch(assignment: Assignment) -> bool:
    return any(question.needs_torch for question in assignment.asked())


def settings(assignment: Assignment) -> list[str]:
    """What to choose on Gradescope, as sentences: what the limits in assignment.toml ask for."""
    minutes = assignment.gradescope.minutes
    grader = GRADER_TORCH_MB if needs_torch(assignment) else GRADER_MB
    worker = max(assignment.limits_of(question).memory_mb for question in assignment.asked())
    return [
        f"autograder points: {float(assignment.total()):g}, the sum of the questions (Gradescope shows two totals otherwise)",
        f"container: {container(grader + worker)}: {grader} MB for the grader, {worker} MB for a student's question at most",
        f"timeout: {timeout(minutes)} minutes; the grader itself stops after {minutes:g} and keeps what it has",
        "base image: Ubuntu 22.04 or 24.04, variant Base",
    ]


def container(needed_mb: int) -> str:
    """The smallest of Gradescope's sizes that holds it, else the largest."""
    return next((name for size, name in CONTAINERS if needed_mb <= size), CONTAINERS[-1][1])


def timeout(minutes: float) -> int:
    """Gradescope's setting above the grader's own limit: 10 minutes unless more is needed, 40 at most."""
    return min(40, max(10, int(minutes) + 1 + (minutes % 1 > 0)))


def gradescope_command(out: Path, training: Path | None = None) -> int:
    """Build the zip and say what to choose when it is uploaded."""
    course = this_course()
    path = build_gradescope_zip(out, course, training)
    size = path.stat().st_size
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path}: {size / 1000:.0f} kB, grader {__version__}, sha256 {digest[:16]}…")
    print("It holds the reference solution and the secret: keep it among staff. On Gradescope choose")
    for sentence in settings(course.assignment):
        print(f"  {sentence}")
    return 0
