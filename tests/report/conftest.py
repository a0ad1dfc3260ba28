"""Classes of made-up results: no grading, thousands in a second."""

import random

import pytest

from autograder.check.histogram import Histogram
from autograder.classroom.index import Entry, Member
from autograder.course import this_course
from autograder.grading.result import QuestionResult, Result
from autograder.report.summary import summarize

WORKED = (
    "1.5 ELU, backward: 2 of 2 entries differ.\n    elu = ELU(alpha=0.75)\n  your result  [[ -1.125, 0.375]]\n  expected  [[-0.68, 0.08]]"
)

DRAWN = Histogram("output of layer 1, tanh", -1.0, 1.0, [0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25])


def result_of(number: int, questions) -> Result:
    luck = random.Random(number)
    listed = []
    for q, most in questions:
        share = luck.choice((0, 0.5, 1, 1, 1, 1))
        status = {0: "failed", 1: "passed"}.get(share, "partial")
        causes = ["elu-backward-alpha"] if q.id == "1.5" and share < 1 else []
        sentences = [WORKED] if share < 1 else []
        drawn = [DRAWN] * 7 if q.id == "3.3" and share < 1 else []
        listed.append(
            QuestionResult(
                q.id,
                q.part,
                q.title,
                share * most,
                most,
                status,
                seconds=luck.random(),
                sentences=sentences,
                causes=causes,
                histograms=drawn,
            )
        )
    return Result(
        "d", "", "1", "s", sum(q.points for q in listed), sum(q.max_points for q in listed), {}, listed, assignment="PS2 <made up>"
    )


@pytest.fixture(scope="session")
def made_up():
    def make(count: int):
        assignment = this_course().assignment
        questions = [(q, float(assignment.points(q))) for q in assignment.asked()]
        graded = []
        for number in range(count):
            member = Member(f"s{number:04}", f"Student </script> {number}", f"s{number}@u.edu", str(100_000 + number))
            graded.append((Entry(f"s{number:04}", [member], key="k"), result_of(number, questions)))
        return summarize("PS2", graded, [Entry("x", [Member("x")], trouble="the zip is damaged.")], {"1.5": 0.5})

    return make
