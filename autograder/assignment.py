"""`assignment/assignment.toml`: every number that an instructor sets, typed; a mistake in it is one sentence with key and line."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec

from .check.question import REGISTRY, Question, load_questions
from .training.settings import AUTO, OFF, STORED, Training

Positive = Annotated[float, msgspec.Meta(gt=0)]
Visibility = Literal["visible", "after_due_date", "after_published", "hidden"]
Share = str | int | float
Telling = Literal["none", "symptom", "cause"]


class AssignmentError(ValueError):
    """A mistake in assignment.toml, as one sentence for the instructor."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one question: seconds of CPU and wall-clock, megabytes beyond what an idle worker uses."""

    cpu_seconds: Positive = 10.0
    wall_seconds: Positive = 30.0
    memory_mb: Annotated[int, msgspec.Meta(ge=256)] = 1024


class Gradescope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    minutes: Positive = 9.0
    visibility: Visibility = "visible"
    stdout_visibility: Visibility = "visible"


class Stage(msgspec.Struct, frozen=True):
    """When a submission was made: after the deadline? after how many others on the same day?"""

    late: bool = False
    earlier_today: int = 0


class Feedback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is told of a question that fails: nothing but that it does, the symptom, or also its cause.

    before, after: the deadline. full_a_day: after so many submissions on one day a cause is no longer told; 0: always.
    """

    before: Telling = "cause"
    after: Telling = "cause"
    full_a_day: Annotated[int, msgspec.Meta(ge=0)] = 0


class Grades(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `autograder grades export` makes of points; no score that is stored depends on it.

    due: local time in `timezone`, such as "2026-11-20T23:59"; "" for none. grace_minutes: after it that count as on time. late_days: whole
    days that each student may be late for nothing. penalty: share of the earned points for each further day begun. most_days: beyond so
    many days late nothing counts. caps: by part, the most points that count.
    """

    due: str = ""
    timezone: str = "UTC"
    grace_minutes: Annotated[float, msgspec.Meta(ge=0)] = 0
    late_days: Annotated[int, msgspec.Meta(ge=0)] = 0
    penalty: Share = 0
    most_days: Annotated[int, msgspec.Meta(ge=0)] | None = None
    caps: dict[str, Share] = {}


class QuestionFeedback(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one question, where it differs."""

    before: Telling | None = None
    after: Telling | None = None


class PartSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """imports: top-level packages, beside the standard library and ps2, that this part's student code may import. on: false switches
    every question of the part off."""

    title: str
    on: bool = True
    imports: tuple[str, ...] = ("numpy", "scipy")


class QuestionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """on: overrides the profile for this question. weights, limits: override the general ones."""

    points: Annotated[int, msgspec.Meta(ge=1)]
    minutes: Annotated[int, msgspec.Meta(ge=1)]
    section: str
    on: bool | None = None
    weights: dict[str, Share] = {}
    limits: Limits | None = None
    forbid: tuple[str, ...] = ()
    visibility: Visibility | None = None
    feedback: QuestionFeedback = QuestionFeedback()


class Default(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The default value of an argument in the solutions, and those that a new term draws from."""

    value: float
    choices: tuple[float, ...]


class Assignment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. Questions that are off appear nowhere in the kit.

    total_points: what the questions must add up to. defaults: by "file.Class.argument" or "file.function.argument".
    """

    title: str
    term: str
    parts: dict[str, PartSettings]
    questions: dict[str, QuestionSettings]
    profile: Literal["core", "full"] = "core"
    total_points: int | None = None
    consistent_backward: Share = "1/2"
    public_seed: str = "ps2-public"
    weights: dict[str, Share] = {}
    limits: Limits = Limits()
    gradescope: Gradescope = Gradescope()
    training: Training = Training()
    feedback: Feedback = Feedback()
    grades: Grades = Grades()
    defaults: dict[str, Default] = {}

    def asked(self) -> list[Question]:
        """The questions that are switched on, in order."""
        return [q for q in REGISTRY.values() if self.is_on(q)]

    def is_on(self, question: Question) -> bool:
        switch = self.questions[question.id].on
        if not self.parts[str(question.part)].on:
            return False
        return (question.core or self.profile == "full") if switch is None else switch

    def points(self, question: Question) -> Fraction:
        return Fraction(self.questions[question.id].points)

    def total(self) -> Fraction:
        return sum((self.points(q) for q in self.asked()), self.training_points())

    def training_points(self) -> Fraction:
        """Of the judged training run: 0 where it is off."""
        return Fraction(self.training.points if self.training.on else 0)

    def weights_of(self, question: Question) -> dict[str, Fraction]:
        merged = {**self.weights, **self.questions[question.id].weights}
        return {group: fraction(w) for group, w in merged.items()}

    def limits_of(self, question: Question) -> Limits:
        return self.questions[question.id].limits or self.limits

    def telling(self, question: Question, stage: Stage) -> Telling:
        """How much a student is told of this question at this stage. Points never depend on it."""
        own, general = self.questions[question.id].feedback, self.feedback
        told = (own.after or general.after) if stage.late else (own.before or general.before)
        tired = 0 < general.full_a_day <= stage.earlier_today
        return "symptom" if tired and told == "cause" else told

    def files(self) -> list[str]:
        """The student's files that the questions asked are about, in order."""
        return list(dict.fromkeys(q.file for q in self.asked()))


def fraction(value: Share) -> Fraction:
    return Fraction(str(value))


def load_assignment(path: Path) -> Assignment:
    """Read and check assignment.toml against the registered questions.

    Raises AssignmentError with one sentence that names the file, the line and the key.
    """
    load_questions()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise AssignmentError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        raw = msgspec.toml.decode(text.encode())
    except msgspec.DecodeError as error:
        raise AssignmentError(f"{path} is not valid TOML: {error}.") from None
    assignment = typed(path, text, raw)
    check(path, text, assignment)
    return assignment


def check(path: Path, text: str, assignment: Assignment) -> None:
    """What types alone cannot say: fractions, and that every question has its entry and every entry its question."""
    shares = {"consistent_backward": assignment.consistent_backward}
    shares |= {f"weights.{g}": w for g, w in assignment.weights.items()}
    shares |= {"grades.penalty": assignment.grades.penalty} | {f"grades.caps.{part}": cap for part, cap in assignment.grades.caps.items()}
    shares |= {f'questions."{id}".weights.{g}': w for id, q in assignment.questions.items() for g, w in q.weights.items()}
    for key, share in shares.items():
        check_share(path, text, key, share)
    for part in assignment.grades.caps:
        if part not in assignment.parts:
            raise AssignmentError(f"{path}, line {line_of(text, 'caps')}: grades.caps names part {part}, which there is not.")
    for id in assignment.questions:
        if id not in REGISTRY:
            raise AssignmentError(f'{path}, line {line_of(text, id)}: questions."{id}" is no question; the checks have {known()}.')
    for id, question in REGISTRY.items():
        if id not in assignment.questions:
            needs = f"question {id} ({question.title}) needs points, minutes and section"
            raise AssignmentError(f'{path}: [questions."{id}"] is missing; {needs}.')
        if str(question.part) not in assignment.parts:
            raise AssignmentError(f"{path}: [parts.{question.part}] is missing; question {id} belongs to it.")
    if not assignment.asked():
        raise AssignmentError(f"{path}: every question is switched off.")
    check_training(path, text, assignment)


def check_training(path: Path, text: str, assignment: Assignment) -> None:
    """The profile exists, its ramp rises, and the one question that stands on all others is worth a tenth at most."""
    training = assignment.training
    names = (OFF, AUTO, STORED, *training.profiles)
    line = line_of(text, "training", "profile")
    if training.profile not in names:
        raise AssignmentError(f'{path}, line {line}: training.profile is "{training.profile}", expected one of {", ".join(names)}.')
    for name, profile in training.profiles.items():
        if (profile.zero is None) != (profile.full is None) or (profile.zero or 0.0) > (profile.full or 0.0):
            raise AssignmentError(f"{path}: training.profiles.{name} needs zero and full, the first at most the second, or neither.")
    if 10 * assignment.training_points() > assignment.total():
        most = int((assignment.total() - assignment.training_points()) / 9)
        says = f"training.points is {training.points} of {assignment.total()} in all; at most a tenth, so {most} here"
        raise AssignmentError(f"{path}, line {line_of(text, 'training', 'points')}: {says}.")


def known() -> str:
    return ", ".join(REGISTRY)


def check_share(path: Path, text: str, key: str, share: Share) -> None:
    try:
        good = 0 <= fraction(share) <= 100
    except (ValueError, ZeroDivisionError):
        good = False
    if not good:
        line = line_of(text, key.split(".")[-1])
        raise AssignmentError(f'{path}, line {line}: {key} is {share!r}, expected a share such as 1, 0.5 or "1/2".')


def typed(path: Path, text: str, raw: dict[str, Any]) -> Assignment:
    """The raw tables as types; each question by itself first, so that a mistake is told with its id."""
    tables = [(f'questions."{id}"', entry, QuestionSettings) for id, entry in dict(raw.get("questions", {})).items()]
    for place, table, kind in [*tables, ("", raw, Assignment)]:
        try:
            made = msgspec.convert(table, kind)
        except msgspec.ValidationError as error:
            raise AssignmentError(located(path, text, place, str(error))) from None
    return cast(Assignment, made)


def located(path: Path, text: str, place: str, message: str) -> str:
    """msgspec's message with the key it names and that key's line."""
    match = re.search(r" - at `\$\.?(.*)`$", message)
    what = message[: match.start()] if match else message
    unknown = re.search(r"unknown field `(\w+)`", what)
    if unknown:
        what = f'there is no setting "{unknown.group(1)}"'
    inner = match.group(1) if match else ""
    key = ".".join(p for p in (place, inner) if p)
    keys = [p for p in re.split(r'"|\.(?![^"]*"$)|[\[\]]+', key) if p.strip(". ")]
    line = line_of(text, *keys, *([unknown.group(1)] if unknown else []))
    return f"{path}, line {line}: {key + ': ' if key else ''}{what[0].lower()}{what[1:]}."


def line_of(text: str, *keys: str) -> int:
    """The line of the last of `keys` that the text names outside of comments; 1 where none is found."""
    found = 1
    lines = [line.partition("#")[0] for line in text.splitlines()]
    for key in keys:
        pattern = re.compile(rf'(^|[\s."\[]){re.escape(key)}(["\s.\]=]|$)')
        found = next((n for n, line in enumerate(lines, 1) if n >= found and pattern.search(line)), found)
    return found
