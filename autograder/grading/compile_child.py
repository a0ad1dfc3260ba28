"""The program of the process in which students' source is compiled: run by its path, never imported.

Compiling executes nothing, but text made for it can exhaust the stack, the memory or the patience of the process that compiles it.
Says "ready"; then an answer for each line of its input, both in JSON, and ends with its input. [folder, name, null] asks for the sentence
about a file's fault, "" where there is none, and for its code to be left where an import finds it; [folder, name, packages], of a file
that compiles, for the sentences about imports beyond these that cost nothing.
"""

import contextlib
import importlib.util
import json
import marshal
import os
import resource
import sys
import types

SECONDS = 10
"""Of CPU, for each file."""
MEMORY = 2 << 30
UNCHECKED = (1).to_bytes(4, "little")


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    checks = types.ModuleType("check")  # under a name of its own, because the whole package would bring numpy with it
    checks.__path__ = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "check")]
    sys.modules["check"] = checks
    from check.imports import lacking  # type: ignore[import-not-found]
    from check.source import SourceFault, compiled  # type: ignore[import-not-found]

    print("ready", flush=True)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard))
        folder, name, offered = json.loads(line)
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        if offered is None:
            found = compiled(name, data)
            answer = found.says if isinstance(found, SourceFault) else ""
            if not answer:
                keep(os.path.join(folder, name), data, found)
        else:
            answer = [found.says for found in lacking(name, data, offered, os.listdir(folder)) if found.harmless]
        print(json.dumps(answer), flush=True)


def keep(path: str, data: bytes, code: types.CodeType) -> None:
    """The code beside its source, so that no worker compiles it again. An import takes it without a look at the source (PEP 552).

    Where that cannot be (the disk is full, the name too long) there is none, and a worker compiles.
    """
    place = importlib.util.cache_from_source(path)
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(importlib.util.MAGIC_NUMBER + UNCHECKED + importlib.util.source_hash(data) + marshal.dumps(code))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(place)


if __name__ == "__main__":
    main()
