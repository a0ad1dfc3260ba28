"""`python -m ps2check train --rehearse WORLD`: the training run at home, in a world that is open to everybody.

Nothing is confined here and nothing is graded: the accuracy on the practice world's hidden images comes from the student's own network.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import open_track
from .kit import SETTINGS, KitError
from .trainer import Data, Progress, Run, Task, Trouble, measure, perform

if TYPE_CHECKING:
    from .local import Home

BAR = 24  # characters


def rehearse(home: Home, world: int, profile: str | None = None, own: bool = False) -> int:
    """Train, show progress, write weights and learning curve beside ps2/. Exit status 0 when it ended. Raises KitError.

    own: the network of ps2/open_track.py instead.
    """
    settings = training_settings(home.kit.root)
    if own and not settings.get("open_parameters"):
        raise KitError("your course has no open track.")
    if own and open_track.FILE not in home.sources:
        raise KitError(f"there is no ps2/{open_track.FILE}; the handout says in 6.8 what it defines.")
    name, chosen = choose(settings["profiles"], profile)
    task = Task(**{**chosen["task"], "device": device_for(chosen["task"]["device"]), "seed": world})
    images = importlib.import_module("ps2.images")
    print(f"World {world}, profile {name}: drawing images …", flush=True)
    data, hidden, labels = practice_data(images, chosen["images"], world)
    try:
        run = (open_track.perform if own else perform)(home.ps2, task, data, lambda progress: show(task, progress))
        accuracy = measured(home.ps2, task, run, hidden, labels, own)
    except Trouble as trouble:
        print(f"\nThe run was stopped: {trouble}.")
        return 1
    except NotImplementedError as stub:
        print(f"\nThe run needs a function that is not written yet: {stub}.")
        return 1
    print(f"\nAccuracy on hidden images of this world: {accuracy:.3f} in {run.seconds:.0f} s.")
    if own:
        print(counted(run, settings["open_parameters"]))
    elif chosen.get("safer") is not None:
        print(f"For full points aim at {chosen['safer']:.2f} here; the graded run has another world and another start.")
    for path in written(home.kit.root, world, task, run, accuracy, "open_track" if own else "training"):
        print(f"Written: {path.name}")
    return 0


def measured(ps2: Any, task: Task, run: Run, hidden: Any, labels: Any, own: bool) -> float:
    if own:
        return float((open_track.logits(run.weights, hidden, task).argmax(axis=1) == labels).mean())
    return measure(ps2.CifarResNet(task.depth, width=task.width), run.weights, hidden, labels)


def counted(run: Run, budget: int) -> str:
    """Of the open track: how much of its budget the network uses."""
    count = open_track.parameters(sum(array.nbytes for array in run.weights.values()))
    return f"{count:,} of at most {budget:,} parameters{'' if count <= budget else ': too many for an entry'}."


def training_settings(root: Path) -> Any:
    if importlib.util.find_spec("torch") is None:
        raise KitError(f"the training run needs torch:\n    {sys.executable} -m pip install -r requirements-torch.txt")
    settings = json.loads((root / SETTINGS).read_text(encoding="utf-8")).get("training")
    if not settings:
        raise KitError("your course does not use the training run, so there is nothing to rehearse.")
    return settings


def choose(profiles: dict[str, Any], wanted: str | None) -> tuple[str, Any]:
    """The profile named, or the first that this machine can run."""
    if wanted is not None:
        if wanted not in profiles:
            raise KitError(f"there is no profile '{wanted}'; there are {', '.join(profiles)}.")
        return wanted, profiles[wanted]
    fitting = [item for item in profiles.items() if device_for(item[1]["task"]["device"]) == item[1]["task"]["device"]]
    return (fitting or list(profiles.items()))[0]


def device_for(wanted: str) -> str:
    """`wanted` where this machine has it, else the CPU."""
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return wanted if there.get(wanted, True) else "cpu"


def practice_data(images: Any, preset_name: str, world: int) -> tuple[Data, Any, Any]:
    preset = images.PRESETS[preset_name]
    here = images.World(world)
    parts = [images.draw_images(preset, here, n, world + i) for i, n in enumerate((preset.train, preset.validation, preset.test), 1)]
    train, validation, hidden = images.standardize(*(part[0] for part in parts))
    return Data(train, parts[0][1], validation, parts[1][1]), hidden, parts[2][1]


def show(task: Task, progress: Progress) -> None:
    done = round(BAR * progress.epoch / task.epochs)
    left = progress.seconds * (task.epochs / progress.epoch - 1)
    line = f"epoch {progress.epoch:2d} of {task.epochs}  [{'#' * done}{'.' * (BAR - done)}]  error {progress.error:.3f}  {left:4.0f} s left"
    print(line, end="\r" if sys.stdout.isatty() else "\n", flush=True)


def written(root: Path, world: int, task: Task, run: Run, accuracy: float, name: str) -> list[Path]:
    """weights.safetensors where safetensors is installed (the open track hands none in), the curve as data, and as a picture where
    matplotlib is."""
    paths = []
    if name == "training" and importlib.util.find_spec("safetensors") is not None:
        from safetensors.numpy import save_file

        save_file(run.weights, str(root / "weights.safetensors"))
        paths.append(root / "weights.safetensors")
    curve = {"world": world, "accuracy": accuracy, "task": asdict(task), "losses": run.losses, "errors": run.errors, "time": time.ctime()}
    path = root / f"{name}.json"
    path.write_text(json.dumps(curve, indent=1) + "\n", encoding="utf-8")
    paths.append(path)
    if importlib.util.find_spec("matplotlib") is not None:
        paths.append(draw_curve(root / f"{name}.png", task, run))
    return paths


def draw_curve(path: Path, task: Task, run: Run) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(run.losses, linewidth=0.8)
    left.set(title="Training loss", xlabel="step", yscale="log")
    right.plot([task.epoch_images * (i + 1) for i in range(len(run.errors))], run.errors, marker=".")
    right.set(title="Validation error", xlabel="images seen", ylim=(0, None))
    figure.savefig(path, dpi=120)
    return path
