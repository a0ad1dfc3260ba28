"""One value changes and everything else in the file stays, comments too."""

import pytest

from autograder.toml_edit import with_value

TEXT = """\
# top
term = "2026-fall"   # the term

[parts.1]
title = "A # b"

[questions."1.3"]
points = 2

[weights]
conduct = "1/2"
"""


@pytest.mark.parametrize(
    ("table", "key", "value", "old", "new"),
    [
        ("", "term", "2027-spring", 'term = "2026-fall"   # the term', 'term = "2027-spring"   # the term'),
        ("", "seed", "x", "# the term\n", '# the term\nseed = "x"\n'),
        ("parts.1", "title", "C", 'title = "A # b"', 'title = "C"'),
        ('questions."1.3"', "on", False, "points = 2\n", "points = 2\non = false\n"),
        ('questions."1.3"', "points", 2.5, "points = 2\n", "points = 2.5\n"),
        ("weights", "conduct", "1/3", '"1/2"', '"1/3"'),
    ],
)
def test_one_line_changes(table, key, value, old, new):
    assert with_value(TEXT, table, key, value) == TEXT.replace(old, new)


def test_a_table_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        with_value(TEXT, "parts.9", "on", True)
