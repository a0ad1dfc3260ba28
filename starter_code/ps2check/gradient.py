"""Is `backward` the gradient of `forward`? A numerical check that knows when it cannot tell.

One input block at a time, central differences along a few Gaussian directions are compared with the claimed gradient's slope along them.
A Gaussian direction sees every entry at once, so one wrong entry among thousands is found at the cost of a dozen forwards. What finite
differences cannot see, a kink inside the step or a step lost in rounding, is bounded from the forward alone, and a direction whose bound
is too large is left out; a block where most are left out is "undecided", which is neither right nor wrong.

    from autograder.check import gradient
    x, w = np.random.normal(size=(4, 3)), np.random.normal(size=(3, 2))
    report = gradient.check(lambda x, w: x @ w,
                            lambda u, x, w: {"x": u @ w.T, "w": x.T @ u},
                            {"x": x, "w": w})
    print(report)          # passed, and the largest error of each block relative to what is allowed

Derivation of the numbers: docs/gradient-check.md.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .draw import Draw
from .verdict import Array, Failure, Judge, Parts, Verdict, fails, within

STEPS = 10.0 ** -np.array([6.0, 7, 8, 9, 10, 11, 12, 5, 4, 3])
"""Steps in the order they are tried, as multiples of the block's own size; the first that passes the screen is used."""
ROUNDING = 16 * float(np.finfo(np.float64).eps)
SCREEN = 5e-6
"""Largest bound on a slope's error, relative to the rms slope of its block, with which a direction still counts."""
TOLERANCE = 1e-5
"""Largest difference between claimed and measured slope, relative to the rms slope of the block."""
DIRECTIONS = 8

Backward = Callable[[Array], Mapping[str, Array]]
Build = Callable[..., tuple[Array, Backward]]


@dataclass(frozen=True)
class Plan:
    """cotangents: one for each direction, the same for all blocks. directions: of each block."""

    cotangents: Array
    directions: dict[str, Array]

    def pairs(self, name: str) -> list[tuple[Array, Array]]:
        """(cotangent, direction) of a block."""
        return list(zip(self.cotangents, self.directions[name], strict=True))


@dataclass(frozen=True)
class Report:
    """What `check` found. `blocks`: one verdict an input. Prints as a small table."""

    blocks: dict[str, Verdict] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return all(v.passed for v in self.blocks.values())

    @property
    def undecided(self) -> bool:
        """Nothing is wrong, but some block could not be decided."""
        return not self.passed and all(v.passed or v.undecided for v in self.blocks.values())

    def __str__(self) -> str:
        lines = [f"gradient check: {'passed' if self.passed else 'cannot decide' if self.undecided else 'FAILED'}"]
        for name, v in self.blocks.items():
            lines.append(f"  {name:<12} {v.says or f'error {v.ratio:.1e} of what is allowed'}")
        return "\n".join(lines)


def check(
    function: Callable[..., Array],
    backward: Callable[..., Mapping[str, Array]],
    inputs: Mapping[str, Array],
    *,
    seed: int = 0,
    directions: int = DIRECTIONS,
) -> Report:
    """Check a gradient numerically.

    function(**inputs) -> y, an array of any shape. backward(u, **inputs) -> {name: dL/d(input)} for dL/dy = u.
    inputs: float64 arrays by name; none is written into. Costs about 2·directions·(1 to 10) forwards an input.
    """

    def build(**moved: Array) -> tuple[Array, Backward]:
        return function(**moved), lambda u: backward(u, **moved)

    arrays = {name: np.array(a, dtype=np.float64) for name, a in inputs.items()}
    plan = make_plan(Draw(b"check|%d" % seed), arrays, np.shape(function(**copies(arrays))), directions)
    parts = measure(build, arrays, plan)
    return Report({name: judge_block(parts, name, a, plan.pairs(name)) for name, a in arrays.items()})


def gradient_check(build: Build, draw: Draw, output: tuple[int, ...], **inputs: Array) -> Iterator[tuple[str, Any, Judge]]:
    """The item "gradient check" of a question: `yield from` it.

    build(**inputs) -> (y, backward) makes a new layer and runs it forward; backward(u) -> {name: gradient}. output: the shape of y.
    Not asked on the ladder of small sizes: there, values are compared.
    """
    if draw.small:
        return
    own = draw.branch()
    plan = functools.cache(lambda: make_plan(own, inputs, output, DIRECTIONS))  # where nobody measures, nothing is drawn
    yield "gradient check", lambda: measure(build, inputs, plan()), numerical(inputs, plan)


def of(layer: Callable[[], Any], name: str = "x") -> Build:
    """`build` for a layer with one input and no parameters: `layer()` makes it."""

    def build(**inputs: Array) -> tuple[Array, Backward]:
        made = layer()
        return made.forward(inputs[name]), lambda u: {name: made.backward(u)}

    return build


def make_plan(draw: Draw, inputs: Mapping[str, Array], output: tuple[int, ...], directions: int) -> Plan:
    return Plan(draw.normal((directions, *output)), {name: draw.normal((directions, *a.shape)) for name, a in inputs.items()})


def measure(build: Build, inputs: Mapping[str, Array], plan: Plan) -> Parts:
    """Run forward and backward; the recorded arrays are all that the judge needs. It picks only the step."""
    centre, backward = run(build, inputs)
    claims = [claimed(backward(u.copy()), inputs) for u in plan.cotangents]
    parts: Parts = {"centre": centre}
    for name, block in inputs.items():

        def forward(a: Array, name: str = name) -> Array:
            return run(build, {**inputs, name: a})[0]

        parts[f"{name}.claimed"] = np.stack([claim[name] for claim in claims])
        parts |= {f"{name}.{part}": array for part, array in measure_block(forward, block, plan.pairs(name), centre).items()}
    return parts


def claimed(gradients: Mapping[str, Array], inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Copies of what `backward` says, since a layer may write into the same arrays again."""
    return {name: np.array(gradients[name], dtype=np.float64) for name in inputs}


def measure_block(forward: Callable[[Array], Array], block: Array, plan: list[tuple[Array, Array]], centre: Array) -> Parts:
    """Differences along each direction at the first step whose bound passes. forward(a): the output with `a` in place of the block."""
    count = len(plan)
    best: list[tuple[float, float, Array, Array]] = [(np.inf, 0.0, centre, centre)] * count
    slopes = np.zeros(count)
    todo = list(range(count))
    for step in STEPS * size_of(block):
        for i in todo:
            u, v = plan[i]
            plus, minus = (forward(block + s * v) for s in (step, -step))
            bound = slope_error(u, plus, centre, minus, step)
            if bound < best[i][0] or best[i][1] == 0.0:
                best[i], slopes[i] = (bound, step, plus, minus), slope(u, plus, minus, step)
        todo = [i for i in todo if not best[i][0] <= SCREEN / 2 * rms(slopes)]
        if not todo:
            break
    return {
        "step": np.array([b[1] for b in best]),
        "plus": np.stack([b[2] for b in best]),
        "minus": np.stack([b[3] for b in best]),
    }


def run(build: Build, inputs: Mapping[str, Array]) -> tuple[Array, Backward]:
    """A new layer, forward on copies; the output copied (a layer may return its cache)."""
    y, backward = build(**copies(inputs))
    return np.array(y, dtype=np.float64), backward


def copies(inputs: Mapping[str, Array]) -> dict[str, Array]:
    return {name: a.copy() for name, a in inputs.items()}


def numerical(inputs: Mapping[str, Array], plan: Callable[[], Plan]) -> Judge:
    """Judges the student's own pair from the recorded arrays; directions, cotangents and inputs are the trusted run's."""

    def rule(got: Parts, _: Parts) -> Verdict:
        if not got:
            return fails("nothing was measured")
        verdicts = {name: judge_block(got, name, a, plan().pairs(name)) for name, a in inputs.items()}
        return max(verdicts.values(), key=lambda v: (not v.passed and not v.undecided, v.undecided, v.ratio))

    return Judge(rule, alone=True, allowed=f"{TOLERANCE:.0e} of the typical slope")


def judge_block(parts: Parts, name: str, block: Array, plan: list[tuple[Array, Array]]) -> Verdict:
    """Recompute everything from the recorded arrays of one input block."""
    mismatch = malformed(parts, name, block, plan)
    if mismatch is not None:
        return fails(mismatch.says)
    bounds, slopes, errors = [], [], []
    for i, (u, v) in enumerate(plan):
        h, plus, minus = float(parts[f"{name}.step"][i]), parts[f"{name}.plus"][i], parts[f"{name}.minus"][i]
        walked = ((block + h * v) - (block - h * v)) / (2 * h)  # the step that floating point really took
        slopes.append(slope(u, plus, minus, h))
        errors.append(abs(slopes[-1] - float(np.vdot(parts[f"{name}.claimed"][i], walked))))
        bounds.append(slope_error(u, plus, parts["centre"], minus, h))
    return decide(name, np.array(bounds), np.array(slopes), np.array(errors), bool(np.any(parts[f"{name}.claimed"])))


def decide(name: str, bounds: Array, slopes: Array, errors: Array, claims: bool) -> Verdict:
    scale = rms(slopes)
    if not np.isfinite(scale):
        return fails(f"{name}: forward is not finite near this input")
    if scale == 0 and not claims:
        return Verdict(True)  # a dead block, and backward says so
    kept = errors[bounds <= SCREEN * scale]
    if 2 * len(kept) < len(errors):
        left = len(errors) - len(kept)
        says = f"{name}: cannot decide, {left} of {len(errors)} directions meet a kink or drown in rounding"
        return Verdict(False, 0.0, says, undecided=True)
    with np.errstate(all="ignore"):
        return within(float(np.max(kept) / np.float64(TOLERANCE * scale)), f"{name}: backward is not the gradient of this forward")


def malformed(parts: Parts, name: str, block: Array, plan: list[tuple[Array, Array]]) -> Failure | None:
    """What is wrong with the form of the recorded arrays, if anything: they come from the student's process."""
    u = plan[0][0]
    wanted = {
        "centre": u.shape,
        f"{name}.step": (len(plan),),
        f"{name}.plus": (len(plan), *u.shape),
        f"{name}.minus": (len(plan), *u.shape),
        f"{name}.claimed": (len(plan), *block.shape),
    }
    for part, shape in wanted.items():
        if part not in parts:
            return Failure("missing", f"{part} is missing")
        if parts[part].shape != shape or parts[part].dtype != np.float64:
            cut = 0 if part in ("centre", f"{name}.step") else 1
            of_what = {"claimed": f"the gradient of {name}"}.get(part.split(".")[-1], "forward's result")
            return Failure("type", f"{of_what} has shape {parts[part].shape[cut:]}, expected {shape[cut:]}")
    if not all(np.isclose(STEPS * size_of(block), h, rtol=1e-9, atol=0).any() for h in parts[f"{name}.step"]):
        return Failure("type", f"{name}: a step that the check never takes")
    return None


def slope(u: Array, plus: Array, minus: Array, h: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.vdot(u, plus - minus)) / (2 * h)


def slope_error(u: Array, plus: Array, centre: Array, minus: Array, h: float) -> float:
    """Bounds a slope's error from the forward alone: half the second difference (exact for one kink inside the step; curvature too) plus
    rounding."""
    with np.errstate(all="ignore"):
        bend = abs(float(np.vdot(u, (plus - centre) - (centre - minus)))) / (2 * h)
        return bend + ROUNDING * float(np.linalg.norm((u * centre).ravel())) / h


def rms(values: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(np.square(values)))) if values.size else 0.0


def size_of(block: Array) -> float:
    """The natural step unit of a block: its rms, or 1 where that is 0."""
    return rms(block) or 1.0
