"""One submission in, one result out: asked in confined workers, judged by the oracle, written down as it is known.

The questions of a file are asked together first (docs/decisions/0007); what does not pass so has a worker of its own, whose verdict counts.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Literal

import msgspec

from .. import __version__
from ..assignment import Stage
from ..check.draw import LADDER
from ..check.question import Question
from ..check.seeds import question_seed
from ..course import Course
from ..sandbox import scratch
from ..sandbox.answer import Answer
from ..sandbox.errors import GraderError
from ..sandbox.footing import CONFINED, Client, Footing, states
from ..sandbox.wire import Request, Run
from ..training.question import ID as TRAINING
from ..training.question import Judged
from ..training.question import unreached as training_unreached
from . import oracle
from .intake import Submission, take, together
from .kit import about_kit
from .result import ItemResult, QuestionResult, Result, Standing, Status, rounded, total_of

OnResult = Callable[[Result], None]
Kind = Literal["numpy", "torch"]
BEFORE = Stage()


def grade(
    source: Path,
    course: Course,
    on_result: OnResult | None = None,
    only: set[str] | None = None,
    stage: Stage = BEFORE,
    footing: Footing = CONFINED,
) -> Result:
    """Grade one submission; for many, keep a Grader."""
    with Grader(course, footing=footing) as grader:
        return grader.grade(source, on_result, only, stage)


class Grader:
    """Grades submissions one after another. Zygotes are started when first needed.

    keep: keep them for the next submission. Otherwise the small one ends before the large one, with torch, starts: memory is scarce
    where one submission is graded and the machine thrown away. footing: how student code is kept in.
    """

    def __init__(self, course: Course, *, keep: bool = False, footing: Footing = CONFINED) -> None:
        self.course = course
        self.keep = keep
        self.footing = footing
        self.rooms: dict[Kind, Room] = {}

    def grade(self, source: Path, on_result: OnResult | None = None, only: set[str] | None = None, stage: Stage = BEFORE) -> Result:
        """Grade the submission `source` (a zip or a folder).

        on_result is called with the result so far: at once, with every question "not reached", and after each question. Where it raises
        OSError (the disk is full) the grading goes on, and the result says so to staff.
        Raises IntakeError where the upload cannot be read, AssignmentError where the course is not in order, GraderError where student code
        cannot be confined here.
        """
        questions = [q for q in self.course.assignment.asked() if only is None or q.id in only]
        with scratch.root("ps2-submission-", 0o755) as folder:
            submission = take(source, folder, given=self.course.reference, wanted=self.course.assignment.files())
            trains = self.course.assignment.training.on and (only is None or TRAINING in only)
            return Grading(self, submission, questions, on_result or (lambda result: None), stage, trains).run()

    def room(self, kind: Kind) -> Room:
        """The zygote and the judge for questions of one kind."""
        if kind not in self.rooms:
            if not self.keep:
                self.close()
            self.rooms[kind] = Room(self.course, kind, self.footing)
        return self.rooms[kind]

    def close(self) -> None:
        while self.rooms:
            self.rooms.popitem()[1].close()

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Room:
    """Where questions of one kind are asked and judged: a zygote, and the oracle forked from it, which ends when the zygote does."""

    def __init__(self, course: Course, kind: Kind, footing: Footing = CONFINED) -> None:
        self.reference = course.reference
        self.zygote: Client = footing.client(kind, allowed(course, kind), hidden(course))
        try:
            self._judge = Judge(self.zygote, self.reference)
        except BaseException:
            self.zygote.close()
            raise

    def judge(self, ask: oracle.Ask) -> oracle.Judged:
        """Judged by the oracle; by a new one where that is gone. What no oracle survives is a fault of the grader."""
        for _ in range(TRIES):
            try:
                return self._judge.judge(ask)
            except Gone as gone:
                why = str(gone)
                self._judge.close()
                self._judge = Judge(self.zygote, self.reference)
        return oracle.Judged(fault=f"the process that judges {why}")

    def close(self) -> None:
        self._judge.close()
        self.zygote.close()


TRIES = 2
"""Oracles that one question is put to."""
JUDGING_SECONDS = 100.0
PATIENCE = 2
"""Hangs of one submission that are asked once more. A file that hangs when it is imported must leave time for the other files."""


class Gone(Exception):
    """The oracle ended, or does not come to an end."""


def allowed(course: Course, kind: Kind) -> list[str]:
    """Packages that student code may import in questions of one kind; torch only where a question needs it."""
    parts = {q.part for q in course.assignment.asked() if q.needs_torch == (kind == "torch")}
    named = {name for part in parts for name in course.assignment.parts[str(part)].imports}
    return sorted(named if kind == "torch" else named - {"torch"})


def hidden(course: Course) -> list[str]:
    """What no worker should be able to read."""
    near = Path(__file__).parents[1] / "misconceptions"  # each is one line away from a solution
    return [str(course.toml.parent / "secret"), *(str(folder / "__init__.py") for folder in (course.reference, near))]


class Grading:
    """The grading of one submission, from the first second to the last question."""

    def __init__(
        self, grader: Grader, submission: Submission, questions: list[Question], on_result: OnResult, stage: Stage, trains: bool = False
    ) -> None:
        self.grader = grader
        self.stage = stage
        self.course = course = grader.course
        self.submission = submission
        self.questions = questions
        self.on_result = on_result
        self.hangs = 0
        self.untold = ""
        self.root = hmac.digest(course.secret, submission.digest.encode(), "sha256")
        self.layers: dict[str, str] = {}
        self.remarks = together([*submission.remarks, *filter(None, [about_kit(submission.manifest, course)])])
        self.staff: list[str] = []
        self.exact: dict[str, Fraction] = {}
        self.leaderboard: list[Standing] = []
        self.results = {q.id: self.not_reached(q) for q in questions}
        self.trains = trains
        if trains:
            self.results[TRAINING] = training_unreached(course.assignment)
        self.started = time.monotonic()

    def run(self) -> Result:
        """The questions that need no torch first, in a zygote without it."""
        self.tell(self.result(finished=False))
        kinds: tuple[Kind, ...] = ("numpy", "torch")
        for kind in kinds:
            mine = [q for q in self.questions if q.needs_torch == (kind == "torch")]
            if mine and not self.out_of_time():
                self.run_kind(self.grader.room(kind), mine)
        self.train()
        final = self.result(finished=all(r.status != "not reached" for r in self.results.values()))
        self.tell(final)
        return msgspec.structs.replace(final, staff=[*final.staff, self.untold]) if self.untold else final

    def tell(self, result: Result) -> None:
        """Where the result cannot be written down, the grading goes on: the next time may be better."""
        try:
            self.on_result(result)
            self.untold = ""
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            self.untold = f"the result could not be written down: {error.strerror or error}{place}"

    def train(self) -> None:
        """The judged training run, last: it stands on everything before it, and nothing of it is loaded where it is off."""
        if not self.trains or self.out_of_time():
            return
        from ..training.grading import judge, open_track

        if not self.grader.keep:
            self.grader.close()  # memory is scarce
        earlier = [r for r in self.results.values() if r.id != TRAINING]
        folder, digest = Path(self.submission.folder), self.submission.digest
        done = judge(self.course, folder, digest, earlier)
        self.trained(done)
        self.tell(self.result(finished=False))  # the points are written down before the open track begins
        if not self.out_of_time():
            self.trained(open_track(self.course, folder, digest, done))

    def trained(self, done: Judged) -> None:
        self.results[TRAINING], self.exact[TRAINING] = done.result, done.points
        self.staff += done.staff
        self.leaderboard = list(done.leaderboard)

    def run_kind(self, room: Room, questions: list[Question]) -> None:
        self.layers = states(room.zygote)
        self.staff += room.zygote.remarks
        for group in self.groups(questions):
            if self.out_of_time():
                return
            early = self.ask_together(group, room)
            for question in group:
                if self.out_of_time():
                    return
                self.results[question.id] = self.grade_question(question, room, early.get(question.id))
                self.tell(self.result(finished=False))

    def groups(self, questions: list[Question]) -> list[list[Question]]:
        """Neighbours of one file under one set of rules."""
        settings = self.course.assignment.questions
        return [list(group) for _, group in itertools.groupby(questions, lambda q: (q.file, settings[q.id].forbid))]

    def ask_together(self, group: list[Question], room: Room) -> dict[str, Answer]:
        """By id, what one worker said to the questions of one file, each on an import of its own: a first look, which saves a process for
        each of them. Only full marks count from it, and stubs; nothing at all where the worker printed, stopped early or was not clean."""
        asked = [q for q in group if q.file not in self.submission.faults]
        if len(asked) < 2:
            return {}
        runs = [Run(None, self.seed(q, None), question=q.id) for q in asked]
        request = msgspec.structs.replace(self.request(asked[0], []), runs=runs)
        answer = room.zygote.ask(request, self.wall(asked[0]), patient=False)
        if answer.fault or answer.stopped or answer.output or answer.survivors:
            return {}
        share = answer.wall / len(asked)
        return {q.id: Answer([run], layers=answer.layers, wall=share) for q, run in zip(asked, answer.runs, strict=True)}

    def out_of_time(self) -> bool:
        return time.monotonic() - self.started > 60 * self.course.assignment.gradescope.minutes

    def grade_question(self, question: Question, room: Room, early: Answer | None) -> QuestionResult:
        """early: its part of a first look."""
        began = time.monotonic()
        if early is not None:
            seen = room.judge(self.ask(question, early, None))
            if not seen.fault and (Fraction(seen.share) == 1 or seen.stub):
                return self.judged(question, early, seen, began - early.wall)
        fault = self.submission.faults.get(question.file)
        if fault is not None:
            return self.lost(question, [f"{question.id} {question.title}: {fault}"], began)
        answer = room.zygote.ask(self.request(question, [(None, "")]), self.wall(question), patient=self.hangs < PATIENCE)
        self.hangs += answer.hung
        if answer.fault:
            return self.faulty(question, answer.fault, began)
        judged = room.judge(self.ask(question, answer, None))
        if not judged.fault and Fraction(judged.share) < 1 and not judged.stub and not answer.hung:
            levels = [(level, "") for level in range(len(LADDER))] if question.ladder else []
            second = room.zygote.ask(self.request(question, [(None, "again"), *levels]), self.wall(question))
            explained = room.judge(self.ask(question, answer, second))
            if explained.fault:  # what could be judged before stands
                self.staff.append(f"{question.id}: {explained.fault}")
            else:
                judged = explained
        return self.judged(question, answer, judged, began)

    def wall(self, question: Question) -> float:
        return self.course.assignment.limits_of(question).wall_seconds

    def request(self, question: Question, runs: list[tuple[int | None, str]]) -> Request:
        limits = self.course.assignment.limits_of(question)
        settings = self.course.assignment.questions[question.id]
        return Request(
            question=question.id,
            folder=self.submission.folder,
            runs=[Run(level, self.seed(question, level, salt), checked=not salt) for level, salt in runs],
            cpu_seconds=limits.cpu_seconds,
            memory=limits.memory_mb << 20,
            forbid=list(settings.forbid),
        )

    def seed(self, question: Question, level: int | None, salt: str = "") -> bytes:
        return question_seed(self.root, question.id + salt, level)

    def ask(self, question: Question, first: Answer, second: Answer | None) -> oracle.Ask:
        assignment = self.course.assignment
        seed = self.seed(question, None)
        graded = first.runs[0]
        more = second.runs if second is not None else []
        return oracle.Ask(
            question=question.id,
            reference=str(self.course.reference),
            weights={group: str(w) for group, w in assignment.weights_of(question).items()},
            consistent=str(assignment.consistent_backward),
            telling=assignment.telling(question, self.stage),
            graded=oracle.run_data(None, seed, graded.items, graded.ended or first.stopped),
            again=next((oracle.run_data(None, self.seed(question, None, "again"), r.items, r.ended) for r in more[:1]), None),
            ladder=[oracle.run_data(r.level, self.seed(question, r.level), r.items, r.ended) for r in more[1:] if r.complete or r.items],
        )

    def judged(self, question: Question, answer: Answer, judged: oracle.Judged, began: float) -> QuestionResult:
        if judged.fault:
            return self.faulty(question, judged.fault, began)
        share = Fraction(judged.share)
        points = self.course.assignment.points(question)
        self.exact[question.id] = points * share
        status: Status = "passed" if share == 1 else "empty" if judged.stub else "partial" if share else "failed"
        names = ", ".join(question.names)
        sentences = [f"{question.id} {question.title} is not written yet: {names} in {question.file}."] if judged.stub else judged.sentences
        if share < 1 and not sentences and answer.stopped:
            sentences = [f"{question.id} {question.title} {answer.stopped.says}."]
        return QuestionResult(
            id=question.id,
            part=question.part,
            title=question.title,
            points=rounded(self.exact[question.id]),
            max_points=rounded(points),
            status=status,
            items=[ItemResult(r.item, r.passed, r.ratio if abs(r.ratio) < float("inf") else None) for r in judged.rows],
            seconds=time.monotonic() - began,
            sentences=sentences,
            causes=judged.causes,
            output="" if self.course.assignment.telling(question, self.stage) == "none" and status != "passed" else answer.output,
        )

    def lost(self, question: Question, sentences: list[str], began: float) -> QuestionResult:
        """Nothing could be run: the file is missing or cannot be imported."""
        there = (Path(self.submission.folder) / "ps2" / question.file).is_file()
        status: Status = "failed" if there else "empty"
        return msgspec.structs.replace(self.not_reached(question), status=status, sentences=sentences, seconds=time.monotonic() - began)

    def faulty(self, question: Question, fault: str, began: float) -> QuestionResult:
        says = f"{question.id} {question.title} could not be judged: a fault of the grader, not yours. Staff: {fault}"
        return msgspec.structs.replace(self.not_reached(question), status="fault", sentences=[says], seconds=time.monotonic() - began)

    def not_reached(self, question: Question) -> QuestionResult:
        says = f"{question.id} {question.title} was not reached: the grading ended before."
        most = rounded(self.course.assignment.points(question))
        return QuestionResult(question.id, question.part, question.title, 0, most, "not reached", sentences=[says])

    def most(self) -> Fraction:
        training = self.course.assignment.training_points() if self.trains else Fraction(0)
        return sum((self.course.assignment.points(q) for q in self.questions), training)

    def result(self, finished: bool) -> Result:
        listed = list(self.results.values())
        return Result(
            submission_digest=self.submission.digest,
            kit_version=self.submission.manifest.get("kit_version", ""),
            grader_version=__version__,
            seed_digest=hashlib.sha256(self.root).hexdigest()[:16],
            total=total_of(listed, self.exact),
            max_total=rounded(self.most()),
            layers=self.layers,
            questions=listed,
            remarks=self.remarks,
            staff=list(dict.fromkeys(self.staff)),
            assignment=self.course.assignment.title,
            seconds=time.monotonic() - self.started,
            finished=finished,
            leaderboard=self.leaderboard,
        )


class Judge:
    """The grader's end of the oracle."""

    def __init__(self, zygote: Client, reference: Path) -> None:
        self.connection = zygote.oracle("autograder.grading.oracle:serve")
        self.connection.settimeout(JUDGING_SECONDS)
        try:
            self._said(str(reference).encode())
        except Gone:
            self.close()
            raise GraderError(f"the process that judges does not start; is the reference in {reference} whole?") from None

    def judge(self, ask: oracle.Ask) -> oracle.Judged:
        """Raises Gone."""
        return msgspec.msgpack.decode(self._said(msgspec.msgpack.encode(ask)), type=oracle.Judged)

    def _said(self, data: bytes) -> bytes:
        try:
            oracle.send(self.connection, data)
            reply = oracle.receive(self.connection)
        except TimeoutError:
            raise Gone(f"took longer than {JUDGING_SECONDS:g} s") from None
        except OSError:
            raise Gone("ended early") from None
        if not reply:
            raise Gone("ended early")
        return reply

    def close(self) -> None:
        self.connection.close()
