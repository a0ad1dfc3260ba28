"""What a worker may read of Python itself, and what has to be loaded beforehand where it cannot."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import os
import pkgutil
import sys
import sysconfig
import warnings
from collections.abc import Collection, Iterator

GRADERS_OWN = {"autograder", "msgspec", "pyseccomp"}
FOREIGN = {"site-packages", "dist-packages"}  # inside some standard libraries, and nothing of the kind
NEVER = {"antigravity", "this", "idlelib", "test", "tkinter", "turtle", "turtledemo", "lib2to3", "ensurepip", "venv", "pip", "distutils"}
DEEP = ("collections", "concurrent", "ctypes", "email", "encodings", "importlib", "json", "logging", "multiprocessing", "unittest", "xml")
SCIPY = (  # noqa: SIM905
    "cluster constants fft fftpack integrate interpolate io linalg ndimage optimize signal sparse sparse.linalg sparse.csgraph spatial "
    "spatial.distance spatial.transform special stats"
).split()
TORCH = "autograd autograd.functional distributions fft func linalg nn.init nn.utils optim.lr_scheduler special testing utils.data".split()  # noqa: SIM905
NUMPY = "char dtypes exceptions fft lib linalg ma matlib polynomial random rec strings testing typing".split()  # noqa: SIM905


def standard_library() -> list[str]:
    """The standard library without what others have installed inside it."""
    folders = dict.fromkeys(sysconfig.get_path(key) for key in ("stdlib", "platstdlib"))
    readable: list[str] = []
    for folder in folders:
        with contextlib.suppress(OSError):
            entries = set(os.listdir(folder))
            readable += [f"{folder}/{e}" for e in sorted(entries - FOREIGN - NEVER)] if entries & FOREIGN else [folder]
    return readable


def system_libraries() -> list[str]:
    """Shared libraries that Python's own extension modules load late."""
    return [f"/usr/lib/{sysconfig.get_config_var('MULTIARCH') or ''}".rstrip("/"), "/usr/lib64"]


def packages(names: Collection[str]) -> list[str]:
    """The files of these installed top-level packages, with the shared libraries that wheels put beside them."""
    paths: list[str] = []
    for name in names:
        module = sys.modules.get(name)
        folders = list(getattr(module, "__path__", []))
        file = getattr(module, "__file__", None)
        paths += folders or ([file] if file else [])
        paths += [f"{folder}.libs" for folder in folders]
    return [path for path in paths if os.path.exists(path)]


def loaded_packages() -> set[str]:
    """Top-level packages that are loaded, without the standard library and the grader's own."""
    return {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - GRADERS_OWN - {"__main__"}


def search_path() -> list[str]:
    """`sys.path` for a worker: the standard library alone (numpy and scipy are loaded, and find their own parts)."""
    inside = tuple(dict.fromkeys(sysconfig.get_path(key) for key in ("stdlib", "platstdlib")))
    return [p for p in sys.path if p in inside or p.startswith(tuple(f"{i}/lib-dynload" for i in inside))]


def run_file(path: str) -> None:
    """Import a file that registers questions of its own."""
    name = os.path.basename(path).removesuffix(".py")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


def load_everything() -> None:
    """Import all that students may import: the standard library, numpy, scipy and what is loaded of torch."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        for name in everything():
            with contextlib.suppress(Exception, SystemExit):
                importlib.import_module(name)


def everything() -> Iterator[str]:
    yield from sorted(n for n in sys.stdlib_module_names if not n.startswith("_") and n not in NEVER)
    for package in DEEP:
        for info in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not {"__main__", "test", "tests"} & set(info.name.split(".")):
                yield info.name
    yield from (f"numpy.{name}" for name in NUMPY)
    yield from (f"scipy.{name}" for name in SCIPY)
    if "torch" in sys.modules:
        yield from (f"torch.{name}" for name in TORCH)


def unreadable(path: str) -> str:
    """The remark for whoever runs the grader: what a worker cannot read, why, and the remedy."""
    folder = private_folder(path)
    why = f"{folder} is private: chmod o+x {folder}, or install outside of it" if folder else "its rights forbid it"
    return f"a worker cannot read {path} ({why}); everything on offer is loaded beforehand instead"


def private_folder(path: str) -> str:
    """The outermost folder above `path` that other users cannot enter, "" where there is none."""
    parts = os.path.abspath(path).split("/")
    for depth in range(2, len(parts)):
        folder = "/".join(parts[:depth])
        with contextlib.suppress(OSError):
            if not os.stat(folder).st_mode & 0o001:
                return folder
    return ""
