"""Golden recordings: what the reference yields for the public seed, at full size and on the ladder, one file a question.

A file holds outputs and the names of the items in order; the inputs are drawn anew. Items whose judge needs no reference hold nothing.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .agreement import TOLERANCE, relative_error
from .draw import LADDER, Draw
from .question import Question
from .recording import Item, Recording, record
from .scoring import ReferenceFault
from .seeds import question_seed
from .verdict import Array, Failure, Judge

Runs = dict[int | None, Recording]
"""The recordings of one question by level; None is the full size."""

INDEX = "index"
BY_PLACE = " by place"


def levels(question: Question) -> list[int | None]:
    return [None, *(range(len(LADDER)) if question.ladder else ())]


def record_runs(question: Question, reference: Any, root: bytes) -> Runs:
    """The reference's recording at every level. Raises ReferenceFault where it has none."""
    runs: Runs = {}
    for level in levels(question):
        runs[level] = record(question, reference, Draw(question_seed(root, question.id, level), level), trusted=True)
        for name, item in {**runs[level].items, "the end": runs[level].ended}.items():
            if isinstance(item, Failure):
                raise ReferenceFault(f"{question.id} {name}", item)
    return runs


def encode(runs: Runs) -> bytes:
    """An .npz with one long array for each dtype and an index (JSON): of which item of which run each stretch is, and its shape."""
    arrays: dict[str, list[Array]] = {}
    index: dict[str, list[Any]] = {}
    for level, recording in runs.items():
        rows = index.setdefault(name_of(level), [])
        for name, parts in recording.items.items():
            assert not isinstance(parts, Failure)
            rows.append([name, {part: [a.dtype.name, list(a.shape)] for part, a in parts.items()}])
            for array in parts.values():
                arrays.setdefault(array.dtype.name, []).append(array.ravel())
    entries: dict[str, Any] = dict(packed(name, np.concatenate(stretches)) for name, stretches in arrays.items())
    entries[INDEX] = np.frombuffer(json.dumps(index).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, **entries)
    return file.getvalue()


def packed(name: str, array: Array) -> tuple[str, Array]:
    """The array, or its bytes by their place in a number where these compress better: exact sums have many zeros in the same places."""
    places = np.ascontiguousarray(array.view(np.uint8).reshape(-1, array.itemsize).T)
    better = len(zlib.compress(places.tobytes())) < len(zlib.compress(array.tobytes()))
    return (name + BY_PLACE, places) if better else (name, array)


def unpacked(name: str, entry: Array) -> tuple[str, Array]:
    """The opposite of `packed`."""
    dtype = name.removesuffix(BY_PLACE)
    return dtype, entry if dtype == name else np.ascontiguousarray(entry.T).view(dtype).ravel()


def decode(data: bytes) -> Runs:
    """The opposite of `encode`; the recordings come without judges. Raises ValueError where the file is damaged."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as entries:
            index = json.loads(entries[INDEX].tobytes())
            long = dict(unpacked(name, entries[name]) for name in entries.files if name != INDEX)
        used = dict.fromkeys(long, 0)
        return {
            level_of(run): Recording({name: {part: stretch(long, used, *form) for part, form in parts.items()} for name, parts in rows})
            for run, rows in index.items()
        }
    except Exception as error:
        raise ValueError(f"damaged ({type(error).__name__})") from None


def stretch(long: Mapping[str, Array], used: dict[str, int], dtype: str, shape: list[int]) -> Array:
    """The next array of one dtype."""
    begin, used[dtype] = used[dtype], used[dtype] + int(np.prod(shape, dtype=int))
    array: Array = long[dtype][begin : used[dtype]].reshape(shape)
    return array


def name_of(level: int | None) -> str:
    return "full" if level is None else str(level)


def level_of(name: str) -> int | None:
    return None if name == "full" else int(name)


def read(folder: Path, question_id: str) -> Runs:
    """The file of one question. Raises OSError or ValueError."""
    return decode((folder / f"{question_id}.npz").read_bytes())


def same(old: bytes, runs: Runs) -> bool:
    """Whether a golden file holds what these runs give: last bits differ between machines, and with them the signs that are free."""
    try:
        first = decode(old)
    except ValueError:
        return False
    return list(first) == list(runs) and all(same_items(first[run].items, runs[run]) for run in first)


def same_items(old: Mapping[str, Item], made: Recording) -> bool:
    return list(old) == list(made.items) and all(same_item(item, made.items[name], made.judges[name]) for name, item in old.items())


def same_item(old: Item, made: Item, judge: Judge) -> bool:
    if isinstance(old, Failure) or isinstance(made, Failure) or list(old) != list(made):
        return False
    return all(same_array(old[part], made[part]) for part in old) or (judge.free and judge(old, made).passed)


def same_array(one: Array, other: Array) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return np.array_equal(one, other, equal_nan=True) if one.dtype.kind != "f" else relative_error(one, other) <= TOLERANCE
