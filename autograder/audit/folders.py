"""Folders that an auditor names: partial packages laid over the reference, wrong or right ones."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from pathlib import Path

from ..check import scoring
from ..check.package import Package
from ..check.question import REGISTRY
from .report import Audit, finding
from .right import audit_right
from .runs import judged, reference, reference_folder, unchecked


def audit_wrong_folder(folder: str, questions: list[str], seeds: int) -> Audit:
    """A partial package laid over the reference that must lose points on every seed."""
    name, found = Path(folder).name, []
    with laid_over(Path(folder)) as package:
        for number in range(seeds):
            if all(scoring.share(judged(unchecked(REGISTRY[id]), package, number), {}) == 1 for id in questions):
                found.append(finding("survived", "", name, number, None, "loses no points on any question"))
    return Audit(misconceptions=1, killed=int(not found), findings=tuple(found))


def audit_right_folder(folder: str, questions: list[str], seeds: int) -> Audit:
    """A partial package laid over the reference that must lose nothing."""
    total = Audit()
    with laid_over(Path(folder)) as package:
        for id in questions:
            total += audit_right(REGISTRY[id], package, Path(folder).name, seeds)
    return total


class laid_over:
    """The reference with the files of `folder`/ps2 in place of its own; names that such a file leaves out stay the reference's."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "ps2"
        self.temporary = tempfile.TemporaryDirectory(prefix="ps2-audit-")

    def __enter__(self) -> Package:
        target = Path(self.temporary.name) / "ps2"
        shutil.copytree(reference_folder(), target, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(self.source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        package = Package(target, "ps2_laid")
        for question in REGISTRY.values():
            for stub in question.stubs:
                self.complete(package, *stub.split("."))
        return package

    def complete(self, package: Package, file: str, name: str) -> None:
        """Only where the file was replaced and imports: a file that does not import is a mistake of its own."""
        if not (self.source / f"{file}.py").is_file():
            return
        try:
            module = importlib.import_module(f"ps2_laid.{file}")
        except Exception:
            return
        if not hasattr(module, name):
            setattr(module, name, getattr(reference(), name))

    def __exit__(self, *_: object) -> None:
        self.temporary.cleanup()


def folders_in(directory: Path | None) -> list[str]:
    """DIR/NAME for each DIR/NAME/ps2 with Python files. Raises ValueError where there is none."""
    if directory is None:
        return []
    folders = sorted(str(path.parent) for path in directory.glob("*/ps2") if list(path.glob("*.py")))
    if not folders:
        raise ValueError(f"{directory} holds no NAME/ps2/*.py")
    return folders
