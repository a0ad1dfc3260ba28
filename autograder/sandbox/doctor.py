"""What this machine gives: which layers are active, what each stops, what to do about the missing ones. A worker finds it out."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass, field

from . import landlock, layers
from .client import Zygote
from .errors import GraderError

ONLY_SIMPLE = "Student code can be confined on Linux only. Here, grade with --simple, and only submissions that you trust."


@dataclass(frozen=True)
class Row:
    """One layer. needed: grading refuses without it. remedy: one sentence, "" where it is active."""

    layer: str
    active: bool
    needed: bool
    stops: str
    remedy: str = ""


@dataclass(frozen=True)
class Findings:
    """facts: kernel, user, Landlock's version. problems: sentences about what a worker cannot read, or why there is none at all."""

    facts: list[str]
    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    healthy: bool = False


def examine() -> Findings:
    """Start a zygote without insisting on anything, and look."""
    if not layers.confinement_possible():
        return Findings([f"{platform.system()} {platform.release()}, Python {platform.python_version()}"], problems=[ONLY_SIMPLE])
    try:
        with Zygote("numpy", require=()) as zygote:
            rows = [row(layer, layer in zygote.layers) for layer in layers.LAYERS]
            problems = list(zygote.remarks)
    except GraderError as error:
        return Findings(facts(), problems=[str(error)])
    told = [r for r in rows if r.layer != "chroot" or "landlock" not in zygote.layers]
    return Findings(facts(), told, problems, healthy=all(r.active for r in told if r.needed))


def row(layer: str, active: bool) -> Row:
    remedy = "" if active else layers.REMEDIES.get(layer, "use Linux")
    return Row(layer, active, layer in layers.required(), layers.LAYERS[layer], remedy)


def facts() -> list[str]:
    who = "root" if layers.is_root() else "an ordinary user"
    version = landlock.abi()
    return [
        f"Linux {platform.release()}, Python {platform.python_version()} ({sys.executable}), as {who}",
        f"Landlock: version {version}" if version else "Landlock: none in this kernel, or not enabled",
    ]
