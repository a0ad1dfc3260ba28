"""Zips whose bytes depend on nothing but names and contents."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping

FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def zip_of(files: Mapping[str, bytes], executable: Collection[str] = ()) -> bytes:
    """A zip of `files`, sorted, without times; stored, because compressors differ between machines."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, FIXED_TIME)
            info.create_system = 3  # Unix, on Windows too, so that the modes below are read
            info.external_attr = (0o100755 if name in executable else 0o100644) << 16
            archive.writestr(info, data, zipfile.ZIP_STORED)
    return buffer.getvalue()
