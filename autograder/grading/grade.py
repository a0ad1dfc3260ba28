"""One submission in, one result out: asked in confined workers, judged by the oracle, written down as it is known.

asking.py says in how many workers.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import msgspec

from .. import __version__
from ..assignment import Stage
from ..check.question import Question
from ..course import Course
from ..sandbox import scratch
from ..sandbox.answer import Answer
from ..sandbox.footing import CONFINED, Footing, states
from ..training.question import ID as TRAINING
from ..training.question import Judged
from ..training.question import unreached as training_unreached
from . import oracle
from .asking import Asking, Heard
from .compiling import Compiler
from .intake import Submission, merged, take
from .kit import about_kit
from .result import ItemResult, QuestionResult, Result, Standing, Status, rounded, total_of
from .room import Kind, Room, offered_to
from .unsteady import unsteady

OnResult = Callable[[Result], None]
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
        self.compiler = Compiler()
        self.offered = offered_to(course)

    def grade(self, source: Path, on_result: OnResult | None = None, only: set[str] | None = None, stage: Stage = BEFORE) -> Result:
        """Grade the submission `source` (a zip or a folder).

        on_result is called with the result so far: at once, with every question "not reached", and after each question. Where it raises
        OSError (the disk is full) the grading goes on, and the result says so to staff.
        Raises IntakeError where the upload cannot be read, AssignmentError where the course is not in order, GraderError where student code
        cannot be confined here.
        """
        questions = [q for q in self.course.assignment.asked() if only is None or q.id in only]
        with scratch.root("ps2-submission-", 0o755) as folder:
            trains = self.course.assignment.training.on and (only is None or TRAINING in only)
            submission = take(
                source,
                folder,
                given=self.course.reference,
                wanted=self.course.assignment.files(),
                asked=None if only is None or trains else {q.file for q in questions},
                offered=self.offered,
                compiler=self.compiler,
            )
            if not self.keep:
                self.compiler.close()
            return Grading(self, submission, questions, on_result, stage, trains).run()

    def room(self, kind: Kind) -> Room:
        """The zygote and the judge for questions of one kind."""
        if kind not in self.rooms:
            if not self.keep:
                self.empty()
            self.rooms[kind] = Room(self.course, kind, self.footing)
        return self.rooms[kind]

    def empty(self) -> None:
        """End the zygotes; what needs one starts it again."""
        while self.rooms:
            self.rooms.popitem()[1].close()

    def close(self) -> None:
        self.compiler.close()
        self.empty()

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Grading:
    """The grading of one submission, from the first second to the last question."""

    def __init__(
        self,
        grader: Grader,
        submission: Submission,
        questions: list[Question],
        on_result: OnResult | None,
        stage: Stage,
        trains: bool = False,
    ) -> None:
        self.grader = grader
        self.stage = stage
        self.course = course = grader.course
        self.submission = submission
        self.questions = questions
        self.on_result = on_result
        self.untold = ""
        self.asking = Asking(course, submission, stage)
        self.layers: dict[str, str] = {}
        self.remarks = merged([*submission.remarks, *filter(None, [about_kit(submission.manifest, course)])])
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
        self.tell()
        kinds: tuple[Kind, ...] = ("numpy", "torch")
        for kind in kinds:
            mine = [q for q in self.questions if q.needs_torch == (kind == "torch")]
            if mine and not self.out_of_time():
                self.run_kind(self.grader.room(kind), mine)
        self.train()
        final = self.result(finished=all(r.status != "not reached" for r in self.results.values()))
        self.tell(final)
        return msgspec.structs.replace(final, staff=[*final.staff, self.untold]) if self.untold else final

    def tell(self, final: Result | None = None) -> None:
        """The result so far, if anybody listens. Where it cannot be written down, the grading goes on: the next time may be better."""
        if self.on_result is None:
            return
        try:
            self.on_result(final or self.result(finished=False))
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
            self.grader.empty()  # memory is scarce
        earlier = [r for r in self.results.values() if r.id != TRAINING]
        folder, digest = Path(self.submission.folder), self.submission.digest
        done = judge(self.course, folder, digest, earlier)
        self.trained(done)
        self.tell()  # the points are written down before the open track begins
        if not self.out_of_time():
            self.trained(open_track(self.course, folder, digest, done))

    def trained(self, done: Judged) -> None:
        self.results[TRAINING], self.exact[TRAINING] = done.result, done.points
        self.staff += done.staff
        self.leaderboard = list(done.leaderboard)

    def run_kind(self, room: Room, questions: list[Question]) -> None:
        self.layers = states(room.zygote)
        self.staff += room.zygote.remarks
        for group in self.asking.groups(questions):
            if self.out_of_time():
                return
            early = self.asking.first_look(group, room.zygote)
            for question in group:
                if self.out_of_time():
                    return
                self.results[question.id] = self.grade_question(question, room, early.get(question.id))
                self.tell()

    def out_of_time(self) -> bool:
        return time.monotonic() - self.started > 60 * self.course.assignment.gradescope.minutes

    def grade_question(self, question: Question, room: Room, early: Answer | None) -> QuestionResult:
        """early: its part of a first look."""
        began = time.monotonic()
        seen = None
        if early is not None:
            seen = room.judge(self.asking.to_judge(question, Heard(early, checked=False)))
            if not seen.fault and (Fraction(seen.share) == 1 or seen.stub):
                return self.judged(question, early, seen, began - early.wall)
        fault = self.submission.faults.get(question.file)
        if fault is not None:
            return self.lost(question, [f"{question.id} {question.title}: {fault}"], began)
        heard = self.asking.alone(question, room.zygote, explained=early is not None)
        if heard.first.fault:
            return self.faulty(question, heard.first.fault, began)
        judged = room.judge(self.asking.to_judge(question, heard))
        if judged.fault and heard.more:  # perhaps only what explains cannot be judged, which is to cost no points
            self.staff.append(f"{question.id}: {judged.fault}")
            judged = room.judge(self.asking.to_judge(question, replace(heard, more=())))
        elif wrong(judged) and not heard.first.hung and not heard.more:
            explained = room.judge(self.asking.to_judge(question, self.asking.explain(question, room.zygote, heard)))
            if explained.fault:  # what could be judged before stands
                self.staff.append(f"{question.id}: {explained.fault}")
            else:
                judged = explained
        return msgspec.structs.replace(self.judged(question, heard.first, judged, began), unsteady=unsteady(seen, heard.first, judged))

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
        if any("MemoryError" in says for says in sentences):
            sentences = [*sentences, f"A question may use {self.course.assignment.limits_of(question).memory_mb} MB of memory."]
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
            histograms=judged.histograms,
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
            seed_digest=hashlib.sha256(self.asking.root).hexdigest()[:16],
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


def wrong(judged: oracle.Judged) -> bool:
    """Whether there is something to explain."""
    return not judged.fault and Fraction(judged.share) < 1 and not judged.stub
