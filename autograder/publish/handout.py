"""The handout: the files of assignment/handout/ in order, without parts and sections that are not asked, with its tables filled in."""

from __future__ import annotations

import re
from pathlib import Path

from ..assignment import Assignment, AssignmentError
from ..check.question import Question
from ..course import Course
from .defaults import fill

TABLE = "<!-- questions -->"
TRAINING = "<!-- training -->"
OPEN = "<!-- open parameters -->"
OPEN_TRACK = re.compile(r"^### The open track\n.*?(?=^#|\Z)", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d+(?=[a-z]?-)")
HEADING = re.compile(r"^(#{1,2}) (.+?)\s*$")


def handout_text(course: Course) -> str:
    """Raises AssignmentError where an asked question has no section."""
    assignment = course.assignment
    folder = course.root / "assignment" / "handout"
    texts = [path.read_text(encoding="utf-8").strip() for path in sorted(folder.glob("*.md")) if belongs(path, assignment)]
    if not assignment.training.open_parameters:
        texts = [OPEN_TRACK.sub("", text) for text in texts]
    whole = "\n\n".join(without_sections(text, off_sections(assignment)) for text in texts) + "\n"
    headings = {match[2] for line in whole.splitlines() if (match := HEADING.match(line))}
    for question in assignment.asked():
        section = assignment.questions[question.id].section
        if section not in headings:
            says = f'{folder} has no heading "## {section}", which questions."{question.id}".section names'
            raise AssignmentError(f"{says}; write that section or change the name.")
    if assignment.training.on and assignment.training.section not in headings:
        raise AssignmentError(f'{folder} has no heading "## {assignment.training.section}", which training.section names.')
    return (
        fill(whole, assignment, folder)
        .replace(TABLE, table(assignment))
        .replace(TRAINING, training_table(assignment))
        .replace(OPEN, f"{assignment.training.open_parameters:,}")
    )


def belongs(path: Path, assignment: Assignment) -> bool:
    """Whether a file is of a part that is asked: 5-networks.md and 5b-more.md are of part 5, and 0-introduction.md is always there."""
    part = NUMBER.match(path.name)
    if part is None or part[0] not in assignment.parts:
        return True
    on = {str(question.part) for question in assignment.asked()}
    return part[0] in on or (assignment.training.on and assignment.training.section.startswith(f"{part[0]}."))


def off_sections(assignment: Assignment) -> set[str]:
    """The sections that belong to no question that is asked."""
    asked = {assignment.questions[q.id].section for q in assignment.asked()}
    off = {settings.section for settings in assignment.questions.values()} - asked
    return off if assignment.training.on else off | {assignment.training.section}


def without_sections(text: str, off: set[str]) -> str:
    kept: list[str] = []
    dropping = False
    for line in text.splitlines():
        if match := HEADING.match(line):
            dropping = match[2] in off
        if not dropping:
            kept.append(line)
    return "\n".join(kept).rstrip()


def table(assignment: Assignment) -> str:
    """Every question asked: what it is worth and about how long it takes."""
    rows = ["| | question | points | minutes | |", "|:---|:---|---:|---:|:---|"]
    rows += [row(assignment, question) for question in assignment.asked()]
    minutes = sum(assignment.questions[q.id].minutes for q in assignment.asked())
    if training := assignment.training if assignment.training.on else None:
        rows.append(f"| {training.section.split()[0]} | {training.section.split(' ', 1)[1]} | {training.points} | {training.minutes} | |")
        minutes += training.minutes
    return "\n".join([*rows, f"| | all | {assignment.total()} | {minutes} | |"])


def training_table(assignment: Assignment) -> str:
    """What the run asks on each kind of machine, with the safer figures."""
    lines = ["| profile | network | images | seen in training | aim at |", "|---|---|---|---:|---|"]
    for name, p in assignment.training.profiles.items():
        aim = f"{p.full + assignment.training.safer:.2f}" if p.full is not None else "reported, judged by staff"
        lines.append(f"| {name} | CifarResNet({p.depth}, width={p.width}) | {p.images} | {p.epochs * p.epoch_images:,} | {aim} |")
    return "\n".join(lines)


def row(assignment: Assignment, question: Question) -> str:
    settings = assignment.questions[question.id]
    kind = "core" if question.core else "ext"
    return f"| {question.id} | {question.title} | {settings.points} | {settings.minutes} | {kind} |"
