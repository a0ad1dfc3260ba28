"""Names that lead outside, collide or cannot be shown; links and devices: refused inside ps2/, ignored elsewhere."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from autograder.grading.intake import digest_of
from tests.grading.uploads import NESTED, OWN, Desk, entry, laid, zipped

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
