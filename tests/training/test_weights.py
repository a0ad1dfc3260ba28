"""Weights that are no honest weights: hand-made bytes against what measures them. Never a crash, never an accuracy that was not there."""

import json
import pickle
import struct

import numpy as np
import pytest

torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors.numpy")

from autograder.check.package import Package  # noqa: E402
from autograder.check.question import load_questions  # noqa: E402
from autograder.course import this_course  # noqa: E402
from autograder.training import images as imaging  # noqa: E402
from autograder.training import measuring  # noqa: E402

load_questions()
DEPTH, WIDTH = 8, 1


@pytest.fixture(scope="module")
def right():
    """An untrained network's state, as the worker sends it."""
    torch.manual_seed(0)
    net = Package(this_course().reference, "ps2_reference").CifarResNet(DEPTH, width=WIDTH)
    return {key: value.numpy().copy() for key, value in net.state_dict().items()}


@pytest.fixture(scope="module")
def measure(tmp_path_factory):
    """Bytes → Measured, as the measuring process does it, on images that cost nothing."""
    place = tmp_path_factory.mktemp("weights")
    images = np.random.default_rng(0).normal(size=(20, 3, 16, 16)).astype(np.float32)
    np.savez(place / "hidden.npz", images=images, labels=np.arange(20) % 10)

    def measured(data):
        (place / "w").write_bytes(data)
        return measuring.measured(measuring.Ask(str(place / "w"), str(place / "hidden.npz"), str(this_course().reference), DEPTH, WIDTH))

    return measured


def raw(header, body=b""):
    """A file in the format of safetensors with any header."""
    text = json.dumps(header).encode() if isinstance(header, dict) else header
    return struct.pack("<Q", len(text)) + text + body


def test_right_weights_have_an_accuracy(right, measure):
    found = measure(safetensors.save(right))
    assert found.trouble == "" and 0 <= found.accuracy <= 1
    assert found.parameters == 75_290


def altered(right, **changes):
    """With arrays replaced, added, or left out where None is given; "__" stands for a dot."""
    made = {**right, **{key.replace("__", "."): value for key, value in changes.items()}}
    return safetensors.save({key: value for key, value in made.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"fc__bias": None}, 'hold no "fc.bias"'),
        ({"more": np.zeros(3, np.float32)}, 'hold "more", which the network of this run does not have'),
        ({"\x1b[2J" * 100: np.zeros(3, np.float32)}, 'hold "\\x1b[2J'),
        ({"fc__bias": np.full(10, np.nan, np.float32)}, "fc.bias holds numbers that are not finite"),
        ({"fc__bias": np.full(10, -np.inf, np.float32)}, "not finite"),
        ({"fc__bias": np.zeros(11, np.float32)}, "shape (11,), expected (10,)"),
        ({"fc__weight": np.zeros((10, 64, 1), np.float32)}, "shape"),
        ({"fc__bias": np.zeros((), np.float32)}, "shape ()"),
    ],
)
def test_another_architecture_surplus_keys_and_nan_are_sentences(right, measure, changes, says):
    found = measure(altered(right, **changes))
    assert found.accuracy is None
    assert says in found.trouble
    assert len(found.trouble) < 300 and "\x1b" not in found.trouble


def test_weights_of_a_wider_or_deeper_network_do_not_fit(measure):
    for depth, width in ((8, 2), (14, 1)):
        net = Package(this_course().reference, "ps2_reference").CifarResNet(depth, width=width)
        found = measure(safetensors.save({key: value.numpy().copy() for key, value in net.state_dict().items()}))
        assert found.accuracy is None and found.trouble


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('this ran')",))


def test_a_pickled_state_is_refused_and_nothing_in_it_runs(right, measure, tmp_path):
    torch.save({key: torch.tensor(value) for key, value in right.items()}, tmp_path / "state.pt")
    for data in ((tmp_path / "state.pt").read_bytes(), pickle.dumps(Evil()), pickle.dumps(right)):
        found = measure(data)
        assert found.accuracy is None
        assert "cannot be read as safetensors" in found.trouble


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        struct.pack("<Q", 1 << 62),  # a header longer than memory
        struct.pack("<Q", 40) + b"{",
        raw(b"[" * 5_000),
        raw({"fc.bias": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}),  # four terabytes that are not there
        raw({"fc.bias": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 8]}}, b"\0" * 8),
        raw({"fc.bias": {"dtype": "F32", "shape": [1 << 62, 1 << 62], "data_offsets": [0, 0]}}),  # a size that overflows
        raw({"fc.bias": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}}, b"\0" * 8),
        raw(
            {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "b": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}},
            b"\0" * 8,
        ),
        raw({"fc.bias": {"dtype": "OBJECT", "shape": [1], "data_offsets": [0, 8]}}, b"\0" * 8),
    ],
    ids=range(11),
)
def test_damaged_files_and_tensors_larger_than_memory_are_refused_before_they_are_made(measure, data):
    found = measure(data)
    assert found.accuracy is None
    assert "cannot be read as safetensors" in found.trouble


@pytest.mark.parametrize("dtype", ["F64", "F16", "BF16", "I64", "U8", "BOOL", "U64", "F8_E4M3"])
def test_numbers_of_another_type_give_an_accuracy_or_a_sentence(right, measure, dtype):
    """What fits is converted; what numpy or torch do not know is told."""
    bits = {"F64": 8, "I64": 8, "U64": 8, "F16": 2, "BF16": 2, "U8": 1, "BOOL": 1, "F8_E4M3": 1}[dtype]
    header, body = {}, b""
    for key, value in right.items():
        data = b"\0" * (10 * bits) if key == "fc.bias" else value.tobytes()
        kind = dtype if key == "fc.bias" else "I64" if value.dtype.kind == "i" else "F32"
        header[key] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    found = measure(raw(header, body))
    assert (found.accuracy is None) == bool(found.trouble)


def test_knowledge_of_another_world_is_worth_chance_even_to_a_network_that_sees_through_colours_and_turns():
    """It knows what an image shows, and calls it by the names of its own world. (benchmarks/other_worlds.py measures trained networks.)"""
    given = imaging.formulas(this_course().reference)
    worlds = [given.World(imaging.Source("small", bytes([i]) * 32).number("world")) for i in range(200)]
    agreement = np.array([np.mean(a.names == b.names) for a in worlds[:20] for b in worlds[20:]])
    assert abs(agreement.mean() - 0.1) < 0.01
    assert (agreement > 0.6).mean() < 1e-3  # where points begin; by chance one pair in ten thousand shares more names
