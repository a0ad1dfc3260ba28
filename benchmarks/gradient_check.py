"""Numerical gradient checks side by side: how long they take, and whether they notice one wrong entry of 2,048.

The block is affine 64→64 + ReLU + BatchNorm on 32 rows, float64. All is timed in one run, in CPU seconds, the methods taking turns;
what counts are the ratios. With --seeds also the table of docs/gradient-check.md: how often right and wrong gradients pass, fail or stay
undecided.

    python benchmarks/gradient_check.py --json results.json
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize._numdiff import approx_derivative  # where scipy keeps it; scipy.optimize.check_grad calls it

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from autograder.check import gradient

ROWS, WIDTH, EPS = 32, 64, 1e-5
Function = Callable[[Any], Any]


def block(seed: int) -> tuple[Any, Function, Callable[[Any, Any], Any]]:
    """x, forward and backward(u, x) of affine + ReLU + BatchNorm, with the weights held fixed."""
    rng = np.random.default_rng(seed)
    weight, bias = rng.normal(size=(WIDTH, WIDTH)) / 8, rng.normal(size=WIDTH)
    scale, shift = rng.normal(size=WIDTH), rng.normal(size=WIDTH)

    def parts(x: Any) -> tuple[Any, Any, Any]:
        before = x @ weight + bias
        hidden = np.maximum(before, 0)
        inverse = 1 / np.sqrt(hidden.var(axis=0) + EPS)
        return before, (hidden - hidden.mean(axis=0)) * inverse, inverse

    def forward(x: Any) -> Any:
        return scale * parts(x)[1] + shift

    def backward(u: Any, x: Any) -> Any:
        before, normal, inverse = parts(x)
        grad = u - u.mean(axis=0) - normal * (u * normal).mean(axis=0)
        return np.where(before > 0, grad * scale * inverse, 0) @ weight.T

    return rng.normal(size=(ROWS, WIDTH)), forward, backward


def ours(x: Any, forward: Function, backward: Any, seed: int) -> bool:
    return gradient.check(forward, lambda u, x: {"x": backward(u, x)}, {"x": x}, seed=seed).passed


def close(claimed: Any, measured: Any) -> bool:
    """The largest difference, relative to the largest entry, below 1e-5."""
    return bool(np.max(np.abs(claimed - measured)) < 1e-5 * np.max(np.abs(measured)))


def one_by_one(x: Any, forward: Function, backward: Any, seed: int, h: float = 1e-5) -> bool:
    """The naive way: central differences of every entry, for one cotangent."""
    u = np.random.default_rng(seed).normal(size=x.shape)
    measured, moved = np.empty_like(x), x.copy()
    for place in np.ndindex(*x.shape):
        moved[place] = x[place] + h
        plus = forward(moved)
        moved[place] = x[place] - h
        measured[place] = np.vdot(u, plus - forward(moved)) / (2 * h)
        moved[place] = x[place]
    return close(backward(u, x), measured)


def scipys(x: Any, forward: Function, backward: Any, seed: int) -> bool:
    """scipy's approx_derivative of the scalar u·forward, three-point with its default step."""
    u = np.random.default_rng(seed).normal(size=x.shape)
    measured = approx_derivative(lambda flat: np.vdot(u, forward(flat.reshape(x.shape))), x.ravel(), method="3-point")
    return close(backward(u, x), measured.reshape(x.shape))


def torchs(fast: bool) -> Callable[..., bool]:
    """torch.autograd.gradcheck with its default eps 1e-6, atol 1e-5, rtol 1e-3, on the same numpy functions."""
    import torch

    torch.set_num_threads(1)

    def run(x: Any, forward: Function, backward: Any, seed: int) -> bool:
        class Block(torch.autograd.Function):
            @staticmethod
            def forward(context: Any, x: Any) -> Any:
                context.save_for_backward(x)
                return torch.from_numpy(forward(x.detach().numpy()))

            @staticmethod
            def backward(context: Any, u: Any) -> Any:
                return torch.from_numpy(backward(u.numpy(), context.saved_tensors[0].detach().numpy()))

        torch.manual_seed(seed)
        leaf = torch.tensor(x, requires_grad=True)
        return bool(torch.autograd.gradcheck(Block.apply, (leaf,), fast_mode=fast, raise_exception=False))

    return run


def methods() -> dict[str, Callable[..., bool]]:
    known: dict[str, Callable[..., bool]] = {
        "ours, 8 directions": ours,
        "central differences": one_by_one,
        "scipy approx_derivative": scipys,
    }
    try:
        known |= {"torch gradcheck": torchs(False), "torch gradcheck, fast": torchs(True)}
    except ImportError:
        print("torch is not installed: its rows are left out", file=sys.stderr)
    return known


def planted(backward: Any, place: tuple[int, int], by: float) -> Callable[[Any, Any], Any]:
    """`backward` with one entry of its result wrong by a share `by`."""

    def wrong(u: Any, x: Any) -> Any:
        grad = backward(u, x)
        grad[place] *= 1 + by
        return grad

    return wrong


def compare(rounds: int, errors: tuple[float, ...], patience: float) -> dict[str, dict[str, Any]]:
    """Each method: CPU seconds of its fastest check, and of how many blocks it passed the right gradient and found each planted error.

    Methods take turns; one that has used up `patience` seconds sits out the remaining rounds.
    """
    known = methods()
    table: dict[str, dict[str, Any]] = {
        name: {"seconds": float("inf"), "blocks": 0, "right": 0, **{by: 0 for by in errors}} for name in known
    }
    spent = dict.fromkeys(known, 0.0)
    for seed in range(rounds):
        x, forward, backward = block(seed)
        place = (seed * 7 % ROWS, seed * 13 % WIDTH)
        for name, method in known.items():
            if spent[name] > patience:
                continue
            row, start = table[name], time.process_time()
            row["right"] += method(x, forward, backward, seed)
            row["blocks"] += 1
            row["seconds"] = min(row["seconds"], time.process_time() - start)
            for by in errors:
                row[by] += not method(x, forward, planted(backward, place, by), seed)
            spent[name] += time.process_time() - start
    fastest = table["ours, 8 directions"]["seconds"]
    return {name: {"times ours": row["seconds"] / fastest, **{labelled(k): v for k, v in row.items()}} for name, row in table.items()}


def labelled(key: str | float) -> str:
    return key if isinstance(key, str) else f"found: {100 * key:g} % off"


# The table of right and wrong chains


def chain(sizes: tuple[int, ...], scale: float, bias: float, wrong: str = "") -> tuple[Any, Any, Callable[[Any], dict[str, Any]]]:
    """A ReLU chain: function(**inputs), backward(u, **inputs), and inputs(rng). wrong: an input whose gradient is off by 10 %."""
    layers = list(pairwise(sizes))

    def run(x: Any, named: dict[str, Any]) -> list[Any]:
        values = [x]
        for i in range(len(layers)):
            y = values[-1] @ named[f"W{i}"] + named[f"b{i}"]
            values.append(np.maximum(y, 0) if i < len(layers) - 1 else y)
        return values

    def backward(u: Any, x: Any, **named: Any) -> dict[str, Any]:
        values, grads = run(x, named), {}
        for i in reversed(range(len(layers))):
            u = u * (values[i + 1] > 0) if i < len(layers) - 1 else u
            grads |= {f"W{i}": values[i].T @ u, f"b{i}": u.sum(axis=0)}
            u = u @ named[f"W{i}"].T
        grads["x"] = u
        return {name: g * 1.1 if name == wrong else g for name, g in grads.items()}

    def inputs(rng: Any) -> dict[str, Any]:
        made = {"x": rng.normal(size=(2, sizes[0]))}
        for i, shape in enumerate(layers):
            made |= {f"W{i}": scale * rng.normal(size=shape), f"b{i}": np.full(shape[1], bias)}
        return made

    return lambda x, **named: run(x, named)[-1], backward, inputs


def relu(scale: float, shape: tuple[int, ...] = (16, 24)) -> tuple[Any, Any, Callable[[Any], dict[str, Any]]]:
    return lambda x: np.maximum(x, 0), lambda u, x: {"x": u * (x > 0)}, lambda rng: {"x": scale * rng.normal(size=shape)}


def elu() -> tuple[Any, Any, Callable[[Any], dict[str, Any]]]:
    def slope(x: Any) -> Any:
        return np.where(x > 0, 1, 1.3 * np.exp(np.minimum(x, 0)))

    def inputs(rng: Any) -> dict[str, Any]:
        return {"x": rng.normal(size=(16, 24))}

    return lambda x: np.where(x > 0, x, 1.3 * np.expm1(np.minimum(x, 0))), lambda u, x: {"x": u * slope(x)}, inputs


def maxout() -> tuple[Any, Any, Callable[[Any], dict[str, Any]]]:
    def pieces(x: Any, weight: Any, bias: Any) -> Any:
        return np.einsum("nd,kdm->knm", x, weight) + bias[:, None]

    def backward(u: Any, x: Any, weight: Any, bias: Any) -> dict[str, Any]:
        winner = pieces(x, weight, bias).argmax(axis=0)
        routed = np.where(np.arange(len(weight))[:, None, None] == winner, u, 0)
        return {"x": np.einsum("knm,kdm->nd", routed, weight), "weight": np.einsum("nd,knm->kdm", x, routed), "bias": routed.sum(axis=1)}

    def inputs(rng: Any) -> dict[str, Any]:
        return {"x": rng.normal(size=(9, 7)), "weight": rng.normal(size=(3, 7, 5)), "bias": rng.normal(size=(3, 5))}

    return lambda **named: pieces(**named).max(axis=0), backward, inputs


def conv2d() -> tuple[Any, Any, Callable[[Any], dict[str, Any]]]:
    def windows(x: Any) -> Any:
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        return np.lib.stride_tricks.sliding_window_view(padded, (3, 2), axis=(2, 3))[:, :, ::2, ::2]

    def forward(x: Any, weight: Any, bias: Any) -> Any:
        return np.einsum("nchwab,fcab->nfhw", windows(x), weight) + bias[:, None, None]

    def backward(u: Any, x: Any, weight: Any, bias: Any) -> dict[str, Any]:
        grad = np.zeros(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))).shape)
        h, w = u.shape[2:]
        for a, b in np.ndindex(3, 2):
            grad[:, :, a : a + 2 * h : 2, b : b + 2 * w : 2] += np.einsum("nfhw,fc->nchw", u, weight[:, :, a, b])
        of_weight = np.einsum("nchwab,nfhw->fcab", windows(x), u)
        return {"x": grad[:, :, 1:-1, 1:-1], "weight": of_weight, "bias": u.sum(axis=(0, 2, 3))}

    def inputs(rng: Any) -> dict[str, Any]:
        return {"x": rng.normal(size=(2, 2, 6, 7)), "weight": rng.normal(size=(3, 2, 3, 2)), "bias": rng.normal(size=3)}

    return forward, backward, inputs


def instead(case: Any, change: Callable[[Any], Any]) -> Any:
    """The case with change(gradient) in place of x's gradient."""
    forward, backward, inputs = case

    def wrong(u: Any, **named: Any) -> dict[str, Any]:
        grads = backward(u, **named)
        return {**grads, "x": change(grads["x"].copy())}

    return forward, wrong, inputs


def one_entry(grad: Any) -> Any:
    place = np.unravel_index(np.argmax(np.abs(grad)), grad.shape)
    grad[place] *= 1.1
    return grad


DEEP = (15, 20, 10, 10, 10, 10, 10, 30, 10)

RIGHT = {
    "ReLU at scale 1e-6": relu(1e-6),
    "ReLU at scale 1": relu(1.0),
    "ReLU at scale 1e6": relu(1e6),
    "ELU": elu(),
    "Maxout": maxout(),
    "Conv2d": conv2d(),
    "deep chain, weights 0.05, biases 0": chain(DEEP, 0.05, 0.0),
    "deep chain, weights 0.05, biases 0.05": chain(DEEP, 0.05, 0.05),
    "a dead layer, and backward says 0": (lambda x: np.zeros_like(x), lambda u, x: {"x": np.zeros_like(x)}, relu(1.0)[2]),
}
WRONG = {
    "deep chain, dW of layer 3 off by 10 %": chain(DEEP, 0.05, 0.0, wrong="W2"),
    "deep chain, db of layer 3 off by 10 %": chain(DEEP, 0.05, 0.0, wrong="b2"),
    "zeros": instead(elu(), np.zeros_like),
    "10⁶-fold": instead(elu(), lambda grad: 1e6 * grad),
    "one entry of 384 off by 10 %": instead(elu(), one_entry),
}


def outcomes(case: Any, seeds: int) -> tuple[Counter[str], float, float]:
    """How often passed, undecided, failed; the largest error / tolerance of what passed; milliseconds a check."""
    forward, backward, inputs = case
    counted: Counter[str] = Counter()
    worst, start = 0.0, time.process_time()
    for seed in range(seeds):
        report = gradient.check(forward, backward, inputs(np.random.default_rng(seed)), seed=seed)
        counted["passed" if report.passed else "undecided" if report.undecided else "failed"] += 1
        worst = max([worst, *(v.ratio for v in report.blocks.values() if v.passed)])
    return counted, worst, 1000 * (time.process_time() - start) / seeds


def table_of_outcomes(seeds: int) -> dict[str, dict[str, Any]]:
    rows = {}
    for name, case in [*RIGHT.items(), *((f"wrong: {n}", c) for n, c in WRONG.items())]:
        counted, worst, cost = outcomes(case, seeds)
        rows[name] = {k: counted[k] for k in ("passed", "undecided", "failed")} | {"error / tolerance": worst, "ms": cost}
    return rows


def print_table(rows: dict[str, dict[str, Any]]) -> None:
    columns = list(next(iter(rows.values())))
    width = max(len(name) for name in rows)
    print(" " * width, *(f"{c:>20}" for c in columns))
    for name, row in rows.items():
        print(f"{name:<{width}}", *(f"{v:>20.3g}" if isinstance(v, float) else f"{v:>20}" for v in row.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="blocks to check with every method (default: 20)")
    parser.add_argument("--patience", type=float, default=20.0, help="CPU seconds after which a method gets no more blocks (default: 20)")
    parser.add_argument("--errors", type=float, nargs="*", default=[0.1, 0.01, 1e-3], help="shares by which the one entry is wrong")
    parser.add_argument("--seeds", type=int, default=0, help="also run the table of right and wrong chains with this many seeds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE too")
    arguments = parser.parse_args()
    results = {"methods": compare(arguments.rounds, tuple(arguments.errors), arguments.patience)}
    print_table(results["methods"])
    if arguments.seeds:
        results["outcomes"] = table_of_outcomes(arguments.seeds)
        print()
        print_table(results["outcomes"])
    if arguments.json:
        arguments.json.write_text(json.dumps({"rounds": arguments.rounds, "seeds": arguments.seeds, **results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
