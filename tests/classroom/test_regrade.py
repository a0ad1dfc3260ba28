from autograder.classroom import regrade
from autograder.classroom.index import Entry, Index, Member, Store
from autograder.grading.result import ItemResult, QuestionResult, Result, encode, write_atomically


def question(id, points, most=2.0, sentences=(), **items):
    status = "passed" if points == most else "failed"
    rows = [ItemResult(name, passed) for name, passed in items.items()]
    return QuestionResult(id, int(id[0]), f"Title {id}", points, most, status, items=rows, sentences=list(sentences))


def result(*questions):
    return Result("d", "", "1", "s", sum(q.points for q in questions), sum(q.max_points for q in questions), {}, list(questions))


def test_a_question_graded_anew_stands_in_the_old_result():
    merged = regrade.spliced(result(question("1.1", 0), question("1.2", 2)), result(question("1.1", 1.5)))
    assert [(q.id, q.points) for q in merged.questions] == [("1.1", 1.5), ("1.2", 2)]
    assert (merged.total, merged.max_total) == (3.5, 4)
    assert any("only 1.1" in says for says in merged.staff)


def test_nobody_is_lowered_and_staff_are_told():
    merged = regrade.never_lower(result(question("1.1", 2), question("1.2", 0)), result(question("1.1", 0), question("1.2", 1)))
    assert [q.points for q in merged.questions] == [2, 1]
    assert merged.total == 3
    assert "the earlier ones are kept" in merged.staff[0]


def test_a_question_worth_other_points_now_is_not_kept():
    new = result(question("1.1", 1, most=1))
    assert regrade.never_lower(result(question("1.1", 2)), new) is new


def changed(tmp_path, old, new, digest="d"):
    store = Store(tmp_path)
    write_atomically(store.path("old"), encode(old))
    write_atomically(store.path("new"), encode(new))
    ann = [Member("ann", "Ann")]
    before = Index("g1", [Entry("ann", ann, digest="d", key="old")])
    return regrade.changes(before, Index("g2", [Entry("ann", ann, digest=digest, key="new")]), store)


def test_what_moved_is_listed_with_its_items_and_sentences_side_by_side(tmp_path):
    old = result(question("1.1", 0, sentences=["was wrong"], forward=False), question("1.2", 2))
    found = changed(tmp_path, old, result(question("1.1", 2, forward=True), question("1.2", 2)))
    (move,) = found.moved
    assert regrade.why(move.old, move.new) == ["forward: failed → passed"]
    text = regrade.listing(found)
    assert "Ann: 1.1 Title 1.1, 0 → 2 of 2" in text and "was wrong" in text


def test_a_resubmission_is_not_compared(tmp_path):
    found = changed(tmp_path, result(question("1.1", 0)), result(question("1.1", 2)), digest="other")
    assert (found.moved, found.compared, found.resubmitted) == ([], 0, 1)


def test_the_notice_names_nobody_and_says_what_moved(tmp_path):
    text = regrade.notice(changed(tmp_path, result(question("1.1", 0)), result(question("1.1", 2))), "PS2")
    assert "1 submission gained 2 points" in text and "Nobody lost points." in text and "Ann" not in text
    text = regrade.notice(changed(tmp_path, result(question("1.1", 2)), result(question("1.1", 1))), "PS2")
    assert "1 submission lost 1 point." in text and "Nobody" not in text
    assert "No score changed" in regrade.notice(changed(tmp_path, result(question("1.1", 2)), result(question("1.1", 2))), "PS2")
