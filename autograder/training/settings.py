"""The [training] table of assignment.toml."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ..check.trainer import Task

Count = Annotated[int, msgspec.Meta(ge=1)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]

OFF, AUTO, STORED = "off", "auto", "stored"


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of one kind of machine.

    images: which set. The run's own numbers are those of trainer.Task. seconds: measured on the machine that `measured_on` names; ten times
    as many are allowed. zero, full: accuracies without points and with all of them; absent while the profile is uncalibrated.
    """

    images: Literal["small", "large", "cifar10"]
    device: Literal["cpu", "cuda", "mps"]
    depth: Count
    epochs: Count
    epoch_images: Count
    seconds: Annotated[float, msgspec.Meta(gt=0)]
    width: Count = 1
    batch: Count = 128
    lr: Annotated[float, msgspec.Meta(gt=0)] = 0.1
    patience: Annotated[int, msgspec.Meta(ge=0)] = 1
    shift: Annotated[int, msgspec.Meta(ge=0)] = 0
    mirror: bool = False
    bfloat16: bool = False
    graphs: bool = True
    threads: Count = 2
    memory_mb: Annotated[int, msgspec.Meta(ge=256)] = 2048
    zero: Share | None = None
    full: Share | None = None
    measured_on: str = ""

    @property
    def calibrated(self) -> bool:
        return self.zero is not None and self.full is not None

    def task(self, seed: int) -> Task:
        names = (
            "depth",
            "width",
            "epochs",
            "epoch_images",
            "batch",
            "lr",
            "patience",
            "shift",
            "mirror",
            "device",
            "bfloat16",
            "graphs",
            "threads",
        )
        return Task(seed=seed % 2**31, **{name: getattr(self, name) for name in names})


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """profile: "off" (not asked at all), a profile's name, "auto" (what this machine can), "stored" (results from elsewhere alone).

    safer: how much higher than `full` the accuracy is that students are told. cifar10: path of a copy, for profiles with those images.
    open_parameters: the open track's budget, 0 where there is no such track. leaderboard: whether the run's accuracy is shown there.
    """

    profile: str = OFF
    points: Count = 10
    minutes: Count = 20
    section: str = "6.8 The training run"
    safer: Share = 0.02
    cifar10: str = ""
    open_parameters: Annotated[int, msgspec.Meta(ge=0)] = 0
    leaderboard: bool = False
    profiles: dict[str, Profile] = {}

    @property
    def on(self) -> bool:
        return self.profile != OFF
