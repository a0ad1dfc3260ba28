"""Students' files compiled, in a process of its own: which do not compile, and what they import for nothing.

The verdict itself is check/source.py's; here is only what keeps the grader alive when a file is made to hang or crash a compiler.
"""

from __future__ import annotations

import functools
import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..check.imports import HARMLESS
from ..check.source import printable
from .bytecode import bytecode, keep

CHILD = Path(__file__).with_name("compile_child.py")
READY = b"ready\n"
WALL_SECONDS = 60.0
"""For one file."""
MOST_FILES = 200
MOST_CRASHES = 2  # after so many the files left are not tried

WORD = re.compile(rb"\w+")
NAMED = {name.encode() for name in HARMLESS}


class Compiler:
    """Keeps its process from one submission to the next, because starting Python costs more than compiling.

    Compiling leaves names behind in memory, so after MOST_FILES another process takes over; and a word against a file counts only from a
    process that has compiled nothing else. One that crashed or hung is replaced.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._files = 0

    def examine(self, folder: Path, names: Sequence[str]) -> dict[str, str]:
        """Name → sentence for each of `names` in `folder` that does not decode or compile. The code of the others is put beside them.

        Raises RuntimeError when the process does not even start, which is no fault of a file.
        """
        verdicts: dict[str, str] = {}
        crashes = 0
        for name in names:
            if crashes == MOST_CRASHES:
                verdicts[name] = f"{printable(name)}: not compiled, because other files crashed Python before; correct those first."
                continue
            said = self._ask(folder, name)
            if said != "":
                self.close()
                said = self._ask(folder, name)
            if said is None:
                crashes += 1
                said = f"{printable(name)}: Python crashes or hangs when it compiles this file; make it simpler."
            verdicts[name] = said
        return {name: says for name, says in verdicts.items() if says}

    def idle(self, folder: Path, offered: Mapping[str, Collection[str]]) -> list[str]:
        """A sentence for each import of a harmless package that a file of `folder`, by name, is not offered."""
        words = {name: {*WORD.findall((folder / name).read_bytes())} for name in offered}
        asked = [name for name, there in offered.items() if words[name] & NAMED - {package.encode() for package in there}]
        return [says for name in asked for says in self._ask(folder, name, sorted(offered[name])) or ()]

    def close(self) -> None:
        """The next file starts another process."""
        child, self._child, self._files = self._child, None, 0
        if child is not None:
            child.kill()
            child.communicate()

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, folder: Path, name: str, offered: list[str] | None = None) -> Any:
        """What the child says to this; None when it did not live to say."""
        if self._files == MOST_FILES:
            self.close()
        child = self._child or self._start()
        self._files += 1
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps([str(folder), name, offered]).encode() + b"\n")
            child.stdin.flush()
            return json.loads(line_of(child))
        except (OSError, ValueError):
            self.close()
            return None

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(CHILD)]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if line_of(self._child) != READY:
            self.close()
            raise RuntimeError("the process that compiles the student's files does not start: run out of memory or of processes?")
        return self._child


def place_given(folder: Path, files: Mapping[str, bytes]) -> None:
    """The code of the given files, by name, beside them: they are ours, and the same for every submission."""
    for name, data in files.items():
        keep(str(folder / name), given_code(data))


@functools.lru_cache(maxsize=16)
def given_code(data: bytes) -> bytes:
    return bytecode(data, compile(data, "<given>", "exec", dont_inherit=True))


def line_of(child: subprocess.Popen[bytes]) -> bytes:
    """The next line that it says; less than a line when it ended, or when the time was over."""
    assert child.stdout is not None
    said, deadline = b"", time.monotonic() + WALL_SECONDS
    while not said.endswith(b"\n"):
        poll = select.poll()
        poll.register(child.stdout, select.POLLIN)
        if not poll.poll(1000 * max(0.0, deadline - time.monotonic())):
            return said
        piece = os.read(child.stdout.fileno(), 1 << 16)
        if not piece:
            return said
        said += piece
    return said
