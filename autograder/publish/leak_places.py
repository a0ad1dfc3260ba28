"""Everything that can be read in a file: archives inside archives, texts behind entities, tags, escapes and base64, arrays of numbers.

How to look; what to look for is leaks.py's.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..check.verdict import Array

Part = tuple[str, bytes]
TAG = re.compile(r"<[^<>]*>")
DATA_URI = re.compile(r"base64,([A-Za-z0-9+/\s]{32,}={0,2})")
MARKED_UP = (".html", ".htm", ".xml", ".svg", ".ipynb")
"""Kinds of files in which a text may stand with tags in it (a colour for each word of a line) and entities."""
SHORTEST = 12
"""Characters of what may be base64."""
PACKERS: dict[bytes, Callable[[bytes], bytes]] = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ": lzma.decompress}
CLOSED = {b"%PDF": "a PDF", b"7z\xbc\xaf": "a 7z archive", b"Rar!": "a RAR archive", b"\xd0\xcf\x11\xe0": "an old Office file"}
"""By their first bytes, files whose content cannot be had here."""


def parts(name: str, data: bytes) -> Iterator[Part]:
    """The file itself and everything in it: of a zip (an .npz is one), a tar, a packed file, and what a notebook or a page holds as base64.

    What cannot be opened yields itself alone; `closed` says so.
    """
    yield name, data
    for inner, content in inside(name, data):
        yield from parts(f"{name}: {inner}", content)


def inside(name: str, data: bytes) -> Iterator[Part]:
    try:
        if zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield from [(info.filename, archive.read(info)) for info in archive.infolist() if not info.is_dir()]
        elif unpack := packer(data):
            yield "unpacked", unpack(data)
        elif data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as tape:
                files = [(info.name, tape.extractfile(info)) for info in tape if info.isfile()]
                yield from [(inner, file.read()) for inner, file in files if file is not None]
        else:
            yield from (("base64", content) for content in embedded(name, data))
    except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error):
        return


def packer(data: bytes) -> Callable[[bytes], bytes] | None:
    return next((unpack for begin, unpack in PACKERS.items() if data.startswith(begin)), None)


def closed(name: str, data: bytes) -> str:
    """What keeps this file from being read, or ""."""
    for begin, kind in CLOSED.items():
        if data.startswith(begin):
            return kind
    if (zipfile.is_zipfile(io.BytesIO(data)) or packer(data)) and not any(True for _ in inside(name, data)):
        return "an archive that is empty, damaged or encrypted"
    return ""


def texts(name: str, data: bytes) -> Iterator[str]:
    """The file as a text, and again without entities, without tags, and each text of a JSON document (a notebook is one) unescaped."""
    if zipfile.is_zipfile(io.BytesIO(data)) or packer(data):
        return  # its files come one by one
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    found = [text, *json_texts(text)] if name.endswith((".ipynb", ".json")) else [text]
    for one in found:
        yield one
        if name.endswith(MARKED_UP):
            yield html.unescape(one)
            yield html.unescape(TAG.sub("", one))


def json_texts(text: str) -> list[str]:
    try:
        return list(strings(json.loads(text)))
    except (ValueError, RecursionError):
        return []


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON document; the pieces of a list of lines are one text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for entry in (*value, *value.values()) for text in strings(entry))
    elif isinstance(value, list):
        if value and all(isinstance(entry, str) for entry in value):
            yield "".join(value)
        yield from (text for entry in value for text in strings(entry))


def embedded(name: str, data: bytes) -> Iterator[bytes]:
    """What is written as base64: a whole text of a JSON document, or a data: address of a page."""
    text = data.decode("utf-8", "replace")
    candidates = [one for one in json_texts(text) if len(one) >= SHORTEST] if name.endswith((".ipynb", ".json")) else []
    if name.endswith(MARKED_UP):
        candidates += DATA_URI.findall(text)
    for candidate in candidates:
        try:
            yield base64.b64decode("".join(candidate.split()), validate=True)
        except ValueError:
            continue


def array(data: bytes) -> Array | None:
    """The floating-point numbers of an .npy file; None for anything else."""
    if not data.startswith(b"\x93NUMPY"):
        return None
    try:
        loaded: Array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError):
        return None
    return loaded.astype(np.float64).ravel() if loaded.dtype.kind == "f" else None
