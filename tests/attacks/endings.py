"""Ends the process early, or late, in the hope that no news is good news."""

from autograder.audit.attack import ANY, Attack

REPORT = '{"tests": [{"score": 100, "max_score": 100, "name": "all"}], "score": 100}'
EVERYWHERE = f"""
import os, json
for place in ("/autograder/results", RESULTS, ".", "/tmp", "/autograder", COURSE, CHECKOUT, "../results", "/results"):
    for name in ("results.json", "result.json", "stdout"):
        try:
            with open(os.path.join(place, name), "w") as file:
                file.write({REPORT!r})
        except OSError:
            pass
"""

RIGHT_FORWARD = """class ReLU(Layer):
    def forward(self, x):
        self.calls = getattr(self, "calls", 0) + 1
        self.x = x.copy()
        return np.maximum(x, 0.0)

    def backward(self, g):
        {ending}
        return g
"""

ATTACKS = [
    Attack("writes results.json", "1.3 ReLU, forward", EVERYWHERE, safe_without=ANY),
    Attack("writes results.json at import", "1.3 ReLU, forward", top=EVERYWHERE),
    Attack(
        "writes results.json at exit",
        "ended its own process",
        "import atexit, sys\natexit.register(write)\nsys.exitfunc = write\nimport os; os._exit(0)",
        top="def write():\n" + "\n".join("    " + line for line in EVERYWHERE.strip().splitlines()),
    ),
    Attack("os._exit(0)", "ended its own process (exit status 0)", "import os; os._exit(0)"),
    Attack("os._exit(0) at import", "ended its own process (exit status 0)", top="import os; os._exit(0)", honest=False),
    Attack("sys.exit(0)", "raised SystemExit", "import sys; sys.exit(0)"),
    Attack("SystemExit of a subclass", "raised Quiet", "class Quiet(SystemExit): pass\nraise Quiet(0)"),
    Attack("KeyboardInterrupt", "1.3 ReLU, forward", "raise KeyboardInterrupt"),
    Attack("GeneratorExit", "raised GeneratorExit", "raise GeneratorExit"),
    Attack("StopIteration", "raised StopIteration", "raise StopIteration"),
    Attack(
        "an exception that lies",
        "raised",
        "class Fine(Exception):\n    def __str__(self): raise SystemExit(0)\n    __repr__ = __str__\nraise Fine",
    ),
    Attack(
        "an exception called NotImplementedError that is none",
        "raised NotImplementedError",
        "class NotImplementedError(BaseException): pass\nraise NotImplementedError",
    ),
    Attack("a signal to itself", "crashed (SIGTERM", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"),
    Attack("SIGKILL to itself", "killed by the system", "import os; os.kill(os.getpid(), 9)"),
    Attack("stops itself", "took longer than", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"),
    Attack("a crash", "crashed (SIGSEGV", "import ctypes; ctypes.string_at(0)"),
    Attack("abort", "crashed (SIGABRT", "import os; os.abort()"),
    Attack("sleeps until the time-out", "took longer than 1.5 s", "import time; time.sleep(1000)"),
    Attack(
        "sleeps until the time-out after the right forward",
        "took longer than",
        relu=RIGHT_FORWARD.format(ending="import time; time.sleep(99)"),
    ),
    Attack("exits after the right forward", "ended its own process", relu=RIGHT_FORWARD.format(ending="import os; os._exit(0)")),
    Attack(
        "hangs with every signal ignored",
        "took longer than",
        "import signal, time\nfor s in set(signal.Signals) - {9, 19}:\n    signal.signal(s, signal.SIG_IGN)\ntime.sleep(99)",
    ),
    Attack("a busy loop", "and was stopped", "while True: pass"),
    Attack("a handler of SIGXCPU", "and was stopped", "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"),
    Attack(
        "an alarm that exits",
        "ended its own process (exit status 0)",
        "import signal, os, time\n"
        "signal.signal(signal.SIGALRM, lambda *_: os._exit(0)); signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(9)",
    ),
]
