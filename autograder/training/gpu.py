"""What a confined worker needs beyond the usual so that NVIDIA's driver works: its devices, its libraries,
a unix socket of its own that nobody can be reached by, and addresses without end.

The driver is a large surface: a run on a GPU is confined less than every other question (docs/training.md).
"""

from __future__ import annotations

import glob
import sysconfig
from pathlib import Path

from ..sandbox import landlock

ADDRESSES = 1 << 46
"""Bytes. The driver reserves addresses for all memory of all GPUs and of the host, so a limit on address space cannot be kept."""

DEVICES = "/dev/nvidia*"
LIBRARIES = ("/usr/local/nvidia", "/usr/local/cuda*", "/usr/lib/wsl", "/etc/ld.so.cache")
FACTS = (
    "/proc/driver/nvidia",
    "/proc/devices",
    "/proc/modules",
    "/proc/meminfo",
    "/sys/devices",
    "/sys/bus/pci",
    "/sys/module/nvidia*",
)
PACKAGES = ("nvidia", "triton", "cuda")
"""Folders of wheels in which torch finds CUDA's libraries when it first needs them."""


def rules() -> list[landlock.Rule]:
    site = [str(Path(sysconfig.get_path(key)) / name) for key in ("purelib", "platlib") for name in PACKAGES]
    read = [path for pattern in (*LIBRARIES, *FACTS, *site) for path in glob.glob(pattern)]
    made = [landlock.rule(path, landlock.READ) for path in dict.fromkeys(read)]
    made += [landlock.rule(path, landlock.DEVICE | landlock.IOCTL_DEVICE) for path in glob.glob(DEVICES)]
    made.append(
        landlock.rule("/proc/self", landlock.READ | landlock.WRITE_FILE | landlock.TRUNCATE)
    )  # the driver names its threads by way of comm
    return [rule for rule in made if rule is not None]
