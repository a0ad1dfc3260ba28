"""Reading a zip from a stranger: no header is believed, no member that nobody asks for is decompressed."""

from __future__ import annotations

import mmap
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from ..check.layout import LARGEST_FILE, ignored
from ..check.source import printable
from .upload import AGAIN, MOST_RECORDS, IntakeError, Upload, clean, kind_of, too_many

LARGEST_UPLOAD = 100_000_000  # bytes of a zip, as Gradescope itself

CENTRAL_RECORD = b"PK\x01\x02"
ENCRYPTED = 0x1 | 0x40 | 0x2000
UTF8_NAME = 0x800
METHODS = {1: "shrunk", 6: "imploded", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}
KINDS = (  # what begins like this is no zip: the bytes, at which position, what to call it
    (b"Rar!", 0, "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", 0, "a 7-Zip archive"),
    (b"\x1f\x8b", 0, "a gzip file (such as .tar.gz)"),
    (b"BZh", 0, "a bzip2 file (such as .tar.bz2)"),
    (b"\xfd7zXZ", 0, "an xz file (such as .tar.xz)"),
    (b"ustar", 257, "a tar archive"),
    (b"%PDF", 0, "a PDF file"),
    (b"MZ", 0, "a Windows program"),
    (b"\x7fELF", 0, "a program"),
    (b"<!DOCTYPE", 0, "a web page"),
    (b"<html", 0, "a web page"),
)


@contextmanager
def read_zip(file: BinaryIO, name: str) -> Iterator[Upload]:
    """The upload in the zip `file`, called `name` by the student; usable inside the `with`. Raises IntakeError."""
    _refuse_before_parsing(file, name)
    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:  # a hostile central directory makes zipfile raise nearly anything
        raise IntakeError(_corrupt(error)) from None
    with archive:
        yield _members(archive)


def _refuse_before_parsing(file: BinaryIO, name: str) -> None:
    size = os.fstat(file.fileno()).st_size
    shown = printable(name)
    if size == 0:
        raise IntakeError(f"'{shown}' is empty (0 bytes); {AGAIN}")
    if size > LARGEST_UPLOAD:
        limit = f"{LARGEST_UPLOAD // 1_000_000} MB"
        raise IntakeError(f"'{shown}' has more than {limit}; leave out data and virtual environments, then {AGAIN}")
    head = file.read(4096)
    file.seek(0)
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        what = _recognised(head, name)
        raise IntakeError(f"'{shown}' is not a zip file but {what}; submit a zip of the folder ps2/, or the folder itself.")
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        if _at_least(view, CENTRAL_RECORD, MOST_RECORDS + 1):
            raise too_many(f"{MOST_RECORDS:,} entries")


def _at_least(view: mmap.mmap, pattern: bytes, count: int) -> bool:
    position = -1
    for _ in range(count):
        position = view.find(pattern, position + 1)
        if position < 0:
            return False
    return True


def _recognised(head: bytes, name: str) -> str:
    for magic, position, kind in KINDS:
        if head[position : position + len(magic)] == magic:
            return kind
    if head.lstrip().startswith(b"{") and b'"cells"' in head:
        return "a Jupyter notebook"
    if name.casefold().endswith(".py"):
        return "a single Python file"
    with suppress(UnicodeDecodeError):
        head[: max(1, len(head) - 3)].decode("utf-8")
        return "a text file"
    return "something else"


def _corrupt(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return f"the zip holds file names that cannot be read (neither UTF-8 nor the old DOS code page); {AGAIN}"
    return f"the zip is damaged or was not uploaded completely; {AGAIN}"


def _members(archive: zipfile.ZipFile) -> Upload:
    upload = Upload()
    infos = archive.infolist()
    overlapping = _overlapping(infos)
    for info in infos:
        path = clean(_name(info))
        if path is None or ignored(path) or info.orig_filename.endswith(("/", "\\")):
            continue
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) in (0, stat.S_IFREG):
            upload.add(path, _member_reader(archive, info, path, info.header_offset in overlapping))
        elif not stat.S_ISDIR(mode):
            upload.add_link(path, kind_of(mode))
    return upload


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name; macOS writes UTF-8 without saying so, which zipfile reads as code page 437."""
    if not info.flag_bits & UTF8_NAME:
        with suppress(UnicodeError):
            return info.orig_filename.encode("cp437").decode("utf-8")
    return info.orig_filename


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """Offsets of members that share bytes with another, as only a bomb's do."""
    starts = sorted((info.header_offset, info.compress_size) for info in infos)
    shared: set[int] = set()
    reached, owner = -1, -1
    for start, size in starts:
        if start < reached:
            shared |= {start, owner}
        if start + 30 + size > reached:  # 30: the fixed part of the header before the data
            reached, owner = start + 30 + size, start
    return shared


def _member_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, overlaps: bool) -> Callable[[], bytes]:
    def read() -> bytes:
        shown = printable(path)
        if info.flag_bits & ENCRYPTED:
            raise IntakeError(f"the zip is protected by a password ('{shown}' is encrypted); make it again without one and submit that.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            method = METHODS.get(info.compress_type, f"method {info.compress_type}")
            raise IntakeError(f"'{shown}' is compressed by {method}, which is not read here (Deflate is); {AGAIN}")
        if overlaps:
            raise IntakeError(f"'{shown}' shares its bytes with another entry of the zip; {AGAIN}")
        try:
            with archive.open(info) as member:
                return member.read(LARGEST_FILE + 1)
        except Exception as error:  # zipfile and zlib raise nearly anything on damaged members
            raise IntakeError(f"'{shown}' in the zip is damaged ({type(error).__name__}); {AGAIN}") from None

    return read
