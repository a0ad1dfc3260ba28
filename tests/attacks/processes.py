"""Starts something that outlives the question, or reaches for other processes."""

from dataclasses import replace

from autograder.audit.attack import ANY, NONE, Attack, denied

DAEMON = """
import os, signal, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for s in set(signal.Signals) - {9, 19}: signal.signal(s, signal.SIG_IGN)
            time.sleep(300)
        os._exit(0)
print("GOT IN")
"""
THREADS = """
import threading, time
def late():
    while True:
        time.sleep(0.01); x[...] = 1.0
for _ in range(20): threading.Thread(target=late, daemon={daemon}).start()
"""
NEEDS_LIMITS = frozenset({"landlock", "chroot", "no_new_privs", "clean environment", "closed descriptors"}) - {"no_new_privs"}

CORPUS = [
    Attack("a fork", "1.3 ReLU, forward", denied("import os\npid = os.fork()\nif pid == 0: os._exit(0)")),
    Attack("daemons by double fork", "1.3 ReLU, forward", DAEMON),
    Attack("daemons, then an exit", "1.3 ReLU, forward", DAEMON + "os._exit(0)"),
    Attack("a fork that answers twice", "1.3 ReLU, forward", "import os\nif os.fork() == 0: print('GOT IN'); return np.maximum(x, 0)"),
    Attack("a fork bomb", "1.3 ReLU, forward", "import os\nwhile True: os.fork()", safe_without=NEEDS_LIMITS),
    Attack(
        "vfork and clone by ctypes",
        "1.3 ReLU",
        "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
        "for number, flags in ((56, 17), (57, 0), (435, 0)):\n    pid = libc.syscall(ctypes.c_long(number), "
        "ctypes.c_long(flags), 0, 0, 0, 0)\n"
        "    if pid == 0: os._exit(0)\n    if pid > 0: print('GOT IN')",
    ),
    Attack("subprocess", "1.3 ReLU, forward", denied("import subprocess; subprocess.run(['/bin/true'], check=True)")),
    Attack("exec", "1.3 ReLU, forward", denied("import os, sys; os.execv(sys.executable, ['python', '-c', 'print(1)'])")),
    Attack("os.system", "1.3 ReLU, forward", "import os\nif os.system('true') == 0: print('GOT IN')"),
    Attack("posix_spawn", "1.3 ReLU, forward", denied("import os; os.posix_spawn('/bin/true', ['true'], {})")),
    Attack(
        "multiprocessing",
        "1.3 ReLU, forward",
        denied("import multiprocessing as m; p = m.get_context('fork').Process(target=print); p.start()"),
    ),
    Attack(
        "a pool of processes",
        "1.3 ReLU, forward",
        denied("from concurrent.futures import ProcessPoolExecutor as P; P(2).submit(print).result(2)"),
    ),
    Attack("threads that go on", "1.3 ReLU", THREADS.format(daemon=False)),
    Attack("daemon threads", "1.3 ReLU", THREADS.format(daemon=True)),
    Attack(
        "x32 system calls",
        "crashed (SIGSYS",
        "import ctypes; ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 57))",
        safe_without=frozenset({"landlock", "chroot", "uid", "rlimits", "clean environment", "closed descriptors"}),
    ),
    Attack(
        "a signal to the grader",
        "1.3 ReLU, forward",
        denied("import os; os.kill(GRADER, 0)"),
        safe_without=frozenset({"landlock", "chroot", "seccomp"}),
    ),
    Attack(
        "stops the zygote",
        "1.3 ReLU, forward",
        denied("import os, signal; os.kill(ZYGOTE, signal.SIGSTOP)"),
        safe_without=frozenset({"landlock", "chroot", "seccomp"}),
    ),
    Attack(
        "kills everybody",
        "1.3 ReLU",
        "import os\ntry: os.kill(-1, 9)\nexcept OSError: pass",
        safe_without=frozenset({"landlock", "chroot", "seccomp"}),
    ),
    Attack(
        "a signal by a descriptor's owner",
        "1.3 ReLU, forward",
        denied(
            "import fcntl, os\nr, w = os.pipe()\nfcntl.fcntl(r, 10, 9)\nfcntl.fcntl(r, 8, GRADER)\n"
            "fcntl.fcntl(r, fcntl.F_SETFL, fcntl.fcntl(r, fcntl.F_GETFL) | 0x2000)\nos.write(w, b'x')"
        ),
        safe_without=frozenset({"landlock", "chroot"}),
    ),
    Attack(
        "limits of the grader",
        "1.3 ReLU, forward",
        denied("import resource; resource.prlimit(GRADER, resource.RLIMIT_CPU, (1, 1))"),
        safe_without=frozenset({"landlock", "chroot", "seccomp"}),
    ),
    Attack(
        "priority of the grader",
        "1.3 ReLU, forward",
        denied("import os; os.setpriority(os.PRIO_PROCESS, GRADER, 19)"),
        safe_without=frozenset({"landlock", "chroot", "seccomp"}),
    ),
    Attack(
        "outlives its zygote", "1.3 ReLU, forward", "import ctypes, os\nif ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0: print('GOT IN')"
    ),
    Attack("a namespace of its own", "1.3 ReLU, forward", "import ctypes\nif ctypes.CDLL(None).unshare(0x10000000) == 0: print('GOT IN')"),
    Attack(
        "shared memory that stays",
        "1.3 ReLU, forward",
        "import ctypes\nlibc = ctypes.CDLL(None)\nkey = libc.shmget(0, 4096, 0o1666)\n"
        "if key >= 0:\n    libc.shmctl(key, 0, None); print('GOT IN')",
    ),
]

ATTACKS = [a if a.safe_without != NONE else replace(a, safe_without=ANY) for a in CORPUS]
