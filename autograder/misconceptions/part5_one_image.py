"""Known mistakes in part 5 that show with one image alone. Each sentence goes on after "This is what you get when …"."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited


@mistake(
    "5.14",
    "CifarResNet",
    "axes of length 1 are squeezed away after the pooling, so that one image alone loses its batch axis; flatten(1) keeps it",
    fails=("eval",),
)
def cifar_network_squeezed(right: Any) -> Any:
    return edited(right, ("self.fc(x.mean(dim=(2, 3)))", "self.fc(x.mean(dim=(2, 3), keepdim=True).squeeze())"))
