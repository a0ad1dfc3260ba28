import re

import pytest
from rich.console import Console

from autograder.classroom import synthetic
from autograder.classroom.week import BUG, Week
from autograder.course import this_course


def test_every_change_of_a_made_up_class_finds_its_place():
    writer = synthetic.Writer(this_course())
    for file, name, old, new in (*synthetic.MISTAKES, *synthetic.ATTACKS, *synthetic.VARIANTS, BUG):
        assert synthetic.changed(writer.reference[file], name, old, new) != writer.reference[file], (file, name)


def test_the_same_number_and_seed_give_the_same_submission():
    writer = synthetic.Writer(this_course())
    assert writer.files(3) == writer.files(3)
    assert writer.files(3) != writer.files(3, seed=1) and writer.files(3) != writer.files(4)


@pytest.mark.slow
def test_a_week_runs_from_release_to_export(tmp_path, capfd):
    Week(tmp_path, 6, Console(width=100)).run()
    said = capfd.readouterr().out
    assert re.search(r"6 students", said) and "canvas.csv" in said
    assert (tmp_path / "results" / "notice.md").read_text(encoding="utf-8").startswith("We mended a check")
    assert (tmp_path / "pages" / "class.html").is_file() and (tmp_path / "grades" / "grades.csv").is_file()
