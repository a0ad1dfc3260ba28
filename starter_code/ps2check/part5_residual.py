"""Part 5, numpy: residual blocks and the ways that gradients take.

Bodies and shortcuts are stand-ins of known derivative, so that nothing of part 4 has a say here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from . import gradient
from .agreement import each_entry, unchanged
from .draw import Draw
from .question import question
from .recording import describe
from .tracing import literal, stand_in
from .verdict import Array, Judge, Parts, Unfit, Verdict, within

Steps = Iterator[tuple[Any, ...]]


@stand_in
class Bend:
    """A stand-in layer, y = a·tanh(x) + s·x; in evaluation with another a. It notes what it is given.

    It keeps the very array that it returns, as layers may: whoever adds into that array spoils the next backward.
    """

    def __init__(self, a: float, s: float = 0.0, a_evaluation: float = 0.0, training: bool = True) -> None:
        self.a, self.s, self.a_evaluation = a, s, a_evaluation
        self.training = training
        self.parameters: dict[str, Any] = {"a": np.array([a])}
        self.gradients: dict[str, Any] = {"a": np.zeros(1)}
        self.given: dict[str, list[Any]] = {"forward": [], "backward": []}

    def __repr__(self) -> str:
        mode = "" if self.training else f", a_evaluation={self.a_evaluation}, training=False"
        return f"Bend({self.a}, {self.s}{mode})"

    def calls(self) -> dict[str, Any]:
        """What forward and backward were given, call by call."""
        return {f"calls of {method}": np.array(given) for method, given in self.given.items()}

    def forward(self, x: Any) -> Any:
        self.given["forward"].append(np.array(x))
        self.used = self.a if self.training else self.a_evaluation
        self.skipped = self.s * x
        self.y = self.used * np.tanh(x) + self.skipped
        return self.y

    def backward(self, grad_output: Any) -> Any:
        self.given["backward"].append(np.array(grad_output))
        return grad_output * (self.used + self.s - (self.y - self.skipped) ** 2 / self.used)


@stand_in
class Turn(Bend):
    """A stand-in that changes the last axis: a·tanh(x)·W. A Bend of the product, not of x."""

    def __init__(self, a: float, weight: Array) -> None:
        super().__init__(a)
        self.weight = weight

    def __repr__(self) -> str:
        return f"Turn({self.a}, {literal(self.weight)})"

    def forward(self, x: Any) -> Any:
        return super().forward(x) @ self.weight

    def backward(self, grad_output: Any) -> Any:
        return super().backward(grad_output @ self.weight.T)


@stand_in
class Through:
    """The layer that does nothing: it hands on the very array that it was given."""

    def __init__(self) -> None:
        self.training = True
        self.parameters: dict[str, Any] = {}
        self.gradients: dict[str, Any] = {}

    def __repr__(self) -> str:
        return "Through()"

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, grad_output: Any) -> Any:
        return grad_output


@stand_in
class Forwarded:
    """A block whose parts have been run forward on x: all of a Residual that gradient_pathways needs."""

    def __init__(self, body: Any, shortcut: Any, x: Array) -> None:
        self.body, self.shortcut, self.x = body, shortcut, x
        body.forward(x)
        if shortcut is not None:
            shortcut.forward(x)

    def __repr__(self) -> str:
        return f"Forwarded({self.body!r}, {self.shortcut!r}, {literal(self.x)})"


def bend(draw: Draw, s: float = 0.0, sign: float | None = None) -> Bend:
    sign = draw.choice((-1.0, 1.0)) if sign is None else sign
    return Bend(sign * draw.between(0.5, 1.5), s, sign * draw.between(1.75, 3.0))


def shape_of(draw: Draw) -> tuple[int, ...]:
    """Rows or images."""
    return draw.size(*draw.choice(((7, 5), (3, 4, 5, 2))))


@question("5.1", "Residual", stub="residual.Residual", core=True)
def residual(ps2: Any, draw: Draw) -> Steps:
    """F(x) + x and F(x) + S(x), and both paths back, with layers that hand out their own caches."""
    yield from both_ways(ps2, draw, "", bend(draw), None)
    yield from both_ways(ps2, draw, ", with a shortcut", bend(draw), bend(draw))
    yield from shape_changes(ps2, draw)
    yield from nothing_inside(ps2, draw)
    yield from in_mixed_modes(ps2, draw)
    yield from second_forward(ps2, draw)
    yield from numerical_residual(ps2, draw)


def both_ways(ps2: Any, draw: Draw, case: str, body: Bend, shortcut: Bend | None) -> Steps:
    """Forward, backward twice; what reached the parts; what became of the arguments."""
    shape = shape_of(draw)
    x, g, g_again = draw.normal(shape), draw.normal(shape), draw.normal(shape)
    block = cache(lambda: ps2.Residual(body, shortcut) if shortcut else ps2.Residual(body))
    yield f"forward{case}", lambda: block().forward(x)
    yield f"backward{case}", lambda: block().backward(g)
    yield f"conduct, calls of the body{case}", body.calls
    if shortcut:
        yield f"conduct, calls of the shortcut{case}", shortcut.calls
    yield f"backward{case}, called twice", lambda: block().backward(g_again)
    yield f"conduct, own parameters{case}", lambda: np.array([len(block().parameters), len(block().gradients)])
    yield f"conduct, body and shortcut{case}", lambda: np.array([block().body is body, block().shortcut is shortcut]), both_kept()
    yield f"conduct, x{case}", x, unchanged("x")
    yield f"conduct, grad_output{case}", g, unchanged("grad_output")


def both_kept() -> Judge:
    def rule(got: Parts, want: Parts) -> Verdict:
        says = "block.body and block.shortcut (None where there is none) are no longer what the block was made of; 5.2 reads them"
        return within(0.0 if np.array_equal(got[""], want[""]) else float("inf"), says)

    return Judge(rule, allowed="none", shown=False)


def shape_changes(ps2: Any, draw: Draw) -> Steps:
    """Body and shortcut lead to another number of features."""
    n, d, m = draw.size(6, 5, 4)
    m += d == m
    body, shortcut = (Turn(draw.between(0.5, 1.5), draw.normal((d, m))) for _ in range(2))
    x, g = draw.normal((n, d)), draw.normal((n, m))
    block = cache(lambda: ps2.Residual(body, shortcut=shortcut))
    yield "forward, another width", lambda: block().forward(x)
    yield "backward, another width", lambda: block().backward(g)


def nothing_inside(ps2: Any, draw: Draw) -> Steps:
    """A body that hands on its argument, as Sequential([]) does: adding into its result would change x."""
    shape = shape_of(draw)
    x, g = draw.normal(shape), draw.normal(shape)
    block = cache(lambda: ps2.Residual(Through()))
    yield "forward, an empty body", lambda: block().forward(x)
    yield "backward, an empty body", lambda: block().backward(g)
    yield "conduct, x of an empty body", x, unchanged("x")
    yield "conduct, grad_output of an empty body", g, unchanged("grad_output")
    x, g = draw.normal(shape), draw.normal(shape)
    body = bend(draw)
    other = cache(lambda: ps2.Residual(body, Through()))
    yield "forward, an empty shortcut", lambda: other().forward(x)
    yield "backward, an empty shortcut", lambda: other().backward(g)
    yield "conduct, x of an empty shortcut", x, unchanged("x")
    yield "conduct, grad_output of an empty shortcut", g, unchanged("grad_output")


def in_mixed_modes(ps2: Any, draw: Draw) -> Steps:
    """The block in one mode, its parts in another, which it does not set; and a block in evaluation, which computes the same."""
    shape = shape_of(draw)
    for mode in (True, False):
        sign = draw.choice((-1.0, 1.0))  # one for both: what the mode changes in one part cannot make up for the other
        body, shortcut = bend(draw, sign=sign), bend(draw, sign=sign)
        body.training = shortcut.training = not mode
        x = draw.normal(shape)

        def forward(body: Any = body, shortcut: Any = shortcut, x: Any = x, mode: Any = mode) -> Any:
            block = ps2.Residual(body, shortcut)
            block.training = mode
            return block.forward(x)

        yield f"forward, training = {mode}", forward
    alone, x, g = bend(draw), draw.normal(shape), draw.normal(shape)
    block = cache(lambda: in_evaluation(ps2.Residual(alone)))
    yield "forward, in evaluation", lambda: block().forward(x)
    yield "backward, in evaluation", lambda: block().backward(g)


def in_evaluation(block: Any) -> Any:
    block.training = False
    return block


def second_forward(ps2: Any, draw: Draw) -> Steps:
    """Backward belongs to the latest forward; earlier results stay what they were."""
    body, kept = bend(draw), []
    shape = shape_of(draw)
    first, later, g, g_later = (draw.normal(shape) for _ in range(4))

    def twice() -> Any:
        block = ps2.Residual(body)
        kept.append(block.forward(first))
        kept.append(block.backward(g))
        block.forward(later)
        return block.backward(g_later)

    yield "backward, after a second forward", twice
    yield "conduct, earlier result", lambda: kept[0], unchanged("the first forward's result")
    yield "conduct, earlier gradient", lambda: kept[1], unchanged("the first backward's result")


def numerical_residual(ps2: Any, draw: Draw) -> Steps:
    a, s = draw.between(0.5, 1.5), draw.between(0.5, 1.5)
    shape = draw.size(5, 6)
    make = gradient.of(lambda: ps2.Residual(Bend(a), Bend(s)))
    yield from gradient.gradient_check(make, draw, shape, x=draw.normal(shape))


@question("5.2", "gradient_pathways", stub="residual.gradient_pathways", core=True)
def gradient_pathways(ps2: Any, draw: Draw) -> Steps:
    """dL/dH · dS/dx and dL/dH · dF/dx, each by itself; without a shortcut the first is dL/dH, as a copy."""
    for case, shortcut in (("identity", None), ("shortcut", bend(draw))):
        shape = shape_of(draw)
        x, g = draw.normal(shape), draw.normal(shape)
        yield from pathways(ps2, case, bend(draw), shortcut, x, g)
    n, d, m = draw.size(6, 5, 4)
    m += d == m
    body, turning = (Turn(draw.between(0.5, 1.5), draw.normal((d, m))) for _ in range(2))
    yield from pathways(ps2, "another width", body, turning, draw.normal((n, d)), draw.normal((n, m)))
    shape = shape_of(draw)
    x, g = draw.normal(shape), draw.normal(shape)
    block = Forwarded(Through(), None, x)

    def added() -> Any:
        through_shortcut, _ = pair(ps2.gradient_pathways(block, g))
        through_shortcut += x
        return through_shortcut

    yield "through the shortcut, written into afterwards", added
    yield "conduct, grad_output afterwards", g, unchanged("grad_output")


def pathways(ps2: Any, case: str, body: Any, shortcut: Any, x: Array, g: Array) -> Steps:
    """One block, which has been run forward: both terms, and that each part ran backward once."""
    block = Forwarded(body, shortcut, x)
    terms = cache(lambda: ps2.gradient_pathways(block, g))
    yield f"through the shortcut, {case}", lambda: pair(terms())[0]
    yield f"through the body, {case}", lambda: pair(terms())[1]
    yield f"conduct, calls of the body, {case}", body.calls
    if shortcut:
        yield f"conduct, calls of the shortcut, {case}", shortcut.calls
    yield f"conduct, grad_output, {case}", g, unchanged("grad_output")


def pair(terms: Any) -> tuple[Any, Any]:
    stacked = isinstance(terms, np.ndarray) and terms.ndim > 2  # in one array, which is unpacked like a tuple
    if not isinstance(terms, (tuple, list)) and not stacked:
        raise Unfit(f"is {describe(terms)}, expected two arrays, (through_shortcut, through_body)")
    if len(terms) != 2:
        raise Unfit(f"is one of {len(terms)} results, expected two arrays, (through_shortcut, through_body)")
    through_shortcut, through_body = terms
    return through_shortcut, through_body


@question("5.3", "gradient_norms", stub="residual.gradient_norms")
def gradient_norms(ps2: Any, draw: Draw) -> Steps:
    """The size of the gradient at the input of each layer: a plain chain, where it vanishes, against the same chain with shortcuts."""
    depth = draw.integer(2, 3) if draw.small else draw.integer(9, 14)
    gains = [draw.between(0.25, 0.5) for _ in range(depth)]
    shape = shape_of(draw)
    for case, s in (("plain", 0.0), ("residual", 1.0)):
        layers = [Bend(a, s) for a in gains]
        x, g = draw.normal(shape), draw.normal(shape)
        yield f"{case} chain", lambda layers=layers, x=x, g=g: ps2.gradient_norms(layers, x, g), each_entry(floor=1e-30)
        yield f"conduct, calls, {case} chain", layers[0].calls
        yield f"conduct, x, {case} chain", x, unchanged("x")
        yield f"conduct, grad_output, {case} chain", g, unchanged("grad_output")
    widths = draw.size(4, 6, 5, 7)
    turns = [Turn(draw.between(0.5, 1.0), draw.normal(pair_of)) for pair_of in pairwise(widths)]
    n = draw.size(5)[0]
    x, g = draw.normal((n, widths[0])), draw.normal((n, widths[-1]))
    yield "changing widths", lambda: ps2.gradient_norms(turns, x, g), each_entry(floor=1e-30)
    alone, x1, g1 = bend(draw), draw.normal(shape), draw.normal(shape)
    yield "changing widths, one layer", lambda: ps2.gradient_norms([alone], x1, g1), each_entry(floor=1e-30)
