"""The images of a run: drawn in the world that belongs to a submission, or read from a copy of CIFAR-10 (both by ps2/images.py)."""

from __future__ import annotations

import functools
import hashlib
import hmac
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..check.trainer import Data
from ..check.verdict import Array


@functools.cache
def formulas(reference: Path) -> Any:
    """The module images.py of the reference: trusted, numpy alone."""
    name = "ps2_given_images"
    spec = importlib.util.spec_from_file_location(name, reference / "images.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Source:
    """Where the images come from.

    preset: "small", "large" or "cifar10". key: 32 bytes from which world and images follow. path: of the copy of CIFAR-10.
    hidden_key: for the hidden images where `key` is known to students, as that of a practice world is.
    """

    preset: str
    key: bytes
    path: str = ""
    hidden_key: bytes = b""

    def number(self, what: str) -> int:
        """A seed of its own for each use of the key."""
        key = self.hidden_key if what == "hidden" and self.hidden_key else self.key
        return int.from_bytes(hmac.digest(key, what.encode(), "sha256")[:8], "big")


def key_of(root: bytes) -> bytes:
    """The key of a submission's run, from that submission's seed."""
    return hmac.digest(root, b"training run", "sha256")


def practice_key(world: int) -> bytes:
    """The key of the worlds that anybody may train in."""
    return hashlib.sha256(b"practice world %d" % world).digest()


def hidden_key(secret: bytes, world: int) -> bytes:
    """The key of the hidden images of a practice world: the course's own."""
    return hmac.digest(secret, b"hidden images of practice world %d" % world, "sha256")


def practice_source(preset: str, world: int) -> Source:
    return Source(preset, practice_key(world))


def draw(source: Source, reference: Path) -> tuple[Data, Array, Array]:
    """What the worker gets; then the hidden images and labels, which it does not."""
    given = formulas(reference)
    if source.preset == "cifar10":
        return cifar10(given, source)
    preset = given.PRESETS[source.preset]
    world = given.World(source.number("world"))
    counts = {"train": preset.train, "validation": preset.validation, "hidden": preset.test}
    split = {name: given.draw_images(preset, world, count, source.number(name)) for name, count in counts.items()}
    train, validation, hidden = given.standardize(*(split[name][0] for name in counts))
    return Data(train, split["train"][1], validation, split["validation"][1]), hidden, split["hidden"][1]


def cifar10(given: Any, source: Source) -> tuple[Data, Array, Array]:
    """The last tenth of the training images, in an order of the key's, validates. Public data: the hidden images are known to anybody."""
    images, labels, hidden, hidden_labels = given.read_cifar10(source.path)
    order = np.random.default_rng(source.number("order")).permutation(len(images))
    cut = len(images) - len(images) // 10
    parts = [np.float32(a) / 255 for a in (images[order[:cut]], images[order[cut:]], hidden)]
    train, validation, test = given.standardize(*parts)
    return Data(train, labels[order[:cut]], validation, labels[order[cut:]]), test, hidden_labels
