"""Tables of measurements are those of the benchmarks' files, in the documents that show them."""

import msgspec
import pytest

from autograder.course import Course, this_course
from autograder.publish import measured


def test_every_table_has_its_file_and_its_place():
    made = measured.measured(this_course())
    assert set(made) == {document for document, _ in measured.TABLES.values()}
    for document, data in made.items():
        assert (this_course().root / document).read_bytes() == data


def test_another_measurement_is_another_table_and_nothing_else_changes(tmp_path):
    here = this_course().root
    (tmp_path / "benchmarks").mkdir()
    found = msgspec.json.decode((here / "benchmarks/container.json").read_bytes())
    found["rows"][0]["peak_mb"] = 1234
    (tmp_path / "benchmarks/container.json").write_bytes(msgspec.json.encode(found))
    (tmp_path / "README.md").write_bytes((here / "README.md").read_bytes())
    old, new = (here / "README.md").read_text().splitlines(), measured.measured(Course(tmp_path))["README.md"].decode().splitlines()
    (changed,) = [line for line in new if line not in old]
    assert "| 1234 MB |" in changed and len(old) == len(new)


def test_a_document_without_a_place_is_one_sentence(tmp_path):
    (tmp_path / "a.md").write_text("nothing")
    with pytest.raises(ValueError, match="no place for the table of benchmarks"):
        measured.placed(tmp_path / "a.md", "soak", "")
