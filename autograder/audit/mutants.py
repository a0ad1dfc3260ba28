"""Automatic mutants: the reference with one operator, number or comparison changed, by cosmic-ray's operators, in what students write.

A mutant is killed when it loses points on one of a few seeds. A survivor shows a hole in a question, or is no mistake at all: then its
key stands in equivalent_mutants.py with the reason.
"""

from __future__ import annotations

import ast
import difflib
import functools
import hashlib
import importlib
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import FrameType

from ..check import scoring
from ..check.package import Package
from ..check.question import REGISTRY, Question
from ..publish.starter import find_regions
from .equivalent_mutants import EQUIVALENT
from .reach import names_run
from .report import Audit, Finding
from .runs import judged_until, reference_folder, unchecked

SAMPLE = 300
SEEDS = 3
CHUNK = 10
"""Mutants of one piece of the audit."""
SECONDS = 5.0
"""CPU of one mutant on one question and seed: a loop that no longer ends is killed by that."""
LEFT_OUT = (
    "core/RemoveDecorator",
    "core/ExceptionReplacer",
    "core/VariableInserter",
    "core/VariableReplacer",
    "core/ReplaceBreakWithContinue",
)
"""Operators that change no arithmetic, or put in names at random; and see `operators`."""


@dataclass(frozen=True)
class Place:
    """Where an operator applies. name: the top-level class or function. occurrence: its number among this operator's places in there."""

    file: str
    line: int
    operator: str
    occurrence: int
    name: str

    @property
    def rank(self) -> str:
        """What the sample is drawn by: depends on the line's text and not on its number, so that edits elsewhere change nothing."""
        return hashlib.sha256(
            f"{self.file}|{source_of(self.file).splitlines()[self.line - 1]}|{self.operator}|{self.name}".encode()
        ).hexdigest()


@functools.cache
def source_of(file: str) -> str:
    return (reference_folder() / file).read_text(encoding="utf-8")


@functools.cache
def definitions(file: str) -> dict[str, range]:
    """Top-level class or function → its line numbers."""
    tops = [node for node in ast.parse(source_of(file)).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return {node.name: range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in tops}


def text_of(file: str, lines: range) -> str:
    return "".join(source_of(file).splitlines(keepends=True)[lines.start - 1 : lines.stop - 1])


@functools.cache
def solution_lines(file: str) -> dict[int, str]:
    """Line number → top-level name, for the code lines that students write."""
    source = source_of(file)
    solved = {n for begin, end in find_regions(file, source.splitlines()) for n in range(begin + 1, end)}
    texts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Expr) and is_text(node)]
    docs = {n for node in texts for n in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    return {n: name for name, lines in definitions(file).items() for n in lines if n in solved - docs}


def is_text(node: ast.Expr) -> bool:
    return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def files_of(questions: list[str]) -> dict[str, list[Question]]:
    """The reference's files with what is asked of them."""
    files: dict[str, list[Question]] = {}
    for id in questions:
        for file in dict.fromkeys(stub.split(".")[0] + ".py" for stub in REGISTRY[id].stubs):
            if (reference_folder() / file).is_file():
                files.setdefault(file, []).append(REGISTRY[id])
    return files


def quotas(files: list[str], sample: int = SAMPLE) -> dict[str, int]:
    """How many mutants each file gets: by its number of lines."""
    lines = {file: len(solution_lines(file)) for file in files}
    total = sum(lines.values()) or 1
    return {file: max(1, round(sample * count / total)) for file, count in lines.items()}


def operators() -> list[str]:
    """cosmic-ray's operators without those of LEFT_OUT and the two that compare identity, which Python gives small numbers for free."""
    from cosmic_ray import plugins

    return sorted(name for name in plugins.operator_names() if name not in LEFT_OUT and not name.endswith(("_Is", "_IsNot")))


@functools.cache
def places(file: str) -> tuple[Place, ...]:
    """Every place of every operator in what students write of a file, in the order of the sample."""
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    solved = solution_lines(file)
    made = {operator: plugins.get_operator(operator)() for operator in operators()}
    found: list[Place] = []
    for name, lines in definitions(file).items():
        nodes = list(ast_nodes(get_ast(text_of(file, lines))))
        for operator, change in made.items():
            at = [lines.start - 1 + line for node in nodes for (line, _), _ in change.mutation_positions(node)]
            found += [Place(file, line, operator, occurrence, name) for occurrence, line in enumerate(at) if line in solved]
    return tuple(sorted(found, key=lambda place: (place.rank, place.occurrence)))


def mutated(place: Place) -> str:
    """The file's source with the change; the same as before where the operator does nothing there."""
    from cosmic_ray import plugins
    from cosmic_ray.mutating import mutate_code

    lines, whole = definitions(place.file)[place.name], source_of(place.file).splitlines(keepends=True)
    text = text_of(place.file, lines)
    changed = mutate_code(text, plugins.get_operator(place.operator)(), place.occurrence) or text
    return "".join([*whole[: lines.start - 1], changed, *whole[lines.stop - 1 :]])


def diff_of(place: Place, source: str) -> str:
    """The changed lines alone."""
    lines = difflib.unified_diff(source_of(place.file).splitlines(), source.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def key_of(place: Place, diff: str) -> str:
    """What an equivalent mutant is entered under."""
    return hashlib.sha256(f"{place.file} {place.name}\n{diff}".encode()).hexdigest()[:16]


def sample_of(file: str, count: int, questions: tuple[str, ...]) -> list[tuple[Place, str]]:
    """The first `count` mutants of a file that change it and still compile, no two alike, in what these questions ask or a helper."""
    elsewhere = {name for q in REGISTRY.values() if q.id not in questions for name in q.names}
    elsewhere -= {name for id in questions for name in REGISTRY[id].names}
    chosen: dict[str, tuple[Place, str]] = {}
    for place in places(file):
        if len(chosen) >= count:
            break
        if place.name in elsewhere:
            continue
        source = mutated(place)
        if source != source_of(file) and compiles(source) and source not in chosen:
            chosen[source] = (place, source)
    return list(chosen.values())


def compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def audit_mutants(file: str, count: int, chunk: int, questions: tuple[str, ...]) -> Audit:
    """One piece of a file's sample."""
    total = Audit()
    for place, source in cached_sample(file, count, questions)[chunk * CHUNK : (chunk + 1) * CHUNK]:
        diff = diff_of(place, source)
        if key_of(place, diff) in EQUIVALENT:
            continue
        asked = [REGISTRY[id] for id in questions if place.name in REGISTRY[id].names]
        asked = asked or [REGISTRY[id] for id in questions if place.name in names_run(REGISTRY[id])]
        killed = any(is_killed(place, source, question) for question in asked)
        found = () if killed else (survivor(place, diff, asked),)
        total += Audit(automatic_mutants=1, automatic_killed=int(killed), findings=found)
    return total


@functools.lru_cache(maxsize=4)
def cached_sample(file: str, count: int, questions: tuple[str, ...]) -> list[tuple[Place, str]]:
    return sample_of(file, count, questions)


def survivor(place: Place, diff: str, asked: list[Question]) -> Finding:
    shown = " ".join(diff.split())
    says = f"{place.file}, line {place.line}: {shown} loses no points; mend the question, or enter the key in equivalent_mutants.py"
    return Finding("mutant", ", ".join(q.id for q in asked), key_of(place, diff), "", "", says)


def is_killed(place: Place, source: str, question: Question) -> bool:
    """Whether a mutant does not import, hangs, or loses points on one of the seeds."""
    try:
        with cpu_limit(SECONDS):
            package = mutant_package(place.file, source)
            return any(lost(question, package, number) for number in range(SEEDS))
    except scoring.ReferenceFault:
        raise
    except (Exception, Overrun):
        return True


def mutant_package(file: str, source: str) -> Package:
    """The reference in which one file is another one."""
    package = Package(reference_folder(), "ps2_mutant")
    module = importlib.import_module(f"ps2_mutant.{Path(file).stem}")
    exec(compile(source, str(reference_folder() / file), "exec"), vars(module))
    return package


def lost(question: Question, package: Package, number: int) -> bool:
    """Whether anything that earns fails; the run ends there."""
    rows, stopped = judged_until(unchecked(question), package, number, lost_already)
    return stopped or scoring.share(rows, {}) < Fraction(1)


def lost_already(rows: list[scoring.Row]) -> bool:
    return not rows[-1].verdict.passed and rows[-1].group != scoring.GRADIENT_CHECK


class Overrun(KeyboardInterrupt):
    """The mutant's time is over; a KeyboardInterrupt, because a recording lets no other exception through."""


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise Overrun after so many seconds of this process's CPU; only where the system has such a timer."""
    if not hasattr(signal, "SIGVTALRM"):
        yield
        return

    def strike(number: int, frame: FrameType | None) -> None:
        raise Overrun

    before = signal.signal(signal.SIGVTALRM, strike)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
