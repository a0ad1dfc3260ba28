"""A class run from start to end: read, plan what has no result yet, grade, keep the index. Stop it anywhere and start it again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ..course import Course
from ..grading.intake import IntakeError
from ..grading.result import Result, encode, write_atomically
from . import regrade
from .grader import Done, Task, task
from .index import BEFORE, Entry, Index, Store, read_index
from .keys import grader_of, key_of
from .reading import Upload, digest_of, read_class

EVERY_SECONDS = 5.0
"""Between two writes of the index."""
Run = Callable[[Sequence[Task]], Iterator[Done]]
OnDone = Callable[[Done, int, int], None]


@dataclass
class Plan:
    """What a run is about. entries: with their digests. targets: by entry id, the key of its result. tasks: what must be graded.

    had, had_before: entries by id, of the index as this run found it and as the grader before left it.
    """

    course: Course
    store: Store
    grader: str
    only: frozenset[str]
    never_lower: bool
    entries: list[Entry]
    targets: dict[str, str] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    before: Index | None = None
    had: dict[str, Entry] = field(default_factory=dict)
    had_before: dict[str, Entry] = field(default_factory=dict)
    planned: set[str] = field(default_factory=set)
    settled: dict[str, Entry] = field(default_factory=dict)


def plan(folder: Path, out: Path, course: Course, only: Collection[str] | None = None, never_lower: bool = False) -> Plan:
    """Read the class and see what is graded already. Raises IntakeError where there is nothing, or nothing to regrade."""
    uploads = read_class(folder, course)
    store = Store(out)
    grader = grader_of(course, only)
    now = read_index(out)
    if now is not None and now.grader != grader:
        store.write_index(now, BEFORE)
    before = read_index(out, BEFORE)
    if only and before is None:
        raise IntakeError(f"--question grades anew what was graded before, and {out} holds no earlier run; run it once without --question.")
    made = Plan(course, store, grader, frozenset(only or ()), never_lower, [], before=before, had=by_id(now), had_before=by_id(before))
    for upload in uploads:
        add(made, upload)
    return made


def add(plan: Plan, upload: Upload) -> None:
    """Two submissions with the same files have the same seed and so one result."""
    if upload.entry.trouble:
        plan.entries.append(upload.entry)
        return
    try:
        digest = digest_of(upload.handed, plan.course)
    except IntakeError as error:
        plan.entries.append(msgspec.structs.replace(upload.entry, trouble=" ".join(str(error).split())))
        return
    key = key_of(plan.course, digest, plan.grader)
    plan.entries.append(msgspec.structs.replace(upload.entry, digest=digest))
    if not plan.store.has(key) and key not in plan.planned:
        made = task(upload.handed, plan.store.path(key))
        plan.tasks.append(msgspec.structs.replace(made, id=key))
        plan.planned.add(key)
    plan.targets[upload.entry.id] = key


def carry_out(plan: Plan, run: Run, on_done: OnDone = lambda done, count, of: None) -> Index:
    """Grade what the plan lacks. The index is written now and then, and whatever ends this: an interruption loses nothing."""
    troubles: dict[str, str] = {}
    written = time.monotonic()
    try:
        for count, done in enumerate(run(plan.tasks), 1):
            if done.trouble:
                troubles[done.id] = done.trouble
            on_done(done, count, len(plan.tasks))
            if time.monotonic() - written > EVERY_SECONDS:
                keep(plan, troubles)
                written = time.monotonic()
    finally:
        with contextlib.suppress(IntakeError):
            index = keep(plan, troubles)
    return index


def keep(plan: Plan, troubles: dict[str, str]) -> Index:
    index = Index(plan.grader, [settle(plan, entry, troubles) for entry in plan.entries], plan.course.assignment.title)
    plan.store.write_index(index)
    return index


def settle(plan: Plan, entry: Entry, troubles: dict[str, str]) -> Entry:
    """The entry with its result: the new one, else the one it had, where its files are the same."""
    if entry.id in plan.settled:
        return plan.settled[entry.id]
    key = plan.targets.get(entry.id, "")
    if not plan.store.has(key):
        trouble = troubles.get(key, entry.trouble)
        old = earlier(plan, plan.had, entry)
        kept = msgspec.structs.replace(entry, key=old.key, total=old.total, max_total=old.max_total) if old else entry
        return msgspec.structs.replace(kept, trouble=trouble)
    try:
        key, result = merged(plan, entry, key)
    except IntakeError as error:
        made = msgspec.structs.replace(entry, trouble=str(error))
    else:
        made = msgspec.structs.replace(entry, key=key, total=result.total, max_total=result.max_total)
    plan.settled[entry.id] = made
    return made


def merged(plan: Plan, entry: Entry, key: str) -> tuple[str, Result]:
    """The result at `key`, as this run wants it beside the earlier one; what differs from the pure result is stored beside it."""
    pure = result = plan.store.read(key)
    old = earlier(plan, plan.had_before, entry)
    if old is None and plan.only:
        raise IntakeError(f"it has no earlier result to put {', '.join(sorted(plan.only))} into; run without --question.")
    if old is not None and (plan.only or plan.never_lower):
        had = plan.store.read(old.key)
        result = regrade.spliced(had, result) if plan.only else result
        result = regrade.never_lower(had, result) if plan.never_lower else result
    if result is pure:
        return key, result
    key += "-merged"
    data = encode(result)
    if not plan.store.has(key) or plan.store.path(key).read_bytes() != data:
        write_atomically(plan.store.path(key), data)
    return key, result


def by_id(index: Index | None) -> dict[str, Entry]:
    return {entry.id: entry for entry in index.entries} if index else {}


def earlier(plan: Plan, entries: dict[str, Entry], entry: Entry) -> Entry | None:
    """The entry in an earlier index, with a result of the same files."""
    found = entries.get(entry.id)
    return found if found and found.digest == entry.digest and plan.store.has(found.key) else None


@contextlib.contextmanager
def alone(out: Path) -> Iterator[None]:
    """One run at a time in a results' folder; the lock goes with the process. Raises IntakeError where another has it."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(out / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise IntakeError(f"another `autograder class` is writing to {out}; wait for it, or name another folder.") from None
        yield
