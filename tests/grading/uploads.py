"""Zips and folders as students hand them in, and a desk that takes them."""

from __future__ import annotations

import importlib.util
import io
import struct
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from autograder.grading.intake import IntakeError, Submission, take

WANTED = ("activations.py", "layers.py")
OWN = {"activations.py": b"a = 1\n", "layers.py": b"b = 2\n"}
GIVENS = {"__init__.py": b"", "base.py": b"class Layer:\n    pass\n"}
NESTED = {f"ps2/{name}": data for name, data in OWN.items()}


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

    def take(
        self, source: Path | bytes, wanted: tuple[str, ...] = WANTED, name: str = "hw.zip", asked: tuple[str, ...] | None = None
    ) -> Submission:
        self.count += 1
        if isinstance(source, bytes):
            (self.tmp / name).write_bytes(source)
            source = self.tmp / name
        return take(source, self.tmp / f"clean{self.count}", given=self.given, wanted=wanted, asked=asked)

    def refuse(self, source: Path | bytes, *words: str, name: str = "hw.zip") -> str:
        with pytest.raises(IntakeError) as caught:
            self.take(source, name=name)
        text = str(caught.value)
        for word in words:
            assert word in text, text
        assert text.replace("\n", "").isprintable() and "Traceback" not in text
        return text


def written(submission: Submission) -> dict[str, bytes]:
    """All files but compiled code, whose names are those of files that were written."""
    root = Path(submission.folder)
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    compiled = {Path(importlib.util.cache_from_source(name)).as_posix() for name in found if name.endswith(".py")}
    return {name: data for name, data in found.items() if name not in compiled}


def patched(data: bytes, offset: int, value: int) -> bytes:
    """The zip with a 16-bit field (by its offset in the central record) of every central record set; the local one as well."""
    changed = bytearray(data)
    position = -1
    while (position := data.find(b"PK\x01\x02", position + 1)) >= 0:
        struct.pack_into("<H", changed, position + offset, value)
        local = struct.unpack_from("<L", data, position + 42)[0]
        struct.pack_into("<H", changed, local + offset - 2, value)
    return bytes(changed)
