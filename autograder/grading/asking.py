"""How the questions of one submission are asked: a first look at many in one worker, then each that needs it in a worker of its own.

What the first look is worth, and why it is safe: docs/decisions/0007.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..assignment import Limits, Stage
from ..check.draw import LADDER
from ..check.question import Question
from ..check.seeds import question_seed, root_of
from ..check.verdict import Failure
from ..course import Course
from ..sandbox import wire
from ..sandbox.answer import Answer
from ..sandbox.footing import Client
from ..sandbox.reply import RunAnswer
from ..sandbox.wire import Request, Run
from . import oracle
from .intake import Submission

PATIENCE = 2
"""Hangs of one submission that are asked once more. A file that hangs when it is imported must leave time for the other files."""

EXPLAINING = "what explains"
"""In place of a submission's digest: the runs that explain a failure have the same inputs for a whole class, and earn nothing."""


@dataclass(frozen=True)
class Heard:
    """What a submission said to one question. first: the run that is graded. more: further runs, which explain it; none where not asked.
    checked: with the numerical gradient check, which earns nothing and is left out of a first look.
    """

    first: Answer
    checked: bool = True
    more: tuple[RunAnswer, ...] = ()


class Asking:
    """Asks for one submission, with seeds that are its own."""

    def __init__(self, course: Course, submission: Submission, stage: Stage) -> None:
        self.course = course
        self.submission = submission
        self.stage = stage
        self.root = root_of(course.secret, submission.digest)
        self.explaining_root = root_of(course.secret, EXPLAINING)
        self._hangs = 0

    def groups(self, questions: Iterable[Question]) -> list[list[Question]]:
        """Those with the same limits, which one worker may answer."""
        found: dict[Limits, list[Question]] = {}
        for question in questions:
            found.setdefault(self.course.assignment.limits_of(question), []).append(question)
        return list(found.values())

    def first_look(self, questions: Sequence[Question], client: Client) -> dict[str, Answer]:
        """A first look: by id, what one worker said to each, on an import of its own. Only full marks count from it, and stubs.

        What one of the questions forbids is forbidden to all: whoever passes so would pass without.
        Where the worker stops early, the file it stopped in is left out and the rest asked again; where it prints and nobody can tell for
        which question, each file is asked by itself, and what still prints so is not used.
        """
        found: dict[str, Answer] = {}
        left = [q for q in questions if q.file not in self.submission.faults]
        while len(left) > 1 and self._hangs < PATIENCE:
            runs = [Run(None, self._seed(q), checked=False, question=q.id) for q in left]
            answer = client.ask(self._request(left, runs), self._wall(left[0]), patient=False)
            self._hangs += answer.hung
            if answer.fault or answer.survivors:
                return found
            if answer.output and answer.outputs is None:
                return found | self._file_by_file(left, client)
            done = list(itertools.takewhile(lambda run: run.complete, answer.runs))
            said, share = answer.outputs or [""] * len(done), answer.wall / len(left)
            found |= {
                q.id: Answer([run], output=text, layers=answer.layers, wall=share) for q, run, text in zip(left, done, said, strict=False)
            }
            stopped = left[len(done)].file if len(done) < len(left) else ""
            left = [q for q in left[len(done) :] if q.file != stopped]
        return found

    def _file_by_file(self, questions: Sequence[Question], client: Client) -> dict[str, Answer]:
        files = list(dict.fromkeys(q.file for q in questions))
        found: dict[str, Answer] = {}
        if len(files) > 1:
            for file in files:
                found |= self.first_look([q for q in questions if q.file == file], client)
        return found

    def alone(self, question: Question, client: Client, explained: bool) -> Heard:
        """In a worker of its own. explained: with the further runs behind it in the same worker; no later run changes an earlier one."""
        if not explained:
            answer = client.ask(self._request([question], [self._graded(question)]), self._wall(question), patient=self._hangs < PATIENCE)
            self._hangs += answer.hung
            return Heard(answer)
        runs = [self._graded(question), *self._explaining(question)]
        answer = client.ask(self._request([question], runs), self._wall(question), patient=False)
        graded, again = answer.runs[:2]
        if answer.hung and not graded.complete:  # what the further runs do never counts, so a hang is asked about without them
            return self.alone(question, client, explained=False)
        first = replace(answer, runs=[graded], stopped=None if graded.complete else answer.stopped)
        return Heard(first, more=tuple(answer.runs[1:]) if again.complete else ())

    def explain(self, question: Question, client: Client, heard: Heard) -> Heard:
        """With the further runs, asked in another worker."""
        answer = client.ask(self._request([question], self._explaining(question)), self._wall(question), patient=False)
        return heard if answer.fault else replace(heard, more=tuple(answer.runs))

    def to_judge(self, question: Question, heard: Heard) -> oracle.Ask:
        assignment = self.course.assignment
        graded = heard.first.runs[0]
        more = [
            oracle.RunData(run.level, self._explaining_seed(question, run.level), run.sent, fault_of(run.ended))
            for run in heard.more
            if run.level is None or run.complete or run.sent  # of the ladder only what arrived
        ]
        return oracle.Ask(
            question=question.id,
            reference=str(self.course.reference),
            weights={group: str(w) for group, w in assignment.weights_of(question).items()},
            consistent=str(assignment.consistent_backward),
            telling=assignment.telling(question, self.stage),
            graded=oracle.RunData(None, self._seed(question), graded.sent, fault_of(graded.ended or heard.first.stopped), heard.checked),
            again=next(iter(more), None),
            ladder=more[1:],
        )

    def _graded(self, question: Question) -> Run:
        return Run(None, self._seed(question))

    def _explaining(self, question: Question) -> list[Run]:
        """At full size once more, which confirms a cause; then at the small sizes, from which examples come."""
        levels = [None, *(range(len(LADDER)) if question.ladder else ())]
        return [Run(level, self._explaining_seed(question, level), checked=False) for level in levels]

    def _wall(self, question: Question) -> float:
        return self.course.assignment.limits_of(question).wall_seconds

    def _seed(self, question: Question) -> bytes:
        return question_seed(self.root, question.id, None)

    def _explaining_seed(self, question: Question, level: int | None) -> bytes:
        return question_seed(self.explaining_root, question.id, level)

    def _request(self, questions: Sequence[Question], runs: list[Run]) -> Request:
        """Under the rules of these questions, whose limits are the same."""
        assignment = self.course.assignment
        limits = assignment.limits_of(questions[0])
        return Request(
            question=questions[0].id,
            folder=self.submission.folder,
            runs=runs,
            cpu_seconds=limits.cpu_seconds,
            memory=limits.memory_mb << 20,
            forbid=sorted({name for q in questions for name in assignment.questions[q.id].forbid}),
        )


def fault_of(ended: Failure | None) -> wire.Fault | None:
    return wire.to_fault(ended) if ended else None
