"""The program of the process in which a student's source is compiled: run by its path, never imported.

Compiling executes nothing, but text made for it can exhaust the stack, the memory or the patience of the process that compiles it.
Arguments: the folder, then the names. Prints "ready", then a line for each file, in order: empty, or the sentence about its fault.
"""

import os
import resource
import sys

SECONDS = 10
MEMORY = 2 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # By path, because the package would bring numpy with it; last in the path, so that it hides nothing of the standard library.
    sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "check"))
    from source import examine  # type: ignore[import-not-found]

    print("ready", flush=True)
    folder, *names = sys.argv[1:]
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            fault = examine(name, file.read())
        print(fault.says if fault else "", flush=True)


if __name__ == "__main__":
    main()
