import json
import re

import msgspec
import pytest

from autograder.check.histogram import Histogram
from autograder.grading.result import QuestionResult, Result
from autograder.grading.unsteady import HUNG
from autograder.report.class_page import class_page
from autograder.report.student import student_page
from autograder.report.summary import histogram, summarize

SAYS = {"elu-backward-alpha": ("1.5", "the slope is α")}
HOSTILE = "</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e"


def test_a_class_page_loads_nothing_and_runs_nothing_of_a_stranger(made_up):
    page = class_page(made_up(60), SAYS)
    assert not re.search(r"(src|href)=[\"']?(https?:|//)|url\(|@import", page)
    assert "default-src 'none'" in page
    assert "</script> 1" not in page


def test_its_data_has_a_row_for_every_submission_and_a_cell_for_every_column(made_up):
    data = json.loads(re.search(r'id="data">(.*?)</script>', class_page(made_up(60), SAYS), re.DOTALL)[1])
    assert len(data["rows"]) == 60
    assert {len(row) - 3 for row in data["rows"]} == {len(data["columns"])}
    assert data["rows"][5][3] == "Student </script> 5"


def test_mistakes_slow_questions_and_troubles_are_named(made_up):
    page = class_page(made_up(60), SAYS)
    assert "elu-backward-alpha" in page and "the slope is α" in page
    assert "1.5 ELU: slow, one in twenty" in page
    assert "the zip is damaged." in page


def test_a_question_whose_verdict_hung_on_when_it_was_asked_is_called_flaky(made_up):
    found = made_up(8)
    graded = [
        (
            entry,
            msgspec.structs.replace(r, questions=[msgspec.structs.replace(q, unsteady=HUNG if q.id == "1.2" else "") for q in r.questions]),
        )
        for entry, r in found.graded[:3]
    ]
    page = class_page(summarize("PS2", graded + found.graded[3:], []), SAYS)
    assert f"1.2 Tanh: flaky, of 8 submissions 3 {HUNG}" in page
    assert page.count("flaky, of") == 1


def test_a_class_without_a_result_has_a_page(made_up):
    assert "0 submissions" in class_page(made_up(0), {})


def test_full_marks_are_in_the_last_bar_and_nothing_is_lost():
    counts = histogram([0, 0.1, 43, 86, 86], 86)
    assert sum(counts) == 5 and counts[-1] == 2 and counts[0] == 2


def report(**fields):
    base = {"sentences": ["1.5 ELU: differs.\n  your result [1]"], "output": "hello"} | fields
    question = QuestionResult("1.5", 1, "ELU", 1.5, 3.0, "partial", **base)
    empty = QuestionResult("1.6", 1, "PReLU", 0.0, 3.0, "empty")
    return Result("d", "", "1", "s", 1.5, 6.0, {}, [question, empty], assignment="PS2")


def test_a_student_reads_points_by_part_each_sentence_and_its_example():
    page = student_page(report(), "Ann", {1: "Activation functions"})
    assert "1.5 of 6 points" in page and "Part 1: Activation functions" in page
    assert "<p>1.5 ELU: differs.</p>" in page and "your result [1]</pre>" in page
    assert "What your code printed" in page and "1.6 PReLU" in page


def test_a_failed_initializer_is_drawn_beside_its_theory_with_the_numbers():
    one = Histogram("output of layer 1, <tanh>", -1.0, 1.0, [0.25, 0.75], [0.5, 0.5])
    page = student_page(report(histograms=[one]))
    assert page.count("<figure>") == 1 and "output of layer 1, &lt;tanh&gt;" in page
    assert re.search(r"<td class=\"n\">0.75</td><td class=\"n\">0.5</td>", page)
    assert "<figure>" not in student_page(report())


@pytest.mark.parametrize("field", ["sentences", "output"])
def test_what_a_student_printed_is_text_on_their_page(field):
    page = student_page(report(**{field: [HOSTILE] if field == "sentences" else HOSTILE}))
    assert "<script" not in page and "<img" not in page and "\x1b" not in page and "\u202e" not in page
    assert "script-src" not in page


def test_a_mistake_known_to_staff_is_not_on_the_students_page():
    assert "elu-backward-alpha" not in student_page(report(causes=["elu-backward-alpha"]))
