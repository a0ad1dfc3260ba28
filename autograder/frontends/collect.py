"""Which submission is whose: in a folder of folders or zips, loose files, an nbgrader tree, an export of Gradescope or of an LMS."""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..check.layout import PACKAGE, ignored
from ..grading.intake import IntakeError

EXPORT = "submission_metadata.yml"
COPY = re.compile(r"[ _-]\(?\d+\)?$")  # activations-1.py, activations (2).py: what an LMS makes of a second upload


@dataclass(frozen=True)
class Handed:
    """One student's submission: a zip or folder, or loose files by the name that they stand for.

    name: fit for a file name. place: the folder or zip as it was called.
    """

    name: str
    source: Path | None
    files: dict[str, Path]
    place: str = ""


def collect(folder: Path, wanted: Collection[str]) -> list[Handed]:
    """Every submission in `folder`, by name. wanted: "activations.py", …. Raises IntakeError where there is none."""
    folder = place_of(folder)
    names = exported(folder)
    found: dict[str, Handed] = {}
    loose: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        if ignored(path.name) or (path.is_dir() and is_empty(path)):
            continue
        if path.is_dir() or path.suffix.lower() == ".zip":
            name = unique(fit(names.get(path.name, path.name.removesuffix(path.suffix) if path.is_file() else path.name)), found)
            numbered = copies(path, wanted) if path.is_dir() else {}
            found[name] = Handed(name, None if numbered else path, numbered, path.name)
        elif owner := owner_of(path.name, wanted):
            loose.setdefault(fit(owner[0]), {})[owner[1]] = path
    for name, files in loose.items():
        own = unique(name, found)
        found[own] = Handed(own, None, files)
    if not found:
        raise IntakeError(f"{folder} holds no submissions: no folders, no zips, and no files such as alice_{sorted(wanted)[0]}.")
    return [found[name] for name in sorted(found)]


def place_of(folder: Path) -> Path:
    """Where the submissions lie: in nbgrader's `submitted/`, in the one folder that an export was unzipped to, or here.

    Raises IntakeError for what is no folder.
    """
    if not folder.is_dir():
        raise IntakeError(f"{folder} is no folder; unzip the export first and name the folder.")
    if (folder / "submitted").is_dir():
        return folder / "submitted"
    inner = [path for path in folder.iterdir() if not ignored(path.name)]
    return inner[0] if len(inner) == 1 and (inner[0] / EXPORT).is_file() else folder


def left_out(folder: Path, wanted: Collection[str]) -> list[str]:
    """A sentence for what in `folder` is nobody's submission, so that nobody is overlooked."""
    paths = [path for path in sorted(place_of(folder).iterdir()) if not ignored(path.name) and path.name != EXPORT]
    empty = [path.name for path in paths if path.is_dir() and is_empty(path)]
    other = [p.name for p in paths if not p.is_dir() and p.suffix.lower() != ".zip" and owner_of(p.name, wanted) is None]
    said = [f"Left out, for there is no file in it: {', '.join(empty)}."] if empty else []
    like = f"neither a folder, nor a zip, nor named like NAME_{sorted(wanted)[0]}"
    return said + ([f"Left out, {like}: {', '.join(other)}."] if other else [])


def copies(folder: Path, wanted: Collection[str]) -> dict[str, Path]:
    """The files of a folder in which every one that is wanted is numbered: activations (2).py alone, beside no activations.py."""
    files = [path for path in folder.rglob("*.py") if not ignored(path.relative_to(folder).as_posix())]
    named = {f"{COPY.sub('', path.stem)}.py": path for path in files}
    numbered = {name: path for name, path in named.items() if name in wanted and path.name != name}
    plain = any(path.name in wanted for path in files)
    odd = folder.is_symlink() or any(not ordinary(path) for path in files)  # left to the intake, which refuses links
    return numbered if len(named) == len(files) and not plain and not odd else {}


def ordinary(path: Path) -> bool:
    """A file itself: no link to another, which might be anybody's, no pipe, no device."""
    return stat.S_ISREG(path.lstat().st_mode)


def laid_out(handed: Handed, place: Path) -> Path:
    """A zip or folder as it is; loose files in `place`, under the names that they stand for. Raises IntakeError."""
    if handed.source is not None:
        return handed.source
    (place / PACKAGE).mkdir(parents=True)
    for name, path in handed.files.items():
        try:
            if not ordinary(path):
                raise IntakeError(f"{path.name} is a link or no ordinary file; hand in the file itself.")
            shutil.copyfile(path, place / PACKAGE / name, follow_symlinks=False)
        except OSError as error:
            raise IntakeError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    return place


def is_empty(folder: Path) -> bool:
    return not any(path.is_file() for path in folder.rglob("*"))


def owner_of(file: str, wanted: Collection[str]) -> tuple[str, str] | None:
    """ "alice_activations.py" → ("alice", "activations.py"); Canvas's "alice_123_456_activations-1.py" too."""
    stem = COPY.sub("", file.removesuffix(".py")) if file.endswith(".py") else ""
    for name in sorted(wanted, key=len, reverse=True):
        for mark in "_-":
            end = mark + name.removesuffix(".py")
            if stem.endswith(end) and len(stem) > len(end):
                return stem.removesuffix(end), name
    return None


def exported(folder: Path) -> dict[str, str]:
    """Gradescope's names: "submission_123" → the student's number or address, from the few lines of its YAML that say so."""
    try:
        text = (folder / EXPORT).read_text(encoding="utf-8")
    except OSError:
        return {}
    names: dict[str, str] = {}
    for block in re.split(r"^(?=submission_\d+:)", text, flags=re.MULTILINE):
        said = {key: value.strip(" '\"") for key, value in re.findall(r"^[ -]+:?(sid|email|name):[ ]*(.+)$", block, re.MULTILINE)[::-1]}
        who = said.get("sid") or said.get("email", "").partition("@")[0] or said.get("name", "")
        if (id := re.match(r"submission_\d+", block)) and who:
            names[id[0]] = who
    return names


def fit(name: str) -> str:
    """Letters, digits, dots, hyphens: no path, no option, no surprise."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-_") or PACKAGE


def unique(name: str, taken: Collection[str]) -> str:
    number = 2
    known = {one.casefold() for one in taken}
    wanted = name
    while wanted.casefold() in known:
        wanted, number = f"{name}-{number}", number + 1
    return wanted
