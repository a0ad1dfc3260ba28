"""A student's own run: questions asked of the `ps2` beside this package and judged against the golden recordings."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import ModuleType

from . import golden, imports, layout, source
from .contain import Contained, contained
from .draw import Draw
from .idle import idle_imports
from .kit import GIVEN_COPY, GOLDEN, Asked, Kit, KitError
from .package import Package
from .question import Question
from .recording import Item, Recording, failure, record
from .scoring import Row, judge, nothing_written, share
from .seeds import question_seed
from .verdict import Failure

SKIPPED_FOLDERS = ("__pycache__",)


def interpreter() -> str:
    """What starts this Python: where no environment is activated, plain `python` would be another one."""
    python = sys.executable
    if "VIRTUAL_ENV" not in os.environ and Path(python).is_relative_to(Path.cwd()):
        return os.path.relpath(python).removesuffix(".exe")
    return "python"


PYTHON = interpreter()


class Files(Mapping[str, bytes]):
    """The files below `root`/ps2 by their path relative to `root`, each read when it is asked for."""

    def __init__(self, root: Path) -> None:
        self._paths = {path.relative_to(root).as_posix(): path for path in self._walk(root / layout.PACKAGE)}

    def _walk(self, folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.name.startswith(".") or path.name in SKIPPED_FOLDERS or (path.is_symlink() and path.is_dir()):
                continue
            if path.is_dir():
                yield from self._walk(path)
            else:
                yield path

    def __getitem__(self, name: str) -> bytes:
        return self._paths[name].read_bytes()

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


class HomePackage(Package):
    """The student's package where it lies, so that break points hold; the given files come from the kit's own copies, as in the grader."""

    def __init__(self, folder: Path, given: Path) -> None:
        self._begin(layout.PACKAGE)
        importlib.invalidate_caches()
        root = ModuleType(self._name)
        root.__path__ = [str(given), str(folder)]  # searched in this order
        root.__file__ = str(folder / "__init__.py")
        sys.modules[self._name] = root


@dataclass(frozen=True)
class Outcome:
    """One question, asked at one size. fault: why none of it could be asked (the file does not import), else ""."""

    asked: Asked
    level: int | None
    rows: list[Row]
    mine: Recording
    want: Recording
    output: str
    seconds: float
    fault: str = ""
    overran: bool = False

    @property
    def share(self) -> Fraction:
        return share(self.rows, self.asked.weights)

    @property
    def points(self) -> Fraction:
        return self.asked.points * self.share

    @property
    def passed(self) -> bool:
        """Everything that can earn did."""
        return self.share == 1

    @property
    def empty(self) -> bool:
        """Nothing has been written yet."""
        return not self.fault and nothing_written(self.rows, self.mine.items, self.mine.ended)


class Home:
    """The student's package, ready to be asked. `faults`: why a file cannot be used, one sentence each; `lacking`: the files
    for which only a package is missing here, each with its name; `remarks`: on the whole."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.folder = kit.root / layout.PACKAGE
        self.faults: dict[str, str] = {}
        self.lacking: dict[str, str] = {}
        self.remarks: list[str] = []
        self.warnings: list[str] = []
        self.sources: dict[str, bytes] = {}
        self.seconds_at_most = max(a.wall_seconds for a in kit.questions)
        self.ps2 = HomePackage(self.folder, kit.package / GIVEN_COPY)
        self._read()
        for file in kit.files:
            self._load(file)
            fault = self.faults.get(file) or self._import(file)
            if fault:
                self.faults[file] = fault

    def _read(self) -> None:
        if not self.folder.is_dir():
            says = f"there is no folder {layout.PACKAGE}/ beside ps2check/; put your files back into a folder of that name."
            self.faults = dict.fromkeys(self.kit.files, says)
            return
        try:
            found = layout.find(Files(self.kit.root), self.kit.files)
        except layout.LayoutError as error:
            self.faults = dict.fromkeys(self.kit.files, str(error))
            return
        except OSError as error:
            self.faults = dict.fromkeys(self.kit.files, f"{error.filename or 'a file'} cannot be read ({error.strerror}).")
            return
        self.sources, self.remarks = found.files, list(found.remarks)
        for file, data in found.files.items():
            if file not in layout.GIVEN:
                self._examine(file, data, [*found.files])
        for file in self.kit.files:
            if file not in found.files:
                missing = [remark for remark in found.remarks if remark.startswith(f"{file} is missing")]
                self.faults[file] = missing[0] if missing else f"{file} is missing: its questions earn nothing."

    def _examine(self, file: str, data: bytes, siblings: list[str]) -> None:
        bad = source.examine(file, data)
        if bad is not None:
            self.faults[file] = bad.says
        for lack in imports.lacking(file, data, self.kit.imports_of(file), siblings, self.kit.imports_of("")):
            if lack.at_import:
                self.faults.setdefault(file, lack.says)
            else:
                self.warnings.append(lack.says)

    def _load(self, file: str) -> None:
        """Load the packages that a file names, without a time limit: a first `import torch` may take longer than the limit, and where it is
        cut short half of a package stays behind, on which every later import fails."""
        source = self.sources.get(file, b"")
        for name in self.kit.imports_of(file) if file not in self.faults else ():
            if name.encode() in source:
                with contextlib.suppress(Exception):  # the file's own import says what is wrong
                    importlib.import_module(name)

    @contextlib.contextmanager
    def contained(self, seconds: float, file: str = "") -> Iterator[Contained]:
        """What student code runs in: as `contain.contained`, with the imports that the grader has for it.

        file: what is asked about, whose imports the student's further files have too.
        """

        def offered(module: str) -> set[str]:
            own = f"{module.partition('.')[2]}.py"
            return self.kit.imports_of(own if own in self.kit.files else file)

        with idle_imports(offered), contained(seconds) as happened:
            yield happened

    def _import(self, file: str) -> str:
        """Import one of the student's files; the sentence if it fails, else ""."""
        happened = None
        try:
            with self.contained(self.seconds_at_most, file) as happened:
                importlib.import_module(f"{layout.PACKAGE}.{file.removesuffix('.py')}")
        except KeyboardInterrupt as error:
            if happened is None or not happened.overran:
                raise
            return f"importing {file} took longer than {self.seconds_at_most:.0f} s{place(error)}."
        except ModuleNotFoundError as error:
            if error.name == f"{layout.PACKAGE}.{file.removesuffix('.py')}":  # the layout found it under a similar name
                return f"{file} is not found under exactly this name; rename your file."
            if error.name in self.kit.imports_of(file):
                self.lacking[file] = str(error.name)
                line = f"{PYTHON} -m pip install {requirement(error.name)}"
                return f"{file} needs {error.name}, which this Python does not have:\n    {line}"
            return f"importing {file} {failure(error).says}."
        except BaseException as error:
            return f"importing {file} {failure(error).says}."
        return ""

    def waits_for(self, outcome: Outcome) -> str:
        """The package without which a question can only be asked in the grader; "" when that is not why it failed."""
        files = [file for file in self.lacking if outcome.fault == self.faults[file]]
        return self.lacking[files[0]] if files else ""

    def fault_of(self, question: Question) -> str:
        """Why this question cannot be asked at all; "" when it can."""
        for stub in question.stubs:
            module, name = stub.split(".")
            if fault := self.faults.get(module + ".py"):
                return fault
            if not hasattr(sys.modules.get(f"{layout.PACKAGE}.{module}"), name):
                return f"{module}.py has no {name}; was it renamed or deleted?"
        return ""


def requirement(package: str) -> str:
    """What to install for a package that the grader has and this machine lacks."""
    files = {"torch": "-r requirements-torch.txt", "safetensors": "-r requirements-torch.txt", "matplotlib": "-r requirements-figures.txt"}
    return files.get(package, package)


def place(error: BaseException) -> str:
    says = failure(error).says
    return says[says.rindex(" (") :] if says.endswith(")") and " (" in says else ""


def ask(home: Home, asked: Asked, level: int | None = None) -> Outcome:
    """Run one question on the student's package and judge it. Never raises for what their code does; KitError, KeyboardInterrupt."""
    want = golden_run(home.kit, asked.question, level)
    start = time.perf_counter()
    fault = home.fault_of(asked.question)
    mine, happened = (Recording(ended=Failure("raised", fault)), Contained()) if fault else run(home, asked, level)
    want.judges = mine.judges
    rows = judge(want, mine.items, mine.ended)
    return Outcome(asked, level, rows, mine, want, happened.output, time.perf_counter() - start, fault, happened.overran)


def golden_run(kit: Kit, question: Question, level: int | None) -> Recording:
    try:
        runs = golden.read(kit.package / GOLDEN, question.id)
        return runs[level]
    except (OSError, ValueError, KeyError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise KitError(
            f"the kit's {GOLDEN}/{question.id}.npz cannot be used: {why}; unzip the kit again and copy your ps2/ into it."
        ) from None


def run(home: Home, asked: Asked, level: int | None) -> tuple[Recording, Contained]:
    """The student's recording and what happened on the way; a run past the limit keeps what it had."""
    draw = Draw(question_seed(home.kit.public_seed.encode(), asked.question.id, level), level)
    arrived: dict[str, Item] = {}
    happened = None
    try:
        with home.contained(asked.wall_seconds, asked.question.file) as happened:
            mine = record(asked.question, home.ps2, draw, arrived.__setitem__)
    except KeyboardInterrupt as error:
        if happened is None or not happened.overran:
            raise
        mine = partial(home, asked, level, arrived)
        mine.ended = Failure("raised", f"took longer than {asked.wall_seconds:.0f} s, the limit{place(error)}")
    return mine, happened


def partial(home: Home, asked: Asked, level: int | None, arrived: dict[str, Item]) -> Recording:
    """A recording that was cut off: its judges, which only the probe itself makes, come from a run on a package without any code."""
    draw = Draw(question_seed(home.kit.public_seed.encode(), asked.question.id, level), level)
    judges = record(asked.question, Blank(), draw).judges
    kept = {name: item for name, item in arrived.items() if name in judges}
    return Recording(kept, judges)


class Blank:
    """Answers everything with itself: stands for a package, a layer and a result, so that a probe runs to its end."""

    def __getattr__(self, name: str) -> Blank:
        if name.startswith("__"):
            raise AttributeError(name)
        return Blank()

    def __call__(self, *positional: object, **named: object) -> Blank:
        return self
