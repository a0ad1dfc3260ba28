"""Where the student's files are: finds the one ``ps2`` folder in what is handed in.

Pure: works on names (relative, "/" between folders) and on bytes, and reads only the files that it takes, so that a mapping which reads
on demand costs nothing for the rest. The submit command and the grader decide with this same code. Standard library alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .source import printable

GIVEN = ("__init__.py", "base.py", "images.py")
PACKAGE = "ps2"
FOLDERS_ABOVE = 2  # ps2/ may lie this deep
LARGEST_FILE = 1_000_000  # bytes of one .py file
LARGEST_TOTAL = 4_000_000  # bytes of all .py files taken
LONGEST_NAME = 200  # characters of a name inside ps2/
TREE_LINES = 10

SHADOW_FOLDERS = {"__macosx", "__pycache__"}
SHADOW_FILES = {"thumbs.db", "desktop.ini"}
NOT_THE_STUDENTS = {"ps2check", "tests", PACKAGE}  # folders beside flat files that are the kit's


@dataclass(frozen=True)
class Layout:
    """The student's package: `files`, name inside ps2 → bytes (.py alone); `remarks`, sentences for the student.

    `root` is the folder that they lay in ("" for the top), `flat` says that it is not named ps2.
    """

    files: dict[str, bytes]
    remarks: tuple[str, ...]
    root: str = PACKAGE
    flat: bool = False


class LayoutError(ValueError):
    """The files cannot be told apart or are not there; its text says what was found, what is wanted and what to do."""


def find(files: Mapping[str, bytes], wanted: Collection[str]) -> Layout:
    """The student's package in `files` (relative posix path → bytes); `wanted`: names such as "activations.py". Raises LayoutError."""
    paths = sorted(path for path in files if not ignored(path))
    asked = sorted(set(wanted) - set(GIVEN))
    root, flat = _root(paths, asked)
    names = _names(_inside(paths, root, flat), {name.casefold(): name for name in (*asked, *GIVEN)})
    remarks = [*_about_place(root, flat), *_about_names(names), *_about_hidden_given(paths, root)]
    remarks += [_about_missing(name, paths, root) for name in asked if name not in names]
    prefix = root + "/" if root else ""
    return Layout(_read(files, {name: prefix + inner for name, inner in names.items()}), tuple(remarks), root, flat)


def ignored(path: str) -> bool:
    """Whether a file is what systems and editors leave behind: hidden names, shadow trees of macOS, caches, byte code."""
    *folders, name = path.casefold().split("/")
    if any(part.startswith(".") or part in SHADOW_FOLDERS for part in folders):
        return True
    return name.startswith(".") or name in SHADOW_FILES | SHADOW_FOLDERS or name.endswith((".pyc", ".pyo"))


# Which folder


def _root(paths: Sequence[str], wanted: Sequence[str]) -> tuple[str, bool]:
    """The folder that holds the package, and whether it is one of flat files."""
    held = _holding(paths, wanted)
    packages = {folder for path in paths for folder in _folders_above(path) if _last(folder) == PACKAGE}
    if full := sorted(packages & held):
        return _only(full, paths, wanted), False
    if flat := sorted(folder for folder in held if _depth(folder) <= FOLDERS_ABOVE):
        return _only(flat, paths, wanted), True
    started = sorted({path.rpartition("/")[0] for path in paths if path.casefold().endswith(".py")} & packages)
    if started:
        return _only(started, paths, wanted), False
    raise LayoutError(_with_trees(f"there is no folder {PACKAGE}/ with your files in the upload", paths, wanted))


def _holding(paths: Iterable[str], wanted: Iterable[str]) -> set[str]:
    """The folders that directly hold a wanted file, in whatever case."""
    lowered = {name.casefold() for name in wanted}
    split = (path.rpartition("/") for path in paths)
    return {folder for folder, _, name in split if name.casefold() in lowered}


def _folders_above(path: str) -> Iterator[str]:
    """The folders of a path that may be ps2/, from the top; a bounded number, however deep the path."""
    parts = path.split("/", FOLDERS_ABOVE + 1)
    for count in range(1, len(parts)):
        yield "/".join(parts[:count])


def _last(folder: str) -> str:
    return folder.rpartition("/")[2].casefold()


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0


def _only(folders: Sequence[str], paths: Sequence[str], wanted: Sequence[str]) -> str:
    if len(folders) == 1:
        return folders[0]
    both = " and ".join(_place(folder) for folder in folders[:3])
    raise LayoutError(_with_trees(f"your files may be those in {both}: only one such folder may be in the upload", paths, wanted))


def _place(folder: str) -> str:
    return f"'{printable(folder)}/'" if folder else "the top of the upload"


# Which files


def _inside(paths: Iterable[str], root: str, flat: bool) -> list[str]:
    """The .py files of the package, named from `root`. Of folders beside flat files only packages belong to it."""
    prefix = root + "/" if root else ""
    inner = [path[len(prefix) :] for path in paths if path.startswith(prefix)]
    packages = {name.partition("/")[0] for name in inner if re.fullmatch(r"[^/]+/__init__\.py", name)}
    packages -= {name for name in packages if name.casefold() in NOT_THE_STUDENTS}
    return [
        name
        for name in inner
        if name.casefold().endswith(".py")
        and not _hides_given(name)
        and (not flat or "/" not in name or name.partition("/")[0] in packages)
    ]


def _hides_given(name: str) -> bool:
    """A folder base/ would be imported in place of the given base.py."""
    folder, slash, _ = name.partition("/")
    return bool(slash) and folder.casefold() + ".py" in GIVEN


def _names(inner: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Name inside ps2 as the grader writes it → as found; `known` gives the right case of names that it knows."""
    names: dict[str, str] = {}
    spelled: dict[str, str] = {}  # what a file system that ignores case sees → as written
    for found in inner:
        _refuse_unusual(found)
        name = unicodedata.normalize("NFC", found[:-3]) + ".py"
        name = known.get(name.casefold(), name)
        if name in names:
            raise LayoutError(_collision(names[name], found))
        names[name] = found
        parts = name.split("/")
        for count in range(1, len(parts) + 1):
            prefix = "/".join(parts[:count])
            kind = prefix + ("/" if count < len(parts) else "")  # a file and a folder of one name collide too
            if (other := spelled.setdefault(prefix.casefold(), kind)) != kind:
                raise LayoutError(_collision(other, kind))
    return names


def _collision(one: str, other: str) -> str:
    return f"'{printable(one)}' and '{printable(other)}' are the same name on many systems; rename or delete one of them and submit again."


def _refuse_unusual(name: str) -> None:
    if len(name) > LONGEST_NAME or any(len(part.encode("utf-8", "replace")) > LONGEST_NAME for part in name.split("/")):
        raise LayoutError(
            f"the name '{printable(name)}' in {PACKAGE}/ has {len(name)} characters, more than {LONGEST_NAME}; shorten it and submit again."
        )
    if not name.isprintable() or "\\" in name or "" in name.split("/"):
        raise LayoutError(
            f"the name '{printable(name)}' in {PACKAGE}/ has characters that a file name must not have; "
            "rename the file with letters, digits and _ and submit again."
        )


def _read(files: Mapping[str, bytes], paths: Mapping[str, str]) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    total = 0
    for name, path in sorted(paths.items()):
        contents[name] = files[path]
        total += len(contents[name])
        if len(contents[name]) > LARGEST_FILE:
            raise LayoutError(f"{printable(name)} is larger than {LARGEST_FILE:,} bytes; keep code alone in it and submit again.")
        if total > LARGEST_TOTAL:
            says = f"the .py files in {PACKAGE}/ have more than {LARGEST_TOTAL:,} bytes in all"
            raise LayoutError(f"{says}; leave out what is not your code and submit again.")
    return contents


# What to say


def _about_place(root: str, flat: bool) -> Iterator[str]:
    if flat:
        yield f"your files lie in {_place(root)}, not in a folder {PACKAGE}/: taken from there."
    elif _last(root) != root.rpartition("/")[2]:
        yield f"the folder {_place(root)} is taken as {PACKAGE}/."


def _about_names(names: Mapping[str, str]) -> Iterator[str]:
    for name, found in names.items():
        if found != name and found.casefold() == name.casefold():
            yield f"'{printable(found)}' is taken as '{printable(name)}'."


def _about_hidden_given(paths: Iterable[str], root: str) -> Iterator[str]:
    prefix = root + "/" if root else ""
    folders = {path[len(prefix) :].partition("/")[0] for path in paths if path.startswith(prefix) and _hides_given(path[len(prefix) :])}
    for folder in sorted(folders):
        yield f"the folder '{printable(folder)}/' would hide the given {folder.casefold()}.py: left out."


def _about_missing(name: str, paths: Iterable[str], root: str) -> str:
    stem = name.removesuffix(".py").casefold()
    prefix = root + "/" if root else ""
    similar = re.compile(re.escape(stem) + r"(\.py)?([ _.(-].*)?")
    near = [path[len(prefix) :] for path in paths if path.startswith(prefix) and similar.fullmatch(path[len(prefix) :].casefold())]
    elsewhere = [path for path in paths if path.casefold().endswith("/" + name.casefold()) or path.casefold() == name.casefold()]
    says = f"{name} is missing: its questions earn nothing"
    if near:
        return f"{says} (is it '{printable(near[0])}'? then rename it)."
    if elsewhere:
        return f"{says} (there is '{printable(elsewhere[0])}' in the upload: move it into {PACKAGE}/)."
    return f"{says}."


def _with_trees(says: str, paths: Sequence[str], wanted: Iterable[str]) -> str:
    """The sentence with its remedy, then the tree found and the tree wanted."""
    remedy = f"put them in one folder {PACKAGE}/ and submit that (`python -m ps2check submit` makes the zip)."
    found = "\n".join(f"    {line}" for line in _tree(paths)) or "    nothing"
    return f"{says}; {remedy}\n  found:\n{found}\n  wanted:\n    {PACKAGE}/ with {', '.join(wanted)}"


def _tree(paths: Sequence[str]) -> list[str]:
    """At most TREE_LINES lines: as deep as fits, a folder not opened by its name and how many files it holds."""
    lines: list[str] = []
    for depth in (1, 2, 3, 4):
        deeper = _cut(paths, depth)
        if lines and len(deeper) > TREE_LINES:
            break
        lines = deeper
    if len(lines) > TREE_LINES:
        lines = [*lines[: TREE_LINES - 1], f"… and {len(lines) - TREE_LINES + 1} more"]
    return lines


def _cut(paths: Iterable[str], depth: int) -> list[str]:
    counts: dict[str, int] = {}
    for path in paths:
        parts = path.split("/", depth)
        short = path if len(parts) <= depth else "/".join(parts[:depth]) + "/"
        counts[short] = counts.get(short, 0) + 1
    return [printable(name) + (f" ({count} file{'s' * (count > 1)})" if name.endswith("/") else "") for name, count in counts.items()]
