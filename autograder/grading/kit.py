"""Which checks students have, and what is said where a submission was made with others: the one sentence, in every front end."""

from __future__ import annotations

from .. import __version__
from ..assignment import Assignment
from ..check.kit import HERE, digest_of
from ..check.question import REGISTRY
from ..course import Course, part_files


def kit_version(assignment: Assignment) -> str:
    """ "2026-fall-0.1.0": the term and the version of the grader."""
    return f"{assignment.term}-{__version__}"


def check_files(course: Course) -> dict[str, bytes]:
    """The checks that students get, as they are, by name: the engine's and the course's questions, without the parts not asked."""
    parts = {q.part for q in course.assignment.asked()}
    unasked = {q.probe.__module__.split(".")[-1] + ".py" for q in REGISTRY.values() if q.part not in parts}
    paths = {path.name: path for path in HERE.glob("*.py")}
    if course.checks != HERE:
        paths = {name: path for name, path in paths.items() if path not in part_files(HERE)}
        paths |= {path.name: path for path in course.checks.glob("*.py")}
    return {name: path.read_bytes().replace(b"\r\n", b"\n") for name, path in sorted(paths.items()) if name not in unasked}


def about_kit(manifest: dict[str, str], course: Course) -> str:
    """One sentence where the submission's kit.json names other checks than today's; "" where it names these or none."""
    theirs, ours = manifest.get("kit_version", ""), kit_version(course.assignment)
    remedy = "get the current kit and put your ps2/ into it (nothing in ps2/ need change, and you were graded by today's checks)."
    if theirs and theirs != ours:
        return f"Your checks are not the grader's: they are of kit {theirs}, and the grader is at {ours}; {remedy}"
    digest = manifest.get("check_digest", "")
    if digest and digest != digest_of(check_files(course)):
        return f"Your checks are older than the grader's, or were changed; {remedy}"
    return ""
