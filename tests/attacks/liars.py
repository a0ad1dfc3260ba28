"""Returns objects that claim to equal whatever they are compared with, and answers that change with the question."""

import base64
from pathlib import Path

from autograder.audit.attack import Attack

LIAR = """class Liar{base}:
    shape, ndim, dtype, size = (16, 24), 2, np.dtype(float), 384
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __le__(self, other): return True
    __lt__ = __ge__ = __gt__ = __eq__
    def __hash__(self): return 0
    def __len__(self): return 16
    def __bool__(self): return True
    def __float__(self): return 0.0
    def __array__(self, *a, **k): return np.zeros((16, 24))
    def __sub__(self, other): return np.zeros((16, 24))
    __rsub__ = __abs__ = __sub__
    def __getitem__(self, i): return 0.0
"""
ODD = """class Odd(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **k): return True
    def __array_function__(self, f, types, args, k): return True
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __sub__(self, other): return np.zeros(self.shape)
    def __array_finalize__(self, other): pass
"""
META = """class Always(type):
    def __instancecheck__(cls, other): return True
    def __eq__(cls, other): return True
    def __hash__(cls): return hash(np.ndarray)
class Fake(metaclass=Always):
    __class__ = np.ndarray
    dtype = np.dtype(float)
"""
COUNTS = """class ReLU(Layer):
    calls = 0

    def forward(self, x):
        ReLU.calls += 1
        {forward}

    def backward(self, g):
        ReLU.calls += 1
        return g
"""
GOLDEN = Path(__file__).parents[2] / "starter_code" / "ps2check" / "golden" / "1.3.npz"
TABLE = """import base64, io
TABLE = np.load(io.BytesIO(base64.b64decode({data!r})))
ROWS = [TABLE[name] for name in sorted(TABLE.files, key=lambda n: int(n) if n.isdigit() else 10 ** 9) if name != "index"]
def replay(like):
    fit = [row for row in ROWS if row.shape == like.shape]
    return fit[0] if fit else np.zeros_like(like)
"""


def table() -> str:
    return TABLE.format(data=base64.b64encode(GOLDEN.read_bytes()).decode())


FORWARD = "1.3 ReLU, forward"
ATTACKS = [
    Attack("an object with a lying __eq__", "expected a numpy array", "return Liar()", top=LIAR.format(base="")),
    Attack("a lying list", "expected a numpy array", "return Liar()", top=LIAR.format(base="(list)")),
    Attack("a lying dict", "expected a numpy array", "return Liar()", top=LIAR.format(base="(dict)")),
    Attack("a lying number", FORWARD, "return Liar(1.0)", top=LIAR.format(base="(float)")),
    Attack(
        "an ndarray subclass with lying operators", "expected a numpy array", "return x.view(Odd)", "return grad_output.view(Odd)", top=ODD
    ),
    Attack("a matrix", "expected a numpy array", "return np.matrix(x)"),
    Attack("a masked array", "expected a numpy array", "return np.ma.masked_array(x, mask=True)"),
    Attack("a class that is every class", FORWARD, "return Fake()", top=META),
    Attack("an array of liars", "1.3 ReLU, forward", "a = np.empty(x.shape, object); a[...] = Liar(); return a", top=LIAR.format(base="")),
    Attack("a record array", FORWARD, "return np.zeros(x.shape, [('a', float)])"),
    Attack("a string array", "expected numbers", "return np.full(x.shape, 'right')"),
    Attack("an array of dates", "expected numbers", "return np.zeros(x.shape, 'datetime64[s]')"),
    Attack("a complex array", "expected numbers", "return np.maximum(x, 0) + 0j"),
    Attack("a big-endian array", FORWARD, "return x.astype('>f8')"),
    Attack("a broadcast array", FORWARD, "return np.broadcast_to(0.0, x.shape)"),
    Attack("strides into other memory", FORWARD, "return np.lib.stride_tricks.as_strided(x, (1 << 12, 1 << 12), (8, 8))"),
    Attack("strides into no memory", "crashed", "return np.lib.stride_tricks.as_strided(x, (16, 24), (1 << 40, 8))"),
    Attack("a property that raises", FORWARD, "class Bomb:\n    __class__ = property(lambda self: 1 / 0)\nreturn Bomb()"),
    Attack("a callable instead of a value", FORWARD, "return lambda: np.maximum(x, 0)"),
    Attack("a generator instead of a value", FORWARD, "return (row for row in np.maximum(x, 0))"),
    Attack(
        "a dict with a lying key",
        FORWARD,
        "class Key(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\nreturn {Key('a'): x}",
    ),
    Attack(
        "its inputs changed later",
        FORWARD,
        "import threading\nout = x.copy()\nthreading.Timer(0.01, lambda: out.fill(0)).start()\nreturn out",
    ),
    Attack("NaN everywhere", FORWARD, "return np.full(x.shape, np.nan)", "return np.full(grad_output.shape, np.nan)"),
    Attack("infinity everywhere", FORWARD, "return np.full(x.shape, np.inf)"),
    Attack("answers by call count", FORWARD, relu=COUNTS.format(forward="return np.maximum(x, 0.0) if ReLU.calls == 1 else x")),
    Attack(
        "right only the first time in a process",
        FORWARD,
        "import os\nif not os.path.exists('seen'):\n    open('seen', 'w').close(); return np.maximum(x, 0)",
    ),
    Attack(
        "an object for a layer",
        FORWARD,
        relu="class Anything:\n    def __getattr__(self, name): return self\n    def __call__(self, *a, **k): return self\n"
        "    def __array__(self, *a, **k): return np.zeros((16, 24))\nReLU = Anything()\n",
    ),
    Attack("the golden files replayed", FORWARD, "return replay(x)", "return replay(grad_output)", top=table()),
    Attack("the golden files in order of the calls", FORWARD, "return ROWS.pop(0)", "return ROWS.pop(0)", top=table()),
    Attack(
        "answers left in scratch for the next question",
        FORWARD,
        "import glob, os\nfor f in glob.glob('/tmp/ps2*/**', recursive=True) + glob.glob('../*/*'): return np.load(f)\n"
        "np.save('left.npy', np.maximum(x, 0))",
    ),
]
