"""Imports what is not allowed, by every back door, and tries to be imported instead of something real."""

from dataclasses import replace

from autograder.audit.attack import ANY, Attack, denied

SITE = """
import sys, glob, importlib
sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "Allowed"]
places = glob.glob(CHECKOUT + "/.venv/lib/python*/site-packages") + glob.glob("/root/*/lib/python*/site-packages")
places += [np.__file__.rsplit("/numpy/", 1)[0], CHECKOUT, COURSE]
sys.path[:0] = places
sys.path_importer_cache.clear()
"""
WITH_TORCH = """
    torch = {how}
    print("GOT IN")
    return torch.relu(torch.from_numpy(x)).numpy()
"""


def torch_by(name: str, how: str, top: str = "", earns: str = "1.3 ReLU, forward") -> Attack:
    return Attack(name, earns, WITH_TORCH.format(how=how).replace("\n    ", "\n"), top=top)


def shadows(where: str, *paths: str) -> Attack:
    """Files that hope to be imported or run instead of, or before, something of the grader's."""
    return Attack(f"files {where} that hope to be imported", "1.3 ReLU, forward", files=dict.fromkeys(paths, TRAP))


TRAP = "import os; print('GOT IN'); os._exit(0)"
SHADOWING = [
    shadows("of Python", "sitecustomize.py", "usercustomize.py", "evil.pth", "conftest.py", "setup.py", "pyproject.toml", "ps2/evil.pth"),
    shadows("of packages", "numpy.py", "torch/__init__.py", "scipy.py", "ps2/numpy/__init__.py", "ps2/torch.py", "ps2/scipy.py"),
    shadows("of ours", "autograder/__init__.py", "ps2check/agreement.py", "run_autograder", "results.json", "ps2/autograder.py"),
    shadows("in the package", "ps2/sitecustomize.py", "ps2/conftest.py", "ps2/msgspec.py", "ps2/ps2.py", "ps2/__main__.py", "ps2/numpy.py"),
]

CORPUS = [
    torch_by("torch", "__import__('torch')", earns="torch is not available in the grader"),
    torch_by(
        "torch out of the idle object that stands for it",
        "next(m for m in [IDLE, *vars(type(IDLE)).values()] if hasattr(m, 'relu'))",
        top="import torch as IDLE",
        earns="torch is not available in the grader",
    ),
    torch_by("torch by importlib", "__import__('importlib').import_module('torch')"),
    torch_by("torch by sys.modules", "__import__('sys').modules['torch']"),
    torch_by("torch by builtins", "__builtins__['__import__']('torch')"),
    torch_by("torch by exec", "(lambda d: exec('import torch', d) or d['torch'])({})"),
    torch_by(
        "torch by exec from a fake file", "(lambda d: exec(compile('import torch', '/usr/lib/python3/x.py', 'exec'), d) or d['torch'])({})"
    ),
    torch_by("torch by runpy", "__import__('runpy').run_module('torch')"),
    torch_by("torch without the import hook", "importlib.import_module('torch')", top=SITE),
    torch_by(
        "torch by a spec of its file",
        "(lambda s: s.loader.load_module('torch'))(importlib.util.spec_from_file_location('torch', "
        "np.__file__.replace('numpy', 'torch', 1)))",
        top="import importlib.util",
    ),
    torch_by("torch's library by ctypes", "__import__('ctypes').CDLL(np.__file__.rsplit('/numpy/', 1)[0] + '/torch/lib/libtorch_cpu.so')"),
    Attack(
        "the grader's modules",
        "1.3 ReLU, forward",
        "import importlib, pkgutil\n"
        "for name in ('autograder.misconceptions.part1', 'autograder.grading.oracle', 'solutions.ps2.activations'):\n"
        "    try: module = importlib.import_module(name)\n    except ImportError: continue\n    print('GOT IN')\n"
        "    if hasattr(module, 'ReLU'): return module.ReLU().forward(x)",
        top=SITE,
    ),
    Attack(
        "the catalogued mistakes undone",
        "1.3 ReLU, forward",
        "import importlib\nmodule = importlib.import_module('autograder.misconceptions.overlay')\n"
        "from pathlib import Path\nreturn module.overlay(Path(COURSE) / 'solutions/ps2', {}).ReLU().forward(x)",
        top=SITE,
    ),
    Attack(
        "msgspec and the sandbox's own modules",
        "1.3 ReLU, forward",
        "import gc, types\nfor thing in gc.get_objects():\n"
        "    if isinstance(thing, types.ModuleType) and thing.__name__.startswith(('autograder.', 'msgspec')):\n"
        "        thing.LARGEST_REPLY = 0\n        if hasattr(thing, 'to_item'): thing.to_item = lambda *a: None",
    ),
    Attack(
        "an import hook of its own",
        "1.3 ReLU",
        "import sys\nclass Hook:\n    def find_spec(self, name, path=None, target=None): print(name); raise SystemExit(0)\n"
        "sys.meta_path.insert(0, Hook()); sys.path_hooks.insert(0, Hook)",
    ),
    Attack("a replaced __import__", "1.3 ReLU", "import builtins\nbuiltins.__import__ = lambda *a, **k: None"),
    Attack(
        "a fake autograder in sys.modules",
        "1.3 ReLU",
        "import sys, types\nfor name in list(sys.modules):\n"
        "    if name.startswith('autograder'): sys.modules[name] = types.ModuleType(name)",
    ),
    Attack(
        "a native extension from its own bytes",
        "1.3 ReLU, forward",
        "import ctypes\nopen('x.so', 'wb').write(b'\\x7fELF' + bytes(1000))\nctypes.CDLL('./x.so')",
    ),
    Attack(
        "a native extension in the upload",
        "1.3 ReLU, forward",
        "from . import fast\nprint('GOT IN')",
        files={"ps2/fast.so": b"\x7fELF" + bytes(100)},
    ),
    Attack(
        "machine code in an mmap",
        "1.3 ReLU, forward",
        "import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(b'\\xb8\\x39\\x00\\x00\\x00\\x0f\\x05\\xc3')\n"
        "pid = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()\n"
        "if pid == 0:\n    import os; os._exit(0)\n"
        "if pid > 0: print('GOT IN')",
    ),
    Attack(
        "compiled bytecode in the upload",
        "1.3 ReLU, forward",
        "from . import hidden",
        files={"ps2/__pycache__/hidden.cpython-311.pyc": bytes(64)},
    ),
    Attack(
        "a pickle in the upload",
        "1.3 ReLU, forward",
        denied("import pickle, os\npickle.load(open(os.path.join(os.path.dirname(__file__), 'w.pkl'), 'rb'))"),
        files={"ps2/w.pkl": b"cos\nsystem\n(S'true'\ntR."},
    ),
    Attack("a given file of its own", "your ps2/base.py differs", files={"ps2/base.py": "import os; os._exit(0)"}),
    Attack("an __init__ of its own", "your ps2/__init__.py differs", files={"ps2/__init__.py": "import os; os._exit(0)"}),
]

ATTACKS = SHADOWING + [replace(a, safe_without=ANY) for a in CORPUS]
