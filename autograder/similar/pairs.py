"""Pairs of documents that share rare code, found by an index of fingerprints: a hash points to the documents that have it.

Everybody solves the same small questions, so most code is alike for good reasons. What the kit gave, and what more than a few submissions
have, does not count. The index makes the work linear in the class, where comparing all with all is 4.5 million pairs a file for 3,000.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from multiprocessing import get_context
from typing import Any

from ..classroom.pool import cores
from ..sandbox.errors import GraderError
from .documents import Document

NOISE, GUARANTEE = 20, 25
"""Characters of normalised code: shorter matches are noise; one of GUARANTEE is found for sure (winnowing)."""
COMMON_SHARE, COMMON_LEAST = 0.02, 4
"""What more than this share of a class has, and more than so many, is how one writes it."""
FEWEST = 6
"""Rare fingerprints that a pair must share to be looked at."""
MANY = 400
"""Documents from which on other processes are worth their start."""
Slices = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Pair:
    """shared: rare fingerprints in common. shares: of each one's rare code that the other has. slices: where, in characters."""

    first: Document
    second: Document
    shared: int
    shares: tuple[float, float]
    slices: tuple[Slices, Slices]

    @property
    def file_name(self) -> str:
        return self.first.file


def copydetect() -> Any:
    """Raises GraderError where it is not installed."""
    try:
        import copydetect.detector as module
        from copydetect import utils
    except ImportError:
        raise GraderError("this needs copydetect, which is missing here: python -m pip install -e '.[similar]'") from None
    utils.hash = stable  # Python's own differs from run to run, and with it which fingerprints are kept
    return module


def stable(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little", signed=True)


def find_pairs(documents: Iterable[Document], starter: Sequence[Document], most: int = 50) -> list[Pair]:
    """The pairs that share the most, file by file, the most first."""
    by_file: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        by_file[document.file].append(document)
    given = {document.file: document for document in starter}
    tasks = [(listed, given.get(file), most) for file, listed in by_file.items()]
    found = [pair for pairs in each_apart(tasks) for pair in pairs]
    return sorted(found, key=lambda pair: (-pair.shared, pair.first.owner, pair.second.owner))[:most]


def each_apart(tasks: list[tuple[list[Document], Document | None, int]]) -> Iterator[list[Pair]]:
    """A process a file where there are many documents."""
    if sum(len(listed) for listed, _, _ in tasks) < MANY or cores() < 2:
        yield from (pairs_of(*task) for task in tasks)
        return
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as processes:
        yield from processes.map(pairs_of, *zip(*sorted(tasks, key=lambda task: -len(task[0])), strict=True))


def pairs_of(listed: list[Document], starter: Document | None, most: int) -> list[Pair]:
    boilerplate = set(hashes(starter, ())) if starter else set()
    marks = [set(hashes(document, boilerplate)) for document in listed]
    frequent = Counter(mark for own in marks for mark in own)
    limit = max(COMMON_LEAST, int(COMMON_SHARE * len(listed)))
    common = {mark for mark, count in frequent.items() if count > limit}
    index: dict[int, list[int]] = defaultdict(list)
    for number, own in enumerate(marks):
        for mark in own - common:
            index[mark].append(number)
    shared = Counter(
        pair
        for numbers in index.values()
        for pair in combinations(numbers, 2)
        if not (listed[pair[0]].known and listed[pair[1]].known) and listed[pair[0]].owner != listed[pair[1]].owner
    )
    left = boilerplate | common
    return [compared(listed[a], listed[b], count, left) for (a, b), count in shared.most_common(most) if count >= FEWEST]


def hashes(document: Document, boilerplate: Iterable[int]) -> list[int]:
    return [int(mark) for mark in fingerprint(document, boilerplate).hashes]


def fingerprint(document: Document, boilerplate: Iterable[int]) -> Any:
    """copydetect's, without the fingerprints in `boilerplate`. Names count alike, comments and spaces not at all."""
    import numpy as np

    window = GUARANTEE - NOISE + 1
    return copydetect().CodeFingerprint(
        document.file, NOISE, window, np.array(list(boilerplate)), language="python", fp=io.StringIO(document.text)
    )


def compared(first: Document, second: Document, shared: int, boilerplate: set[int]) -> Pair:
    _, shares, slices = copydetect().compare_files(fingerprint(first, boilerplate), fingerprint(second, boilerplate))
    one, two = (min(1.0, float(share)) for share in shares)
    mine, theirs = (merged(part, document.text) for part, document in zip(slices, (first, second), strict=True))
    return Pair(first, second, shared, (one, two), (mine, theirs))


def merged(slices: Any, text: str) -> Slices:
    """Sorted, within the text, without overlaps."""
    spans: list[tuple[int, int]] = []
    for begin, end in sorted((int(b), min(int(e), len(text))) for b, e in zip(*slices, strict=True)) if len(slices) else ():
        if spans and begin <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif begin < end:
            spans.append((begin, end))
    return tuple(spans)
