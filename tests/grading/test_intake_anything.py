"""Whatever bytes or trees are handed in, they are taken or refused with a sentence."""

from __future__ import annotations

import random
import stat
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from autograder.grading.intake import IntakeError
from tests.grading.uploads import NESTED, Desk, entry, written, zipped


def survives(data: bytes, tmp: Path, given: Path) -> None:
    desk = Desk(tmp, given)
    try:
        submission = desk.take(data)
    except IntakeError as error:
        assert str(error) and str(error).replace("\n", "").isprintable()
    else:
        assert all(name.startswith("ps2/") and name.endswith(".py") for name in written(submission))


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@drawn(st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06"]), st.binary(max_size=200))
def test_random_bytes_are_taken_or_refused(tmp_path_factory: pytest.TempPathFactory, given: Path, start: bytes, data: bytes) -> None:
    survives(start + data, tmp_path_factory.mktemp("fuzz"), given)


@pytest.fixture
def compiled_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process per example would be most of the time."""
    monkeypatch.setattr("autograder.grading.compiling.Compiler.examine", lambda self, folder, names: {})


@pytest.mark.parametrize("seed", range(20))
def test_mutated_zips_are_taken_or_refused(tmp_path: Path, given: Path, compiled_nowhere: None, seed: int) -> None:
    chance = random.Random(seed)
    whole = zipped(NESTED | {"ps2/café.py": b"x", "a/b/c.txt": b"y" * 100}, [entry("l", b"ps2", mode=stat.S_IFLNK | 0o777)])
    for index in range(40):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 2, 8))):
            where = chance.randrange(4, len(data))
            action = chance.randrange(4)
            if action == 0:
                data[where] = chance.randrange(256)
            elif action == 1:
                data[where : where + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"../.", b"PK\x01\x02"))
            elif action == 2:
                del data[where : where + chance.randrange(1, 20)]
            else:
                data[where:where] = data[: chance.randrange(1, 60)]
        (tmp_path / str(index)).mkdir()
        survives(bytes(data), tmp_path / str(index), given)


names = st.lists(
    st.sampled_from(["ps2", "PS2", "..", ".", "a", "activations.py", "Layers.py", "é.py", "x\\y.py", "\x01.py", ".git"]), max_size=4
)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@drawn(st.lists(st.tuples(names.map("/".join), st.sampled_from([0, stat.S_IFLNK, stat.S_IFREG, stat.S_IFDIR])), max_size=6))
def test_any_tree_in_a_zip_is_taken_or_refused(
    tmp_path_factory: pytest.TempPathFactory, given: Path, entries: list[tuple[str, int]]
) -> None:
    survives(zipped({}, [entry(name, b"x = 1", mode=mode) for name, mode in entries]), tmp_path_factory.mktemp("tree"), given)
