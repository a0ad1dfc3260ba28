#!/usr/bin/env python3
"""Make .venv/ with everything PS2 needs, and assignment/secret: `python3 scripts/setup.py`, or `make setup`.

A person's first contact, so: standard library only, any Python from 3.8 on (an older one than PS2 needs must still be able to
say so), nothing to do when nothing changed, and every failure one sentence with its remedy. Variables it heeds:

  PYTHON             the interpreter to make .venv from (else the first of python3.11, 3.12, 3.13, 3.10 and python3 that fits)
  PS2_VENV           where the environment goes, if not .venv
  PS2_WITHOUT_TORCH  1: leave torch out; what needs it is skipped
  PS2_TORCH_INDEX    where Linux takes torch from, if not PyTorch's own index of CPU builds
  PIP_FIND_LINKS, UV_FIND_LINKS   a folder of wheels; a torch wheel in it that fits is taken first
"""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable  # noqa: UP035  Python 3.8 runs this file too

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 10), (3, 13)
CANDIDATES = ("python3.11", "python3.12", "python3.13", "python3.10", "python3", sys.executable)
NEEDED_GB = 3  # torch is most of it
CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # PyPI's torch for Linux is a CUDA build of several GB


class Problem(Exception):
    """What went wrong and what to do about it, in one sentence; main prints it without a trace."""


# --- which Python ------------------------------------------------------------------------------------------------------------


def version_of(command: str) -> tuple[int, ...] | None:
    """(3, 11, 7), or None if the command does not run: a shim on PATH may stand for a Python that is not there."""
    try:
        probe = [command, "-c", "import sys; print('%d %d %d' % sys.version_info[:3])"]
        answer = subprocess.run(probe, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=30)
        return tuple(int(part) for part in answer.stdout.split()) if answer.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def supported(version: tuple[int, ...] | None) -> bool:
    return version is not None and OLDEST <= version[:2] <= NEWEST


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def choose_python(asked: str | None) -> tuple[str, tuple[int, ...]]:
    """The interpreter that PYTHON names, else the first candidate that PS2 supports."""
    found = []
    for command in [asked] if asked else CANDIDATES:
        version = version_of(command)
        if version is not None and supported(version):
            return command, version
        found += [f"{command} is {dotted(version)}"] if version else []
    needs = f"PS2 needs Python {dotted(OLDEST)} to {dotted(NEWEST)}"
    if asked and not found:
        raise Problem(f"{needs}, and PYTHON={asked} cannot be run: set PYTHON to an interpreter that is there, or unset it.")
    if asked:
        raise Problem(f"{needs}, and PYTHON={found[0]}: set PYTHON to one of those versions, or unset it.")
    raise Problem(
        f"{needs}, and none was found ({', '.join(dict.fromkeys(found)) or 'no Python on PATH'}): install one "
        "(Debian, Ubuntu: apt-get install python3.11 python3.11-venv), or name it with PYTHON=/path/to/python3.11."
    )


# --- is there anything to do -------------------------------------------------------------------------------------------------


def python_in(venv: Path) -> Path:
    return venv / "bin" / "python"


def version_in(venv: Path) -> tuple[int, ...] | None:
    """The Python version of an environment, read from its pyvenv.cfg: no process to start, so a repeated setup is instant."""
    try:
        found = re.search(r"^version(?:_info)? *= *(\d+)\.(\d+)\.(\d+)", (venv / "pyvenv.cfg").read_text(), re.MULTILINE)
    except OSError:
        return None
    return tuple(int(part) for part in found.groups()) if found and python_in(venv).exists() else None


def constraints_for(version: tuple[int, ...]) -> Path:
    return ROOT / "constraints" / "py{}{}.txt".format(*version)


def digest(version: tuple[int, ...], without_torch: bool) -> str:
    """What the environment was made from. The checkout's place is part of it: an editable install points there."""
    made_from = hashlib.sha256(repr((version, without_torch, str(ROOT))).encode())
    for path in (ROOT / "pyproject.toml", constraints_for(version)):
        made_from.update(path.read_bytes())
    return made_from.hexdigest()


def stamp_of(venv: Path) -> Path:
    return venv / "ps2-setup.stamp"


def up_to_date(venv: Path, version: tuple[int, ...] | None, without_torch: bool) -> bool:
    if version is None or not supported(version) or not stamp_of(venv).exists():
        return False
    return stamp_of(venv).read_text() == digest(version, without_torch)


# --- running things, and what their failures mean ----------------------------------------------------------------------------

# First match wins. A full disk or a dead network also makes builds fail and versions "not found", so they come first.
MEANINGS = (
    (r"No space left on device|Disk quota exceeded", "the disk filled up: free {gb} GB at {where}, then run this again"),
    (r"ensurepip is not available|No module named '?(ensurepip|venv|pip)\b", "{python} comes without venv or ensurepip: install them "
     "(Debian, Ubuntu: apt-get install python{minor}-venv), or choose another Python with PYTHON=/path/to/python3"),
    (r"(?i)dns error|name resolution|Name or service not known|getaddrinfo|Connection(Error| refused| reset)|NewConnectionError|Max retries"
     r"|error sending request|timed? ?out|Network is unreachable|Failed to fetch|certificate verify failed|ProxyError|tunnel error",
     "{what} could not be fetched: check the network, the proxy (HTTPS_PROXY) and any index set for pip or uv, then run this again"),
    (r"(gcc|cc|clang|g\+\+|c\+\+)'?:? (failed|not found|No such file)|No such file or directory: '(gcc|cc|clang|g\+\+|c\+\+)'"
     r"|unable to execute|Python\.h: No such file|command '[^']*(gcc|cc|clang|g\+\+|c\+\+)' failed|[Uu]nknown compiler",
     "a package had no wheel for this machine and its build lacked a compiler or Python's headers: install them "
     "(Debian, Ubuntu: apt-get install build-essential python{minor}-dev), then run this again"),
    (r"Permission denied|Read-only file system",
     "{where} cannot be written: make it yours, or put the environment elsewhere with PS2_VENV"),
    (r"(distribution found for|no versions? of|satisfies the requirement|no wheels? .*) ?torch\b",
     "no torch fits Python {minor} on this machine: choose another Python with PYTHON=python3.11, or leave torch out with "
     "PS2_WITHOUT_TORCH=1"),
)  # fmt: skip


def explain(output: str, **facts: object) -> str | None:
    """The sentence for a failed command's output, or None if the output is none that we know."""
    for pattern, sentence in MEANINGS:
        if re.search(pattern, output):
            return sentence.format(gb=NEEDED_GB, **facts)
    return None


def run(command: list[str], log: Path, env: dict[str, str], tick: str) -> str | None:
    """Run a command with its output in the log and its seconds on the terminal; the output if it failed, else None."""
    start, begin = time.monotonic(), log.stat().st_size if log.exists() else 0
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=str(ROOT), env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                try:
                    process.wait(1)
                except subprocess.TimeoutExpired:
                    if sys.stdout.isatty():
                        print(f"\r{tick}{time.monotonic() - start:.0f} s ", end="", flush=True)
        except BaseException:  # Ctrl-C must not leave an installer behind
            process.kill()
            raise
    return log.read_bytes()[begin:].decode(errors="replace") if process.returncode else None


class Setup:
    """The plan: what to make, where, from which Python. Each step is a method."""

    def __init__(self, venv: Path, python: str, version: tuple[int, ...], without_torch: bool) -> None:
        self.venv, self.python, self.version, self.without_torch = venv, python, version, without_torch
        self.log = venv / "ps2-setup.log"
        self.env = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
        self.installer: list[str] = []
        self.tick = ""

    def command(self, *command: str, what: str = "the packages") -> None:
        output = run(list(command), self.log, self.env, self.tick)
        if output is None:
            return
        facts = {"what": what, "where": self.venv.parent, "python": self.python, "minor": dotted(self.version[:2])}
        last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "no output")
        sentence = explain(output, **facts) or f"`{Path(command[0]).name}` failed ({last})"
        raise Problem(f"{sentence} (all it said: {self.log}).")

    def make_venv(self) -> None:
        """A fresh environment; a half-made one loses its pyvenv.cfg, so that the next run starts it afresh."""
        if self.venv.exists():
            shutil.rmtree(self.venv)
        self.venv.mkdir(parents=True)
        try:
            self.command(self.python, "-m", "venv", str(self.venv))
        except BaseException:
            if (self.venv / "pyvenv.cfg").exists():
                (self.venv / "pyvenv.cfg").unlink()
            raise

    def get_uv(self) -> None:
        """uv is several times faster than pip and resolves the same versions; where it cannot be had, pip does."""
        python = str(python_in(self.venv))
        in_venv = str(self.venv / "bin" / "uv")
        uv = next((path for path in (shutil.which("uv"), in_venv) if path and self.works(path)), None)
        if uv is None and self.pip(python, "install", "--quiet", "uv") and self.works(in_venv):
            uv = in_venv
        self.installer = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
        self.share_find_links(python)

    def works(self, uv: str) -> bool:
        return Path(uv).exists() and run([uv, "--version"], self.log, self.env, self.tick) is None

    def pip(self, python: str, *arguments: str) -> bool:
        """Short patience: without a network the install step says so anyway."""
        return run([python, "-m", "pip", *arguments, "--retries", "1", "--timeout", "20"], self.log, self.env, self.tick) is None

    def share_find_links(self, python: str) -> None:
        """One folder of wheels for both tools: uv reads neither pip's variable nor pip's configuration."""
        links = re.split(r"[,\s]+", self.env.get("UV_FIND_LINKS") or self.env.get("PIP_FIND_LINKS") or pip_setting(python, "find-links"))
        links = [link for link in links if link]
        if links:
            self.env.update(UV_FIND_LINKS=",".join(links), PIP_FIND_LINKS=" ".join(links))

    def install_torch(self) -> None:
        """torch alone and first, so that its index serves nothing else; the next step finds it satisfied."""
        pin = torch_pin(constraints_for(self.version))
        index = torch_index(self.env, pin, self.version, self.without_torch)
        if index:
            what = f"torch (from {index}; PS2_TORCH_INDEX names another index, PS2_WITHOUT_TORCH=1 does without)"
            self.command(*self.installer, "--no-deps", "--index-url", index, f"torch=={pin}", what=what)

    def install_packages(self) -> None:
        extras = "tools,figures,nbgrader" if self.without_torch else "dev"
        self.command(*self.installer, "--constraint", str(constraints_for(self.version)), "--editable", f".[{extras}]")

    def steps(self, fresh: bool) -> list[tuple[str, Callable[[], None]]]:
        pins = constraints_for(self.version).relative_to(ROOT)
        steps = [(f"making {self.venv.name} with Python {dotted(self.version)}", self.make_venv)] if fresh else []
        steps += [("looking for uv, else fetching it", self.get_uv)]
        steps += [] if self.without_torch else [("torch's CPU build, unless a local wheel will do", self.install_torch)]
        return [*steps, (f"packages, at the versions of {pins}", self.install_packages)]

    def go(self, fresh: bool) -> None:
        steps = self.steps(fresh)
        for number, (title, step) in enumerate(steps, 1):
            self.tick, start = f"  {number}/{len(steps)} {title} ... ", time.monotonic()
            print(self.tick, end="", flush=True)
            try:
                step()
            except BaseException:
                print(flush=True)  # the sentence gets a line of its own
                raise
            print(("\r" + self.tick if sys.stdout.isatty() else "") + f"{time.monotonic() - start:.1f} s", flush=True)


# --- torch -------------------------------------------------------------------------------------------------------------------


def pip_setting(python: str, name: str) -> str:
    answer = subprocess.run([python, "-m", "pip", "config", "get", f"global.{name}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return answer.stdout.decode().strip() if answer.returncode == 0 else ""


def torch_pin(constraints: Path) -> str:
    return next(line.split("==")[1].strip() for line in constraints.read_text().splitlines() if line.startswith("torch=="))


def local_torch(links: str, pin: str, version: tuple[int, ...]) -> bool:
    """Does a local folder of wheels hold this torch for this Python on this machine?"""
    tag = "cp{}{}".format(*version)
    wheel = re.compile(rf"torch-{re.escape(pin)}(\+\w+)?-{tag}-{tag}-\w*{re.escape(platform.machine())}\.whl")
    folders = [Path(re.sub("^file://", "", link)) for link in re.split(r"[,\s]+", links) if link]
    return any(wheel.fullmatch(path.name) for folder in folders if folder.is_dir() for path in folder.iterdir())


def torch_index(env: dict[str, str], pin: str, version: tuple[int, ...], without_torch: bool) -> str | None:
    """The index to take torch from in a step of its own; None where the packages step finds the right one itself."""
    if without_torch or local_torch(env.get("UV_FIND_LINKS", ""), pin, version):
        return None
    return env.get("PS2_TORCH_INDEX") or (CPU_INDEX if sys.platform == "linux" else None)


# --- the rest ----------------------------------------------------------------------------------------------------------------


def check_disk(venv: Path) -> None:
    place = next(folder for folder in (venv, *venv.parents) if folder.exists())
    free = shutil.disk_usage(place).free / 1e9
    if free < NEEDED_GB:
        raise Problem(
            f"{place} has {free:.1f} GB free and PS2 needs {NEEDED_GB} GB: free some, or put the environment on another disk "
            "with PS2_VENV=/path/to/venv."
        )


def check_replaceable(venv: Path) -> None:
    """Only an environment, or what a failed setup left, is ever deleted."""
    ours = any((venv / name).exists() for name in ("pyvenv.cfg", "ps2-setup.log"))
    if venv.exists() and not ours and any(venv.iterdir()):
        raise Problem(f"{venv} is in the way and is no Python environment: move it, or set PS2_VENV to another place.")


def warn_without_libseccomp() -> None:
    if sys.platform == "linux" and not ctypes.util.find_library("seccomp"):
        print(
            "  note: libseccomp is missing, so grading runs without its seccomp layer and says so in every result; "
            "`apt-get install libseccomp2` (Debian, Ubuntu) adds it."
        )


def make_secret(path: Path) -> None:
    """The key that every seed is derived from. Never replaced: a new one would change every submission's inputs."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32) + "\n")


def set_up(env: dict[str, str]) -> None:
    start = time.monotonic()
    venv = Path(os.path.abspath(env.get("PS2_VENV") or str(ROOT / ".venv")))
    without_torch = env.get("PS2_WITHOUT_TORCH", "") not in ("", "0")
    there = version_in(venv)
    asked = choose_python(env["PYTHON"]) if env.get("PYTHON") else None
    fresh = not supported(there) or bool(asked and there and asked[1][:2] != there[:2])
    make_secret(ROOT / "assignment" / "secret")
    if not fresh and up_to_date(venv, there, without_torch):
        print(f"setup: {venv} is up to date ({time.monotonic() - start:.2f} s)")
        return
    check_disk(venv)
    if fresh:
        check_replaceable(venv)
    python, version = (asked or choose_python(None)) if fresh or there is None else (str(python_in(venv)), there)
    print(f"setup: {venv} (a few minutes at most; {NEEDED_GB} GB of disk)")
    stamp_of(venv).unlink() if stamp_of(venv).exists() else None
    Setup(venv, python, version, without_torch).go(fresh)
    warn_without_libseccomp()
    stamp_of(venv).write_text(digest(version, without_torch))
    print(f"setup: done in {time.monotonic() - start:.0f} s")


def main() -> int:
    try:
        set_up(dict(os.environ))
    except Problem as problem:
        print(f"setup: {problem}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"setup: {error.filename} cannot be written: make it yours, or put the environment elsewhere with PS2_VENV.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"setup: {error.filename or 'the system'}: {error.strerror}; mend that, then run this again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run it again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
