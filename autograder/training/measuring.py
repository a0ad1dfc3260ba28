"""The accuracy that counts: the student's weights in the reference network, on hidden images, in a process where no student code runs.

On the CPU in float32, whatever the weights were trained on, so that measuring them again gives the same number.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from ..check import trainer
from ..check.verdict import Array
from ..sandbox import launch
from ..sandbox.errors import GraderError

SECONDS = 900.0


class Ask(msgspec.Struct, frozen=True):
    weights: str
    hidden: str
    reference: str
    depth: int
    width: int


class Measured(msgspec.Struct, frozen=True):
    """accuracy, or why there is none. parameters: of the reference network."""

    accuracy: float | None = None
    parameters: int = 0
    trouble: str = ""


def measure(weights: bytes, images: Array, labels: Array, reference: Path, depth: int, width: int) -> Measured:
    """Raises GraderError where the measuring process itself fails."""
    with tempfile.TemporaryDirectory(prefix="ps2-measure-") as folder:
        place = Path(folder)
        (place / "weights.safetensors").write_bytes(weights)
        np.savez(place / "hidden.npz", images=images, labels=labels)
        ask = Ask(str(place / "weights.safetensors"), str(place / "hidden.npz"), str(reference), depth, width)
        try:
            done = subprocess.run(
                launch.command(None, "from autograder.training import measuring; measuring.main()"),
                env=launch.environment(place),
                cwd="/",
                input=msgspec.json.encode(ask),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise GraderError(f"measuring the accuracy took longer than {SECONDS:g} s") from None
    try:
        return msgspec.json.decode(done.stdout, type=Measured)
    except msgspec.DecodeError:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GraderError(f"measuring the accuracy failed: {lines[-1][:300] if lines else done.returncode}") from None


def main() -> None:
    """In the process: an Ask on stdin, a Measured on stdout."""
    ask = msgspec.json.decode(sys.stdin.buffer.read(), type=Ask)
    sys.stdout.write(msgspec.json.encode(measured(ask)).decode())


def measured(ask: Ask) -> Measured:
    import safetensors
    import safetensors.numpy

    from ..check.package import Package
    from ..check.question import load_questions

    load_questions()
    with np.load(ask.hidden, allow_pickle=False) as hidden:
        images, labels = hidden["images"], hidden["labels"]
    net = Package(ask.reference, "ps2_reference").CifarResNet(ask.depth, width=ask.width)
    parameters = sum(p.numel() for p in net.parameters())
    try:
        weights = safetensors.numpy.load(Path(ask.weights).read_bytes())
        return Measured(trainer.measure(net, weights, images, labels), parameters)
    except trainer.Trouble as trouble:
        return Measured(None, parameters, str(trouble))
    except (safetensors.SafetensorError, KeyError, TypeError) as error:
        return Measured(None, parameters, f"the weights cannot be read as safetensors ({type(error).__name__})")
