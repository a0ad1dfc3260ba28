"""Which profile this machine can run. Found out in a process that is thrown away: asking for a GPU is enough to make later forks fail."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import msgspec

from ..sandbox import launch
from ..sandbox.errors import GraderError
from .settings import Profile, Training

SECONDS = 120.0
SMALLEST_SHARE, SMALLEST_MB = 1.0, 1_500
"""Of CPUs and memory: Gradescope's default container (half a CPU, 768 MB) has less, and the run would not end there in time."""

PROBE = """
import json, platform, sys
try:
    import torch
except ImportError:
    print(json.dumps({})); sys.exit()
device, name = "cpu", platform.processor() or platform.machine()
if torch.cuda.is_available():
    device, name = "cuda", torch.cuda.get_device_name()
elif torch.backends.mps.is_available():
    device, name = "mps", "Apple GPU"
print(json.dumps({"device": device, "name": name, "torch": torch.__version__}))
"""


class Machine(msgspec.Struct, frozen=True):
    """device: "cpu", "cuda", "mps"; "" where torch is not installed. cpus: as the container's quota allows."""

    device: str = ""
    name: str = ""
    torch: str = ""
    cpus: float = 1.0
    memory_mb: int = 0


def machine() -> Machine:
    with tempfile.TemporaryDirectory(prefix="ps2-look-") as place:
        environment = launch.environment(Path(place))
        if "CUDA_VISIBLE_DEVICES" in os.environ:
            environment["CUDA_VISIBLE_DEVICES"] = os.environ["CUDA_VISIBLE_DEVICES"]
        else:
            del environment["CUDA_VISIBLE_DEVICES"]
        done = subprocess.run(
            launch.command(None, PROBE),
            env=environment,
            cwd="/",
            capture_output=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    try:
        found = msgspec.json.decode(done.stdout, type=Machine)
    except msgspec.DecodeError:
        found = Machine()
    return msgspec.structs.replace(found, cpus=cpu_share(), memory_mb=memory_mb())


def cpu_share(root: Path = Path("/sys/fs/cgroup")) -> float:
    """How many CPUs this process may use: its affinity, and the quota of its container."""
    count = float(len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else float(os.cpu_count() or 1)
    try:
        quota, period = (root / "cpu.max").read_text().split()
        return count if quota == "max" else min(count, int(quota) / int(period))
    except (OSError, ValueError):
        return count


def memory_mb(root: Path = Path("/sys/fs/cgroup")) -> int:
    """The container's limit, else the machine's memory; 0 where neither is known."""
    try:
        text = (root / "memory.max").read_text().strip()
        if text != "max":
            return int(text) >> 20
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    except (ValueError, OSError, AttributeError):
        return 0


def chosen(training: Training, wanted: str, here: Machine) -> tuple[str, Profile]:
    """The profile to run: `wanted`, or for "auto" the first whose device this machine has. Raises GraderError with one sentence."""
    if not here.device:
        raise GraderError("the training run needs torch, which is not installed here: pip install -r requirements-torch.txt")
    if wanted != "auto":
        if wanted not in training.profiles:
            raise GraderError(f'there is no profile "{wanted}" in assignment.toml; there are {", ".join(training.profiles) or "none"}')
        profile = training.profiles[wanted]
        if profile.device not in ("cpu", here.device):
            raise GraderError(f'the profile "{wanted}" needs {profile.device}, and this machine has {here.device} alone')
        return wanted, profile
    fitting = [(name, p) for name, p in training.profiles.items() if p.device == here.device] or [
        (name, p) for name, p in training.profiles.items() if p.device == "cpu"
    ]
    if not fitting:
        raise GraderError("no profile in assignment.toml fits this machine; add one under [training.profiles]")
    if fitting[0][1].device == "cpu" and (here.cpus < SMALLEST_SHARE or 0 < here.memory_mb < SMALLEST_MB):
        raise GraderError(
            f"this container has {here.cpus:g} CPUs and {here.memory_mb} MB, too little for the training run in time; "
            "choose a larger one, or pack results from another machine"
        )
    return fitting[0]
