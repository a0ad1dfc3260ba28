"""The audit: one piece a question, and pieces of automatic mutants, run in-process on every core.

All the code is ours (catalog, variants, folders an auditor names), so nothing is confined.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

from ..check.question import REGISTRY, load_questions
from ..course import ENGINE, this_course
from ..misconceptions import CATALOG, Build, load_catalog
from ..sandbox.launch import ONE_THREAD
from .diagnosis import audit_diagnosis
from .folders import audit_right_folder, audit_wrong_folder, folders_in
from .mutants import CHUNK, SAMPLE, audit_mutants, files_of, quotas
from .report import REFERENCE, Audit, Finding
from .right import audit_question, audit_right, audit_right_thoroughly
from .runs import forget, replaced
from .unearned import audit_lazy
from .wrong import CASCADE_SEEDS, audit_mistake

Progress = Callable[[int, int], None]
Task = tuple[Callable[..., Audit], tuple[Any, ...]]

VARIANT_SEEDS = 5
THOROUGH = 2000
"""Seeds of right answers in a thorough audit: a false failure in 0.15 % of runs is then seen with 95 %."""


def audit_variant(id: str, seeds: int) -> Audit:
    """Another honest way to write an answer."""
    variant = variants()[id]
    with replaced({variant.name: variant.build}) as package:
        return audit_right(REGISTRY[variant.question], package, f"variant {id}", seeds)


def audit_whole(id: str, seeds: int, thorough: bool) -> Audit:
    """Everything about one question, in the order in which one piece needs the runs of another."""
    total = audit_diagnosis(id, seeds, thorough)
    for mistake in [m for m in CATALOG.values() if m.question == id]:
        total += audit_mistake(mistake.id, seeds, max(seeds, 20) if thorough else CASCADE_SEEDS)
    total += audit_lazy(id, seeds)
    total += audit_question(id, 0 if thorough else seeds)  # a thorough audit runs the reference with the other right answers
    if not thorough:
        for variant in [v for v in variants().values() if v.question == id]:
            total += audit_variant(variant.id, min(seeds, VARIANT_SEEDS))
    forget()
    return total + audit_right_thoroughly(id, right_answers(id), max(seeds, THOROUGH)) if thorough else total


def right_answers(id: str) -> dict[str, dict[str, Build]]:
    """What replaces which names in each right answer to a question; nothing does in the reference."""
    others = {f"variant {v.id}": {v.name: v.build} for v in variants().values() if v.question == id}
    return {REFERENCE: {}} | others


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

    seeds: how many runs each answer gets. wrong, right: folders of NAME/ps2/*.py laid over the reference, to audit these alone.
    progress(done, of): called after each piece. workers: processes, by default one a core; 0 runs everything in this process (and sees
    what it registered). thorough: hours; right answers on THOROUGH seeds, with the p-values of random items, cascades on 20. sample:
    automatic mutants.
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
    return with_findings(total, tuple(findings))


def with_findings(audit: Audit, findings: tuple[Finding, ...]) -> Audit:
    return Audit(**{name: getattr(audit, name) for name in audit.__struct_fields__ if name != "findings"}, findings=findings)


def tasks_for(questions: list[str], seeds: int, wrong: list[str], right: list[str], thorough: bool, sample: int) -> Iterator[Task]:
    """The pieces, the long ones (of the later parts) first; where folders are named, these alone."""
    if not (wrong or right):
        yield from ((audit_whole, (id, seeds, thorough)) for id in reversed(questions))
        yield from mutant_tasks(questions, sample)
    yield from ((audit_wrong_folder, (folder, questions, seeds)) for folder in wrong)
    yield from ((audit_right_folder, (folder, questions, seeds)) for folder in right)


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
    with in_environment(ONE_THREAD), ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=begin) as pool:
        for future in as_completed([pool.submit(function, *arguments) for function, arguments in tasks]):
            yield future.result()


@contextmanager
def in_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What is started meanwhile has these variables: workers compute with one thread, as graders do, and do not wait for one another's."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def begin() -> None:
    """A worker process, which is not to outlive an audit that is killed."""
    if sys.platform == "linux":
        from ..sandbox import libc

        libc.die_with_parent()
    prepare()


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
