"""The judged run against a conventional PyTorch CIFAR loop, side by side in one process: images per second.

    python benchmarks/training_speed.py [--device cpu|cuda|mps] [--preset small|large] [--images N] [--rounds 3] [--whole] [--json FILE]

Both train the same network by the same rule. Conventional: a Dataset that gives one image at a time, a DataLoader with two workers,
float32, contiguous tensors, `loss.item()` at every step. Ours: data resident on the device, batches by index, channels-last, bfloat16
where the device has it. Rounds alternate, so that a busy machine is busy for both, after one of each that does not count; the
ratio is that of the medians. The share of the
device's peak is against a large matrix product in the same number format, timed in the same process. --whole: one run of the course's
profile for that device as well, with the seconds in which its validation accuracy reached each threshold.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import platform
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode

from autograder.check.package import Package
from autograder.check.question import load_questions
from autograder.check.trainer import Data, Progress, Task, multiplies_bfloat16, perform
from autograder.course import this_course
from autograder.training.images import draw, practice_source
from autograder.training.settings import Profile

GOALS = (0.5, 0.7, 0.8, 0.9, 0.95)


class OneByOne(Dataset):  # type: ignore[type-arg]
    def __init__(self, data: Data) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data.train_labels)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return torch.from_numpy(self.data.train_images[i]), int(self.data.train_labels[i])


def conventional(ps2: Package, task: Task, data: Data) -> float:
    """Images per second."""
    torch.set_num_threads(task.threads)
    net = ps2.CifarResNet(task.depth, width=task.width).to(task.device)
    ps2.he_initialize(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=task.lr, momentum=0.9, weight_decay=1e-5)
    loader = DataLoader(OneByOne(data), batch_size=task.batch, shuffle=True, num_workers=2, drop_last=True)
    net.train()
    seen, losses, began = 0, [], 0.0
    while seen < task.images:
        for x, y in loader:
            if not began:
                began = time.perf_counter()  # the workers have started
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x.to(task.device)), y.to(task.device))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            seen += len(y)
            if seen >= task.images:
                break
    return seen / (time.perf_counter() - began)


def ours(ps2: Package, task: Task, data: Data) -> float:
    few = dataclasses.replace(data, validation_images=data.validation_images[:1], validation_labels=data.validation_labels[:1])
    run = perform(ps2, task, few)
    gc.collect()  # a recorded step that is left to the next collection ends in a DataLoader's worker, which has no device to end it on
    return run.images / run.seconds


def operations(ps2: Package, task: Task, data: Data) -> float:
    """Floating-point operations of one image's forward and backward pass, counted by torch."""
    net = ps2.CifarResNet(task.depth, width=task.width)
    with FlopCounterMode(display=False) as counter:
        net(torch.from_numpy(data.train_images[:4])).sum().backward()
    return counter.get_total_flops() / 4


def peak(task: Task) -> float:
    """Operations per second of a square matrix product: what the device reaches when nothing but arithmetic is asked of it."""
    torch.set_num_threads(task.threads)
    size = 8192 if task.device == "cuda" else 2048
    dtype = torch.bfloat16 if multiplies_bfloat16(task.device) else torch.float32
    a = torch.randn(size, size, device=task.device, dtype=dtype)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        (a @ a)[0, 0].item()  # waits for the device
        times.append(time.perf_counter() - began)
    return 2 * size**3 / min(times)


def whole(ps2: Package, data: Data, profile: Profile, threads: int) -> dict[str, float | None]:
    """Seconds to each validation accuracy in one run of the profile, and its last accuracy."""
    seen: list[Progress] = []
    perform(ps2, dataclasses.replace(profile.task(7), threads=threads), data, seen.append)
    reached: dict[str, float | None] = {
        f"{goal:.2f}": next((round(p.seconds, 2) for p in seen if 1 - p.error >= goal), None) for goal in GOALS
    }
    return reached | {"end": round(seen[-1].seconds, 2), "accuracy at the end": round(1 - seen[-1].error, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--images", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    load_questions()
    course = this_course()
    ps2 = Package(course.reference)
    data, _, _ = draw(practice_source(options.preset, 7), course.reference)
    depth, batch = (8, 128) if options.preset == "small" else (20, 512)
    task = Task(depth, 1, 1, options.images, batch, device=options.device, bfloat16=True, threads=options.threads)
    rows: dict[str, list[float]] = {"conventional": [], "ours": []}
    for measure in (conventional, ours):
        measure(ps2, dataclasses.replace(task, epoch_images=4 * batch), data)
    for _ in range(options.rounds):
        rows["conventional"].append(conventional(ps2, task, data))
        rows["ours"].append(ours(ps2, task, data))
    medians = {name: statistics.median(values) for name, values in rows.items()}
    name = torch.cuda.get_device_name() if options.device == "cuda" else platform.processor() or platform.machine()
    print(f"{options.preset} on {options.device} ({name}), torch {torch.__version__}, {options.images} images a round")
    for kind, values in rows.items():
        print(f"  {kind:13} {medians[kind]:9.0f} images/s   ({', '.join(f'{v:.0f}' for v in values)})")
    print(f"  ratio         {medians['ours'] / medians['conventional']:9.2f}")
    share = operations(ps2, task, data) * medians["ours"] / peak(task)
    print(f"  share of peak {share:9.3f}")
    facts = {"device": f"{options.device}: {name}", "torch": torch.__version__, "task": dataclasses.asdict(task), "rounds": rows}
    facts |= {"ratio": round(medians["ours"] / medians["conventional"], 2), "share of peak": round(share, 4)}
    if options.whole:
        profiles = course.assignment.training.profiles
        used = next(n for n, p in profiles.items() if p.device == options.device and p.images == options.preset)
        facts["seconds to"] = whole(ps2, data, profiles[used], options.threads)
        print(f"  {used}: seconds to validation accuracy " + ", ".join(f"{k}: {v}" for k, v in facts["seconds to"].items()))
    if options.json:
        options.json.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
