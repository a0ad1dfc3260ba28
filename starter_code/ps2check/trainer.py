"""The training run itself: a student's network, initialization and `train` on images that are given. The grader's worker and the rehearsal
at home perform it by this same code.

torch is imported when a run begins, never when this file is.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import graphing
from .source import printable
from .verdict import Array

Tell = Callable[["Progress"], None]


@dataclass(frozen=True)
class Task:
    """What a run is to do: everything that decides its outcome, beside the images and the student's code.

    depth, width: of CifarResNet. epochs of epoch_images images each, in batches of `batch`: the budget. lr, patience: handed to `train`.
    shift: pixels by which images are moved at random; mirror: whether half of them are mirrored (where classes stay the same under it).
    seed: of initialization, order and augmentation. device: "cpu", "cuda" or "mps". bfloat16: whether products are computed in it
    where the device does so natively.
    graphs: whether a GPU replays recorded steps (graphing.py). threads: of the CPU. steps: end after so many, for timing; 0 = all.
    """

    depth: int = 8
    width: int = 1
    epochs: int = 16
    epoch_images: int = 2_500
    batch: int = 128
    lr: float = 0.1
    patience: int = 1
    shift: int = 0
    mirror: bool = False
    seed: int = 0
    device: str = "cpu"
    bfloat16: bool = False
    graphs: bool = True
    threads: int = 2
    steps: int = 0

    @property
    def images(self) -> int:
        """How many images the run sees."""
        return self.epochs * self.epoch_images


@dataclass(frozen=True)
class Data:
    """Standardised float32 images (N, 3, H, W) and int64 labels (N,)."""

    train_images: Array
    train_labels: Array
    validation_images: Array
    validation_labels: Array


@dataclass(frozen=True)
class Progress:
    """After an epoch: the error on the validation images, the rate of images, seconds since the first batch."""

    epoch: int
    images: int
    error: float
    seconds: float


@dataclass
class Run:
    """What came of it. weights: the state of the trained network as arrays, in float32 (counts as int64)."""

    weights: dict[str, Array] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    seconds: float = 0.0
    images: int = 0


class Trouble(Exception):
    """The run cannot go on because of the student's code or the machine. kind: "code", "diverged", "memory" or "device"."""

    def __init__(self, kind: str, says: str) -> None:
        super().__init__(says)
        self.kind = kind


def perform(ps2: Any, task: Task, data: Data, tell: Tell = lambda progress: None) -> Run:
    """Train the student's network. Raises Trouble, and whatever the student's code raises."""
    import torch

    with sentences(), settings(task):
        torch.manual_seed(task.seed)
        net = ps2.CifarResNet(task.depth, width=task.width)
        ps2.he_initialize(net, torch.Generator().manual_seed(task.seed))
        return trained(net, ps2.train, ps2.evaluate, task, data, tell)


def trained(net: Any, train: Callable[..., Any], evaluate: Callable[..., Any], task: Task, data: Data, tell: Tell) -> Run:
    """Hand `net` and the budget of images to `train`, on the device; `evaluate` measures it after each epoch."""
    import torch

    net = net.to(device=task.device, memory_format=torch.channels_last)
    batches = Batches(task, data)
    run = Run()

    def validate() -> float:
        if not all(bool(torch.isfinite(p).all()) for p in net.parameters()):
            raise Trouble("diverged", f"the weights were no longer finite after epoch {batches.epoch} of {task.epochs}")
        error = 1.0 - float(evaluate(net, batches.validation, batches.validation_labels))
        run.errors.append(error)
        tell(Progress(batches.epoch, batches.seen, error, time.monotonic() - batches.began))
        return error

    with autocast(task):
        if task.graphs and task.device == "cuda":
            graphing.record(net, batches.example())
        losses = train(net, batches.epochs(), validate, lr=task.lr, patience=task.patience)
    run.seconds = time.monotonic() - batches.began
    run.images = batches.seen
    run.losses = [float(loss) for loss in losses] if isinstance(losses, (list, tuple)) else []
    run.weights = {key: plain(value) for key, value in net.state_dict().items()}
    return run


def plain(value: Any) -> Array:
    value = value.detach().cpu()
    array: Array = (value.float() if value.is_floating_point() else value.long()).contiguous().numpy()
    return array


class Batches:
    """The budget: `epochs()` gives every epoch once, every batch once, from images that live on the device."""

    def __init__(self, task: Task, data: Data) -> None:
        import torch

        self.task = task
        self.images = self.on_device(data.train_images)
        self.labels = torch.from_numpy(data.train_labels).to(task.device)
        self.validation = self.on_device(data.validation_images)
        self.validation_labels = torch.from_numpy(data.validation_labels).to(task.device)
        self.random = torch.Generator().manual_seed(task.seed + 1)
        self.epoch = self.seen = self.steps = 0
        self.began = time.monotonic()

    def on_device(self, images: Array) -> Any:
        import torch

        return torch.from_numpy(images).to(self.task.device).contiguous(memory_format=torch.channels_last)

    def example(self) -> Any:
        """A batch as `train` will see it, for what only needs its shape and its scale."""
        return self.augmented(self.images[: self.task.batch])

    def epochs(self) -> Iterator[Iterator[tuple[Any, Any]]]:
        order = self.order()
        self.began = time.monotonic()
        for epoch in range(self.task.epochs):
            if self.done:
                return
            self.epoch = epoch + 1
            yield self.batches(order)

    @property
    def done(self) -> bool:
        return bool(self.task.steps) and self.steps >= self.task.steps

    def order(self) -> Iterator[Any]:
        """Indices without end: every image once before any comes again."""
        import torch

        left = torch.empty(0, dtype=torch.long, device=self.task.device)
        while True:
            while len(left) < self.task.batch:
                left = torch.cat([left, torch.randperm(len(self.labels), generator=self.random).to(self.task.device)])
            yield left[: self.task.batch]
            left = left[self.task.batch :]

    def batches(self, order: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
        """One epoch."""
        left = self.task.epoch_images
        while left > 0 and not self.done:
            chosen = next(order)[:left]
            left -= len(chosen)
            self.seen += len(chosen)
            self.steps += 1
            yield self.augmented(self.images[chosen]), self.labels[chosen]

    def augmented(self, images: Any) -> Any:
        """Moved by up to `shift` pixels, with zeros from outside, and half of them mirrored: each by itself, on the device."""
        import torch

        n, shift, size = len(images), self.task.shift, images.shape[-1]
        if self.task.mirror:
            mirrored = (torch.rand(n, generator=self.random) < 0.5).to(images.device)
            images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
        if shift:
            padded = torch.nn.functional.pad(images, (shift,) * 4).permute(0, 2, 3, 1)
            dy, dx = torch.randint(2 * shift + 1, (2, n, 1), generator=self.random).to(images.device)
            steps = torch.arange(size, device=images.device)
            one = torch.arange(n, device=images.device)[:, None, None]
            images = padded[one, (dy + steps)[:, :, None], (dx + steps)[:, None, :]].permute(0, 3, 1, 2)
        return images


@contextlib.contextmanager
def settings(task: Task) -> Iterator[None]:
    """Threads, and the faster kernels of the device; as before afterwards."""
    import torch

    threads, benchmark = torch.get_num_threads(), torch.backends.cudnn.benchmark
    torch.set_num_threads(task.threads)
    torch.backends.cudnn.benchmark = task.device == "cuda"
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.backends.cudnn.benchmark = benchmark


def autocast(task: Task) -> Any:
    """bfloat16 where asked for and native. Without the cache of cast weights, which is emptied only when the context ends."""
    import torch

    if not (task.bfloat16 and multiplies_bfloat16(task.device)):
        return contextlib.nullcontext()
    return torch.autocast(task.device, dtype=torch.bfloat16, cache_enabled=False)


def multiplies_bfloat16(device: str) -> bool:
    """Whether the device multiplies bfloat16 faster than float32: recent GPUs, and processors with AMX."""
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)  # torch from 2.5 on
    return device == "cpu" and bool(amx())


@contextlib.contextmanager
def sentences() -> Iterator[None]:
    """Memory that ran out and a device that failed, as Trouble."""
    try:
        yield
    except MemoryError:
        raise Trouble("memory", "the run was out of memory") from None
    except RuntimeError as error:
        text = str(error)
        if "out of memory" in text or "not enough memory" in text or "can't allocate memory" in text:
            raise Trouble("memory", "the run was out of memory") from None
        if "CUDA error" in text or "cuDNN error" in text or "CUBLAS" in text:
            raise Trouble("device", f"the GPU failed ({text.splitlines()[0][:120]})") from None
        raise


def measure(net: Any, weights: dict[str, Array], images: Array, labels: Array) -> float:
    """The accuracy of `weights` in the network `net`, on the CPU in float32, whatever they were trained on.

    Raises Trouble where they do not fit: keys, shapes, or numbers that are not finite.
    """
    import torch

    own = net.state_dict()
    for key in own:
        if key not in weights:
            raise Trouble("code", f'the weights hold no "{key}"')
        if tuple(weights[key].shape) != tuple(own[key].shape):
            raise Trouble("code", f"{key} has shape {tuple(weights[key].shape)}, expected {tuple(own[key].shape)}")
        if not np.isfinite(weights[key]).all():
            raise Trouble("diverged", f"{key} holds numbers that are not finite")
    surplus = sorted(set(weights) - set(own))
    if surplus:
        raise Trouble("code", f'the weights hold "{printable(surplus[0], 60)}", which the network of this run does not have')
    net.load_state_dict({key: torch.tensor(weights[key]).to(own[key].dtype) for key in own})
    net.eval()
    correct = 0
    with torch.inference_mode():
        for start in range(0, len(images), 500):
            predicted = net(torch.from_numpy(images[start : start + 500])).argmax(dim=1).numpy()
            correct += int((predicted == labels[start : start + 500]).sum())
    return correct / len(labels)
