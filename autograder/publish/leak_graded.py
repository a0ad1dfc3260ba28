"""Numbers that follow from the secret: seeds of gradings, keys of hidden images, expected values; and recordings of another seed.

Looked for are those of the submissions that staff have, the reference and the untouched kit, and of the practice worlds: every student's
own depend on that student's files.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..check import golden
from ..check.draw import Draw
from ..check.package import Package
from ..check.question import REGISTRY, Question
from ..check.recording import Recording, record
from ..check.seeds import question_seed, root_of
from ..check.verdict import Array, Failure
from ..course import Course
from ..grading.intake import digest_of, identify
from ..training.images import Source, hidden_key, key_of, practice_key
from .kit import stub_files

WORLDS = 64
"""Practice worlds whose hidden images are looked for."""
HEX = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
WHOLE = re.compile(r"(?<!\d)\d{15,}(?!\d)")
LONG = re.compile(r"(?<![\w.])\d*\.\d{8,}(?:[eE][-+]?\d+)?")
PRINTED_DECIMALS, WHOLE_DECIMALS = 8, 12
"""numpy's print, and as many as two machines agree about."""
FEWEST_VALUES, SHARE = 3, 0.03
"""Different expected values in one file that are no coincidence; of printed numbers also this share: there are so many expected ones that
one in some hundreds is met by chance."""


class Graded:
    """What follows from the secrets of this term and of those before, for the submissions that staff have."""

    def __init__(self, course: Course, secrets: list[bytes]) -> None:
        """secrets: this term's first."""
        self.course = course
        roots = {root_of(key, digest): whose for key in secrets for whose, digest in self.known().items()}
        self.reference_root = next(iter(roots), None)
        self.keys: dict[bytes, str] = {}
        for root, whose in roots.items():
            self.keys[root] = f"the seed of {whose}"
            self.keys[key_of(root)] = f"the key of the training run of {whose}"
            self.keys |= {question_seed(root, q.id, None): f"the seed of question {q.id} of {whose}" for q in REGISTRY.values()}
        for key in secrets:
            for world in range(WORLDS):
                hidden = hidden_key(key, world)
                self.keys[hidden] = f"the key of the hidden images of practice world {world}"
        self.made: dict[str, golden.Runs] = {}
        self.whole = {str(number): what for number, what in self.numbers()}

    def known(self) -> dict[str, str]:
        """Whose grading → the digest of what is graded; the reference first."""
        course = self.course
        solved = identify(course.reference.parent, given=course.reference, wanted=course.assignment.files())
        return {"the reference's grading": solved, "the untouched kit's grading": digest_of(stub_files(course))}

    def numbers(self) -> Iterator[tuple[int, str]]:
        """Seeds of random generators that come from these keys."""
        for key, what in self.keys.items():
            if "hidden images" in what:
                yield Source("small", practice_key(0), hidden_key=key).number("hidden"), what
            elif "training run" in what:
                yield from ((Source("small", key).number(use), what) for use in ("run", "hidden"))

    def in_bytes(self, data: bytes) -> Iterator[str]:
        yield from (what for key, what in self.keys.items() if len(data) >= len(key) and key in data)

    def in_text(self, text: str) -> Iterator[str]:
        yield from (self.keys[key] for match in HEX.finditer(text) if (key := bytes.fromhex(match[0])) in self.keys)
        yield from (self.whole[match[0]] for match in WHOLE.finditer(text) if match[0] in self.whole)
        long = {match[0] for match in LONG.finditer(text)}
        if len(long) >= FEWEST_VALUES:
            yield from self.values({abs(float(one)) for one in long})

    def in_array(self, array: Array) -> Iterator[str]:
        yield from self.values(set(np.abs(array[np.isfinite(array)]).tolist()))

    def values(self, numbers: set[float]) -> Iterator[str]:
        """Numbers that only a graded run expects. Whole ones meet by no chance; of printed ones a share must be met."""
        printed = {number for number in numbers if round(number, PRINTED_DECIMALS) == number}
        met = [sum(round(number, WHOLE_DECIMALS) in self.expected for number in group) for group in (numbers - printed, printed)]
        if met[0] >= FEWEST_VALUES or met[1] >= max(FEWEST_VALUES, SHARE * len(printed)):
            yield f"{sum(met)} expected values of graded runs"

    @functools.cached_property
    def expected(self) -> set[float]:
        """What this term's graded runs of the reference expect, less what the students' recordings hold as well."""
        root = self.reference_root
        if root is None:
            return set()
        graded = {value for q in self.asked for value in values(self.run(q, root))}
        return graded - {value for q in self.asked for recording in self.public(q).values() for value in values(recording)}

    @functools.cached_property
    def reference(self) -> Package:
        return Package(self.course.reference, "ps2_reference")

    @property
    def asked(self) -> list[Question]:
        """Those that can be run here."""
        torch = importlib.util.find_spec("torch") is not None
        return [q for q in self.course.assignment.asked() if torch or not q.needs_torch]

    def run(self, question: Question, root: bytes) -> Recording:
        return record(question, self.reference, Draw(question_seed(root, question.id, None), None), trusted=True)

    def public(self, question: Question) -> golden.Runs:
        """The recordings that students get, made anew."""
        if question.id not in self.made:
            self.made[question.id] = golden.record_runs(question, self.reference, self.course.assignment.public_seed.encode())
        return self.made[question.id]

    def in_recording(self, name: str, data: bytes) -> Iterator[str]:
        """A recording that another seed than the public one gave, whichever submission's it is."""
        try:
            runs = golden.decode(data)
        except ValueError:
            return
        file = Path(name.replace(": ", "/")).name
        question = next((q for q in self.asked if file == f"{q.id}.npz"), None)
        if question is None:
            yield from self.values({value for recording in runs.values() for value in values(recording)})
        elif not golden.same(data, self.public(question)):
            yield f"a recording of question {question.id} that the public seed does not give"


def values(recording: Recording) -> set[float]:
    """The numbers that take many digits, as they are and to eight decimals; sizes, since a text's signs are not read."""
    found: set[float] = set()
    for item in recording.items.values():
        for part in item.values() if not isinstance(item, Failure) else ():
            if part.dtype.kind == "f":
                telling = [value for value in np.abs(part[np.isfinite(part)]).tolist() if is_telling(value)]
                found.update(round(value, digits) for value in telling for digits in (PRINTED_DECIMALS, WHOLE_DECIMALS))
    return found


def is_telling(value: float) -> bool:
    """Not a short number, and not so small that eight decimals say little."""
    return value > 1e-3 and round(value, 6) != round(value, PRINTED_DECIMALS)
