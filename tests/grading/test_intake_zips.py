"""Uploads that are no zip, or a broken one: each is called by its name in one sentence."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from autograder.grading.intake import digest_of
from tests.grading.uploads import NESTED, OWN, Desk, entry, laid, patched, written, zipped

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
