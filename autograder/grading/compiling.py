"""Which of a student's files do not compile, and what they import for nothing, found out in a process of its own.

The verdict itself is check/source.py's; here is only what keeps the grader alive when a file is made to hang or crash a compiler.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ..check.imports import HARMLESS
from ..check.source import printable

CHILD = Path(__file__).with_name("compile_child.py")
READY = b"ready\n"
WALL_SECONDS = 60.0
MOST_CRASHES = 2  # after so many the files left are not tried


def examine_apart(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Name → sentence for each of `names` in `folder` that does not decode or compile."""
    verdicts: dict[str, str] = {}
    left, crashes = list(names), 0
    while left and crashes < MOST_CRASHES:
        # A file that killed the process gets a second chance alone, on a machine that may be less busy.
        came = _run(str(folder), *left) or _run(str(folder), left[0])
        if not came:
            crashes += 1
            came = [f"{printable(left[0])}: Python crashes or hangs when it compiles this file; make it simpler."]
        verdicts |= zip(left, came, strict=False)
        left = left[len(came) :]
    for name in left:
        verdicts[name] = f"{printable(name)}: not compiled, because other files crashed Python before; correct those first."
    return {name: says for name, says in verdicts.items() if says}


NAMED = re.compile(rb"\b(?:" + "|".join(sorted(HARMLESS)).encode() + rb")\b")


def idle_apart(folder: Path, offered: Mapping[str, Collection[str]]) -> list[str]:
    """A sentence for each import of a harmless package that a file of `folder`, by name, is not offered. The files compile."""
    pairs = [(name, ",".join(packages)) for name, packages in offered.items() if NAMED.search((folder / name).read_bytes())]
    if not pairs:
        return []
    return _run("--idle", str(folder), *(argument for pair in pairs for argument in pair))


def _run(*arguments: str) -> list[str]:
    """The lines in order, as many as the process came to.

    Raises RuntimeError when it did not even start, which is no fault of a file.
    """
    command = [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(CHILD), *arguments]
    try:
        output = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=WALL_SECONDS, check=False
        ).stdout
    except subprocess.TimeoutExpired as expired:
        output = expired.stdout or b""
    if not output.startswith(READY):
        raise RuntimeError("the process that compiles the student's files does not start: run out of memory or of processes?")
    return output.removeprefix(READY).decode("utf-8", "replace").split("\n")[:-1]  # what follows the last line end is no whole line
