"""Known mistakes in 5.1, Residual. Each sentence goes on after
"This is what you get when …"; `g` is grad_output."""

from __future__ import annotations

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
    "the block passes its `training` on to its shortcut; the mode of both parts is the caller's business (handout 5.1)",
    fails=("forward, training = True", "forward, training = False"),
)
def residual_sets_training_of_the_shortcut(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        if self.shortcut is not None:
            self.shortcut.training = self.training
        return right.forward(self, x)

    return but(right, forward=forward)


@mistake(
    "5.1",
    "Residual",
    "in evaluation the shortcut is left out; H(x) = F(x) + x in either mode (handout 5.1)",
    fails=("forward, in evaluation",),
)
def residual_trains_only(right: Any) -> Any:
    def forward(self: Any, x: Any) -> Any:
        return right.forward(self, x) if self.training or self.shortcut is not None else self.body.forward(x)

    return but(right, forward=forward)


@mistake(
    "5.1",
    "Residual",
    "in evaluation the gradient goes back through the body alone; it has both paths in either mode (handout 5.1)",
    fails=("backward, in evaluation",),
)
def residual_goes_back_in_training_only(right: Any) -> Any:
    return but(right, backward=lambda self, g: right.backward(self, g) if self.training else self.body.backward(g))


@mistake(
    "5.1",
    "Residual",
    "a block without a shortcut gets an empty layer for one; block.shortcut is None there, which gradient_pathways reads (handout 5.1)",
    fails=("conduct, body and shortcut",),
)
def residual_with_an_empty_shortcut(right: Any) -> Any:
    class Nothing:
        def forward(self, x: Any) -> Any:
            return x

        backward = forward

    def init(self: Any, body: Any, shortcut: Any = None) -> None:
        right.__init__(self, body, Nothing() if shortcut is None else shortcut)

    return but(right, __init__=init)


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
