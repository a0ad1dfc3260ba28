"""Canvas's gradebook in the exact form of its exporter, with made-up students."""

import csv
import io
from fractions import Fraction

import pytest

from autograder.classroom.index import Member
from autograder.course import this_course
from autograder.grades.canvas import canvas
from autograder.grades.late import Policy, zone_of
from autograder.grades.record import GradesError, Points, Record
from autograder.grades.score import grade_of

TOTALS = "Assignments Current Score,Assignments Unposted Current Score,Assignments Final Score,Assignments Unposted Final Score"
EXPORT = f"""Student,ID,SIS User ID,SIS Login ID,Integration ID,Root Account,Section,Notes,PS1 (4710),PS2 (4711),{TOTALS}
,,,,,,,,,Manual Posting,,,,
    Points Possible,,,,,,,,50.00,91.00,(read only),(read only),(read only),(read only)
"Lee, Ann",9001,100001,ann,,u.edu,A,,40,,80,80,40,40
"Li, Bo",9002,100002,bo,,u.edu,"A and B",came late,41,12,80,80,40,40
"Öz, Zoë",9003,100003,zoe,,u.edu,A,,42,EX,80,80,40,40
"Nemo, No",9004,100004,nemo,,u.edu,A,,42,33.5,80,80,40,40
"Student, Test",9005,,0a1b2c,,u.edu,A,,,,,,,
"""


def graded(*sids):
    assignment = this_course().assignment
    policy = Policy(assignment.grades, zone_of(assignment), None, {})
    return [grade_of(Record(Member(s, sid=s), "x", None, {"1.1": Points(Fraction("2.5"), Fraction(3))}), policy, assignment) for s in sids]


def made(tmp_path, text, *sids, column="PS2"):
    (tmp_path / "canvas.csv").write_text(text, encoding="utf-8")
    found = canvas(graded(*sids), tmp_path / "canvas.csv", [column])
    return found, list(csv.reader(io.StringIO(found.data.decode())))


def test_every_header_line_and_id_goes_back_as_it_came(tmp_path):
    _, rows = made(tmp_path, EXPORT, "100001", "100002")
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section", "PS2 (4711)"]
    assert rows[1] == [""] * 7 + ["Manual Posting"]
    assert rows[2] == ["    Points Possible"] + [""] * 6 + ["91.00"]
    assert rows[3] == ["Lee, Ann", "9001", "100001", "ann", "", "u.edu", "A", "2.5"]
    assert rows[4][-1] == "2.5"


def test_who_has_no_grade_here_keeps_the_one_in_canvas(tmp_path):
    """An empty cell would be taken for a grade to remove."""
    found, rows = made(tmp_path, EXPORT, "100001")
    assert [row[-1] for row in rows[4:]] == ["12", "EX", "33.5", ""]
    assert "Nemo, No" in found.empty


def test_neither_canvass_own_id_nor_a_section_is_taken_for_a_student_number(tmp_path):
    found, _ = made(tmp_path, EXPORT, "9001", "A")
    assert found.unknown == ["9001", "A"]


def test_an_excused_student_stays_excused(tmp_path):
    found, rows = made(tmp_path, EXPORT, "100003")
    assert rows[5][-1] == "EX" and found.excused == ["Öz, Zoë"] and found.unknown == []


def test_a_column_that_canvas_would_make_is_said(tmp_path):
    found, rows = made(tmp_path, EXPORT, "100001", column="PS 2")
    assert rows[0][-1] == "PS 2" and rows[2][-1] == "3" and "makes one" in found.says[0]


def test_other_points_in_canvas_are_said(tmp_path):
    assert made(tmp_path, EXPORT, "100001")[0].says == ["Canvas has PS2 (4711) out of 91 points, and here it is out of 3."]
    assert made(tmp_path, EXPORT.replace("91.00", '"3,00"'), "100001")[0].says == []


def test_a_total_that_canvas_computes_is_refused(tmp_path):
    with pytest.raises(GradesError, match="Canvas computes"):
        made(tmp_path, EXPORT, "100001", column="Assignments Final Score")


def test_names_in_two_columns_and_semicolons_are_read_and_written_so(tmp_path):
    text = "LastName;FirstName;ID;SIS Login ID;Section;PS2 (4711)\n    Points Possible;;;;;91,00\nLee;Ann;9001;100001;A;\n"
    found, _ = made(tmp_path, "\ufeff" + text, "100001")
    assert found.data.decode().splitlines() == [
        "LastName;FirstName;ID;SIS Login ID;Section;PS2 (4711)",
        "    Points Possible;;;;;91,00",
        "Lee;Ann;9001;100001;A;2.5",
    ]


def test_a_name_with_a_line_break_in_it_is_one_cell(tmp_path):
    _, rows = made(tmp_path, EXPORT.replace('"Lee, Ann"', '"Lee,\n Ann"'), "100001")
    assert rows[3][0] == "Lee,\n Ann" and rows[3][-1] == "2.5"


@pytest.mark.parametrize("text", ["", "a,b\n", "Student,ID\n", "Name,SID\nAnn,1\n"])
def test_a_file_that_is_no_gradebook_is_a_sentence(tmp_path, text):
    with pytest.raises(GradesError, match="no gradebook of Canvas"):
        made(tmp_path, text, "1")
