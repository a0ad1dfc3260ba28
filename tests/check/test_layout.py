"""Where `find` sees the package: every shape in which students hand in, and what it says when it cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from autograder.check.layout import LARGEST_FILE, TREE_LINES, LayoutError, find

WANTED = ("activations.py", "layers.py")
BOTH = {"activations.py": b"a = 1\n", "layers.py": b"b = 2\n"}


def under(folder: str, files: Mapping[str, bytes] = BOTH) -> dict[str, bytes]:
    return {f"{folder}/{name}" if folder else name: data for name, data in files.items()}


@pytest.mark.parametrize("folder", ["ps2", "hw/ps2", "students/hw/ps2"])
def test_ps2_at_the_top_or_up_to_two_folders_down_is_taken_without_a_remark(folder: str) -> None:
    layout = find(under(folder), WANTED)
    assert layout.files == BOTH
    assert layout.remarks == ()
    assert (layout.root, layout.flat) == (folder, False)


@pytest.mark.parametrize("folder", ["", "hw", "someone-ps2-main", "a/b"])
def test_flat_files_in_one_folder_are_taken_with_a_remark(folder: str) -> None:
    layout = find(under(folder), WANTED)
    assert layout.files == BOTH
    assert len(layout.remarks) == 1 and "ps2/" in layout.remarks[0]
    assert layout.flat


@pytest.mark.parametrize("folder", ["x/y/z/ps2", "x/y/z"])
def test_deeper_files_are_not_found_but_shown(folder: str) -> None:
    with pytest.raises(LayoutError, match="x/y/z") as caught:
        find(under(folder), WANTED)
    assert "wanted:\n    ps2/ with activations.py, layers.py" in str(caught.value)


@pytest.mark.parametrize("path", ["PS2/activations.py", "ps2/Activations.py", "Ps2/ACTIVATIONS.PY", "hw/PS2/Activations.py"])
def test_wrong_case_is_taken_with_a_remark(path: str) -> None:
    layout = find({path: b"x"}, ["activations.py"])
    assert layout.files == {"activations.py": b"x"}
    assert layout.remarks and "taken as" in layout.remarks[0]


SHADOWS = [
    "__MACOSX/ps2/._activations.py",
    "__MACOSX/ps2/activations.py",
    "ps2/._activations.py",
    "ps2/.DS_Store",
    ".DS_Store",
    "ps2/.ipynb_checkpoints/activations-checkpoint.py",
    "ps2/__pycache__/activations.cpython-311.pyc",
    "ps2/__pycache__/odd.py",
    "ps2/layers.pyc",
    "Thumbs.db",
    ".git/ps2/activations.py",
    ".venv/ps2/activations.py",
]


@pytest.mark.parametrize("shadow", SHADOWS)
def test_what_systems_leave_behind_is_ignored_silently(shadow: str) -> None:
    layout = find(under("ps2") | {shadow: b"\0"}, WANTED)
    assert (layout.files, layout.remarks) == (BOTH, ())


@pytest.mark.parametrize("extra", ["README.md", "ps2/data.csv", "numpy.py", "torch/__init__.py", "ps2.py", "tests/test_x.py", "setup.py"])
def test_other_files_are_ignored_silently(extra: str) -> None:
    layout = find(under("ps2") | {extra: b"evil"}, WANTED)
    assert (layout.files, layout.remarks) == (BOTH, ())


def test_helpers_and_subpackages_inside_ps2_are_kept() -> None:
    helpers = {"helper.py": b"h", "parts/__init__.py": b"", "parts/deep/one.py": b"1"}
    assert find(under("ps2", BOTH | helpers), WANTED).files == BOTH | helpers
    assert find(under("ps2", {"ps2/x.py": b""} | BOTH), WANTED).files == BOTH | {"ps2/x.py": b""}


def test_of_folders_beside_flat_files_only_packages_belong() -> None:
    files = BOTH | {"parts/__init__.py": b"", "parts/a.py": b"1", "tests/__init__.py": b"", "ps2check/__init__.py": b"", "notes/n.py": b""}
    assert find(files, WANTED).files == BOTH | {"parts/__init__.py": b"", "parts/a.py": b"1"}


def test_two_folders_with_the_files_are_refused_by_name() -> None:
    with pytest.raises(LayoutError, match="'kit/ps2/' and 'ps2/'"):
        find(under("ps2") | under("kit/ps2"), WANTED)
    with pytest.raises(LayoutError, match="'PS2/' and 'ps2/'"):
        find(under("ps2") | under("PS2"), WANTED)
    with pytest.raises(LayoutError, match="the top of the upload and 'old/'"):
        find(BOTH | under("old"), WANTED)


@pytest.mark.parametrize(
    "other", [{"kit/ps2/__init__.py": b""}, {"ps2/ps2/base.py": b""}, {"ps2/readme.txt": b""}, {"activations.py": b"stray"}]
)
def test_a_second_folder_without_the_files_does_not_matter(other: dict[str, bytes]) -> None:
    assert find(under("hw/ps2") | other, WANTED).files == BOTH


def test_an_untouched_ps2_beside_flat_files_does_not_matter() -> None:
    layout = find(BOTH | {"ps2/__init__.py": b"", "ps2/base.py": b""}, WANTED)
    assert layout.files == BOTH and layout.flat


def test_missing_files_are_remarked_one_by_one() -> None:
    layout = find({"ps2/activations.py": b""}, WANTED)
    assert layout.remarks == ("layers.py is missing: its questions earn nothing.",)
    assert len(find({"ps2/helper.py": b""}, WANTED).remarks) == 2


@pytest.mark.parametrize("near", ["ps2/layers (1).py", "ps2/layers.py.txt", "ps2/layers_final.py", "ps2/layers.ipynb", "layers.py"])
def test_a_missing_file_under_another_name_is_pointed_at(near: str) -> None:
    (remark,) = find({"ps2/activations.py": b"", near: b""}, WANTED).remarks
    assert near.removeprefix("ps2/") in remark and remark.startswith("layers.py is missing: its questions earn nothing")


@pytest.mark.parametrize(
    "files", [{}, {"hw.docx": b""}, {"ps2/notes.txt": b""}, {"ps2": b""}, {"ps2.py": b""}, {".hidden/ps2/activations.py": b""}]
)
def test_nothing_to_grade_shows_both_trees(files: dict[str, bytes]) -> None:
    with pytest.raises(LayoutError, match=r"(?s)found:.*wanted:"):
        find(files, WANTED)


def test_the_tree_shown_is_short_and_printable() -> None:
    files = {f"data{i}/batch{j}\x1b.bin": b"" for i in range(40) for j in range(10)}
    with pytest.raises(LayoutError) as caught:
        find(files, WANTED)
    text = str(caught.value)
    assert len(text.split("found:\n")[1].split("  wanted:")[0].splitlines()) <= TREE_LINES
    assert "\x1b" not in text


COLLISIONS = [
    ("ps2/Helper.py", "ps2/helper.py"),
    ("ps2/Activations.py", "ps2/activations.py"),
    ("ps2/caf\u00e9.py", "ps2/cafe\u0301.py"),
    ("ps2/Parts/a.py", "ps2/parts/b.py"),
    ("ps2/parts.py", "ps2/parts.py/a.py"),
    ("ps2/a.py", "ps2/a.PY"),
]


@pytest.mark.parametrize("pair", COLLISIONS, ids=str)
def test_names_that_are_one_on_other_systems_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(LayoutError, match="same name"):
        find(under("ps2") | dict.fromkeys(pair, b""), WANTED)


@pytest.mark.parametrize(
    "name", ["a\nb.py", "a\x1b.py", "a\\b.py", "\udce9.py", "x" * 300 + ".py", "é" * 150 + ".py", "d/" * 150 + "x.py", "/x.py"]
)
def test_unusual_names_inside_ps2_are_refused_in_a_printable_sentence(name: str) -> None:
    with pytest.raises(LayoutError) as caught:
        find(under("ps2") | {"ps2/" + name: b""}, WANTED)
    assert str(caught.value).isprintable()


def test_a_folder_that_hides_a_given_file_is_left_out_with_a_remark() -> None:
    layout = find(under("ps2") | {"ps2/base/__init__.py": b"evil"}, WANTED)
    assert layout.files == BOTH
    assert "base/" in layout.remarks[0]


def test_sizes_are_limited_by_file_and_in_all() -> None:
    with pytest.raises(LayoutError, match=r"layers\.py is larger than 1,000,000 bytes"):
        find(under("ps2") | {"ps2/layers.py": b"#" * (LARGEST_FILE + 1)}, WANTED)
    with pytest.raises(LayoutError, match="4,000,000 bytes in all"):
        find(under("ps2") | {f"ps2/h{i}.py": b"#" * LARGEST_FILE for i in range(5)}, WANTED)


def test_only_the_files_taken_are_read() -> None:
    class Watched(Mapping[str, bytes]):
        read: list[str] = []  # noqa: RUF012

        def __getitem__(self, name: str) -> bytes:
            self.read.append(name)
            return b""

        def __iter__(self) -> Iterator[str]:
            return iter(["ps2/activations.py", "ps2/big.bin", "numpy.py", "ps2/._a.py"])

        def __len__(self) -> int:
            return 4

    files = Watched()
    find(files, ["activations.py"])
    assert files.read == ["ps2/activations.py"]
