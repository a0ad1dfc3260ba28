"""The program of the process in which students' source is compiled: run by its path, never imported.

Compiling executes nothing, but text made for it can exhaust the stack, the memory or the patience of the process that compiles it.
Says "ready"; then, for each line of its input, [folder, name], the sentence about that file's fault on a line, "" where there is
none; all in JSON. Ends with its input.
"""

import json
import os
import resource
import sys

SECONDS = 10
"""Of CPU, for each file."""
MEMORY = 2 << 30


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # By path, because the package would bring numpy with it; last in the path, so that it hides nothing of the standard library.
    sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "check"))
    from source import examine  # type: ignore[import-not-found]

    print("ready", flush=True)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard))
        folder, name = json.loads(line)
        with open(os.path.join(folder, name), "rb") as file:
            fault = examine(name, file.read())
        print(json.dumps(fault.says if fault else ""), flush=True)


if __name__ == "__main__":
    main()
