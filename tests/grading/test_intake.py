"""What `take` makes of uploads: the ordinary, the clumsy and the hostile. A fault is always one sentence, never a traceback."""

from __future__ import annotations

import io
import os
import random
import socket
import stat
import struct
import time
import tracemalloc
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from autograder.grading import compiling
from autograder.grading.intake import IntakeError, Submission, digest_of, take

WANTED = ("activations.py", "layers.py")
OWN = {"activations.py": b"a = 1\n", "layers.py": b"b = 2\n"}
GIVENS = {"__init__.py": b"", "base.py": b"class Layer:\n    pass\n"}
NESTED = {f"ps2/{name}": data for name, data in OWN.items()}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("given")
    for name, data in {**GIVENS, "activations.py": b"the reference must never be copied"}.items():
        (folder / name).write_bytes(data)
    return folder


def entry(name: str, data: bytes = b"", *, mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo("x", (2026, 1, 1, 0, 0, 0))
    info.filename = name  # as it is: the constructor would cut at a null character
    info.compress_type = method
    info.external_attr = mode << 16
    return info, data


def zipped(files: Mapping[str, bytes], more: Iterable[tuple[zipfile.ZipInfo, bytes]] = ()) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicates are meant
        for name, data in files.items():
            archive.writestr(*entry(name, data))
        for info, data in more:
            archive.writestr(info, data)
    return buffer.getvalue()


def laid(root: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


class Desk:
    """Takes uploads, each into a new folder."""

    def __init__(self, tmp: Path, given: Path) -> None:
        self.tmp, self.given, self.count = tmp, given, 0

    def take(self, source: Path | bytes, wanted: tuple[str, ...] = WANTED, name: str = "hw.zip") -> Submission:
        self.count += 1
        if isinstance(source, bytes):
            (self.tmp / name).write_bytes(source)
            source = self.tmp / name
        return take(source, self.tmp / f"clean{self.count}", given=self.given, wanted=wanted)

    def refuse(self, source: Path | bytes, *words: str, name: str = "hw.zip") -> str:
        with pytest.raises(IntakeError) as caught:
            self.take(source, name=name)
        text = str(caught.value)
        for word in words:
            assert word in text, text
        assert text.replace("\n", "").isprintable() and "Traceback" not in text
        return text


@pytest.fixture
def desk(tmp_path: Path, given: Path) -> Desk:
    return Desk(tmp_path, given)


def written(submission: Submission) -> dict[str, bytes]:
    root = Path(submission.folder)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


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


# Uploads that are no zip, or a broken one

NOT_ZIPS = [
    (b"", "empty"),
    (b"Rar!\x1a\x07\x00", "RAR"),
    (b"7z\xbc\xaf\x27\x1c\x00\x04", "7-Zip"),
    (b"\x1f\x8b\x08\x00", "gzip"),
    (b"a" * 257 + b"ustar\x00" + b"0" * 300, "tar"),
    (b"%PDF-1.7", "PDF"),
    (b'{\n "cells": [],\n "nbformat": 4}', "Jupyter notebook"),
    (b"<!DOCTYPE html>", "web page"),
    (b"just text", "text file"),
    (b"\xff\xfe\x00\x01\x02\x03", "something else"),
    (b"%PDF-1.7" + zipped(NESTED), "PDF"),
]


@pytest.mark.parametrize(("data", "word"), NOT_ZIPS)
def test_what_is_no_zip_is_called_by_its_name(desk: Desk, data: bytes, word: str) -> None:
    desk.refuse(data, word, "hw.zip")


def test_a_single_python_file_is_called_that(desk: Desk) -> None:
    desk.refuse(b"x = 1\n", "a single Python file", name="activations.py")


def test_a_missing_or_odd_source_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    desk.refuse(tmp_path / "nowhere.zip", "cannot be read")
    desk.refuse(Path("a\0b"), "cannot be read")
    os.mkfifo(tmp_path / "pipe")
    desk.refuse(tmp_path / "pipe", "neither a file nor a folder")
    desk.refuse(laid(tmp_path / "void", {"a/readme.txt": b""}), "no folder ps2/")


def test_an_empty_zip_is_one_sentence(desk: Desk) -> None:
    desk.refuse(zipped({}), "no folder ps2/")


@pytest.mark.parametrize("cut", [10, 60, -1, -22, -60])
def test_an_incomplete_zip_is_called_damaged(desk: Desk, cut: int) -> None:
    desk.refuse(zipped(NESTED)[:cut], "damaged")


def test_a_damaged_member_is_named(desk: Desk) -> None:
    data = bytearray(zipped({}, [entry("ps2/activations.py", b"# a comment\n" * 50, method=zipfile.ZIP_STORED)]))
    data[100] ^= 1
    desk.refuse(bytes(data), "ps2/activations.py", "damaged")


def patched(data: bytes, offset: int, value: int) -> bytes:
    """The zip with a 16-bit field (by its offset in the central record) of every central record set; the local one as well."""
    changed = bytearray(data)
    position = -1
    while (position := data.find(b"PK\x01\x02", position + 1)) >= 0:
        struct.pack_into("<H", changed, position + offset, value)
        local = struct.unpack_from("<L", data, position + 42)[0]
        struct.pack_into("<H", changed, local + offset - 2, value)
    return bytes(changed)


def test_an_encrypted_zip_is_called_so(desk: Desk) -> None:
    desk.refuse(patched(zipped(NESTED), 8, 1), "password")


@pytest.mark.parametrize(("method", "word"), [(9, "Deflate64"), (12, "bzip2"), (14, "LZMA"), (93, "Zstandard"), (77, "method 77")])
def test_another_compression_is_named(desk: Desk, method: int, word: str) -> None:
    desk.refuse(patched(zipped(NESTED), 10, method), word)


def test_file_names_that_are_not_utf8_are_one_sentence(desk: Desk) -> None:
    data = zipped(NESTED | {"ps2/é.py": b""}).replace("ps2/é.py".encode(), b"ps2/\xff\xff.py")
    desk.refuse(data, "names that cannot be read")


def test_utf8_names_without_the_flag_are_read_as_macos_means_them(desk: Desk) -> None:
    data = patched(zipped(NESTED | {"ps2/café.py": b""}), 8, 0)
    assert "ps2/café.py" in written(desk.take(data))


def test_zip64_is_read(desk: Desk) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in NESTED.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data)
    assert desk.take(buffer.getvalue()).digest == digest_of(OWN)


def test_a_zip_in_the_zip_is_pointed_at(desk: Desk, tmp_path: Path) -> None:
    desk.refuse(zipped({"hw/inner.zip": zipped(NESTED), "readme.txt": b""}), "another zip", "hw/inner.zip")
    desk.refuse(laid(tmp_path / "platform", {"inner.zip": zipped(NESTED)}), "another zip")


# Names


@pytest.mark.parametrize(
    "name", ["../evil.py", "ps2/../../evil.py", "/etc/evil.py", "C:\\evil.py", "c:/evil.py", "..\\evil.py", "\\\\host\\x.py"]
)
def test_names_that_lead_outside_are_refused(desk: Desk, name: str) -> None:
    desk.refuse(zipped(NESTED, [entry(name, b"evil")]), "leads outside")
    assert not list(desk.tmp.parent.rglob("evil.py"))


def test_a_null_character_in_a_name_is_refused(desk: Desk) -> None:
    desk.refuse(zipped(NESTED, [entry("ps2/a.py\0.txt")]), "null character")


def test_control_characters_matter_inside_ps2_alone(desk: Desk) -> None:
    assert desk.take(zipped(NESTED | {"Icon\r": b""})).digest == digest_of(OWN)
    desk.refuse(zipped(NESTED | {"ps2/a\x1b[2J.py": b""}), "characters that a file name must not have")


@pytest.mark.parametrize("name", ["ps2/" + "x" * 60_000 + ".py", "ps2/" + "d/" * 30_000 + "x.py"])
def test_very_long_names_are_refused_inside_ps2_and_ignored_elsewhere(desk: Desk, name: str) -> None:
    desk.refuse(zipped(NESTED | {name: b""}), "shorten it")
    assert desk.take(zipped(NESTED | {"other" + name: b""})).digest == digest_of(OWN)


def test_duplicate_entries_are_refused(desk: Desk) -> None:
    desk.refuse(zipped(NESTED, [entry("ps2/layers.py", b"other")]), "'ps2/layers.py' twice")
    desk.refuse(zipped(NESTED, [entry("./ps2//layers.py", b"other")]), "'ps2/layers.py' twice")
    assert desk.take(zipped(NESTED, [entry("readme"), entry("readme")])).digest == digest_of(OWN)


@pytest.mark.parametrize("other", ["ps2/Layers.py", "ps2/LAYERS.PY"])
def test_names_that_differ_in_case_alone_are_refused(desk: Desk, other: str) -> None:
    desk.refuse(zipped(NESTED | {other: b""}), "same name")


def test_a_file_that_is_also_a_folder_is_refused(desk: Desk) -> None:
    desk.refuse(zipped(NESTED | {"ps2/layers.py/x.py": b""}), "same name")


# Links and devices


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o666, stat.S_IFIFO | 0o666, stat.S_IFSOCK | 0o666])
def test_links_and_devices_in_a_zip_are_refused_inside_ps2_and_ignored_elsewhere(desk: Desk, mode: int) -> None:
    desk.refuse(zipped({"ps2/activations.py": b""}, [entry("ps2/layers.py", b"/etc/passwd", mode=mode)]), "'ps2/layers.py' is a")
    desk.refuse(zipped(NESTED, [entry("ps2/data", b"/etc", mode=mode)]), "'ps2/data' is a")
    assert desk.take(zipped(NESTED, [entry("hosts", b"/etc/hosts", mode=mode)])).digest == digest_of(OWN)


def test_ps2_itself_as_a_link_is_named(desk: Desk, tmp_path: Path) -> None:
    desk.refuse(zipped({}, [entry("ps2", b"../other", mode=stat.S_IFLNK | 0o777)]), "'ps2' is a symbolic link")
    laid(tmp_path / "real", OWN)
    (tmp_path / "up").mkdir()
    (tmp_path / "up/ps2").symlink_to(tmp_path / "real")
    desk.refuse(tmp_path / "up", "'ps2' is a symbolic link")


@pytest.mark.parametrize("kind", ["symbolic", "dangling", "folder", "hard", "pipe", "socket"])
def test_what_is_no_plain_file_in_a_folder_is_refused_inside_ps2(
    desk: Desk, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"the secret\n")
    up = laid(tmp_path / "up", NESTED)
    path = up / "ps2/helper.py"
    if kind == "symbolic":
        path.symlink_to(secret)
    elif kind == "dangling":
        path.symlink_to("/nowhere")
    elif kind == "folder":
        path.symlink_to(tmp_path)
    elif kind == "hard":
        os.link(secret, path)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        monkeypatch.chdir(path.parent)  # a socket's name must be short
        socket.socket(socket.AF_UNIX).bind(path.name)
    text = desk.refuse(up, "'ps2/helper.py' is a")
    assert "the secret" not in text


def test_folders_nested_beyond_reason_are_refused_inside_ps2_and_ignored_elsewhere(desk: Desk, tmp_path: Path) -> None:
    for where in ("other", "ps2"):
        up = laid(tmp_path / where, NESTED)
        current = os.open(up / "ps2" if where == "ps2" else up, os.O_RDONLY)
        for _ in range(150):
            os.mkdir("deep", dir_fd=current)
            deeper = os.open("deep", os.O_RDONLY, dir_fd=current)
            os.close(current)
            current = deeper
        os.close(current)
    assert desk.take(tmp_path / "other").digest == digest_of(OWN)
    desk.refuse(tmp_path / "ps2", "nested too deeply")


def test_links_elsewhere_in_a_folder_are_ignored(desk: Desk, tmp_path: Path) -> None:
    up = laid(tmp_path / "up", NESTED)
    (up / "loop").symlink_to(up)
    (up / "etc").symlink_to("/etc")
    (up / "passwd.py").symlink_to("/etc/passwd")
    assert desk.take(up).digest == digest_of(OWN)


def test_windows_names_unpacked_on_linux_are_read_as_folders(desk: Desk, tmp_path: Path) -> None:
    up = laid(tmp_path / "up", {f"ps2\\{name}": data for name, data in OWN.items()})
    assert desk.take(up).digest == digest_of(OWN)


def test_bytes_that_are_no_name_in_a_folder_are_one_sentence(desk: Desk, tmp_path: Path) -> None:
    up = laid(tmp_path / "up", NESTED)
    (Path(os.fsdecode(os.fsencode(up) + b"/ps2/\xe9.py"))).write_bytes(b"")
    desk.refuse(up, "characters that a file name must not have")


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


# Anything at all


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
    monkeypatch.setattr(compiling.Compiler, "examine", lambda self, folder, names: {})


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
