"""Known mistakes in 5.2 and 5.3: gradient_pathways and gradient_norms. `g` is grad_output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake

# ---- 5.2 gradient_pathways


@mistake(
    "5.2",
    "gradient_pathways",
    "the two terms are returned in the other order; the shortcut's comes first",
    fails=("through the shortcut", "through the body"),
)
def pathways_exchanged(right: Any) -> Any:
    return lambda block, g: right(block, g)[::-1]


@mistake(
    "5.2",
    "gradient_pathways",
    "grad_output itself is returned; whoever writes into the result then writes into grad_output: return a copy",
    fails=("conduct, grad_output afterwards",),
)
def pathways_not_copied(right: Any) -> Any:
    def wrong(block: Any, g: Any) -> Any:
        through_shortcut, through_body = right(block, g)
        return g if block.shortcut is None else through_shortcut, through_body

    return wrong


@mistake(
    "5.2",
    "gradient_pathways",
    "a block without a shortcut is said to have no gradient there; its shortcut is the identity, which passes all of it (handout 5.2)",
    fails=("through the shortcut, identity",),
)
def pathways_zero_without_shortcut(right: Any) -> Any:
    def wrong(block: Any, g: Any) -> Any:
        through_shortcut, through_body = right(block, g)
        return np.zeros_like(g) if block.shortcut is None else through_shortcut, through_body

    return wrong


@mistake(
    "5.2",
    "gradient_pathways",
    "the shortcut's own backward is not run: grad_output is returned for it (handout 5.2)",
    fails=("through the shortcut, shortcut",),
)
def pathways_shortcut_not_run(right: Any) -> Any:
    return lambda block, g: (g.copy(), right(block, g)[1])


@mistake(
    "5.2",
    "gradient_pathways",
    "the second term is the whole gradient; each term is one path by itself (handout 5.2)",
    fails=("through the body",),
)
def pathways_sum_as_body(right: Any) -> Any:
    def wrong(block: Any, g: Any) -> Any:
        through_shortcut, through_body = right(block, g)
        return through_shortcut, through_shortcut + through_body

    return wrong


@mistake(
    "5.2",
    "gradient_pathways",
    "the body gets what came out of the shortcut; both paths start from grad_output (handout 5.2)",
    fails=("through the body, shortcut",),
)
def pathways_in_series(right: Any) -> Any:
    def wrong(block: Any, g: Any) -> Any:
        through_shortcut = g.copy() if block.shortcut is None else block.shortcut.backward(g)
        return through_shortcut, block.body.backward(through_shortcut.copy() if block.shortcut is not None else g)

    return wrong


@mistake(
    "5.2", "gradient_pathways", "the sizes of the two terms are returned, not the terms", fails=("through the shortcut", "through the body")
)
def pathways_norms(right: Any) -> Any:
    return lambda block, g: tuple(np.linalg.norm(term) for term in right(block, g))


@mistake("5.2", "gradient_pathways", "the body's backward is run twice", fails=("conduct, calls of the body, identity",))
def pathways_body_twice(right: Any) -> Any:
    def wrong(block: Any, g: Any) -> Any:
        block.body.backward(g)
        return right(block, g)

    return wrong


# ---- 5.3 gradient_norms


def walk(size: Callable[[Any], Any], *, pick: slice = slice(1, None)) -> Callable[[Any], Any]:
    """gradient_norms with another size, or another selection of the L + 1 gradients, output's first."""

    def build(right: Any) -> Any:
        def wrong(layers: Any, x: Any, grad_output: Any) -> Any:
            for layer in layers:
                x = layer.forward(x)
            met = [grad_output]
            for layer in reversed(layers):
                met.append(layer.backward(met[-1]))
            return np.array([size(g) for g in met[pick]])[::-1]

        return wrong

    return build


@mistake(
    "5.3",
    "gradient_norms",
    "the norms are listed from the last layer to the first, as backward met them",
    fails=("plain chain", "residual chain"),
)
def norms_backwards(right: Any) -> Any:
    return lambda layers, x, g: right(layers, x, g)[::-1].copy()


@mistake(
    "5.3",
    "gradient_norms",
    "each entry is the gradient at a layer's output; asked is the one at its input (handout 5.3)",
    fails=("plain chain", "residual chain"),
)
def norms_at_outputs(right: Any) -> Any:
    return walk(np.linalg.norm, pick=slice(0, -1))(right)


@mistake(
    "5.3", "gradient_norms", "the norm of grad_output is listed too; there is one entry a layer", fails=("plain chain", "residual chain")
)
def norms_one_too_many(right: Any) -> Any:
    return walk(np.linalg.norm, pick=slice(None))(right)


@mistake("5.3", "gradient_norms", "squares are summed without taking the root", fails=("plain chain", "residual chain"))
def norms_squared(right: Any) -> Any:
    return walk(lambda g: np.sum(g**2))(right)


@mistake(
    "5.3",
    "gradient_norms",
    "the root mean square is taken; the Frobenius norm is the root of the sum (handout 5.3)",
    fails=("plain chain", "residual chain"),
)
def norms_rms(right: Any) -> Any:
    return walk(lambda g: np.sqrt(np.mean(g**2)))(right)


@mistake(
    "5.3",
    "gradient_norms",
    "absolute values are summed; the Frobenius norm is the root of the sum of squares",
    fails=("plain chain", "residual chain"),
)
def norms_absolute(right: Any) -> Any:
    return walk(lambda g: np.sum(np.abs(g)))(right)


@mistake(
    "5.3",
    "gradient_norms",
    "grad_output is given to every layer; each gets what the layer after it sent back (handout 5.3)",
    fails=("plain chain", "residual chain", "changing widths"),
)
def norms_not_chained(right: Any) -> Any:
    def wrong(layers: Any, x: Any, g: Any) -> Any:
        for layer in layers:
            x = layer.forward(x)
        return np.array([np.linalg.norm(layer.backward(g)) for layer in layers])

    return wrong


@mistake(
    "5.3",
    "gradient_norms",
    "every layer reads x; each reads what the layer before it gave (handout 5.3)",
    fails=("plain chain", "residual chain", "changing widths"),
)
def norms_of_layers_at_x(right: Any) -> Any:
    def wrong(layers: Any, x: Any, g: Any) -> Any:
        for layer in layers:
            layer.forward(x)
        norms = []
        for layer in reversed(layers):
            g = layer.backward(g)
            norms.append(np.linalg.norm(g))
        return np.array(norms[::-1])

    return wrong
