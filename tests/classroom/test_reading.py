import shutil

import pytest

from autograder.classroom import synthetic
from autograder.classroom.export import iso, read_export
from autograder.classroom.reading import digest_of, read_class
from autograder.grading.intake import IntakeError, take

YAML = """---
submission_7:
  :submitters:
  - :name: "Zo\\u00eb O'Hara"
    :sid: '0042'
    :email: zoe@u.edu
  - :name: 'Bo ''B'' Li'
    :sid:
    :email: bo@u.edu
  :created_at: 2026-11-20 23:59:59.123456789 -08:00
  :score: 3.0
  :history:
  - :id: 6
    :created_at: 2026-11-01 10:00:00 Z
  :results:
    tests:
    - name: 'submission_9:'
      output: "  :submitters:\\n  - :name: Eve"
submission_8:
  :submitters:
  - :name: Ann
    :sid: '7'
    :email: ann@u.edu
  :created_at: 2026-11-21 00:01:02 Z
"""


def test_an_export_says_who_is_in_a_group_and_when_it_submitted(tmp_path):
    (tmp_path / "submission_metadata.yml").write_text(YAML, encoding="utf-8")
    found = read_export(tmp_path)
    members, when = found["submission_7"]
    assert [(m.id, m.name, m.email) for m in members] == [("0042", "Zoë O'Hara", "zoe@u.edu"), ("bo", "Bo 'B' Li", "bo@u.edu")]
    assert when == "2026-11-20T23:59:59-08:00"
    assert found["submission_8"][1] == "2026-11-21T00:01:02+00:00"
    assert set(found) == {"submission_7", "submission_8"}


def test_the_time_is_the_submissions_own_in_whatever_order_its_keys_are(tmp_path):
    """As published: Ruby's symbols, a number that is no text, nobody at all, what student code printed."""
    text = (
        "submission_409194023:\n  :created_at: 2026-04-26 17:34:00.861687000 Z\n  :submitters:\n  - :sid: 333\n  :score: 2.0\n"
        "submission_5:\n  :submitters: []\n  :history:\n  - :id: 4\n    :created_at: 2026-01-01 00:00:00 Z\n  :results:\n    output: |-\n"
        "      :created_at: 2020-01-01 00:00:00 Z\n  :created_at: 2026-04-27 08:00:00 Z\n"
    )
    (tmp_path / "submission_metadata.yml").write_text(text, encoding="utf-8")
    found = read_export(tmp_path)
    assert [m.id for m in found["submission_409194023"][0]] == ["333"]
    assert found["submission_409194023"][1] == "2026-04-26T17:34:00+00:00"
    assert found["submission_5"] == ([], "2026-04-27T08:00:00+00:00")


def test_a_time_that_is_none_is_not_said():
    assert iso("yesterday") == ""
    assert iso("2026-13-45 10:00:00 Z") == ""


def test_a_group_is_one_submission_of_all_its_members(tmp_path, course):
    ann, bo = ("Ann", "ann@u.edu", "1"), ("Bo", "bo@u.edu", "2")
    folder = synthetic.write_export(
        tmp_path, course, [([ann, bo], "2026-11-20 10:00:00 Z"), ([("Cy", "cy@u.edu", "3")], "2026-11-21 09:00:00 Z")]
    )
    uploads = read_class(folder, course)
    assert [[m.name for m in upload.entry.members] for upload in uploads] == [["Ann", "Bo"], ["Cy"]]
    assert uploads[0].entry.submitted == "2026-11-20T10:00:00+00:00"


def test_an_nbgrader_tree_is_read_with_its_times(tmp_path, course):
    place = tmp_path / "submitted" / "ann" / "ps2"
    (place / "ps2").mkdir(parents=True)
    for name, text in synthetic.Writer(course).files(1).items():
        (place / "ps2" / name).write_text(text, encoding="utf-8")
    (place / "timestamp.txt").write_text("2026-11-20 10:00:00.5 UTC\n")
    (upload,) = read_class(tmp_path, course)
    assert upload.entry.id == "ann"
    assert upload.entry.submitted == "2026-11-20T10:00:00+00:00"


def test_a_digest_is_known_without_grading(tmp_path, course, classroom):
    upload = read_class(classroom, course)[0]
    taken = take(upload.handed.source, tmp_path / "clean", given=course.reference, wanted=course.assignment.files())
    assert digest_of(upload.handed, course) == taken.digest


def test_the_folder_around_an_export_will_do(tmp_path, course):
    synthetic.write_export(tmp_path / "assignment_7_export", course, [([("Ann", "ann@u.edu", "1")], "2026-11-20 10:00:00 Z")])
    assert read_class(tmp_path, course)[0].entry.members[0].name == "Ann"


def test_a_wrong_folder_is_a_sentence_that_names_the_right_one(tmp_path, course):
    for number in (7, 8):
        folder = tmp_path / f"assignment_{number}_export"
        synthetic.write_export(folder, course, [([("Ann", "ann@u.edu", "1")], "2026-11-20 10:00:00 Z")])
    with pytest.raises(IntakeError, match="2 exports"):
        read_class(tmp_path, course)
    with pytest.raises(IntakeError, match="one submission"):
        read_class(folder / "submission_1001", course)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "index.json").write_text("{}")
    with pytest.raises(IntakeError, match="holds results"):
        read_class(tmp_path / "results", course)


def test_a_submission_without_files_is_named_and_not_lost(tmp_path, course):
    groups = [([(name, f"{name}@u.edu", str(n))], "2026-11-20 10:00:00 Z") for n, name in enumerate(("ann", "bo", "cy"), 1)]
    folder = synthetic.write_export(tmp_path, course, groups)
    shutil.rmtree(folder / "submission_1002" / "ps2")
    shutil.rmtree(folder / "submission_1003")
    uploads = read_class(folder, course)
    assert sorted((u.entry.members[0].name, "no files" in u.entry.trouble) for u in uploads) == [("ann", False), ("bo", True), ("cy", True)]
