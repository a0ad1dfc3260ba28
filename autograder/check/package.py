"""`ps2` as a probe sees it: each name is looked up in the one file where the contract puts it, imported on first use.

So a file that does not import breaks its own questions and no others.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from .question import REGISTRY

GIVEN_NAMES = {"Layer": "base", "Sequential": "base"}


def home_of(name: str) -> str | None:
    """The file (without .py) that the contract puts `name` in."""
    if name in GIVEN_NAMES:
        return GIVEN_NAMES[name]
    return homes(len(REGISTRY)).get(name)


@functools.cache
def homes(registered: int) -> dict[str, str]:
    """Of every stub, by name; registered: how many questions there are, more of which may come."""
    stubs = [stub.split(".") for question in REGISTRY.values() for stub in question.stubs]
    return {name: file for file, name in reversed(stubs)}


class Package:
    """The package in `folder` (the folder that holds `activations.py`), imported under `name`.

    Only one package of a name can be loaded at a time; loading another forgets the first's modules.
    """

    def __init__(self, folder: Path | str, name: str = "ps2") -> None:
        self._begin(name)
        init = Path(folder) / "__init__.py"
        spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(folder)])
        if spec is None or spec.loader is None:  # cannot happen for a path that ends in .py
            raise ImportError(f"{init} cannot be imported")
        root = importlib.util.module_from_spec(spec)
        sys.modules[name] = root
        spec.loader.exec_module(root)

    def _begin(self, name: str) -> None:
        """With nothing loaded under this name."""
        self._name = name
        self._stand_ins: dict[str, StandInModule] = {}
        self._table: tuple[int, str] | None = None
        self._names: list[str] = []
        for loaded in self._loaded():
            del sys.modules[loaded]

    def __getattr__(self, key: str) -> Any:
        home = None if key.startswith("_") else home_of(key)
        if home is None:
            raise AttributeError(f"the contract has no ps2.{key}")
        module = importlib.import_module(f"{self._name}.{home}")
        try:
            return getattr(module, key)
        except AttributeError:
            raise AttributeError(f"{home}.py has no {key}") from None

    def modules(self) -> list[ModuleType]:
        """Every module of this package that is loaded now."""
        table = len(sys.modules), next(reversed(sys.modules))
        if table != self._table:  # of thousands, and asked often; an import puts its module last
            self._names = self._loaded()
            self._table = table
        return [sys.modules[n] for n in self._names if n in sys.modules]

    def _loaded(self) -> list[str]:
        """The modules that are loaded under this name."""
        name, inside = self._name, self._name + "."
        return [n for n in list(sys.modules) if n.startswith(name) and (n == name or n.startswith(inside))]

    @contextmanager
    def standing_in(self, **others: Any) -> Iterator[None]:
        """Replace helpers, by identity, in every loaded module of this package while a probe asks about something else.

        A helper that is missing is put in place under its name all the same, and a file that cannot be imported is replaced by a module
        that has nothing else: what builds on it can be asked.
        """
        places = [place for name, other in others.items() for place in self._places(name, other)]
        try:
            yield
        finally:
            for module, attribute, old in places:
                if old is not MISSING:
                    setattr(module, attribute, old)
                elif hasattr(module, attribute):
                    delattr(module, attribute)
                if isinstance(module, StandInModule):
                    sys.modules.pop(module.__name__, None)

    def _places(self, name: str, other: Any) -> list[tuple[ModuleType, str, Any]]:
        """Put `other` in place of `name`; what was there, so that it can be put back."""
        home = self._home(name)
        old = getattr(home, name, MISSING)
        places = [(m, a, v) for m in self.modules() for a, v in list(vars(m).items()) if v is old and old is not MISSING]
        places = places or [(home, name, MISSING)]
        for module, attribute, _ in places:
            setattr(module, attribute, other)
        return places

    def _home(self, name: str) -> ModuleType:
        full = f"{self._name}.{home_of(name)}"
        try:
            return importlib.import_module(full)
        except (Exception, SystemExit):
            module = self._stand_ins.setdefault(full, StandInModule(full))  # the same each time: others keep what they imported
            return sys.modules.setdefault(full, module)


class StandInModule(ModuleType):
    """Stands for a student's file that cannot be imported."""


MISSING = object()
