"""One submission, a zip or a folder, becomes a clean folder of .py files that a confined worker may read.

Here the pieces meet: archive.py and folder.py read safely, check/layout.py finds the package, compiling.py says what does not compile.
Only the student's .py files and the given files are written, with their compiled code beside them; nothing else of the upload exists for
the worker, by name, time or content.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from ..check.layout import GIVEN, PACKAGE, Layout, LayoutError, find
from ..check.source import printable
from .archive import read_zip
from .compiling import WORD, Compiler, place_given
from .folder import read_folder
from .upload import IntakeError, Upload, about_link, reason

__all__ = ["IntakeError", "Submission", "digest_of", "identify", "merged", "own_files", "take"]

FIXED_TIME = 1_700_000_000  # seconds; no time of the upload reaches the worker
LARGEST_MANIFEST = 65_536
MANIFEST_KEYS = ("kit_version", "check_digest")
MANIFEST_VALUE = re.compile(r"[A-Za-z0-9._+:-]{1,128}")


class Submission(msgspec.Struct, frozen=True):
    """A submission made ready: `folder` (absolute) contains ps2/ with .py files alone.

    `digest` is the sha256 (hex) of the student's files as the worker sees them, the same for zip and folder, nested and flat; `remarks` are
    sentences for the student; `faults` says per file (name inside ps2) why it is missing or cannot be imported; `manifest` has
    "kit_version" and "check_digest" when the upload brought a kit.json.
    """

    folder: str
    digest: str
    remarks: list[str]
    faults: dict[str, str]
    manifest: dict[str, str]


def take(
    source: Path,
    into: Path,
    *,
    given: Path,
    wanted: Collection[str],
    asked: Collection[str] | None = None,
    offered: Mapping[str, Collection[str]] | None = None,
    compiler: Compiler | None = None,
) -> Submission:
    """Takes the zip or folder `source` into the new or empty folder `into`.

    `given`: a folder whose __init__.py, base.py and images.py, those that exist, replace the student's; `wanted`: the names asked for,
    such as "activations.py"; `asked`: those that are asked about now, where that is not all: nothing else is compiled but what they
    name; `offered`: the packages that these files may import, under "" those that a file of the student's own may, for remarks on others
    that are imported and do no harm; `compiler`: one that is kept for the next submission.
    Raises IntakeError, one sentence with its remedy, when there is nothing that can be graded.
    """
    with _opened(source) as upload:
        layout = _found(upload, wanted)
        manifest = _manifest(upload, layout)
    givens = _givens(given)
    own = _own(layout, givens)
    remarks = [*layout.remarks, *_replaced(layout.files, givens)]
    _write(into, {**own, **givens})
    missing = {name: _missing(name, layout.remarks) for name in sorted(set(wanted) - own.keys() - givens.keys())}
    with contextlib.nullcontext(compiler) if compiler else Compiler() as compiles:
        place_given(into / PACKAGE, givens)
        names = sorted(own if asked is None else reached(own, asked))
        faults = missing | compiles.examine(into / PACKAGE, names)
        if offered is not None:
            sound = sorted(own.keys() - faults.keys())
            remarks += compiles.idle(into / PACKAGE, {name: offered.get(name, offered[""]) for name in sound})
    _settle(into)
    return Submission(str(into.resolve()), digest_of(own), remarks, faults, manifest)


def identify(source: Path, *, given: Path, wanted: Collection[str]) -> str:
    """The digest that `take` would give, without writing or compiling anything. Raises IntakeError as it does."""
    return digest_of(own_files(source, given=given, wanted=wanted))


def own_files(source: Path, *, given: Path, wanted: Collection[str]) -> dict[str, bytes]:
    """The student's own files, by name inside ps2. Raises IntakeError as `take` does."""
    with _opened(source) as upload:
        return _own(_found(upload, wanted), _givens(given))


def _givens(given: Path) -> dict[str, bytes]:
    return {name: (given / name).read_bytes() for name in GIVEN if (given / name).is_file()}


def _own(layout: Layout, givens: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in layout.files.items() if name not in givens}


def digest_of(files: Mapping[str, bytes]) -> str:
    """sha256 (hex) over names and bytes, sorted, each with its length before it, so that no two trees give the same text."""
    total = hashlib.sha256()
    for name, data in sorted((name.encode("utf-8"), data) for name, data in files.items()):
        for part in (name, data):
            total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def reached(files: Mapping[str, bytes], start: Collection[str]) -> set[str]:
    """Of `files` those of `start`, and all that these name in their text, and so on. What is imported all the same, a worker compiles."""
    found: set[str] = set()
    new = files.keys() & start
    while new:
        found |= new
        words = {word for name in new for word in WORD.findall(files[name])}
        new = {name for name in files.keys() - found if words & {part.encode() for part in Path(name).with_suffix("").parts}}
    return found


MISSING = re.compile(r"(\S+) is missing: its questions earn nothing\.")


def merged(sentences: Iterable[str]) -> list[str]:
    """Each once; files that are only missing in one sentence."""
    each = list(dict.fromkeys(sentences))
    missing = [match[1] for says in each if (match := MISSING.fullmatch(says))]
    if len(missing) < 2:
        return each
    told = f"{', '.join(missing)} are missing: their questions earn nothing."
    return [told, *(says for says in each if not MISSING.fullmatch(says))]


# Opening and finding


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[Upload]:
    """The upload at `source`, a zip or a folder, readable inside the `with`. Raises IntakeError with one sentence."""
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise IntakeError(f"'{printable(str(source))}' cannot be read ({reason(error)}); give a zip file or a folder.") from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISDIR(mode):
        try:
            yield read_folder(descriptor)
        finally:
            os.close(descriptor)
        return
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(mode):
            raise IntakeError(f"'{printable(str(source))}' is neither a file nor a folder; give a zip file or a folder.")
        with read_zip(file, source.name) as upload:
            yield upload


def _found(upload: Upload, wanted: Collection[str]) -> Layout:
    try:
        layout = find(upload, wanted)
    except LayoutError as error:
        raise IntakeError(_better_reason(upload) or str(error)) from None
    prefix = f"{layout.root}/" if layout.root else ""
    for name, kind in sorted(upload.links.items()):
        if name.startswith(prefix) and not layout.flat:
            raise IntakeError(about_link(name, kind))
    return layout


def _better_reason(upload: Upload) -> str | None:
    """What hides the package: a link in its place, or a zip inside the zip."""
    for name, kind in sorted(upload.links.items()):
        if name.rpartition("/")[2].casefold() == PACKAGE:
            return about_link(name, kind)
    names = list(upload)
    inner = [name for name in names if name.casefold().endswith(".zip")]
    if len(inner) == 1 and not any(name.casefold().endswith(".py") for name in names):
        return f"the upload contains another zip, '{printable(inner[0])}'; submit that one itself, or the folder {PACKAGE}/ that is in it."
    return None


def _missing(name: str, remarks: Collection[str]) -> str:
    """The sentence that the layout has for a missing file, so that both say the same."""
    start = f"{name} is missing"
    return next((remark for remark in remarks if remark.startswith(start)), f"{start}: its questions earn nothing.")


def _replaced(files: Mapping[str, bytes], givens: Mapping[str, bytes]) -> Iterator[str]:
    for name, data in givens.items():
        if name in files and _lines(files[name]) != _lines(data):
            yield f"your {PACKAGE}/{name} differs from the given one and was replaced by it: this file is not yours to change."


def _lines(data: bytes) -> bytes:
    return data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip()


def _manifest(upload: Upload, layout: Layout) -> dict[str, str]:
    """What kit.json says, in the package, beside it or at the top; anything odd in it counts as not said."""
    above = layout.root.rpartition("/")[0]
    for folder in dict.fromkeys((layout.root, above, "")):
        name = f"{folder}/kit.json" if folder else "kit.json"
        if name not in upload:
            continue
        try:
            data = upload[name]
            said = msgspec.json.decode(data) if len(data) <= LARGEST_MANIFEST else None
        except (IntakeError, msgspec.DecodeError, ValueError, RecursionError):
            return {}
        pairs = said.items() if isinstance(said, dict) else ()
        return {key: value for key, value in pairs if key in MANIFEST_KEYS and isinstance(value, str) and MANIFEST_VALUE.fullmatch(value)}
    return {}


# Writing


def _write(into: Path, files: Mapping[str, bytes]) -> None:
    """Writes the package; `into` must be new or empty, so that nothing older mixes with it."""
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise IntakeError(f"the folder '{printable(str(into))}' for the clean copy is not empty; give a new one.")
    folders = {into, into / PACKAGE}
    for name in files:
        folders |= {into / PACKAGE / parent for parent in Path(name).parents}
    for folder in sorted(folders):
        folder.mkdir(exist_ok=True)
    for name, data in files.items():
        with open(into / PACKAGE / name, "xb") as file:
            file.write(data)


def _settle(into: Path) -> None:
    """Fixed modes and times for all that was written; workers are other users."""
    for folder, _, files in os.walk(into, topdown=False):
        for path, mode in [*((os.path.join(folder, name), 0o644) for name in files), (folder, 0o755)]:
            os.chmod(path, mode)
            os.utime(path, (FIXED_TIME, FIXED_TIME))
