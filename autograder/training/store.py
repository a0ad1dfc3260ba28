"""Results of runs on disk: a record and a file of weights for each submission; signed, and refused when stale or altered."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from .. import __version__
from ..grading.result import write_atomically
from .settings import Profile

Verdict = Literal["judged", "failed", "not judged"]


class StoreError(ValueError):
    """A stored result that does not count; its text is one sentence for staff."""


class OpenEntry(msgspec.Struct, frozen=True):
    """What came of the open track. accuracy: None where there is none, and `says` why."""

    accuracy: float | None = None
    parameters: int = 0
    seconds: float = 0.0
    says: str = ""


class Record(msgspec.Struct, frozen=True):
    """One training run.

    submission: content digest of the code. world: "own" for the submission's world, else the number of a practice world. verdict: "judged"
    has an accuracy, "failed" is the student's code, "not judged" nobody's fault. task: digest of the profile's numbers.
    curve: (images, error on the validation images) after each epoch. losses: at most 200 of them, evenly spaced.
    """

    submission: str
    profile: str
    task: str
    verdict: Verdict
    says: str
    world: str = "own"
    accuracy: float | None = None
    images: int = 0
    parameters: int = 0
    seconds: float = 0.0
    reference_seconds: float | None = None
    device: str = ""
    versions: dict[str, str] = {}
    curve: list[tuple[int, float]] = []
    losses: list[float] = []
    weights: str = ""
    trained_elsewhere: bool = False
    open: OpenEntry | None = None
    grader_version: str = __version__
    signature: str = ""


def task_digest(profile: Profile) -> str:
    """Of what is asked, without the thresholds: a ramp may be changed without training anew."""
    asked = msgspec.structs.replace(profile, zero=None, full=None, measured_on="", seconds=1.0)
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()[:16]


def signed(record: Record, secret: bytes) -> Record:
    return msgspec.structs.replace(record, signature=signature(record, secret))


def signature(record: Record, secret: bytes) -> str:
    bare = msgspec.structs.replace(record, signature="")
    return hmac.new(secret, b"training record|" + msgspec.json.encode(bare), "sha256").hexdigest()


def place_of(folder: Path, submission: str, weights: str = "") -> Path:
    """Where a record lies: by the digest of the code and, where weights were handed in, theirs."""
    return folder / f"{submission[:32]}{f'-{weights[:16]}' if weights else ''}.json"


def save(folder: Path, record: Record, weights: bytes, secret: bytes) -> Path:
    """Write both, the weights first, so that a record never names weights that are not there."""
    path = place_of(folder, record.submission, record.weights if record.trained_elsewhere else "")
    if weights:
        write_atomically(path.with_suffix(".safetensors"), weights)
    write_atomically(path, msgspec.json.format(msgspec.json.encode(signed(record, secret)), indent=1) + b"\n")
    return path


def read(path: Path, secret: bytes) -> Record:
    """Raises StoreError for what is no record, or was altered after it was written."""
    try:
        record = msgspec.json.decode(path.read_bytes(), type=Record)
    except OSError as error:
        raise StoreError(f"{path.name} cannot be read: {(error.strerror or 'unknown reason').lower()}.") from None
    except msgspec.DecodeError as error:
        raise StoreError(f"{path.name} is no training result ({error}).") from None
    if not hmac.compare_digest(record.signature, signature(record, secret)):
        raise StoreError(f"{path.name} was altered, or written with another secret; run `autograder train` again.")
    return record


def find(folder: Path, submission: str, secret: bytes, profiles: dict[str, Profile]) -> Record | None:
    """The valid record of a submission, None where there is none. Raises StoreError where there is one that does not count."""
    path = place_of(folder, submission)
    if not path.is_file():
        return None
    record = read(path, secret)
    if record.submission != submission:
        raise StoreError(f"{path.name} belongs to another submission.")
    if record.grader_version != __version__:
        raise StoreError(f"{path.name} is of grader {record.grader_version}, this is {__version__}; run `autograder train` again.")
    profile = profiles.get(record.profile)
    if profile is None or task_digest(profile) != record.task:
        raise StoreError(f'{path.name} was trained as profile "{record.profile}" was before; run `autograder train` again.')
    return record


def weights_of(folder: Path, record: Record) -> bytes | None:
    """The stored weights, None where they are gone or not those that were judged."""
    path = place_of(folder, record.submission, record.weights if record.trained_elsewhere else "").with_suffix(".safetensors")
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == record.weights else None


def records(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("*.json"))
