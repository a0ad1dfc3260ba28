"""He et al.'s degradation on two CPU cores: plain and residual networks with 20 and 56 layers, training loss and test error.

    python benchmarks/degradation.py [--json FILE] [--png FILE] [--images N] [--depths 20 56] [--threads 2]

Every network sees the same images in the same order, with the reference's own `train`. The set is the small one with less noise, so that
a few thousand images are enough.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "solutions")]

import torch  # noqa: E402
from ps2.blocks import PlainBlock  # noqa: E402
from ps2.images import Preset, World, draw_images, standardize  # noqa: E402
from ps2.resnet import CifarResNet  # noqa: E402
from ps2.training import evaluate, he_initialize, train  # noqa: E402

EASY = Preset(size=16, train=8_000, validation=0, test=1_000, noise=0.3)
BATCH, EPOCHS, RATE, PATIENCE = 64, 6, 0.03, 6  # so deep a network diverges at first with 0.1; the run is too short for a plateau


def curve(depth: int, plain: bool, seen: int, data: tuple[torch.Tensor, ...]) -> dict[str, object]:
    """Train one network. Its error is measured after each of EPOCHS equal stretches; loss: of each stretch, on the images it trains on."""
    images, labels, test_images, test_labels = data
    torch.manual_seed(0)
    net = CifarResNet(depth, block=PlainBlock if plain else None)
    he_initialize(net)
    net = net.to(memory_format=torch.channels_last)
    errors: list[float] = []

    def validate() -> float:
        errors.append(1.0 - evaluate(net, test_images, test_labels))
        return errors[-1]

    random = torch.Generator().manual_seed(1)
    order = torch.cat([torch.randperm(len(labels), generator=random) for _ in range(-(-seen // len(labels)))])[:seen]
    epochs = ([(images[i], labels[i]) for i in stretch.split(BATCH)] for stretch in order.chunk(EPOCHS))
    wall, cpu = time.monotonic(), time.process_time()
    losses = train(net, epochs, validate, lr=RATE, patience=PATIENCE)
    stretch = len(losses) // EPOCHS
    return {
        "network": "plain" if plain else "residual",
        "depth": depth,
        "loss": [sum(losses[i * stretch : (i + 1) * stretch]) / stretch for i in range(EPOCHS)],
        "error": errors,
        "seconds": round(time.monotonic() - wall, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
    }


def picture(path: Path, seen: int, curves: list[dict[str, object]]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, kind in zip(figure.subplots(1, 2), ("plain", "residual"), strict=True):
        for c, color in zip([c for c in curves if c["network"] == kind], ("tab:blue", "tab:red"), strict=False):
            at = [seen * (i + 1) / EPOCHS for i in range(EPOCHS)]
            axes.plot(at, c["error"], color=color, label=f"{kind}-{c['depth']}, test error")
            axes.plot(at, [loss / 2.303 for loss in c["loss"]], color=color, linestyle="--", label="training loss / ln 10")
        axes.set(title=kind, xlabel="images seen", ylim=(0, 1.3))
        axes.legend(fontsize=7)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=12_000, help="images that each network sees")
    parser.add_argument("--depths", type=int, nargs="+", default=[20, 56])
    parser.add_argument("--threads", type=int, default=2, help="1 where others use the machine too")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--png", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    world = World(7)
    images, labels = draw_images(EASY, world, EASY.train, 1)
    test_images, test_labels = draw_images(EASY, world, EASY.test, 2)
    images, test_images = standardize(images, test_images)
    channels_last = {"memory_format": torch.channels_last}
    data = (torch.from_numpy(images).contiguous(**channels_last), torch.from_numpy(labels))
    data += (torch.from_numpy(test_images).contiguous(**channels_last), torch.from_numpy(test_labels))
    curves = []
    print(f"{'network':12} {'loss, first':>12} {'loss, last':>11} {'test error':>11} {'seconds':>8} {'of CPU':>7}")
    for depth in options.depths:
        for plain in (True, False):
            c = curve(depth, plain, options.images, data)
            curves.append(c)
            name = f"{c['network']}-{depth}"
            print(
                f"{name:12} {c['loss'][0]:12.3f} {c['loss'][-1]:11.3f} {c['error'][-1]:11.3f} {c['seconds']:8} {c['cpu_seconds']:7}",
                flush=True,
            )
    facts = {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "cpus": os.cpu_count(),
        "images": options.images,
        "curves": curves,
    }
    if options.json:
        options.json.write_text(json.dumps(facts, indent=1) + "\n")
    if options.png:
        picture(options.png, options.images, curves)


if __name__ == "__main__":
    main()
