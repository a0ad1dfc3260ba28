"""Known mistakes in 5.1 to 5.3: Residual, gradient_pathways, gradient_norms. Each sentence goes on after
"This is what you get when …"; `g` is grad_output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .altered import but

# ---- 5.1 Residual


def skipped(self: Any, x: Any) -> Any:
    return x if self.shortcut is None else self.shortcut.forward(x)


def skipped_back(self: Any, g: Any) -> Any:
    return g if self.shortcut is None else self.shortcut.backward(g)


@mistake(
    "5.1",
    "Residual",
    "the gradient goes back through the body alone; the shortcut's path is dropped, which is the one that does not vanish (handout 5.1)",
    fails=("backward",),
)
def residual_shortcut_dropped(right: Any) -> Any:
    return but(right, backward=lambda self, g: self.body.backward(g))


@mistake(
    "5.1", "Residual", "the gradient goes back through the shortcut alone; the body's path is dropped (handout 5.1)", fails=("backward",)
)
def residual_body_dropped(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        self.body.backward(g)
        return skipped_back(self, g).copy()

    return but(right, backward=backward)


@mistake(
    "5.1",
    "Residual",
    "forward adds into the array that the body returned, which the body may have kept for its backward (handout 5.1)",
    fails=("backward", "conduct, x of an empty body"),
)
def residual_adds_in_place(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = self.body.forward(x)
        y += skipped(self, x)
        return y

    return but(right, forward=forward)


@mistake(
    "5.1", "Residual", "forward adds into what the shortcut returned, which without one is x itself (handout 5.1)", fails=("conduct, x",)
)
def residual_adds_into_x(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = skipped(self, x)
        y += self.body.forward(x)
        return y

    return but(right, forward=forward)


@mistake(
    "5.1",
    "Residual",
    "backward adds into the array that the body returned; an empty body returns grad_output itself (handout 5.1)",
    fails=("conduct, grad_output of an empty body",),
)
def residual_backward_adds_in_place(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        grad = self.body.backward(g)
        grad += skipped_back(self, g)
        return grad

    return but(right, backward=backward)


@mistake("5.1", "Residual", "backward adds the body's part into grad_output", fails=("conduct, grad_output",))
def residual_adds_into_grad_output(right: Any) -> Any:
    def backward(self: Any, g: Any) -> Any:
        grad = skipped_back(self, g)
        grad += self.body.backward(g)
        return grad

    return but(right, backward=backward)


@mistake(
    "5.1",
    "Residual",
    "x itself is added although there is a shortcut (handout 5.1)",
    fails=("forward, with a shortcut", "backward, with a shortcut"),
)
def residual_shortcut_ignored(right: Any) -> Any:
    return but(right, forward=lambda self, x: self.body.forward(x) + x)


@mistake(
    "5.1",
    "Residual",
    "backward adds grad_output although there is a shortcut, whose own backward is to be run (handout 5.1)",
    fails=("backward, with a shortcut",),
)
def residual_backward_ignores_shortcut(right: Any) -> Any:
    return but(right, backward=lambda self, g: self.body.backward(g) + g)


@mistake(
    "5.1",
    "Residual",
    "x is added beside the shortcut; the shortcut stands in place of x (handout 5.1)",
    fails=("forward, with a shortcut",),
)
def residual_adds_three(right: Any) -> Any:
    def extra(self: Any, value: Any) -> Any:
        return 0.0 if self.shortcut is None else value

    return but(
        right,
        forward=lambda self, x: self.body.forward(x) + skipped(self, x) + extra(self, x),
        backward=lambda self, g: self.body.backward(g) + skipped_back(self, g) + extra(self, g),
    )


@mistake(
    "5.1",
    "Residual",
    "body and shortcut are run one after the other; both take x, side by side (handout 5.1)",
    fails=("forward, with a shortcut", "backward, with a shortcut"),
)
def residual_in_series(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        s = skipped(self, x)
        return self.body.forward(s) + s

    def backward(self: Any, g: Any) -> Any:
        return skipped_back(self, self.body.backward(g) + g)

    return but(right, forward=forward, backward=backward)


@mistake(
    "5.1",
    "Residual",
    "a ReLU follows the sum; this block ends with the sum, a ReLU is a layer of its own (handout 5.1)",
    fails=("forward", "backward"),
)
def residual_relu_after_sum(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        y = right.forward(self, x)
        self.positive = y > 0
        return np.where(self.positive, y, 0.0)

    return but(right, forward=forward, backward=lambda self, g: right.backward(self, np.where(self.positive, g, 0.0)))


@mistake("5.1", "Residual", "the two paths are averaged; they are added (handout 5.1)", fails=("forward", "backward"))
def residual_averages(right: Any) -> Any:
    return but(right, forward=lambda self, x: right.forward(self, x) / 2, backward=lambda self, g: right.backward(self, g) / 2)


@mistake(
    "5.1",
    "Residual",
    "x is subtracted: F(x) = H(x) − x is what the body learns, H(x) = F(x) + x is what the block computes (handout 5.1)",
    fails=("forward", "backward"),
)
def residual_subtracts(right: Any) -> Any:
    return but(
        right,
        forward=lambda self, x: self.body.forward(x) - skipped(self, x),
        backward=lambda self, g: self.body.backward(g) - skipped_back(self, g),
    )


@mistake(
    "5.1",
    "Residual",
    "forward runs the body twice: a batch normalization in it would move its running statistics twice",
    fails=("conduct, calls of the body",),
)
def residual_runs_body_twice(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        self.body.forward(x)
        return right.forward(self, x)

    return but(right, forward=forward)


@mistake(
    "5.1",
    "Residual",
    "the block passes its own `training` on to its parts; their mode is the caller's business (handout 5.1)",
    fails=("forward, training = True", "forward, training = False"),
)
def residual_sets_training(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        for part in (self.body, self.shortcut):
            if part is not None:
                part.training = self.training
        return right.forward(self, x)

    return but(right, forward=forward)


@mistake(
    "5.1",
    "Residual",
    "the block lists its body's parameters as its own: an optimizer that walks through all layers would step twice (handout 5.1)",
    fails=("conduct, own parameters",),
)
def residual_collects_parameters(right: Any) -> Any:
    def init(self: Any, body: Any, shortcut: Any = None) -> None:
        right.__init__(self, body, shortcut)
        self.parameters = {**body.parameters}

    return but(right, __init__=init)


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
