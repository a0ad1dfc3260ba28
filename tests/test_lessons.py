"""docs/lessons-from-other-graders.md names tests; each of them is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/lessons-from-other-graders.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("row", [line for line in PAGE.splitlines() if "`" in line and line.startswith("|")])
def test_what_shows_a_lesson_exists(row):
    file = ""
    shown = re.findall(r"`((?:tests/[\w/]+\.py)?(?:::\w+)?)`", row.rsplit("|", 2)[1])
    assert shown, row
    for named in shown:
        path, _, test = named.partition("::")
        file = path or file
        assert not test or re.search(rf"^def {test}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), named
