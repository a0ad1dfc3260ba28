"""Gradescope's CSV in its exact form, with made-up students."""

from fractions import Fraction

import pytest

from autograder.classroom.index import Member
from autograder.course import this_course
from autograder.grades.gradescope import of_gradescope
from autograder.grades.late import Policy, zone_of
from autograder.grades.record import GradesError, Points, Record, join
from autograder.grades.score import grade_of

HEAD = (
    "First Name,Last Name,SID,Email,Sections,Total Score,Max Points,Status,Submission ID,Submission Time,Lateness (H:M:S),"
    "View Count,Submission Count,1: Autograder (86.0 pts),2.1: Derivation (4.0 pts),2.2 (1.0 pts)\n"
)
CSV = (
    "\ufeff"
    + HEAD
    + "Ann,Lee,100001,ann@u.edu,A,80.5,91.0,Graded,128746829,2026-11-20 22:16:26 -0800,00:00:00,3,7,77.0,3.5,0.0\n"
    + "Zoë,,100002,zoe@u.edu,A,,91.0,Missing,,,,,,,,\n"
    + "Bo,Li,,bo@u.edu,B,86.0,91.0,Ungraded,128746830,2026-11-21 08:00:00 -0800,08:01:00,0,1,86.0,,\n"
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def grade(record):
    assignment = this_course().assignment
    return grade_of(record, Policy(assignment.grades, zone_of(assignment), None, {}), assignment)


def test_what_a_person_graded_there_is_told_apart_from_the_autograder(file):
    ann, zoe, bo = of_gradescope(file)
    assert ann.member == Member("100001", "Ann Lee", "ann@u.edu", "100001")
    assert ann.whole == Points(Fraction(77), Fraction(86))
    assert ann.questions == {"Gradescope 2.1": Points(Fraction("3.5"), Fraction(4)), "Gradescope 2.2": Points(Fraction(0), Fraction(1))}
    assert ann.submitted.isoformat() == "2026-11-20T22:16:26-08:00"
    assert (zoe.submitted, zoe.whole, zoe.questions) == (None, Points(Fraction(0), Fraction(91)), {})
    assert "not graded" in bo.remarks[0] and bo.member.id == "bo"


def test_its_numbers_are_not_taken_for_those_of_our_questions(file):
    """Gradescope's 2.1 is the first part of its own second question."""
    assert "2.1" not in of_gradescope(file)[0].questions


def test_the_sum_is_gradescopes_own_where_nothing_else_is_known(file):
    ann = grade(of_gradescope(file)[0])
    assert (ann.points, ann.most) == (Fraction("80.5"), 91)


def test_a_class_run_takes_the_place_of_the_autograder_and_keeps_what_people_graded(file):
    ours = Record(
        Member("100001", sid="100001"),
        "class run",
        None,
        {"1.1": Points(Fraction(40), Fraction(43)), "2.1": Points(Fraction(39), Fraction(43))},
    )
    ann = join([[ours], of_gradescope(file)])[0]
    assert grade(ann).points == Fraction("82.5") and grade(ann).most == 91
    assert ann.remarks == ("Gradescope has 77 points; the 79 of class run count.",)


def test_a_question_graded_by_hand_can_be_one_of_ours_by_its_title(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("Name,SID,Email,Total Score,Max Points,1: 4.1 Max pooling (2.0 pts)\nAnn,1,a@u.edu,1.5,2.0,1.5\n")
    assert of_gradescope(path)[0].questions == {"4.1": Points(Fraction("1.5"), Fraction(2))}


def test_an_adjustment_outside_all_columns_is_kept(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("Name,SID,Email,Total Score,Max Points,1: Autograder (2.0 pts)\nAnn,1,a@u.edu,2.5,2.0,2.0\n")
    assert of_gradescope(path)[0].questions == {"adjustment": Points(Fraction("0.5"), Fraction(0))}


def test_the_courses_download_is_told_from_the_assignments(tmp_path):
    path = tmp_path / "course.csv"
    path.write_text("Name,SID,Email,PS2,PS2 - Max Points,PS2 - Submission Time,PS2 - Lateness (H:M:S)\nAnn,1,a@u.edu,1,2,,\n")
    with pytest.raises(GradesError, match="take the assignment's"):
        of_gradescope(path)


def test_of_two_submissions_in_one_place_the_later_counts(file):
    first, _, later = of_gradescope(file)
    same = [Record(first.member, r.source, r.submitted, r.questions, r.whole) for r in (later, first)]
    joined = join([same])[0]
    assert joined.submitted == later.submitted and joined.whole == later.whole
    assert "two submissions in Gradescope; the later counts" in joined.remarks[0]
