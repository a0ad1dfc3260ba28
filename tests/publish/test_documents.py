"""The handout as a page and as a PDF: everything inside, formulas included, the same bytes each time; one sentence without pandoc."""

import builtins

import pytest

from autograder.assignment import AssignmentError
from autograder.course import this_course
from autograder.publish.documents import handout_html, handout_pdf


def test_without_the_packages_one_sentence_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **named):
        if name == "pypandoc":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    for make in (handout_html, handout_pdf):
        with pytest.raises(AssignmentError, match=r"pip install 'ps2-autograder\[handout\]'"):
            make(this_course())


def test_the_page_stands_alone_and_has_formulas_and_sections():
    pytest.importorskip("pypandoc")
    page = handout_html(this_course()).decode()
    assert page.count("<math") > 20 and "1.3 ReLU</h2>" in page and "<table" in page
    assert not any(outside in page for outside in ('src="http', '<link rel="stylesheet" href="http', "<script"))
    assert handout_html(this_course()).decode() == page


def test_the_pdf_is_byte_identical_each_time():
    pytest.importorskip("pypandoc")
    pytest.importorskip("typst")
    made = handout_pdf(this_course())
    assert made.startswith(b"%PDF-") and len(made) > 50_000
    assert handout_pdf(this_course()) == made


def test_a_formula_that_cannot_be_set_is_one_sentence(monkeypatch):
    pytest.importorskip("pypandoc")
    pytest.importorskip("typst")
    monkeypatch.setattr("autograder.publish.documents.handout_text", lambda course: "# T\n\n`#no.such`{=typst}\n")
    with pytest.raises(AssignmentError, match="cannot be set as a PDF"):
        handout_pdf(this_course())
