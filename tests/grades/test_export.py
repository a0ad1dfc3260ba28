import csv
import io
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgspec
import pytest

from autograder.assignment import Grades
from autograder.classroom.index import Entry, Index, Member, Store
from autograder.course import Course, this_course
from autograder.grades import sources, write
from autograder.grades.command import export
from autograder.grades.gradescope import of_gradescope
from autograder.grades.late import Policy
from autograder.grades.record import GradesError, Points, Record, join
from autograder.grades.score import grade_of
from autograder.grading.result import QuestionResult, Result, encode, write_atomically

GRADESCOPE = """Name,SID,Email,Total Score,Max Points,Status,Submission ID,Submission Time,Lateness (H:M:S)
Ann Lee,1,ann@u.edu,3.5,4.0,Graded,11,2026-11-20 22:00:00 -0800,00:00:00
Bo,2,bo@u.edu,,4.0,Missing,,,
"=HYPERLINK(""http://x"",""y"")",3,eve@u.edu,4.0,4.0,Graded,12,2026-11-22 22:00:00 -0800,00:00:00
"""
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Quiz (11),PS2 (12)
    Points Possible,,,,,10,4
"Lee, Ann",501,1,ann,A,9,
"Li, Bo",502,2,bo,A,8,
"Student, Test",599,,abc,A,,
"""


def class_run(out, *entries):
    for entry, questions in entries:
        listed = [QuestionResult(id, 1, f"Title {id}", points, 2.0, "partial") for id, points in questions.items()]
        result = Result("d", "", "1", "s", sum(questions.values()), 2.0 * len(listed), {}, listed)
        write_atomically(Store(out).path(entry.key), encode(result))
    Store(out).write_index(Index("g", [entry for entry, _ in entries]))
    return out


@pytest.fixture
def course():
    made = Course(this_course().root)
    rules = Grades(due="2026-11-20T23:59", timezone="America/Los_Angeles", penalty="1/4", late_days=1, caps={"1": 3})
    made.__dict__["assignment"] = msgspec.structs.replace(this_course().assignment, grades=rules)
    return made


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_caps_and_lateness_are_computed_at_export_from_the_stored_points(tmp_path, course):
    group = Entry("s", [Member("1", "Ann", "ann@u.edu", "1"), Member("2", "Bo", "bo@u.edu", "2")], "2026-11-22T20:00:00-08:00", key="k")
    out = class_run(tmp_path / "run", (group, {"1.1": 2.0, "1.2": 2.0}))
    extensions = tmp_path / "extensions.csv"
    extensions.write_text("student,days\nbo@u.edu,5\n")
    export(course, tmp_path, classes=[out], extensions=extensions)
    ann, bo = rows_of(tmp_path / "grades.csv")
    assert (ann["points"], ann["after caps"], ann["score"], ann["days late"]) == ("4", "3", "2.25", "2")
    assert (bo["points"], bo["after caps"], bo["score"], bo["days late"]) == ("4", "3", "3", "0")
    assert ann["submitted"] == "2026-11-22 20:00:00-08:00" and ann["1.1 (2)"] == "2"


def test_sources_are_joined_by_number_or_address_and_the_first_counts(tmp_path, course):
    out = class_run(tmp_path / "run", (Entry("s", [Member("ann", email="ann@u.edu")], key="k"), {"1.1": 1.0}))
    (tmp_path / "gs.csv").write_text(GRADESCOPE)
    records = join([sources.of_class(out), of_gradescope(tmp_path / "gs.csv")])
    ann = records[0]
    assert len(records) == 3
    assert (ann.member.sid, ann.member.name, ann.source) == ("1", "Ann Lee", "class run, Gradescope")
    assert ann.questions == {"1.1": Points(Fraction(1), Fraction(2))}


def test_who_handed_in_nothing_is_listed_with_nothing(tmp_path, course):
    (tmp_path / "gs.csv").write_text(GRADESCOPE)
    export(course, tmp_path, gradescope=[tmp_path / "gs.csv"])
    bo = rows_of(tmp_path / "grades.csv")[1]
    assert (bo["name"], bo["score"], bo["submitted"], bo["days late"]) == ("Bo", "0", "", "0")


def test_no_cell_is_a_formula(tmp_path, course):
    (tmp_path / "gs.csv").write_text(GRADESCOPE)
    export(course, tmp_path, gradescope=[tmp_path / "gs.csv"])
    assert rows_of(tmp_path / "grades.csv")[2]["name"].startswith("'=HYPERLINK")
    for text in ("=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"):
        assert write.harmless(text) == "'" + text or write.NUMBER.fullmatch(text)
    assert write.harmless("-1.5") == "-1.5"


def test_canvas_gets_its_own_header_and_ids_back_and_one_column(tmp_path, course):
    (tmp_path / "gs.csv").write_text(GRADESCOPE)
    (tmp_path / "canvas.csv").write_text(CANVAS)
    says = export(course, tmp_path / "out", gradescope=[tmp_path / "gs.csv"], canvas=tmp_path / "canvas.csv", column="PS2")
    made = list(csv.reader(io.StringIO((tmp_path / "out" / "canvas.csv").read_text())))
    assert made[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "PS2 (12)"]
    assert made[1] == ["    Points Possible", "", "", "", "", "4"]
    assert made[2] == ["Lee, Ann", "501", "1", "ann", "A", "3.5"]
    assert made[4][-1] == ""
    assert any(sentence == "Not in Canvas's gradebook (1): 3." for sentence in says)


def test_a_column_that_is_new_in_canvas_brings_its_points(tmp_path, course):
    (tmp_path / "gs.csv").write_text(GRADESCOPE)
    (tmp_path / "canvas.csv").write_text(CANVAS)
    export(course, tmp_path / "out", gradescope=[tmp_path / "gs.csv"], canvas=tmp_path / "canvas.csv", column="PS2b")
    made = list(csv.reader(io.StringIO((tmp_path / "out" / "canvas.csv").read_text())))
    assert made[0][-1] == "PS2b" and made[1][-1] == "4"


def test_full_marks_are_whole_and_thirds_are_not_rounded_up(course):
    third = Record(Member("a"), "x", None, {"2.1": Points(Fraction("0.6666"), Fraction(2)), "2.2": Points(Fraction(2), Fraction(2))})
    grade = grade_of(third, Policy(Grades(), ZoneInfo("UTC"), None, {}), course.assignment)
    assert (grade.points, grade.most) == (Fraction("2.6666"), 4)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "Name,Total Score\nAnn,many\n"])
def test_a_file_that_is_no_export_of_gradescope_is_a_sentence(tmp_path, text):
    (tmp_path / "gs.csv").write_text(text)
    with pytest.raises(GradesError):
        of_gradescope(tmp_path / "gs.csv")


def test_nothing_to_export_is_a_sentence(tmp_path, course):
    with pytest.raises(GradesError, match="name a source"):
        export(course, tmp_path)


def test_the_gradebook_of_nbgrader_gives_points_and_what_waits_for_a_hand():
    class Thing:
        def __init__(self, **fields):
            self.__dict__.update(fields)

    from datetime import datetime

    cells = [Thing(name="check-1-10", score=2.0, max_score=2.0, needs_manual_grade=False)]
    cells += [Thing(name="check-1-2", score=0.5, max_score=2.0, needs_manual_grade=False)]
    cells += [Thing(name="answer-kinks", score=0.0, max_score=3.0, needs_manual_grade=True)]
    student = Thing(id="ann", first_name="Ann", last_name="Lee", email="ann@u.edu")
    record = sources.of_submission(Thing(student=student, notebooks=[Thing(grades=cells)], timestamp=datetime(2026, 11, 20, 8)))
    assert list(record.questions) == ["1.2", "1.10", "answer kinks"]
    assert record.submitted.isoformat() == "2026-11-20T08:00:00+00:00"
    assert "answer kinks wait" in record.remarks[0]


def test_an_extension_of_a_number_without_its_zeros_is_told_with_the_one_meant(tmp_path, course):
    out = class_run(tmp_path / "run", (Entry("s", [Member("0042", sid="0042")], key="k"), {"1.1": 1.0}))
    (tmp_path / "extensions.csv").write_text("student,days\n42,1\n999,1\n")
    says = export(course, tmp_path, classes=[out], extensions=tmp_path / "extensions.csv")
    assert "With an extension, and in no source (2): 42 (is it 0042?); 999." in says


def test_the_name_before_a_titles_colon_finds_canvass_column(tmp_path, course):
    out = class_run(tmp_path / "run", (Entry("s", [Member("1", sid="1")], key="k"), {"1.1": 1.0}))
    (tmp_path / "canvas.csv").write_text(CANVAS)
    assert course.assignment.title.startswith("PS2:")
    export(course, tmp_path / "out", classes=[out], canvas=tmp_path / "canvas.csv")
    assert (tmp_path / "out" / "canvas.csv").read_text().splitlines()[0].endswith(",PS2 (12)")
