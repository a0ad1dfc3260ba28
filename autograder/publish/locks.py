"""The grader's packages, exactly: a lock file for each Python version, every wheel by its hash, so that a container builds next year too.

constraints/locked/py311.txt has what grades numpy questions; py311-torch.txt what torch needs. torch itself is a line in
constraints/py311.txt and comes from PyTorch's own index, whose CPU builds PyPI does not have.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..assignment import AssignmentError
from ..course import ENGINE
from ..grading.result import write_atomically
from .gradescope_zip import REQUIREMENTS, REQUIREMENTS_TORCH

VERSIONS = ("3.10", "3.11", "3.12", "3.13")
FOLDER = ENGINE / "constraints" / "locked"
CUDA = re.compile(r"(cuda|nvidia|triton)\b.*", re.IGNORECASE)
"""What PyPI's torch wants and the CPU build does not."""


def lock_path(version: str, torch: bool) -> Path:
    return FOLDER / f"py{version.replace('.', '')}{'-torch' if torch else ''}.txt"


def lock(version: str, torch: bool) -> bytes:
    """The lock file's content at the versions of constraints/. Raises AssignmentError where they do not resolve."""
    wanted = REQUIREMENTS_TORCH if torch else REQUIREMENTS
    pins = ENGINE / "constraints" / f"py{version.replace('.', '')}.txt"
    text = resolved(version, wanted, ["--constraint", str(pins), *cpu_only(torch)])
    head = f"# Python {version} on Linux, made by `make locks`; install with: pip install --require-hashes --no-deps -r THIS\n"
    return (head + text).encode()


def cpu_only(torch: bool) -> list[str]:
    return ["--no-emit-package", "torch"] if torch else []


def resolved(version: str, wanted: Sequence[str], options: Sequence[str]) -> str:
    """uv's answer: every package with the hashes of all its files, without those that the CPU build of torch does without."""
    with tempfile.TemporaryDirectory(prefix="ps2-lock-") as folder:
        asked = Path(folder) / "requirements.in"
        asked.write_text("".join(f"{name}\n" for name in wanted), encoding="utf-8")
        command = [uv(), "pip", "compile", str(asked), "--python-version", version, "--python-platform", "x86_64-unknown-linux-gnu"]
        command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", *options]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment(), check=False)
    if done.returncode != 0:
        last = " ".join(done.stderr.split())[-300:]
        raise AssignmentError(f"The packages for Python {version} do not resolve ({last}); `make constraints`, then `make locks`.")
    return "".join(block for block in blocks(done.stdout) if not CUDA.match(block))


def environment() -> dict[str, str]:
    """Without folders of wheels: their files would add hashes that nobody else's have."""
    return {name: value for name, value in os.environ.items() if name not in ("UV_FIND_LINKS", "PIP_FIND_LINKS")}


def blocks(text: str) -> list[str]:
    """One package each, with its hashes."""
    return re.findall(r"^\S.*\n(?:[ \t].*\n)*", text, re.MULTILINE)


def uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if found is None:
        raise AssignmentError(f"Lock files are made and checked by uv, which is not installed: run `{sys.executable} -m pip install uv`.")
    return found


def stale_locks(versions: Sequence[str] = VERSIONS) -> list[str]:
    """Sentences: a lock file that is missing, or whose packages cannot be had any more with the hashes that it names."""
    found = []
    for version in versions:
        for torch in (False, True):
            path = lock_path(version, torch)
            if not path.is_file():
                found.append(f"{path} is missing; `make locks` writes it.")
                continue
            packages = [block for block in blocks(path.read_text(encoding="utf-8")) if not block.startswith("#")]
            names = [block.split(" \\")[0].strip() for block in packages]
            now = resolved(version, names, ["--no-deps"])
            if not all(hashes(old) <= hashes(new) for old, new in zip(packages, blocks(now), strict=True)):
                found.append(f"{path} names files that are not to be had any more; `make locks` writes it anew.")
    return found


def hashes(block: str) -> set[str]:
    return set(re.findall(r"sha256:[0-9a-f]+", block))


def locks_command(check: bool) -> int:
    """Write every lock file, or check that they resolve."""
    if check:
        found = stale_locks()
        print(*found or [f"{2 * len(VERSIONS)} lock files resolve."], sep="\n")
        return 1 if found else 0
    for version in VERSIONS:
        for torch in (False, True):
            content = lock(version, torch)
            write_atomically(lock_path(version, torch), content)
            print(f"{lock_path(version, torch).name}: {len(blocks(content.decode())) - 1} packages")
    return 0
