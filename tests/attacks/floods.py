"""Uses up memory, disk, output, descriptors. None of these is tried with a layer off."""

from autograder.audit.attack import Attack

STOPPED = "1.3 ReLU, forward"


def flood(name: str, code: str, earns: str = STOPPED, **more: str) -> Attack:
    return Attack(name, earns, code, **more)


ATTACKS = [
    flood("memory by numpy", "kept = []\nwhile True: kept.append(np.ones(1 << 22))", "ReLU, forward"),
    flood("one huge array", "return np.ones((1 << 20, 1 << 20))", "MemoryError"),
    flood(
        "shared mappings",
        "import mmap, time\nkept = []\nwhile True:\n    m = mmap.mmap(-1, 16 << 20); kept.append(m)\n"
        "    for i in range(0, 16 << 20, 4096): m[i] = 1\n    time.sleep(0.01)",
        "ReLU",
    ),
    flood(
        "memory at import",
        "",
        "1.3 ReLU",
        top="kept = []\nimport os\ndef grow():\n    while True: kept.append(bytearray(1 << 24))\n"
        "try: grow()\nexcept MemoryError: kept.clear()",
    ),
    flood("a file without end", "with open('big', 'wb') as f:\n    while True: f.write(bytes(1 << 20))"),
    flood("files without end", "import time\nfor i in range(2500): open(str(i), 'w').close()\ntime.sleep(9)", "stopped"),
    flood(
        "many big files",
        "import time\nfor i in range(6):\n    with open(str(i), 'wb') as f: f.write(bytes(60 << 20))\ntime.sleep(9)",
        "stopped",
    ),
    flood(  # once a process: deeper than Python's stack, and longer than a path may be
        "folders without end",
        "import os\nfor _ in range(0 if hasattr(os, 'deep') else 2100): os.mkdir('d'); os.chdir('d')\nos.deep = True",
        "ReLU",
    ),
    flood("output without end", "import os\nwhile True: os.write(1, b'spam' * 65536)", "printed more than 20 MB"),
    flood("a log without line ends", "import sys\nwhile True: sys.stderr.write('x' * 1000000)", "printed more than 20 MB"),
    flood("warnings without end", "import logging\nfor i in range(300): logging.warning('%d' % i)"),
    flood("an exception's message of megabytes", "raise ValueError('x' * 5000000)", "raised ValueError: xxx"),
    flood("output full of escapes", "print('\\x1b[2J\\x1b]0;owned\\x07\\u202e</pre><script>alert(1)</script>[red]')"),
    flood("a name of megabytes", "return type('x' * 10000000, (), {})()", "is a xxx"),
    flood("descriptors", "import os\nkept = [os.dup(1) for _ in range(5000)]", "raised OSError"),
    flood(
        "a thread bomb",
        "import threading, time\nthreading.stack_size(32768)\ntry:\n    while True: threading.Thread(target=time.sleep, args=(60,), "
        "daemon=True).start()\nexcept RuntimeError: time.sleep(60)",
    ),
    flood("a recursion without end", "return self.forward(x)", "calls itself without end"),
    flood("a recursion in C", "import sys\nsys.setrecursionlimit(10 ** 9)\nreturn self.forward(x)", "ReLU"),
    flood("a regular expression without end", "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')", "and was stopped"),
    flood("an answer of 8 MB each time", "return np.zeros(8 << 17)", "1.3 ReLU, forward"),
    flood("thousands of parts", "return {str(i): x for i in range(2000)}", "has 2000 entries, at most 100 can be judged"),
    flood("a dict in a dict without end", "d = {}\nd['a'] = d\nreturn d", "1.3 ReLU, forward"),
]
