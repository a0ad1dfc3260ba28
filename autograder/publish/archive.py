"""Zips on disk: deterministic, and there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from ..check.archive import zip_of


def write_zip(out: Path, files: Mapping[str, bytes], executable: Collection[str] = ()) -> Path:
    """Write `files` as the zip `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    part.write_bytes(zip_of(files, executable))
    os.replace(part, out)
    return out
