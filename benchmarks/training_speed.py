"""The judged run against a conventional PyTorch CIFAR loop, side by side in one process: images per second.

    python benchmarks/training_speed.py [--device cpu|cuda|mps] [--preset small|large] [--images N] [--rounds 3] [--json FILE]

Both train the same network by the same rule. Conventional: a Dataset that gives one image at a time, a DataLoader with two workers,
float32, contiguous tensors, `loss.item()` at every step. Ours: data resident on the device, batches by index, channels-last, bfloat16
where the device has it. Rounds alternate, so that a busy machine is busy for both; the ratio is that of the medians.
"""

from __future__ import annotations

import argparse
import dataclasses
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

from autograder.check.package import Package
from autograder.check.question import load_questions
from autograder.check.trainer import Data, Task, perform
from autograder.course import this_course
from autograder.training.images import draw, practice_source


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
    return run.images / run.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--images", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    load_questions()
    course = this_course()
    ps2 = Package(course.reference)
    data, _, _ = draw(practice_source(options.preset, 7), course.reference)
    depth, batch = (8, 128) if options.preset == "small" else (20, 512)
    bfloat16 = options.device == "cuda" and torch.cuda.is_bf16_supported()
    task = Task(depth, 1, 1, options.images, batch, device=options.device, bfloat16=bfloat16, threads=options.threads)
    rows: dict[str, list[float]] = {"conventional": [], "ours": []}
    for _ in range(options.rounds):
        rows["conventional"].append(conventional(ps2, task, data))
        rows["ours"].append(ours(ps2, task, data))
    medians = {name: statistics.median(values) for name, values in rows.items()}
    name = torch.cuda.get_device_name() if options.device == "cuda" else platform.processor() or platform.machine()
    print(f"{options.preset} on {options.device} ({name}), torch {torch.__version__}, {options.images} images a round")
    for kind, values in rows.items():
        print(f"  {kind:13} {medians[kind]:9.0f} images/s   ({', '.join(f'{v:.0f}' for v in values)})")
    print(f"  ratio         {medians['ours'] / medians['conventional']:9.2f}")
    if options.json:
        facts = {"device": f"{options.device}: {name}", "torch": torch.__version__, "task": dataclasses.asdict(task), "rounds": rows}
        options.json.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
