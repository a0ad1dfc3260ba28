"""The open track: a network of the student's own, in ps2/open_track.py, under the training run's budget of images. Never worth points.

`build()` gives the network, untrained. `train`, where the file has one, replaces that of training.py. Afterwards only the weights
are kept: logits are computed by another process, from them and from the file.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .trainer import Data, Run, Task, Tell, Trouble, sentences, settings, trained
from .verdict import Array

FILE = "open_track.py"
MODULE = "ps2.open_track"
BATCH = 500


@dataclass(frozen=True)
class Hidden:
    """What the process that computes logits gets. images: (N, 3, H, W) float32, without labels. weights: safetensors, as uint8."""

    images: Array
    weights: Array


def perform(ps2: Any, task: Task, data: Data, tell: Tell = lambda progress: None) -> Run:
    """Train the student's own network. Raises Trouble, and whatever the student's code raises."""
    import torch

    with sentences(), settings(task):
        torch.manual_seed(task.seed)
        own = importlib.import_module(MODULE)
        train = own.train if hasattr(own, "train") else ps2.train
        return trained(network(own), train, ps2.evaluate, dataclasses.replace(task, graphs=False), data, tell)


def logits(weights: Mapping[str, Array], images: Array, task: Task) -> Array:
    """(N, classes) float32: the student's network with these weights, on the CPU in eval mode. Raises as `perform` does."""
    import torch

    with sentences(), settings(task), torch.inference_mode():
        net = network(importlib.import_module(MODULE))
        net.load_state_dict({key: torch.tensor(value) for key, value in weights.items()})
        net.eval()
        parts = [net(torch.from_numpy(images[i : i + BATCH])).float().numpy() for i in range(0, len(images), BATCH)]
        return np.concatenate(parts)


def network(own: Any) -> Any:
    import torch

    if not hasattr(own, "build"):
        raise Trouble("code", f"{FILE} has no function build")
    net = own.build()
    if not isinstance(net, torch.nn.Module):
        raise Trouble("code", f"build() returned {type(net).__name__[:60]}, expected a torch.nn.Module")
    return net


def parameters(bytes_of_weights: int) -> int:
    """What the budget counts: every four bytes of the state, running statistics included, so that nothing hides in another type."""
    return -(-bytes_of_weights // 4)
