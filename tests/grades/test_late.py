from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from autograder.assignment import AssignmentError, Grades
from autograder.classroom.index import Member
from autograder.grades.late import Extension, Policy, days_late, due_of, local, read_extensions
from autograder.grades.record import GradesError, Record

WEST = ZoneInfo("America/Los_Angeles")


def at(text, zone=WEST):
    return local(text, zone)


@pytest.mark.parametrize(
    "submitted, grace, days",
    [
        ("2026-11-20T23:59", 0, 0),
        ("2026-11-20T23:59:01", 0, 1),
        ("2026-11-21T00:09", 10, 0),
        ("2026-11-21T00:09:01", 10, 1),
        ("2026-11-21T23:59", 0, 1),
        ("2026-11-22T00:05", 10, 1),
        ("2026-11-22T00:10", 10, 2),
        ("2026-01-01T00:00", 0, 0),
    ],
)
def test_days_late_are_days_begun_after_the_grace(submitted, grace, days):
    assert days_late(at(submitted), at("2026-11-20T23:59"), grace) == days


def test_a_day_late_is_a_day_of_the_wall_clock_when_clocks_go_back():
    due = at("2026-10-31T23:59")  # on 1 November the day has 25 hours
    assert days_late(at("2026-11-01T23:59"), due, 0) == 1
    assert days_late(datetime.fromisoformat("2026-11-02T07:59:00+00:00"), due, 0) == 1  # the same moment in UTC
    assert days_late(datetime.fromisoformat("2026-11-02T07:59:01+00:00"), due, 0) == 2


def test_a_day_late_is_a_day_of_the_wall_clock_when_clocks_go_forward():
    due = at("2026-03-07T23:59")  # on 8 March the day has 23 hours
    assert days_late(datetime.fromisoformat("2026-03-09T06:59:00+00:00"), due, 0) == 1
    assert days_late(datetime.fromisoformat("2026-03-09T06:59:01+00:00"), due, 0) == 2


def test_the_same_moment_counts_the_same_in_every_zone():
    due = at("2026-11-20T23:59")
    for text in ("2026-11-21T07:59:00+00:00", "2026-11-21T16:59:00+09:00", "2026-11-20T23:59:00-08:00"):
        assert days_late(datetime.fromisoformat(text), due, 0) == 0


def lateness(submitted, rules, extensions=None, sid="7"):
    policy = Policy(rules, WEST, at("2026-11-20T23:59"), extensions or {})
    return policy.lateness(Record(Member("ann", sid=sid), "test", at(submitted)))


def test_free_days_are_used_first_and_then_points_are_lost():
    rules = Grades(late_days=1, penalty="1/10", most_days=4)
    found = lateness("2026-11-23T12:00", rules)
    assert (found.days, found.free, found.lost) == (3, 1, Fraction(1, 5))


def test_beyond_the_last_day_nothing_counts():
    assert lateness("2026-11-25T12:00", Grades(penalty="1/10", most_days=4)).lost == 1
    assert lateness("2026-12-30T12:00", Grades(penalty="1/10")).lost == 1


def test_an_extension_moves_the_deadline_of_one_student_by_any_name():
    rules, given = Grades(penalty="1/10"), {"7": Extension(due=at("2026-11-22T12:00"))}
    assert lateness("2026-11-22T12:00", rules, given).lost == 0
    assert lateness("2026-11-22T12:00", rules, given, sid="8").lost == Fraction(1, 5)
    assert lateness("2026-11-22T12:00", rules, {"ann": Extension(days=1)}).days == 1


def test_extensions_are_read_in_local_time(tmp_path):
    path = tmp_path / "extensions.csv"
    path.write_text("\ufeffstudent,due,days,late_days,reason\nAnn,2026-11-22T12:00,,,ill\nbo,,2,1,\n", encoding="utf-8")
    found = read_extensions(path, WEST)
    assert found == {"ann": Extension(due=at("2026-11-22T12:00")), "bo": Extension(days=2, late_days=1)}


@pytest.mark.parametrize("line", ["ann,soon,,", "ann,2026-11-22,,", "ann,,two,", "ann,,1,\nANN,,2,"])
def test_a_mistake_in_extensions_is_a_sentence_with_its_line(tmp_path, line):
    path = tmp_path / "extensions.csv"
    path.write_text(f"student,due,days,late_days\n{line}\n", encoding="utf-8")
    with pytest.raises(GradesError, match=r"line [23]"):
        read_extensions(path, WEST)


def test_a_spreadsheets_semicolons_and_missing_cells_are_read(tmp_path):
    path = tmp_path / "extensions.csv"
    path.write_bytes('\ufeffstudent;due;days;note\r\nann;;1;"a; b"\r\n\r\nbo;2026-11-22T12:00\r\n'.encode())
    assert read_extensions(path, WEST) == {"ann": Extension(days=1), "bo": Extension(due=at("2026-11-22T12:00"))}


def test_a_file_that_is_not_utf8_is_a_sentence_with_its_remedy(tmp_path):
    path = tmp_path / "extensions.csv"
    path.write_bytes("student,days,note\nann,1,Zoë\n".encode("cp1252"))
    with pytest.raises(GradesError, match="CSV UTF-8"):
        read_extensions(path, WEST)


class Settings:
    def __init__(self, **grades):
        self.grades = Grades(**grades)


def test_a_zone_or_time_that_is_none_is_a_sentence():
    with pytest.raises(AssignmentError, match=r"grades\.timezone"):
        due_of(Settings(timezone="Mars/Olympus", due="2026-11-20T23:59"))
    with pytest.raises(AssignmentError, match=r"grades\.due"):
        due_of(Settings(due="next Friday"))
    with pytest.raises(AssignmentError, match=r"grades\.due"):
        due_of(Settings(due="2026-11-20"))
