"""The audit: many small pieces, each one right, wrong or lazy answer on a few seeds, run in-process on every core.

All the code is ours (catalog, variants, folders an auditor names), so nothing is confined.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ..check import scoring
from ..check.draw import Draw
from ..check.package import Package
from ..check.question import REGISTRY, Question, load_questions
from ..check.recording import record
from ..check.scoring import GRADIENT_CHECK, Row
from ..course import ENGINE, this_course
from ..grading.likeness import same as same_item
from ..misconceptions import CATALOG, Misconception, load_catalog
from ..misconceptions.overlay import overlay
from .diagnosis import audit_diagnosis
from .grey import SURE
from .inputs import audit_inputs
from .mutants import CHUNK, SAMPLE, audit_mutants, files_of, quotas
from .report import GREY, MARGIN, Audit, Finding, Loss, finding
from .runs import judged, reference, reference_folder, seed_of, unchecked, wanted
from .unearned import audit_lazy

Progress = Callable[[int, int], None]
Task = tuple[Callable[..., Audit], tuple[Any, ...]]

CASCADE_SEEDS = 2
THOROUGH = 2000
"""Seeds of right answers in a thorough audit: a false failure in 0.15 % of runs is then seen with 95 %."""


# ---- right answers


def audit_right(question: Question, package: Any, subject: str, seeds: int) -> Audit:
    """The reference or another right answer: nothing may fail, and errors stay far below what is allowed."""
    found: list[Finding] = []
    margin, undecided = 0.0, False
    for number in range(seeds):
        for row in judged(question, package, number):
            if row.verdict.undecided:
                undecided = True
                found.append(finding("grey", question.id, subject, number, row, "a right answer could not be decided"))
            elif not row.verdict.passed:
                found.append(finding("false failure", question.id, subject, number, row, "a right answer fails"))
            elif row.verdict.ratio > margin and not wanted(question.id, number).judges[row.item].chance:
                margin = row.verdict.ratio
                if margin > MARGIN:
                    found.append(finding("margin", question.id, subject, number, row, f"error/tolerance is {margin:.2g}"))
    failed = any(f.kind == "false failure" for f in found)
    return Audit(false_failures=int(failed), margin=margin, grey=int(undecided), findings=tuple(found))


def audit_question(id: str, seeds: int) -> Audit:
    """The reference itself, and whether everything it asks is drawn."""
    question = REGISTRY[id]
    return Audit(questions=1) + audit_right(question, reference(), "the reference", seeds) + audit_inputs(question, reference())


def audit_variant(id: str, seeds: int) -> Audit:
    variant = variants()[id]
    package = overlay(reference_folder(), {variant.name: variant.build})
    return audit_right(REGISTRY[variant.question], package, f"variant {id}", seeds)


# ---- wrong answers


def audit_mistake(id: str, seeds: int, cascade_seeds: int = CASCADE_SEEDS) -> Audit:
    """A catalogued mistake: caught on every seed in every item it names, and harmless elsewhere."""
    mistake = CATALOG[id]
    question = REGISTRY[mistake.question]
    package = overlay(reference_folder(), {mistake.name: mistake.build})
    if mistake.equivalent:
        right = audit_right(question, package, f"equivalent {id}", seeds)
        return Audit(
            equivalent=1, false_failures=right.false_failures, findings=tuple(f for f in right.findings if f.kind == "false failure")
        )
    asked = question if any(name.startswith(GRADIENT_CHECK) for name in mistake.fails) else unchecked(question)
    runs = [judged(asked, package, number) for number in range(seeds)]
    found = [f for number, rows in enumerate(runs) for f in escapes(mistake, rows, number)]
    killed = not any(f.kind == "survived" for f in found)
    grey = any(f.kind == "grey" for f in found)
    lost = float(sum(1 - scoring.share(rows, {}) for rows in runs) / len(runs))
    here = Audit(misconceptions=1, killed=int(killed), grey=int(grey), losses=(Loss(id, question.id, lost),), findings=tuple(found))
    return here + cascades(mistake, package, cascade_seeds)


def escapes(mistake: Misconception, rows: list[Row], number: int) -> Iterator[Finding]:
    """What this seed let through."""
    place = (mistake.question, mistake.id, number)
    groups = scoring.groups_of(rows)
    failed = {row.item for row in rows if not row.verdict.passed}
    for name in mistake.fails:
        passed = groups.get(name, name not in failed)
        if passed:
            yield finding("survived", *place, None, f'"{name}" should fail and passes')
    if scoring.share(rows, {}) == 1:
        yield finding("survived", *place, None, "loses no points")
    judges = wanted(mistake.question, number).judges
    caught = [row for row in rows if not row.verdict.passed and row.group != GRADIENT_CHECK and row.item in judges]
    if caught and all(surely(row) < (SURE if judges[row.item].chance else GREY) for row in caught):
        strength = max(surely(row) for row in caught)
        yield finding("grey", *place, None, f"is caught by {strength:.2g} times the tolerance only, too little to be sure on every seed")


def surely(row: Row) -> float:
    return float("inf") if np.isnan(row.verdict.ratio) else row.verdict.ratio


def cascades(mistake: Misconception, package: Any, seeds: int) -> Audit:
    """What the mistake costs on every other question."""
    total, found, losses = Fraction(0), [], []
    for question in (REGISTRY[id] for id in reached_from(mistake.name) if id != mistake.question):
        before = total
        for number in range(seeds):
            rows = judged(unchecked(question), package, number)
            lost = 1 - scoring.share(rows, {})
            if lost:
                total += lost
                found.append(
                    finding("cascade", question.id, mistake.id, number, scoring.first_failure(rows), f"loses {lost} of the points")
                )
        losses.append(Loss(mistake.id, question.id, float((total - before) / seeds)))
    return Audit(cascades=float(total), losses=tuple(losses), findings=tuple(found))


@functools.cache
def reached_from(name: str) -> tuple[str, ...]:
    """The questions that answer differently when `name` is gone from the reference."""
    package, reached = overlay(reference_folder(), {name: lambda _: None}, "ps2_without"), []
    for question in REGISTRY.values():
        level = 3 if question.ladder else None
        runs = [record(question, which, Draw(seed_of(0), level)) for which in (reference(), package)]
        if runs[1].ended is not None or any(not same_item(runs[1].items.get(item), value) for item, value in runs[0].items.items()):
            reached.append(question.id)
    return tuple(reached)


# ---- folders that an auditor names


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


# ---- all of it


def run_audit(
    part: int | None = None,
    seeds: int = 20,
    wrong: Path | None = None,
    right: Path | None = None,
    progress: Progress | None = None,
    *,
    workers: int | None = None,
    thorough: bool = False,
    sample: int | None = None,
) -> Audit:
    """Audit one part, or all.

    seeds: how many runs each answer gets. wrong, right: folders of NAME/ps2/*.py laid over the reference. progress(done, of): called
    after each piece. workers: processes, by default one a core; 0 runs everything in this process (and sees what it registered).
    thorough: hours; right answers on THOROUGH seeds, cascades on 20. sample: automatic mutants.
    Raises ValueError where there is nothing to audit.
    """
    prepare()
    questions = [q.id for q in REGISTRY.values() if part in (None, q.part)]
    if not questions:
        raise ValueError(f"there is no part {part}")
    tasks = list(tasks_for(questions, seeds, folders_in(wrong), folders_in(right), thorough, SAMPLE if sample is None else sample))
    total = Audit()
    for done, piece in enumerate(run_tasks(tasks, workers), 1):
        total += piece
        if progress is not None:
            progress(done, len(tasks))
    order = {id: i for i, id in enumerate(REGISTRY)}
    findings = sorted(total.findings, key=lambda f: (f.kind, order.get(f.question, -1), f.subject, f.seed))
    return total + Audit() if not findings else replaced(total, tuple(findings))


def replaced(audit: Audit, findings: tuple[Finding, ...]) -> Audit:
    return Audit(**{name: getattr(audit, name) for name in audit.__struct_fields__ if name != "findings"}, findings=findings)


def tasks_for(questions: list[str], seeds: int, wrong: list[str], right: list[str], thorough: bool, sample: int) -> Iterator[Task]:
    """The pieces, the long ones first."""
    right_seeds, cascade_seeds = (max(seeds, THOROUGH), max(seeds, 20)) if thorough else (seeds, CASCADE_SEEDS)
    yield from ((audit_diagnosis, (id, seeds, thorough)) for id in questions)
    yield from mutant_tasks(questions, sample)
    yield from ((audit_lazy, (id, seeds)) for id in questions)
    yield from ((audit_wrong_folder, (folder, questions, seeds)) for folder in wrong)
    yield from ((audit_right_folder, (folder, questions, seeds)) for folder in right)
    yield from ((audit_question, (id, right_seeds)) for id in questions)
    yield from ((audit_mistake, (m.id, seeds, cascade_seeds)) for m in CATALOG.values() if m.question in questions)
    yield from ((audit_variant, (v.id, right_seeds)) for v in variants().values() if v.question in questions)


def mutant_tasks(questions: list[str], sample: int) -> Iterator[Task]:
    files = files_of(questions) if sample else {}
    for file, count in quotas(list(files), sample).items():
        asked = tuple(q.id for q in files[file])
        yield from ((audit_mutants, (file, count, chunk, asked)) for chunk in range(-(-count // CHUNK)))


def run_tasks(tasks: list[Task], workers: int | None) -> Iterator[Audit]:
    if workers == 0:
        yield from (function(*arguments) for function, arguments in tasks)
        return
    count = workers or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else workers or os.cpu_count() or 1
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=prepare) as pool:
        for future in as_completed([pool.submit(function, *arguments) for function, arguments in tasks]):
            yield future.result()


def prepare() -> None:
    """Fill the registers; each worker process does it for itself."""
    load_questions()
    load_catalog()
    variants()


@functools.cache
def variants() -> dict[str, Any]:
    """The honest variants of the course, by id; none where they, or our tests with their register, are not here."""
    init = ENGINE / "tests" / "variants" / "__init__.py"
    if not init.is_file():
        return {}
    register: dict[str, Any] = load_package("ps2_variants", init, this_course().variants).load_variants()
    return register


def load_package(name: str, init: Path, folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:  # cannot happen for a path that ends in .py
        raise ImportError(f"{folder} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
