"""Compiled code beside its source, so that no worker compiles it again.

Standard library alone; this file also runs apart from its package, in the process that compiles students' files.
"""

from __future__ import annotations

import contextlib
import importlib.util
import marshal
import os
from types import CodeType

UNCHECKED = (1).to_bytes(4, "little")


def bytecode(data: bytes, code: CodeType) -> bytes:
    """What an import takes without a look at the source (PEP 552). data: the source that became `code`."""
    return importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(data) + marshal.dumps(code)


def keep(path: str, content: bytes) -> None:
    """Put `content` where an import of the source file `path` looks for its code.

    Where that cannot be (the disk is full, the name too long) there is none, and a worker compiles.
    """
    place = importlib.util.cache_from_source(path)
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(content)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(place)
