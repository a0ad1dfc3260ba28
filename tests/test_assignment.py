"""A mistake in assignment.toml is one sentence with the key and the line."""

import msgspec
import pytest

from autograder.assignment import AssignmentError, Feedback, Stage, load_assignment
from autograder.course import this_course

TEXT = this_course().toml.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("points = 2", 'points = "two"', 'questions."1.1".points: expected `int`, got `str`.'),
        ('profile = "core"', 'profile = "cor"', "profile: invalid enum value 'cor'."),
        ("minutes = 15\n", "minuts = 15\n", 'questions."1.1": there is no setting "minuts".'),
        ('conduct = "1/2"', 'conduct = "1/0"', "weights.conduct is '1/0', expected a share such as 1, 0.5 or \"1/2\"."),
        ('consistent_backward = "1/2"', 'consistent_backward = "half"', "consistent_backward is 'half', expected a share"),
        ('[questions."1.9"]', '[questions."1.99"]', 'questions."1.99" is no question; the checks have 1.1,'),
        ("cpu_seconds = 10.0", "cpu_seconds = -1", "limits.cpu_seconds: expected `float` > 0.0."),
        ('before = "cause"', 'before = "all"', "feedback.before: invalid enum value 'all'."),
        ("term = ", "trm = ", 'there is no setting "trm".'),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(tmp_path, old, new, says):
    assert old in TEXT
    path = tmp_path / "assignment.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(AssignmentError) as caught:
        load_assignment(path)
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if new.strip() in text)
    assert says in str(caught.value)
    assert f"line {line}:" in str(caught.value) and "\n" not in str(caught.value)


def test_a_question_without_its_entry_is_refused(tmp_path):
    path = tmp_path / "assignment.toml"
    path.write_text(TEXT.replace('[questions."1.9"]\npoints = 2\nminutes = 20\nsection = "1.9 GELU"', ""), encoding="utf-8")
    with pytest.raises(AssignmentError, match=r'\[questions."1.9"\] is missing; question 1.9 \(GELU\) needs points, minutes and section'):
        load_assignment(path)


@pytest.mark.parametrize("text", ["", "title = ", "[[["])
def test_a_file_that_is_no_assignment_is_one_sentence(tmp_path, text):
    path = tmp_path / "assignment.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AssignmentError, match=r"assignment.toml"):
        load_assignment(path)


def test_switching_a_question_off_removes_its_points(tmp_path):
    path = tmp_path / "assignment.toml"
    path.write_text(TEXT.replace('section = "1.5 ELU"', 'section = "1.5 ELU"\non = false'), encoding="utf-8")
    before, after = load_assignment(this_course().toml), load_assignment(path)
    assert before.total() - after.total() == 3
    assert "1.5" not in [q.id for q in after.asked()]


def with_feedback(tmp_path, general, own=""):
    text = TEXT.replace('before = "cause"', general, 1)
    path = tmp_path / "assignment.toml"
    path.write_text(text.replace('section = "1.1 Sigmoid"', f'section = "1.1 Sigmoid"\n{own}', 1), encoding="utf-8")
    return load_assignment(path)


def test_what_is_told_depends_on_question_deadline_and_number_of_submissions(tmp_path):
    course = with_feedback(tmp_path, 'before = "cause"', 'feedback = { after = "none" }')
    sigmoid, tanh = (q for q in course.asked() if q.id in ("1.1", "1.2"))
    assert [course.telling(sigmoid, Stage(late)) for late in (False, True)] == ["cause", "none"]
    assert [course.telling(tanh, Stage(late)) for late in (False, True)] == ["cause", "cause"]


def test_after_so_many_submissions_a_day_symptoms_alone_are_told(tmp_path):
    course = with_feedback(tmp_path, 'before = "cause"')
    few = msgspec.structs.replace(course, feedback=Feedback(full_a_day=2))
    question = course.asked()[0]
    assert [few.telling(question, Stage(earlier_today=n)) for n in (0, 1, 2, 9)] == ["cause", "cause", "symptom", "symptom"]
    silent = msgspec.structs.replace(course, feedback=Feedback(before="none", full_a_day=2))
    assert silent.telling(question, Stage(earlier_today=9)) == "none"
