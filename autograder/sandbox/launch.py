"""How the grader starts a Python of its own: the same interpreter, a clean environment, one thread in every library."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from .. import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the package `autograder`."""
PACKAGES = {"numpy": ("numpy", "scipy"), "torch": ("numpy", "scipy", "torch")}
"""What students may import beyond the standard library, unless told otherwise."""


ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}

KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
"""For glibc: what an array leaves is kept for the next, since every page that comes anew from the kernel costs a fault."""


def environment(temporary: Path) -> dict[str, str]:
    """All that a child gets: no variable crosses but what the system needs to start a program at all, and the course's folder.

    One thread, because a library that has used its own threads hangs in a fork. A fixed hash seed, because students iterate over sets.
    """
    needed = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", VARIABLE) if name in os.environ}
    place = str(temporary)
    return (
        needed
        | ONE_THREAD
        | KEEP_MEMORY
        | {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": place,
            "TMPDIR": place,
            "TEMP": place,
            "TMP": place,
            "PYTHONHASHSEED": "0",
            "PYTHONUTF8": "1",
            "PYTHONNOUSERSITE": "1",
            "MPLBACKEND": "Agg",
            "CUDA_VISIBLE_DEVICES": "",
            "TORCHINDUCTOR_CACHE_DIR": place,
        }
    )


def command(python: str | None, statement: str) -> list[str]:
    """A command line that runs `statement` with the grader's packages importable, and nothing of the current folder."""
    site = str(Path(np.__file__).resolve().parents[1])
    paths = f"import sys; sys.path[0] = {str(ROOT)!r}; sys.path += [p for p in [{site!r}] if p not in sys.path]"
    return [python or sys.executable, "-s", "-c", f"{paths}; {statement}"]
