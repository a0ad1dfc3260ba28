"""What `take` makes of uploads: the clean folder, digests, remarks, faults of single files, sizes. A fault is one sentence."""

from __future__ import annotations

import os
import stat
import struct
import time
import tracemalloc
from pathlib import Path

import pytest

from autograder.grading import compiling
from autograder.grading.intake import Submission, digest_of
from tests.grading.uploads import GIVENS, NESTED, OWN, Desk, laid, written, zipped

# What is written


def test_clean_folder_holds_the_students_files_and_the_given_ones_and_nothing_else(desk: Desk) -> None:
    extra = {"ps2/data.npz": b"x", "numpy.py": b"evil", "ps2/helper.py": b"", "ps2/__pycache__/a.pyc": b"", "kit.json": b"{}"}
    submission = desk.take(zipped(NESTED | extra))
    assert written(submission) == {f"ps2/{name}": data for name, data in {**OWN, **GIVENS, "helper.py": b""}.items()}
    assert (submission.remarks, submission.faults) == ([], {})
    assert Path(submission.folder).is_absolute()


def test_modes_and_times_are_fixed_whatever_the_umask(desk: Desk) -> None:
    old = os.umask(0o077)
    try:
        submission = desk.take(zipped(NESTED | {"ps2/parts/__init__.py": b""}))
    finally:
        os.umask(old)
    root = Path(submission.folder)
    for path in (root, *root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)
        assert path.stat().st_mtime == 1_700_000_000


def test_digest_is_the_same_for_zip_and_folder_nested_and_flat(desk: Desk, tmp_path: Path) -> None:
    sources: list[Path | bytes] = [
        zipped(NESTED),
        zipped(OWN),
        zipped({f"hw/{name}": data for name, data in NESTED.items()}),
        zipped({f"hw\\{name}".replace("/", "\\"): data for name, data in NESTED.items()}),
        zipped({f"./{name}": data for name, data in NESTED.items()} | {"__MACOSX/ps2/._layers.py": b"\0"}),
        zipped(dict(reversed(NESTED.items())) | {"ps2/base.py": b"changed", "ps2/notes.txt": b"a table"}),
        zipped({"PS2/Activations.py": OWN["activations.py"], "PS2/layers.py": OWN["layers.py"]}),
        laid(tmp_path / "one", NESTED),
        laid(tmp_path / "two", OWN),
        laid(tmp_path / "three", {f"a/b/{name}": data for name, data in NESTED.items()}),
    ]
    assert {desk.take(source).digest for source in sources} == {digest_of(OWN)}


def test_of_files_that_are_not_asked_about_only_those_are_compiled_that_an_asked_one_may_import(desk: Desk) -> None:
    files = {
        "ps2/activations.py": b"from .helper import x\n",
        "ps2/helper.py": b"import ps2.parts\n",
        "ps2/parts/__init__.py": b"from . import one\n",
        "ps2/parts/one.py": b"def f(:\n",
        "ps2/layers.py": b"def f(:\n",
    }
    submission = desk.take(zipped(files), asked=("activations.py",))
    assert submission.faults.keys() == {"parts/one.py"}
    assert compiled(submission) == {"__init__", "base", "activations", "helper", "parts/__init__"}
    assert submission.digest == desk.take(zipped(files)).digest
    assert desk.take(zipped(files)).faults.keys() == {"parts/one.py", "layers.py"}


def compiled(submission: Submission) -> set[str]:
    root = Path(submission.folder) / "ps2"
    return {str(path.relative_to(root)).replace("__pycache__/", "").split(".")[0] for path in root.rglob("*.pyc")}


@pytest.mark.parametrize("other", [{"a": b"bc"}, {"ab": b"", "c": b""}, {"ab": b"c", "": b""}, {"abc": b""}, {}])
def test_digest_tells_any_two_trees_apart(other: dict[str, bytes]) -> None:
    assert digest_of(other) != digest_of({"ab": b"c"})


def test_a_kept_image_file_counts_in_the_digest_when_none_is_given(desk: Desk) -> None:
    one, two = (desk.take(zipped(NESTED | {"ps2/images.py": data})) for data in (b"1", b"2"))
    assert one.digest != two.digest


def test_changed_given_file_is_replaced_with_a_remark_and_line_ends_are_no_change(desk: Desk) -> None:
    changed = desk.take(zipped(NESTED | {"ps2/base.py": b"import os\n"}))
    assert written(changed)["ps2/base.py"] == GIVENS["base.py"]
    assert any("base.py" in remark and "replaced" in remark for remark in changed.remarks)
    same = desk.take(zipped(NESTED | {"ps2/base.py": b"\xef\xbb\xbf" + GIVENS["base.py"].replace(b"\n", b"\r\n")}))
    assert same.remarks == []


def test_missing_and_broken_files_are_faults_of_their_own(desk: Desk) -> None:
    submission = desk.take(zipped({"ps2/activations.py": b"def f(:\n", "ps2/helper.py": b"# caf\xe9\n"}))
    assert set(submission.faults) == {"activations.py", "helper.py", "layers.py"}
    assert "activations.py, line 1: SyntaxError" in submission.faults["activations.py"]
    assert "not UTF-8" in submission.faults["helper.py"]
    assert submission.faults["layers.py"] in submission.remarks


def test_source_that_exhausts_the_compiler_costs_its_own_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    child = desk.tmp / "child.py"
    child.write_text(
        "import os, sys\nprint('ready', flush=True)\nfor line in sys.stdin:\n"
        "    if 'activations.py' in line: os.kill(os.getpid(), 11)\n    print('\"\"', flush=True)\n"
    )
    monkeypatch.setattr(compiling, "CHILD", child)
    faults = desk.take(zipped(NESTED)).faults
    assert set(faults) == {"activations.py"} and "crashes or hangs" in faults["activations.py"]


def test_compiling_process_that_does_not_start_is_never_the_students_fault(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "CHILD", desk.tmp / "missing.py")
    with pytest.raises(RuntimeError, match="does not start"):
        desk.take(zipped(NESTED))


MANIFESTS = [
    (b'{"kit_version": "1.2.0", "check_digest": "ab12", "other": [1]}', {"kit_version": "1.2.0", "check_digest": "ab12"}),
    (b'{"kit_version": "<script>", "check_digest": 5}', {}),
    (b'{"kit_version": "' + b"1" * 500 + b'"}', {}),
    (b"[1, 2]", {}),
    (b"not json", {}),
    (b"[" * 60_000, {}),
    (b'{"kit_version": "1"}' + b" " * 100_000, {}),
    (b"\xff\xfe", {}),
]


@pytest.mark.parametrize("where", ["kit.json", "ps2/kit.json"])
@pytest.mark.parametrize(("text", "manifest"), MANIFESTS)
def test_manifest_is_taken_when_it_is_sound(desk: Desk, where: str, text: bytes, manifest: dict[str, str]) -> None:
    assert desk.take(zipped(NESTED | {where: text})).manifest == manifest


# Sizes


def test_many_files_are_refused_before_they_are_read(desk: Desk, tmp_path: Path) -> None:
    desk.refuse(zipped(NESTED | {f"data/{i}.txt": b"" for i in range(10_000)}), "more than 2,000 files")
    up = laid(tmp_path / "up", {**NESTED, **{f"data/{i}.txt": b"" for i in range(2_100)}})
    desk.refuse(up, "more than 2,000 files")


def test_many_shadow_files_do_not_matter(desk: Desk) -> None:
    shadows = {f".git/objects/{i}": b"" for i in range(3_000)}
    assert desk.take(zipped(NESTED | shadows)).digest == digest_of(OWN)


def test_a_hundred_thousand_entries_are_refused_early(desk: Desk) -> None:
    local, name = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 0, 0, 5, 0), b"x.txt"
    central = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + name
    records = central * 100_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(records), len(local) + len(name), 0)
    data = local + name + records + end
    start = time.process_time()
    desk.refuse(data, "more than 20,000 entries")
    assert time.process_time() - start < 1.0


def bomb(size: int) -> bytes:
    """`size` zero bytes, deflated by zlib into a thousandth."""
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b"\0" * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


def raw_zip(name: str, packed: bytes, claimed: int) -> bytes:
    """A zip of one deflated member whose header claims a size."""
    encoded = name.encode()
    fields = (0, 8, 0, 33, 0, len(packed), claimed, len(encoded), 0)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, *fields) + encoded + packed
    central = struct.pack("<4s2H4H3L5H2L", b"PK\x01\x02", 20, 20, *fields[:-1], 0, 0, 0, 0, 0, 0) + encoded
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


@pytest.mark.parametrize("claimed", [2 << 30, 10, 0])
def test_a_bomb_is_never_unpacked_whatever_its_header_claims(desk: Desk, claimed: int) -> None:
    data = raw_zip("ps2/activations.py", bomb(64 << 20), claimed)
    tracemalloc.start()
    try:
        if claimed:
            text = desk.refuse(data)
            assert "larger than 1,000,000 bytes" in text or "damaged" in text
        else:  # the reader stops where the header says: an empty file
            assert written(desk.take(data))["ps2/activations.py"] == b""
        assert tracemalloc.get_traced_memory()[1] < 30 << 20
    finally:
        tracemalloc.stop()


def test_members_that_are_no_source_are_never_decompressed(desk: Desk) -> None:
    data = zipped(NESTED | {"ps2/data.bin": b"\0" * 50_000_000})
    tracemalloc.start()
    try:
        assert desk.take(data).digest == digest_of(OWN)
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def test_too_much_source_in_all_is_refused(desk: Desk) -> None:
    desk.refuse(zipped(NESTED | {f"ps2/h{i}.py": b"#" * 900_000 for i in range(6)}), "4,000,000 bytes in all")


def test_a_huge_file_in_a_folder_is_not_read_whole(desk: Desk, tmp_path: Path) -> None:
    up = laid(tmp_path / "up", NESTED)
    with open(up / "ps2/activations.py", "wb") as file:
        file.truncate(4 << 30)  # sparse
    desk.refuse(up, "larger than 1,000,000 bytes")


def test_entries_that_share_bytes_are_refused(desk: Desk) -> None:
    data = bytearray(zipped(NESTED))
    second = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, second + 42, 0)  # the second member now begins where the first does
    desk.refuse(bytes(data))


def test_a_folder_for_the_copy_that_is_not_empty_is_refused(desk: Desk, tmp_path: Path) -> None:
    laid(tmp_path / "clean1", {"ps2/old.py": b""})
    desk.refuse(zipped(NESTED), "not empty")
