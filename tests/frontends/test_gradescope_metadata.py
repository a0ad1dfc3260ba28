"""When a submission was made, from Gradescope's submission_metadata.json."""

import pytest

from autograder.assignment import Stage
from autograder.frontends.gradescope_metadata import read_metadata, stage_of

DUE = {"assignment": {"due_date": "2026-12-01T23:59:00.000000-08:00"}}
EXTENDED = {**DUE, "users": [{"assignment": {"due_date": "2026-12-08T23:59:00.000000-08:00"}}]}


def at(time, said=DUE, previous=()):
    earlier = [{"submission_time": t, "autograder_error": failed} for t, failed in previous]
    return stage_of({**said, "created_at": time, "previous_submissions": earlier})


def test_a_minute_before_the_deadline_is_not_late_in_any_zone():
    assert not at("2026-12-01T23:58:00.000000-08:00").late
    assert not at("2026-12-02T07:58:00Z").late
    assert at("2026-12-02T08:00:00Z").late


def test_a_students_own_extension_counts():
    assert at("2026-12-05T12:00:00-08:00").late
    assert not at("2026-12-05T12:00:00-08:00", EXTENDED).late


def test_submissions_of_the_same_day_are_counted_in_the_submitters_zone():
    previous = [("2026-11-24T23:59:00-08:00", False), ("2026-11-25T08:01:00Z", False), ("2026-11-25T20:00:00-08:00", False)]
    assert at("2026-11-25T21:00:00-08:00", previous=previous).earlier_today == 2


def test_a_submission_that_the_grader_failed_on_uses_nothing_up():
    assert at("2026-11-25T21:00:00-08:00", previous=[("2026-11-25T20:00:00-08:00", True)]).earlier_today == 0


@pytest.mark.parametrize("said", [{}, {"created_at": "yesterday"}, {"created_at": 3, "users": 4}, {**DUE, "previous_submissions": 1}])
def test_what_is_not_said_or_odd_is_the_usual_stage(said):
    assert stage_of(said) == Stage()


def test_a_missing_or_broken_file_says_nothing(tmp_path):
    assert read_metadata(tmp_path / "none.json") == {}
    (tmp_path / "broken.json").write_text("[1, 2")
    (tmp_path / "list.json").write_text("[1, 2]")
    assert read_metadata(tmp_path / "broken.json") == read_metadata(tmp_path / "list.json") == {}
