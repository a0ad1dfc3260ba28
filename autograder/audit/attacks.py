"""Runs the corpus of attacks through the grader and measures what each gets: points, secrets, processes that stay, a broken grader.

A flag (a random token) lies where no student may look: in a file beside the secret, in the grader's environment, in the reference and so
in the memory of the process that judges. No byte of it may come back. With a layer switched off, the attacks run for which that is safe.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ..course import Course, this_course
from ..grading.grade import Grader
from ..grading.intake import IntakeError
from ..grading.result import Result, decode, encode, write_atomically
from ..sandbox import landlock, limits, sweep, uids
from ..sandbox.client import Zygote
from ..sandbox.errors import GraderError
from ..sandbox.footing import Footing
from ..sandbox.layers import LAYERS
from .attack import HONEST, MARK, TARGET, Attack, Places

FLAG_VARIABLE = "PS2_ATTACK_FLAG"
QUICK = "[limits]\ncpu_seconds = 1.0\nwall_seconds = 1.5\nmemory_mb = 256\n"


class Outcome(msgspec.Struct, frozen=True):
    """What one attack got.

    unearned: points. lost: points that its honest question lost. reached: it says that something forbidden worked. unsaid: the student
    does not read the sentence that it earns.
    """

    name: str
    unearned: float = 0.0
    leaked: int = 0
    survivors: int = 0
    crashes: int = 0
    reached: int = 0
    lost: float = 0.0
    unsaid: int = 0
    says: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return not (self.unearned or self.leaked or self.survivors or self.crashes)


class Tally(msgspec.Struct, frozen=True):
    """Sums over outcomes, and those that are not clean. unsaid: attacks that did not get the sentence they earn. machine: in words.
    refused: why nothing was graded at all, "" where it was."""

    attacks: int
    unearned: float
    leaked: int
    survivors: int
    crashes: int
    reached: int
    lost: float
    unsaid: int
    findings: list[Outcome]
    without: dict[str, Tally] = {}
    machine: str = ""
    refused: str = ""


COUNTED = ("unearned", "leaked", "survivors", "crashes", "reached", "lost", "unsaid")


def tally(outcomes: list[Outcome]) -> Tally:
    sums = {name: sum(getattr(o, name) for o in outcomes) for name in COUNTED}
    return Tally(attacks=len(outcomes), findings=[o for o in outcomes if any(getattr(o, name) for name in COUNTED)], **sums)


def cells(row: Tally) -> list[str]:
    """COUNTED as text, for a table."""
    return ["refused"] * len(COUNTED) if row.refused else [f"{getattr(row, name):g}" for name in COUNTED]


def load_corpus(folder: Path | None = None) -> list[Attack]:
    """Every attack in `folder`, by default this checkout's tests/attacks/. Raises ValueError where there is none, or two have one name."""
    folder = folder or this_course().root / "tests" / "attacks"
    attacks: list[Attack] = []
    for path in sorted(p for p in folder.glob("*.py") if not p.name.startswith(("test_", "conftest"))):
        attacks += family(path)
    names = [a.name for a in attacks]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice or not attacks:
        raise ValueError(f"two attacks are called {twice[0]!r}" if twice else f"{folder} holds no attacks; run this in a checkout")
    return attacks


def family(path: Path) -> list[Attack]:
    spec = importlib.util.spec_from_file_location(f"attacks_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.ATTACKS)


class Arena:
    """A course with a flag, other students' submissions, and a grader of it. All of it can be read by everybody but the secret files."""

    def __init__(self, root: Path, footing: Footing) -> None:
        self.flag = secrets.token_hex(16)
        self.root = root
        here = this_course()
        self.course = Course(root / "course")
        self.sigmoid, self.given = honest_files(here.reference)
        settle(here, self.course, self.flag)
        self.others = root / "others"
        shutil.copytree(self.course.reference, self.others / "ann" / "ps2")
        self.results = root / "results" / "results.json"
        self.results.parent.mkdir()
        os.environ[FLAG_VARIABLE] = self.flag
        self.grader = Grader(self.course, keep=True, footing=footing)
        self.room = self.grader.room("numpy")
        self.checkout = str(here.root)
        self._first = uids.fresh()
        self._known = descendants(self.zygote)

    @property
    def zygote(self) -> int:
        client = self.room.zygote
        return client._process.pid if isinstance(client, Zygote) and client._process is not None else os.getpid()

    def places(self) -> Places:
        return Places(os.getpid(), self.zygote, str(self.course.root), self.checkout, str(self.others), str(self.results.parent))

    def run(self, attack: Attack) -> Outcome:
        with tempfile.TemporaryDirectory(dir=self.root) as folder:
            upload = attack.write(Path(folder) / "upload", self.places(), self.sigmoid, self.given)
            return self._measured(attack, upload)

    def _measured(self, attack: Attack, upload: Path) -> Outcome:
        seen: list[bytes] = []

        def keep(result: Result) -> None:
            seen.append(encode(result))
            write_atomically(self.results, seen[-1])

        result, crash, said = None, "", ""
        try:
            result = self.grader.grade(upload, keep, only={HONEST, TARGET})
        except IntakeError as error:
            said = str(error)
        except Exception as error:
            crash = f"{type(error).__name__}: {error}"
        return self._outcome(attack, result, [*seen, said.encode(), crash.encode()], crash)

    def _outcome(self, attack: Attack, result: Result | None, seen: list[bytes], crash: str) -> Outcome:
        rows = {q.id: q for q in result.questions} if result else {}
        text = b"\n".join(seen).decode()
        faults = sum(q.status in ("fault", "not reached") for q in rows.values())
        spoiled = result is not None and decode(self.results.read_bytes()) != result
        told = [s for q in result.questions for s in q.sentences] + result.remarks if result else [seen[-2].decode()]
        lost = rows[HONEST].max_points - rows[HONEST].points if attack.honest and rows else 0.0
        return Outcome(
            attack.name,
            unearned=max(0.0, rows[TARGET].points - attack.remainder) if rows else 0.0,
            leaked=int(self.flag in text),
            survivors=self.survivors(),
            crashes=int(bool(crash) or faults > 0 or spoiled),
            reached=int(any(MARK in q.output for q in rows.values())),
            lost=lost,
            unsaid=int(attack.earns not in "\n".join(told)),
            says=(*told[:3], *([crash] if crash else [])),
        )

    def survivors(self) -> int:
        """Processes that a worker left: as root by their users, which nobody else has; else those below the zygote that were not there."""
        if os.geteuid() == 0:
            mine = range(self._first, uids.fresh())
            return sum(uid_of(pid) in mine for pid in sweep.pids())
        return len(descendants(self.zygote) - self._known)


def uid_of(pid: int) -> int:
    """From its status: the folder of a process that hides its memory belongs to root."""
    try:
        return limits.status(f"/proc/{pid}/status")["Uid"]
    except (OSError, ValueError, KeyError):
        return 0


def descendants(root: int) -> set[int]:
    parents = {pid: sweep.parent_of(pid) for pid in sweep.pids()}
    found: set[int] = set()
    waiting = [root]
    while waiting:
        above = waiting.pop()
        below = {pid for pid, parent in parents.items() if parent == above} - found
        found |= below
        waiting += below
    return found


def honest_files(reference: Path) -> tuple[str, dict[str, bytes]]:
    """The text of the reference's Sigmoid, and the given files."""
    text = (reference / "activations.py").read_text(encoding="utf-8")
    given = {name: (reference / name).read_bytes() for name in ("__init__.py", "base.py")}
    return text[text.index("class Sigmoid") : text.index("class Tanh")], given


def settle(here: Course, there: Course, flag: str) -> None:
    """The same course with limits that do not make a test wait, a secret of its own, and the flag where nobody may look."""
    (there.root / "assignment").mkdir(parents=True)
    toml = here.toml.read_text(encoding="utf-8")
    there.toml.write_text(re.sub(r"\[limits\].*?\n(?=\n)", QUICK, toml, flags=re.DOTALL), encoding="utf-8")
    for name, data in (("secret", secrets.token_hex(32)), ("flag", flag)):
        path = there.toml.parent / name
        path.touch(0o600)
        path.write_text(data)
    shutil.copytree(here.reference, there.reference, ignore=shutil.ignore_patterns("__pycache__"))
    with (there.reference / "activations.py").open("a") as file:
        file.write(f'\nFLAG = "{flag}"\n')


@contextmanager
def arena(footing: Footing) -> Iterator[Arena]:
    """Where attacks are run; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ps2-attacks-") as folder:
        Path(folder).chmod(0o755)
        made = Arena(Path(folder), footing)
        try:
            yield made
        finally:
            made.grader.close()
            os.environ.pop(FLAG_VARIABLE, None)


Progress = Callable[[str, str], None]


def run_attacks(each_layer: bool = False, corpus: list[Attack] | None = None, on_step: Progress | None = None) -> Tally:
    """All attacks with all layers on; then, if asked to, those that are safe without it with each layer off in turn."""
    attacks = load_corpus() if corpus is None else corpus
    told = on_step or (lambda layer, name: None)
    whole = run_some(attacks, Footing(), lambda name: told("", name))
    without: dict[str, Tally] = {}
    for layer in LAYERS if each_layer else ():
        safe = [a for a in attacks if layer in a.safe_without]
        try:
            without[layer] = run_some(safe, Footing(use=set(LAYERS) - {layer}), lambda name, layer=layer: told(layer, name))  # type: ignore[misc]
        except GraderError as refusal:  # not even willing to begin
            without[layer] = msgspec.structs.replace(tally([]), refused=str(refusal))
    return msgspec.structs.replace(whole, without=without, machine=machine())


def machine() -> str:
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    return f"as {who} on {platform.system()} {'.'.join(platform.release().split('.')[:2])} with Landlock {landlock.abi()}"


def run_some(attacks: list[Attack], footing: Footing, on_step: Callable[[str], None]) -> Tally:
    outcomes = []
    with arena(footing) as place:
        for attack in attacks:
            on_step(attack.name)
            outcomes.append(place.run(attack))
    return tally(outcomes)
