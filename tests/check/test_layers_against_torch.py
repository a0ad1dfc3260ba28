"""The reference of parts 4 and 5 agrees with torch, forward and backward, in float64."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.audit.runs import seeds
from autograder.check.package import Package
from autograder.check.question import load_questions

torch = pytest.importorskip("torch")
functional = importlib.import_module("torch.nn.functional")

load_questions()
REFERENCE = Package(Path(__file__).parents[2] / "solutions" / "ps2", "ps2_torch")
SEEDS = seeds(40)
CLOSE = 1e-12


def leaf(array: Any) -> Any:
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def error(got: Any, want: Any) -> float:
    want = want.detach().numpy()
    assert np.shape(got) == want.shape
    return float(np.linalg.norm(np.asarray(got) - want) / max(np.linalg.norm(want), 1e-3))


def compare(layer: Any, function: Any, rng: Any, x: Any, parameters: dict[str, Any]) -> None:
    """layer against function(x, **parameters), for a random grad_output."""
    leaves = {"x": leaf(x), **{name: leaf(p) for name, p in parameters.items()}}
    y = function(**leaves)
    g = rng.normal(size=tuple(y.shape))
    y.backward(torch.tensor(g))
    assert error(layer.forward(x), y) < CLOSE
    assert error(layer.backward(g), leaves["x"].grad) < CLOSE
    for name in parameters:
        assert error(layer.gradients[name], leaves[name].grad) < CLOSE


@pytest.mark.parametrize("seed", SEEDS)
def test_linear(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, d, m = rng.integers(1, 9, 3)
    p = {"weight": rng.normal(size=(d, m)), "bias": rng.normal(size=m)}
    compare(REFERENCE.Linear(**p), lambda x, weight, bias: x @ weight + bias, rng, rng.normal(size=(n, d)), p)


@pytest.mark.parametrize("seed", SEEDS)
def test_conv2d_at_any_kernel_stride_and_padding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    (n, c, f), (kh, kw), stride, padding = rng.integers(1, 5, 3), rng.integers(1, 6, 2), int(rng.integers(1, 7)), int(rng.integers(0, 7))
    height, width = (max(int(rng.integers(1, 12)), k - 2 * padding) for k in (kh, kw))
    p = {"weight": rng.normal(size=(f, c, kh, kw)), "bias": rng.normal(size=f)}
    layer = REFERENCE.Conv2d(**p, stride=stride, padding=padding)

    def function(x: Any, weight: Any, bias: Any) -> Any:
        return functional.conv2d(x, weight, bias, stride=stride, padding=padding)

    compare(layer, function, rng, rng.normal(size=(n, c, height, width)), p)


@pytest.mark.parametrize("seed", SEEDS)
def test_batchnorm2d_in_training_and_evaluation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(2, 5)), *(int(s) for s in rng.integers(1, 5, 3)))
    momentum, eps = rng.uniform(0, 1), 10.0 ** rng.uniform(-5, 0)
    p = {"weight": rng.normal(size=shape[1]), "bias": rng.normal(size=shape[1])}
    mean, variance = torch.zeros(shape[1], dtype=torch.float64), torch.ones(shape[1], dtype=torch.float64)
    layer = REFERENCE.BatchNorm2d(shape[1], momentum, eps)
    for name, value in p.items():
        layer.parameters[name][...] = value
    for training in (True, True, False, True):
        layer.training = training

        def function(x: Any, weight: Any, bias: Any, training: bool = training) -> Any:
            return functional.batch_norm(x, mean, variance, weight, bias, training, momentum, eps)

        compare(layer, function, rng, rng.normal(size=shape) + rng.normal(), p)
        assert error(layer.running_mean, mean) < CLOSE
        assert error(layer.running_var, variance) < CLOSE


@pytest.mark.parametrize("seed", SEEDS)
def test_max_pool2d_with_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, stride = (int(k) for k in rng.integers(1, 5, 2))
    x = rng.integers(-3, 3, size=(2, 3, *(size + rng.integers(0, 7, 2)))).astype(np.float64)
    compare(REFERENCE.MaxPool2d(size, stride), lambda x: functional.max_pool2d(x, size, stride), rng, x, {})


@pytest.mark.parametrize("seed", SEEDS)
def test_global_average_pool2d(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=tuple(rng.integers(1, 6, 4)))
    compare(REFERENCE.GlobalAveragePool2d(), lambda x: functional.adaptive_avg_pool2d(x, 1)[:, :, 0, 0], rng, x, {})


@pytest.mark.parametrize("scale", [1.0, 1000.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_cross_entropy(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    n, classes = rng.integers(1, 9, 2)
    logits, labels = scale * rng.normal(size=(n, classes)), rng.integers(0, classes, n)
    z, loss = leaf(logits), REFERENCE.SoftmaxCrossEntropy()
    want = functional.cross_entropy(z, torch.tensor(labels))
    want.backward()
    assert error(loss.forward(logits, labels), want) < CLOSE
    assert error(loss.backward(), z.grad) < CLOSE


@pytest.mark.parametrize("projected", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_residual_and_its_two_pathways(seed: int, projected: bool) -> None:
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(5, 5)) for _ in range(3)]
    linear = [REFERENCE.Linear(w, np.zeros(5)) for w in weights]
    block = REFERENCE.Residual(REFERENCE.Sequential(linear[:2]), linear[2] if projected else None)
    x, g = rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
    first, second, inside = leaf(x), leaf(x), [torch.tensor(w) for w in weights]
    through_shortcut, through_body = first @ inside[2] if projected else first * 1, second @ inside[0] @ inside[1]
    (through_shortcut + through_body).backward(torch.tensor(g))
    assert error(block.forward(x), through_shortcut + through_body) < CLOSE
    assert error(block.backward(g), first.grad + second.grad) < CLOSE
    for got, want in zip(REFERENCE.gradient_pathways(block, g), (first.grad, second.grad), strict=True):
        assert error(got, want) < CLOSE
    norms = REFERENCE.gradient_norms([block, linear[0]], x, g)
    inner = linear[0].backward(g)
    assert np.allclose(norms, [np.linalg.norm(block.backward(inner)), np.linalg.norm(inner)], rtol=1e-12)
