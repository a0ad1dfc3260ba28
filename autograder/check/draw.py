"""The random inputs of a question: exact numbers, the same bits under every numpy, BLAS and platform.

Every number is a short binary fraction made from SHAKE-256, so that products and sums of them are exact in float64 in any order, and
two honest implementations of a linear layer agree to the last bit. Each call has a stream of its own (its place in the sequence), so
that a change in one draw never shifts its successors.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from .verdict import Array

T = TypeVar("T")
Shape = tuple[int, ...]

LADDER = ((1, 1), (1, 2), (2, 3), (3, 4))
"""(first dimension, each other dimension) of the small runs that counterexamples come from."""

WORDS = 12  # of 16 bits summed per normal number: variance exactly 1 (nearly), |x| <= 6
ONES = np.ones(WORDS)


class Draw:
    """The draws of one run of one question.

    seed: this question's own seed. level: None for the graded run, else an index into LADDER: small sizes, and numbers short enough
    to paste.
    """

    def __init__(self, seed: bytes, level: int | None = None) -> None:
        self._key = seed
        self.level = level
        self._calls = 0

    def branch(self) -> Draw:
        """Draws of its own: whether and when they are made shifts no other."""
        self._calls += 1
        return Draw(self._key + b"|%d" % self._calls, self.level)

    def _stream(self, nbytes: int) -> bytes:
        self._calls += 1
        return hashlib.shake_256(self._key + b"|%d" % self._calls).digest(nbytes)

    def _fraction(self) -> float:
        """One number in [0, 1) with 53 bits."""
        return (int.from_bytes(self._stream(8), "little") >> 11) / 2.0**53

    def _fractions(self, count: int) -> Array:
        """`count` numbers in [0, 1) with 53 bits."""
        words = np.frombuffer(self._stream(8 * count), "<u8") >> np.uint64(11)
        fractions: Array = words.astype(np.float64) / 2.0**53
        return fractions

    @property
    def small(self) -> bool:
        """Whether this is a run of the ladder."""
        return self.level is not None

    def size(self, *full: int, least: int = 1) -> Shape:
        """Dimensions for this run: from three quarters of `full` up to `full`; on the ladder LADDER's, at least `least`."""
        if self.level is None:
            parts = self._fractions(len(full))
            return tuple(d - int(f * (d // 4 + 1)) for d, f in zip(full, parts, strict=True))
        first, other = LADDER[self.level]
        return tuple(max(min(d, other if i else first), least) for i, d in enumerate(full))

    def normal(self, shape: Shape) -> Array:
        """Roughly standard normal, never exactly 0; on the ladder multiples of 1/2."""
        count = math.prod(shape)
        words = np.frombuffer(self._stream(2 * WORDS * count), "<u2").reshape(count, WORDS)
        values = (words.astype(np.float64) @ ONES - (WORDS * 65535 // 2 - 0.5)) / 65536  # whole numbers: exact, and quicker than a sum
        if self.small:
            values = np.round(values * 2) / 2
            values[values == 0] = 1.0
        shaped: Array = values.reshape(shape)
        return shaped

    def away_from(self, centre: float, shape: Shape, gap: float = 0.0625) -> Array:
        """Normal around `centre`, nowhere within `gap` of it: smooth ground for finite differences."""
        values = self.normal(shape)
        return centre + (values if self.small else values + np.copysign(gap, values))

    def uniform(self, low: float, high: float, shape: Shape) -> Array:
        """Uniform in [low, high), 53 bits (not short: for places and orders, not for exact sums)."""
        count = math.prod(shape)
        return (low + (high - low) * self._fractions(count)).reshape(shape)

    def between(self, low: float, high: float) -> float:
        """One argument: a multiple of 1/1024 in [low, high]; on the ladder of 1/4 where one fits, else 1/1024."""
        grain = self._grain(low, high)
        first, last = math.ceil(low * grain), math.floor(high * grain)
        return (first + int(self._fraction() * (last - first + 1))) / grain

    def _grain(self, low: float, high: float) -> int:
        return 4 if self.small and math.floor(high * 4) >= math.ceil(low * 4) else 1024

    def either(self, *ranges: tuple[float, float]) -> float:
        """One argument in one of the ranges, which leave out what hides a mistake: a default, or a number that changes nothing."""
        return self.between(*self.choice(ranges))

    def integer(self, low: int, high: int) -> int:
        """One whole number from low to high, both included."""
        return low + int(self._fraction() * (high - low + 1))

    def integers(self, high: int, shape: Shape) -> Array:
        """Whole numbers 0 … high − 1 as int64."""
        count = math.prod(shape)
        return (self._fractions(count) * high).astype(np.int64).reshape(shape)

    def choice(self, options: Sequence[T]) -> T:
        """One of `options`."""
        return options[int(self._fraction() * len(options))]

    def order(self, count: int) -> Array:
        """0 … count − 1 in random order."""
        return np.argsort(self._fractions(count), kind="stable")

    def sprinkle(self, values: Array, special: Sequence[float], times: int = 2) -> Array:
        """A copy of `values` with each special number at `times` random places (kinks, extremes); at least one is placed."""
        flat: Array = values.copy().reshape(-1)
        places = self.order(flat.size)
        first = self.integer(0, len(special) - 1)  # so that a tiny array does not always get the same one
        count = max(1, min(times * len(special), flat.size // 2)) if self.small else times * len(special)
        for i, place in enumerate(places[:count]):
            flat[place] = special[(first + i) % len(special)]
        sprinkled: Array = flat.reshape(values.shape)
        return sprinkled

    def seeds(self, count: int) -> list[int]:
        """`count` seeds for `numpy.random.default_rng`."""
        return [int(s) for s in self.integers(2**31, (count,))]
