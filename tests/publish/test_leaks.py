"""What gives a solution or the secret away is found wherever it is put; what students get gives away nothing."""

import base64
import io
import json
import tarfile
import zipfile

import pytest

from autograder.course import this_course
from autograder.publish.kit import build_kit_zip
from autograder.publish.leaks import Scanner

from ..courses import copy_of

LINE = "self.y = np.where(x > 0, 1.0, small) / (1.0 + small)"  # of Sigmoid's solution
SECRET = b"5e" * 32


@pytest.fixture(scope="module")
def scanner(tmp_path_factory):
    """PS2 with a secret that is known here, and last term's."""
    course = copy_of(tmp_path_factory.mktemp("course"), secret=SECRET.decode())
    (course.toml.parent / "secret-2025-fall").write_bytes(b"7a" * 32)
    return Scanner(course.only(1, 2, 3, 4))


def zipped(name, data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def taped(name, data):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tape:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tape.addfile(info, io.BytesIO(data))
    return file.getvalue()


def notebook(**cell):
    return json.dumps({"cells": [{"cell_type": "code", "source": [], "outputs": [], "metadata": {}, **cell}], "metadata": {}}).encode()


OUTPUT = {"output_type": "stream", "name": "stdout", "text": ["before\n", f"{LINE}\n"]}
PLANTED = {
    "a file": ("a.py", f"def f(x):\n    {LINE}\n".encode()),
    "other spaces": ("a.md", LINE.replace(" ", "   ").encode()),
    "an archive": ("a.zip", zipped("ps2/a.py", LINE.encode())),
    "an archive in an archive": ("a.zip", zipped("b.zip", zipped("c.py", LINE.encode()))),
    "a page": ("a.html", LINE.replace(">", "&gt;").encode()),
    "a notebook's source": ("a.ipynb", notebook(source=["x = 1\n", LINE])),
    "a notebook's output": ("a.ipynb", notebook(outputs=[OUTPUT])),
    "a notebook's metadata": ("a.ipynb", notebook(metadata={"solution": {"text": LINE}})),
    "a notebook's attachment": ("a.ipynb", notebook(attachments={"a.png": {"image/png": base64.b64encode(LINE.encode()).decode()}})),
    "a notebook in an archive": ("a.zip", zipped("a.ipynb", notebook(outputs=[OUTPUT]))),
    "a page with colours": ("a.html", b"<b>self</b>.y = np.<i>where</i>(x &gt; 0, 1.0, small) / (<u>1.0</u> + small)"),
    "a page's picture": ("a.html", b'<img src="data:text/plain;base64,' + base64.b64encode(LINE.encode()) + b'">'),
    "a notebook's packed attachment": ("a.ipynb", notebook(metadata={"x": base64.b64encode(zipped("a.py", LINE.encode())).decode()})),
    "a packed tape": ("a.tar.gz", taped("ps2/a.py", LINE.encode())),
    "a text of Windows": ("a.txt", LINE.encode("utf-16")),
    "the secret in pieces": ("a.ipynb", notebook(source=[SECRET[:20].decode(), SECRET[20:].decode()])),
    "a marker": ("a.py", b"    ### BEGIN SOLUTION\n"),
    "hidden tests": ("a.ipynb", notebook(source=["### BEGIN HIDDEN TESTS\n", "assert f(3) == 9"])),
    "the secret": ("a.json", b'{"seed": "' + SECRET + b'"}'),
    "the secret's bytes": ("a.npy", b"\x93NUMPY" + bytes.fromhex(SECRET.decode())),
    "the secret as a number": ("a.py", str(int.from_bytes(bytes.fromhex(SECRET.decode()), "big")).encode()),
    "the secret in base64": ("a.txt", base64.b64encode(bytes.fromhex(SECRET.decode()))),
    "last term's secret": ("a.txt", b"7a" * 32),
    "the secret, packed": ("a.zip", zipped("a.txt", SECRET)),
}


@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_leak_is_found_and_named(scanner, place):
    name, data = PLANTED[place]
    found = scanner.scan(name, data)
    assert len(found) >= 1 and all(says.startswith(name) for says in found)


WRITTEN = {
    "an answer": ("a.md", b"Each unit sums 300 independent products", "words of the answer to vanishing"),
    "a rubric in a notebook": ("a.ipynb", notebook(metadata={"x": ["Half of it for", " one of the two reasons"]}), "words of the rubric"),
    "a rubric's marker": ("a.ipynb", b'{"outputs": ["=== BEGIN \\u004dARK SCHEME ==="]}', "the marker `BEGIN MARK SCHEME`"),
}


@pytest.mark.parametrize("place", WRITTEN)
def test_answers_in_words_and_their_rubrics_are_found_as_well(place):
    pytest.importorskip("jupytext")
    from autograder.publish.written import written

    name, data, what = WRITTEN[place]
    (found,) = Scanner(this_course(), written(this_course())).scan(name, data)
    assert found.startswith(f"{name} holds {what}")


def test_short_lines_and_lines_that_students_get_anyway_are_no_leaks(scanner):
    innocent = b'return np.tanh(x)\nfrom __future__ import annotations\nself.parameters = {"weight": weight, "bias": bias}\n'
    assert scanner.scan("a.py", innocent) == []


def test_the_kit_gives_nothing_away(tmp_path):
    kit = build_kit_zip(tmp_path / "kit.zip")
    assert Scanner(this_course()).scan_path(kit) == []


CLOSED = {
    "a.pdf": (b"%PDF-1.7 ...", "a PDF"),
    "a.rar": (b"Rar!....", "a RAR archive"),
    "a.zip": (zipped("a.py", LINE.encode() * 9)[:60] + b"PK\x05\x06" + bytes(18), "an archive that is empty, damaged or encrypted"),
}


@pytest.mark.parametrize("name", CLOSED)
def test_what_cannot_be_looked_into_is_said_rather_than_called_clean(scanner, name):
    data, kind = CLOSED[name]
    assert scanner.scan(name, data) == []
    assert scanner.closed[-1] == f"{name} was not looked into: it is {kind}."
