"""A submitted notebook's cells, whatever was done to them; answers on their pages."""

import random

import nbformat
import pytest

pytest.importorskip("nbgrader")

from autograder.frontends.nbgrader.answers import pdf
from autograder.frontends.nbgrader.cells import KnownCell, put_in_order

KNOWN = {
    c.name: c
    for c in [
        KnownCell("question-a", "markdown", "Why?", "1", True, False, None),
        KnownCell("answer-a", "markdown", "YOUR ANSWER HERE", "2", False, True, 2.0),
        KnownCell("check-1-1", "code", 'score("1.1")', "3", True, False, 2.0),
    ]
}
NEW = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}


def cell(name, source="", kind=None, **told):
    made = NEW[kind or KNOWN[name].kind](source)
    made.metadata["nbgrader"] = {"grade_id": name, **told}
    return made


def ordered(*cells):
    made = nbformat.v4.new_notebook(cells=list(cells))
    odd = put_in_order(made, KNOWN)
    return made, odd, {c.metadata.nbgrader.grade_id: c for c in made.cells if "nbgrader" in c.metadata}


def whole():
    return [cell("question-a", "Why?"), cell("answer-a", "So."), cell("check-1-1", 'score("1.1")')]


def test_an_untouched_notebook_is_left_as_it_is():
    made, odd, _ = ordered(*whole())
    assert odd == [] and [c.source for c in made.cells] == ["Why?", "So.", 'score("1.1")']


def test_locked_cells_and_metadata_come_from_the_gradebook():
    forged = cell("check-1-1", "2.0", kind="markdown", points=100, locked=False, grade=False)
    _, _, cells = ordered(whole()[0], whole()[1], forged)
    check = cells["check-1-1"]
    assert check.source == 'score("1.1")' and check.cell_type == "code" and check.metadata.nbgrader == KNOWN["check-1-1"].metadata()


def test_the_texts_of_a_split_answer_are_joined_in_order():
    _, odd, cells = ordered(*whole(), cell("answer-a", "And so on."))
    assert cells["answer-a"].source == "So.\n\nAnd so on." and odd == ["cell answer-a is there more than once; its texts were joined."]


def test_a_deleted_answer_is_put_back_empty_and_a_deleted_question_is_not_missed():
    made, odd, cells = ordered(whole()[2])
    assert cells["answer-a"].source == "YOUR ANSWER HERE" and odd == ["cell answer-a was deleted; it was put back at the end."]
    nbformat.validate(made)


@pytest.mark.parametrize("told", ["text", 7, None, [], {"grade_id": 3}, {"grade_id": ["x"]}, {"grade": True}, {"grade_id": "x" * 10_000}])
def test_whatever_stands_in_the_metadata_of_another_cell_it_becomes_an_ordinary_one(told):
    other = nbformat.v4.new_code_cell("1/0")
    other.metadata["nbgrader"] = told
    made, odd, cells = ordered(*whole(), other)
    assert "nbgrader" not in made.cells[3].metadata and set(cells) == set(KNOWN) and all(len(says) < 200 for says in odd)


def test_any_order_number_and_kind_of_cells_gives_each_graded_cell_once():
    for seed in range(200):
        draw = random.Random(seed)
        names = draw.choices([*KNOWN, "check-9-9"], k=draw.randrange(8))
        made, _, cells = ordered(*(cell(name, draw.choice(["", "x", "y"]), draw.choice(["code", "markdown"])) for name in names))
        assert {"answer-a", "check-1-1"} <= set(cells)
        assert sum("nbgrader" in c.metadata for c in made.cells) == len(cells)
        nbformat.validate(made)


# PDFs

ASKED = [("first", "**Question.** Why?", 2.0), ("second", "And this?", 1.0)]
HARD = ["", "$", "$$", r"$\nosuchmacro{x}$", r"$\frac{1}{2}$ and $x", "\x00\x07", "a" * 5000, "<script>", "\\\\", "$" * 99, "{$}"]


@pytest.mark.parametrize("text", HARD)
def test_every_text_can_be_set(text):
    data, _ = pdf("alice", ASKED, {"answer-first": text, "answer-second": "Yes."})
    assert data.startswith(b"%PDF") and data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") == 2


def test_a_long_answer_is_set_smaller_and_only_a_very_long_one_is_cut_and_told():
    page = "A sentence of an answer that goes on for a while.\n" * 80
    assert pdf("alice", ASKED, {"answer-first": page})[1] == {}
    assert pdf("alice", ASKED, {"answer-first": page * 5})[1] == {"first": "is longer than its page"}


def test_characters_that_the_font_lacks_are_told():
    assert pdf("alice", ASKED, {"answer-second": "💡 中文"})[1] == {"second": "has characters that the PDF's font lacks"}
