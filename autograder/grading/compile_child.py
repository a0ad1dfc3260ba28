"""The program of the process in which a student's source is compiled: run by its path, never imported.

Compiling executes nothing, but text made for it can exhaust the stack, the memory or the patience of the process that compiles it.
Arguments: the folder, then the names. Prints "ready", then a line for each file, in order: empty, or the sentence about its fault.
Or: --idle, the folder, then for each file its name and the packages that it is offered, with commas between. Prints "ready", then a line
for each import that costs nothing.
"""

import os
import resource
import sys
import types

SECONDS = 10
MEMORY = 2 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    checks = types.ModuleType("check")  # under a name of its own, because the whole package would bring numpy with it
    checks.__path__ = [os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "check")]
    sys.modules["check"] = checks
    from check.imports import lacking  # type: ignore[import-not-found]
    from check.source import examine  # type: ignore[import-not-found]

    print("ready", flush=True)
    if sys.argv[1] != "--idle":
        folder, *names = sys.argv[1:]
        for name in names:
            fault = examine(name, content(folder, name))
            print(fault.says if fault else "", flush=True)
        return
    _, _, folder, *pairs = sys.argv
    for name, offered in zip(pairs[::2], pairs[1::2], strict=True):
        for found in lacking(name, content(folder, name), offered.split(","), os.listdir(folder)):
            if found.harmless:
                print(found.says, flush=True)


def content(folder: str, name: str) -> bytes:
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


if __name__ == "__main__":
    main()
