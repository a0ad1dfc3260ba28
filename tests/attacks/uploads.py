"""Archives that are made to break whoever unpacks them."""

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from autograder.audit.attack import Attack, Files

Trick = Callable[[zipfile.ZipFile], None]


def zipped(trick: Trick | None = None, after: Callable[[bytes], bytes] = bytes) -> Callable[[Path, Files], Path]:
    """The submission as a zip with something more in it, its bytes changed afterwards."""

    def upload(folder: Path, files: Files) -> Path:
        held = io.BytesIO()
        with warnings.catch_warnings(), zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            warnings.simplefilter("ignore")  # of a name twice
            for name, data in files.items():
                archive.writestr(name, data)
            if trick is not None:
                trick(archive)
        folder.mkdir()
        (folder / "submission.zip").write_bytes(after(held.getvalue()))
        return folder / "submission.zip"

    return upload


def link(target: str, name: str = "ps2/extra.py") -> Trick:
    def add(archive: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo(name)
        entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, target)

    return add


def named(*names: str) -> Trick:
    def add(archive: zipfile.ZipFile) -> None:
        for name in names:
            archive.writestr(name, "print('GOT IN')\n")

    return add


def device(archive: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("ps2/device.py")
    entry.create_system, entry.external_attr = 3, (stat.S_IFCHR | 0o666) << 16
    archive.writestr(entry, "")


def door(archive: zipfile.ZipFile) -> None:
    link("/tmp", "ps2/door")(archive)
    archive.writestr("ps2/door/x.py", "")


def bomb(archive: zipfile.ZipFile) -> None:
    archive.writestr("ps2/bomb.py", b"#" * (64 << 20))


def lying_size(data: bytes) -> bytes:
    """The central directory says that the first file has four bytes."""
    at = data.index(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<I", 4) + data[at + 4 :]


def many(data: bytes) -> bytes:
    """A hundred thousand entries that are all the first file, made by hand because that is fast."""
    name = b"ps2/%06d.py"
    fields = (0x02014B50, 20, 20, 0, 8, 0, 33, 0, 2, 0, len(name % 0), 0, 0, 0, 0, 0, 0)
    head = struct.pack("<IHHHHHHIIIHHHHHII", *fields)
    start = data.index(b"PK\x01\x02")
    directory = b"".join(head + name % i for i in range(100_000))
    return data[:start] + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 65535, 65535, len(directory), start, 0)


def symlinked(folder: Path, files: Files) -> Path:
    """A folder, with a link to the whole disk in it."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "ps2" / "extra").symlink_to("/")
    (folder / "ps2" / "secret.py").symlink_to("/etc/passwd")
    return folder


def replaced(folder: Path, files: Files) -> Path:
    """The package itself is a link to the reference's."""
    course = next(line for line in files["ps2/activations.py"].decode().splitlines() if line.startswith("GRADER")).split("'")[1]
    folder.mkdir()
    (folder / "ps2").symlink_to(f"{course}/solutions/ps2")
    return folder


def attack(name: str, earns: str, trick: Trick | None = None, **more: object) -> Attack:
    return Attack(name, earns, upload=zipped(trick, **more))  # type: ignore[arg-type]


ATTACKS = [
    attack("a zip bomb", "bomb.py", bomb),
    attack("a hundred thousand entries", "entries", after=many),
    attack("a link to the secret", "link", link("../../../course/assignment/secret")),
    attack("a link to the reference in place of a file", "link", link("/course/solutions/ps2/activations.py", "ps2/activations.py")),
    attack("a link to a folder and a file below it", "link", door),
    attack("an absolute name", "", named("/tmp/ps2-owned.py", "/ps2/activations.py")),
    attack("names that climb", "", named("../../ps2-owned.py", "ps2/../../activations.py")),
    attack("backslashes", "", named("ps2\\..\\..\\owned.py", "..\\..\\owned.py")),
    attack("a drive letter", "", named("C:\\owned.py", "C:/owned.py")),
    attack("names that differ in case alone", "", named("ps2/Activations.py", "PS2/activations.py")),
    attack("names that differ in Unicode form alone", "", named("ps2/caf\u00e9.py", "ps2/cafe\u0301.py")),
    attack("the same name twice", "", named("ps2/activations.py")),
    attack("a name with a zero byte", "", named("ps2/a\0b.py")),
    attack("a name full of escapes", "", named("ps2/\x1b[2J\u202e.py")),
    attack("a device", "", device),
    attack("a zip in the zip", "", lambda a: a.writestr("inner.zip", b"PK\x05\x06" + bytes(18))),
    attack("a size that lies", "", after=lying_size),
    attack("a zip cut in half", "", after=lambda data: data[: len(data) // 2]),
    attack("no zip at all", "", after=lambda data: b"GIF89a" + bytes(100)),
    attack("an empty zip", "", after=lambda data: b"PK\x05\x06" + bytes(18)),
    Attack("a folder with links", "link", upload=symlinked),
    Attack("a package that is a link to the reference", "link", upload=replaced),
    Attack("a file that is no text", "1.3 ReLU", "from . import binary", files={"ps2/binary.py": bytes(range(256)) * 40}),
    Attack("a file that no compiler survives", "1.3 ReLU", "from . import deep", files={"ps2/deep.py": "x = " + "(" * 200000}),
]
