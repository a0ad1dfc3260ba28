"""No known mistake in an initializer may be caught by luck: each is surely caught by what its catalog entry says, or not claimed at all.

Between a mistake too small to see and one that is always seen lies a grey zone, where the verdict would depend on the seed. Every
statistical limit is about 6.11 standard deviations of its statistic, so an item's ratio (error over limit) scatters by 1/6.11 and
misses with probability 1e-6 where it would be 1 + 4.75/6.11 on average.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..check.draw import Draw
from ..check.question import REGISTRY
from ..check.recording import record
from ..check.scoring import judge
from ..misconceptions import Misconception
from ..misconceptions.overlay import overlay

SEEDS = 12
SURE = 1 + 4.75 / 6.11
"""The ratio from which an item misses with probability below 1e-6."""


def grey(mistake: Misconception, reference: Path, seeds: int = SEEDS) -> dict[str, float]:
    """The items or groups in `mistake.fails` that are not surely caught, with the smallest ratio seen; {} where all is well.

    A group is as sure as its surest item.
    """
    ratios = ratios_of(mistake, reference, seeds)
    found = {}
    for claimed in mistake.fails:
        items = [values for name, values in ratios.items() if name == claimed or name.split(",")[0] == claimed]
        least = min(max(values[seed] for values in items) for seed in range(seeds))
        if not least >= SURE:
            found[claimed] = least
    return found


def ratios_of(mistake: Misconception, reference: Path, seeds: int) -> dict[str, list[float]]:
    """Each item's ratios, one a seed."""
    question = REGISTRY[mistake.question]
    right, wrong = overlay(reference, {}, "ps2_right"), overlay(reference, {mistake.name: mistake.build})
    ratios: dict[str, list[float]] = {}
    with np.errstate(all="ignore"):
        for number in range(seeds):
            seed = b"grey %d" % number
            want = record(question, right, Draw(seed), trusted=True)
            for row in judge(want, record(question, wrong, Draw(seed)).items, None):
                ratios.setdefault(row.item, []).append(row.verdict.ratio)
    return ratios
