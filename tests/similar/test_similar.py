import json
import re
import zipfile

import pytest

from autograder.classroom import synthetic
from autograder.course import this_course
from autograder.similar.documents import Document, code_of, documents

pytest.importorskip("copydetect", reason="the extra `similar` is not installed")

from autograder.similar.page import similar_page
from autograder.similar.pairs import find_pairs

HONEST = """import numpy as np


class ReLU:
    def forward(self, x):
        self.positive = x > 0
        return np.where(self.positive, x, 0.0)
"""
OWN = """

def unusual_helper(values, limit):
    kept = []
    for index, value in enumerate(values):
        if index % 3 == 2 and value > limit:
            kept.append((index, value ** 3 - limit * 2))
        elif value < -limit:
            kept.insert(0, (value, index + 7))
    return [pair[0] * pair[1] + len(kept) for pair in kept if pair[1] != 4]
"""


def renamed(text):
    for old, new in (("values", "v"), ("limit", "bound"), ("kept", "result"), ("unusual_helper", "mine"), ("value", "x"), ("index", "i")):
        text = re.sub(rf"\b{old}\b", new, text)
    return text.replace("    kept", "    # my own\n    kept")


def class_of(*extra):
    others = [Document(f"s{n}", "activations.py", HONEST + f"\nNUMBER = {n}\n") for n in range(12)]
    return [*others, *extra]


def test_a_copy_with_other_names_is_found_and_honest_likeness_is_not():
    found = find_pairs(
        class_of(Document("ann", "activations.py", HONEST + OWN), Document("bo", "activations.py", HONEST + renamed(OWN))), []
    )
    assert [(p.first.owner, p.second.owner) for p in found] == [("ann", "bo")]
    assert min(found[0].shares) > 0.8


def test_what_the_kit_gave_does_not_count():
    kit = [Document("the kit", "activations.py", HONEST + OWN, known=True)]
    found = find_pairs(class_of(Document("ann", "activations.py", HONEST + OWN), Document("bo", "activations.py", HONEST + OWN)), kit)
    assert found == []


def test_earlier_terms_are_compared_with_students_only():
    old = [Document(f"2025: {name}", "activations.py", HONEST + OWN, known=True) for name in ("cy", "di")]
    found = find_pairs(class_of(Document("ann", "activations.py", HONEST + renamed(OWN)), *old), [])
    assert {p.second.owner for p in found} == {"2025: cy", "2025: di"}
    assert {p.first.owner for p in found} == {"ann"}


def test_what_is_marked_is_what_was_copied():
    (pair,) = find_pairs(class_of(Document("ann", "activations.py", HONEST + OWN), Document("bo", "activations.py", OWN)), [])
    text = "".join(pair.first.text[begin:end] for begin, end in pair.slices[0])
    assert "value ** 3 - limit * 2" in text


def test_the_page_shows_both_sides_and_runs_nothing_of_theirs():
    hostile = Document("<b>ann</b>", "activations.py", HONEST + OWN + "# </pre><script>alert(1)</script>\n")
    page = similar_page("PS2", find_pairs(class_of(hostile, Document("bo", "activations.py", OWN)), []), 14)
    assert "<script" not in page and "<b>ann" not in page
    assert page.count("<pre") == 2 and "<mark>" in page


def test_far_from_what_is_alike_lines_are_left_out_and_counted():
    padding = "".join(f"\n\ndef own_{n}(x):\n    return {n} + x[{n}] * {n * n}\n" for n in range(40))
    one = Document("ann", "activations.py", padding + OWN)
    page = similar_page("PS2", find_pairs(class_of(one, Document("bo", "activations.py", HONEST + renamed(OWN))), []), 14)
    assert "lines ⋯" in page and "unusual_helper" in page and "own_3(" not in page


def test_nothing_unusual_is_said():
    assert "Nothing unusual in 12 files" in similar_page("PS2", find_pairs(class_of(), []), 12)


def test_files_and_notebooks_of_a_class_are_read(tmp_path):
    course = this_course()
    folder = synthetic.write_class(tmp_path, course, 2)
    cells = [{"cell_type": "code", "source": ["import numpy\n", "x = 1"]}, {"cell_type": "markdown", "source": "words"}]
    with zipfile.ZipFile(folder / "s0001.zip", "a") as archive:
        archive.writestr("ps2.ipynb", json.dumps({"cells": cells}))
    found = {(d.owner, d.file) for d in documents(folder, course)}
    assert ("s0001", "ps2.ipynb") in found and ("s0002", "activations.py") in found
    assert code_of(json.dumps({"cells": cells}).encode()) == b"import numpy\nx = 1"


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"cells": 3}', b'{"cells": [{"cell_type": "code"}]}', b"[" * 100_000])
def test_a_notebook_that_is_none_is_left_out(data):
    assert code_of(data) == b""
