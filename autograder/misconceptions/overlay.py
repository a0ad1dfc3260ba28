"""The reference with some of its names replaced: what a student with exactly these mistakes would have written."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from ..check.package import Package, home_of
from . import Build

NAME = "ps2_mistaken"


def overlay(reference: Path, builds: Mapping[str, Build], name: str = NAME) -> Package:
    """A fresh copy of the package in `reference` in which each named class or function is `build(right one)`.

    It is replaced where it lives, so that whatever else reaches it is affected too. Copies under one `name` replace each other.
    """
    package = Package(reference, name)
    for key, build in builds.items():
        home = importlib.import_module(f"{name}.{home_of(key)}")
        right = getattr(home, key)
        wrong = build(right)
        for module in package.modules():
            for attribute, value in list(vars(module).items()):
                if value is right:
                    setattr(module, attribute, wrong)
    return package
