from autograder.check.verdict import Failure
from autograder.grading.oracle import Judged, RowData
from autograder.grading.unsteady import ALONE, HUNG, unsteady
from autograder.sandbox.answer import Answer


def test_an_answer_that_came_at_the_second_asking_is_told():
    assert unsteady(None, Answer([], retried=True), Judged(share="1")) == HUNG


def test_an_answer_that_hung_twice_is_slow_and_not_flaky():
    assert unsteady(None, Answer([], retried=True, stopped=Failure("time", "took longer")), Judged(share="0")) == ""


def test_what_passes_alone_and_failed_beside_the_others_is_told():
    early = Judged(rows=[RowData("a", True, 0.0), RowData("b", False, 2.0)], share="1/2")
    assert unsteady(early, Answer([]), Judged(rows=[RowData("a", True, 0.0), RowData("b", True, 0.5)], share="1")) == ALONE


def test_a_check_that_the_first_look_leaves_out_is_no_unsteadiness():
    early = Judged(rows=[RowData("a", False, 2.0)], share="0")  # as the oracle tells a first look
    alone = [RowData("a", False, 2.0), RowData("gradient check, x", True, 0.5), RowData("b", True, 0.0)]
    assert unsteady(early, Answer([]), Judged(rows=alone, share="0")) == ""


def test_the_same_items_with_more_points_for_consistency_are_steady():
    early = Judged(rows=[RowData("a", True, 0.0), RowData("b", False, 2.0)], share="1/2")
    assert unsteady(early, Answer([]), Judged(rows=early.rows, share="3/4")) == ""
    assert unsteady(Judged(fault="x"), Answer([]), Judged(rows=early.rows, share="1/2")) == ""
