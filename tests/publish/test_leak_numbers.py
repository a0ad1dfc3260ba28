"""Hidden numbers are found wherever they are put: thresholds, seeds, keys, recordings and expected values of graded runs."""

import base64
import hmac
import io
import json
import zipfile

import numpy as np
import pytest

from autograder.check import golden
from autograder.check.draw import Draw
from autograder.check.package import Package
from autograder.check.question import REGISTRY
from autograder.check.recording import record
from autograder.check.seeds import question_seed
from autograder.course import Course
from autograder.grading.intake import identify
from autograder.publish.kit import kit_files
from autograder.publish.leaks import Scanner
from autograder.training.images import Source, key_of, practice_key

from ..courses import copy_of

SECRET = b"5e" * 32


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """PS2's part 1 with a secret that is known here, and last term's."""
    made = copy_of(tmp_path_factory.mktemp("course"), secret=SECRET.decode())
    (made.toml.parent / "secret-2025-fall").write_bytes(b"7a" * 32)
    return made.only(1)


@pytest.fixture(scope="module")
def scanner(course):
    return Scanner(course)


def seed(course, source, secret=SECRET):
    digest = identify(source, given=course.reference, wanted=course.assignment.files())
    return hmac.digest(secret, digest.encode(), "sha256")


@pytest.fixture(scope="module")
def reference_seed(course):
    return seed(course, course.root / "solutions")


def zipped(name, data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


def notebook(**cell):
    return json.dumps({"cells": [{"cell_type": "code", "source": [], "outputs": [], "metadata": {}, **cell}], "metadata": {}}).encode()


def everywhere(name, data):
    """The text by itself and at each place in which it might be overlooked."""
    text = data.decode()
    return {
        name: data,
        "output.ipynb": notebook(outputs=[{"output_type": "stream", "name": "stdout", "text": ["before\n", *text.splitlines(True)]}]),
        "metadata.ipynb": notebook(metadata={"staff": {"note": text}}),
        "attachment.ipynb": notebook(attachments={"a.txt": {"text/plain": base64.b64encode(data).decode()}}),
        "nested.zip": zipped("inner.zip", zipped(name, data)),
        "notebook.zip": zipped("inner.zip", zipped("a.ipynb", notebook(metadata={"x": [text]}))),
    }


THRESHOLDS = {
    "a setting": ("a.toml", "full = 0.965\n", "gpu-large.full"),
    "a setting in JSON": ("a.json", '{"full": 0.965}', "gpu-large.full"),
    "the ramp's foot": ("a.toml", "zero = 0.80\n", "gpu-large.zero"),
    "a sentence": ("a.md", "The threshold on our GPU is 0.965.", "gpu-large.full"),
    "per cent": ("a.md", "You get all points from 96.5 % on.", "gpu-large.full"),
    "LaTeX": ("a.md", r"an accuracy of $96.5\%$ suffices", "gpu-large.full"),
    "no leading zero": ("a.py", "if accuracy >= .85: points = 10", "gpu-small.full"),
    "exponents": ("a.py", "THRESHOLD = 8.5e-1", "gpu-small.full"),
    "a table": ("a.md", "| profile | threshold |\n|---|---:|\n| other | 0.7 |\n| gpu-large | 0.9650 |\n", "gpu-large.full"),
    "the distance": ("a.md", "The figure you are told is the safer one: it lies 0.02 above.", "training.safer"),
}


@pytest.mark.parametrize("form", THRESHOLDS)
def test_a_threshold_is_found_in_every_writing_and_place(scanner, form):
    name, text, what = THRESHOLDS[form]
    for place, data in everywhere(name, text.encode()).items():
        found = scanner.scan(place, data)
        assert any(what in says for says in found), (place, found)


INNOCENT = [
    "Aim at 0.87 on a small machine and at 0.985 on a large one; an accuracy of 0.9 is good.",
    "momentum = 0.85, learning rate 0.6",
    "The dropout rate is 0.8 and the margin of a page 0.85.",
    "| | full |\n|---|---|\n| x | 0.97 |\n",
    "0.96512 of all images are classified correctly; version 0.85.1 and v0.85 are not accuracies",
    "a full-rank matrix; zero-centred data: 0.62, 0.83",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_other_numbers_and_the_same_in_other_sentences_are_no_leaks(scanner, text):
    assert scanner.scan("a.md", text.encode()) == []


def test_seeds_and_keys_of_every_term_are_found(course, scanner, reference_seed, tmp_path):
    for name, data in kit_files(course).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    practice = hmac.digest(SECRET, b"hidden images of practice world 7", "sha256")
    planted = {
        "the seed of the reference's grading": reference_seed,
        "the seed of the untouched kit's grading": seed(course, tmp_path, b"7a" * 32),
        "the seed of question 1.5 of": question_seed(reference_seed, "1.5", None),
        "the key of the training run of": key_of(reference_seed),
        "the key of the hidden images of practice world 7": practice,
    }
    for what, key in planted.items():
        for place, data in {**everywhere("a.txt", key.hex().encode()), "a.bin": b"..." + key + b"..."}.items():
            found = scanner.scan(place, data)
            assert any(what in says for says in found), (what, place, found)
    drawn = Source("small", practice_key(7), hidden_key=practice).number("hidden")
    assert any("practice world 7" in says for says in scanner.scan("a.ipynb", notebook(source=[f"rng = default_rng({drawn})"])))


@pytest.fixture(scope="module")
def graded(course, reference_seed):
    """What question 1.5 expects of the reference in its graded run."""
    question = REGISTRY["1.5"]
    drawn = Draw(question_seed(reference_seed, "1.5", None), None)
    recording = record(question, Package(course.reference, "ps2_test_reference"), drawn, trusted=True)
    arrays = [part.ravel() for item in recording.items.values() for part in item.values() if part.dtype.kind == "f"]
    return np.concatenate(arrays)


def test_expected_values_of_a_graded_run_are_found_as_text_and_as_arrays(scanner, graded):
    long = graded[np.abs(graded) > 0.01]
    file = io.BytesIO()
    np.save(file, long[:40].reshape(5, 8))
    planted = {
        **everywhere("a.txt", "\n".join(map(repr, long[:30].tolist())).encode()),
        **everywhere("a.json", json.dumps({"expected": long[:12].tolist()}).encode()),
        "printed.ipynb": notebook(outputs=[{"data": {"text/plain": [str(long[:30])]}}]),
        "array.npy": file.getvalue(),
        "arrays.npz": zipped("kept.npy", file.getvalue()),
    }
    for place, data in planted.items():
        found = scanner.scan(place, data)
        assert any("expected values of graded runs" in says for says in found), (place, found)


def test_a_recording_of_another_seed_than_the_public_one_is_found_whichever_it_is(course, scanner, reference_seed):
    reference = Package(course.reference, "ps2_test_reference")
    public = golden.encode(golden.record_runs(REGISTRY["1.5"], reference, course.assignment.public_seed.encode()))
    assert scanner.scan("1.5.npz", public) == [] == scanner.scan("a.zip", zipped("ps2check/golden/1.5.npz", public))
    others = golden.encode(golden.record_runs(REGISTRY["1.5"], reference, b"some student's"))
    for place, data in {"1.5.npz": others, "a.zip": zipped("b.zip", zipped("golden/1.5.npz", others))}.items():
        assert any("a recording of question 1.5 that the public seed does not give" in says for says in scanner.scan(place, data)), place
    renamed = golden.encode(golden.record_runs(REGISTRY["1.5"], reference, reference_seed))
    assert any("expected values" in says for says in scanner.scan("data.npz", renamed))


def test_a_kit_with_the_training_run_gives_the_safer_figures_alone(course):
    text = course.toml.read_text(encoding="utf-8").replace('\nprofile = "off" ', '\nprofile = "auto"').replace("total_points = 100", "")
    course.toml.write_text(text, encoding="utf-8")
    course = Course(course.root).only(1, 6)
    files = {name: data for name, data in kit_files(course).items() if name in ("kit.json", "handout.md")}
    assert b"0.985" in files["kit.json"] and b"0.985" in files["handout.md"]
    scanner = Scanner(course)
    assert [says for name, data in files.items() for says in scanner.scan(name, data)] == []
