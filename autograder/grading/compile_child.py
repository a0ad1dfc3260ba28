"""The program of the process in which students' source is compiled: run by its path, never imported.

Compiling executes nothing, but text made for it can exhaust the stack, the memory or the patience of the process that compiles it.
Says "ready"; then an answer for each line of its input, both in JSON, and ends with its input. [folder, name, null] asks for the sentence
about a file's fault, "" where there is none, and for its code to be left where an import finds it; [folder, name, packages] for the
sentences about imports beyond these that cost nothing.
"""

import json
import os
import resource
import sys
import types

SECONDS = 10
"""Of CPU, for each file."""
MEMORY = 2 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for folder in ("check", "grading"):  # under names of their own, because the whole package would bring numpy with it
        sys.modules[folder] = types.ModuleType(folder)
        sys.modules[folder].__path__ = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), folder)]
    from check.imports import lacking  # type: ignore[import-not-found]
    from check.source import SourceFault, compiled  # type: ignore[import-not-found]
    from grading.bytecode import bytecode, keep  # type: ignore[import-not-found]

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
                keep(os.path.join(folder, name), bytecode(data, found))
        else:
            answer = [found.says for found in lacking(name, data, offered, os.listdir(folder)) if found.harmless]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
