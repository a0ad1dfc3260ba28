"""Part 4, SoftmaxCrossEntropy."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from . import gradient
from .agreement import each_entry, unchanged
from .draw import Draw
from .part4_layers import Make, Steps
from .question import question


@question("4.6", "SoftmaxCrossEntropy", stub="layers.SoftmaxCrossEntropy", core=True)
def softmax_cross_entropy(ps2: Any, draw: Draw) -> Steps:
    """Mean cross-entropy by log-sum-exp: logits of ±1000, and a right class whose probability is 0 in float64."""
    n, classes = (least_two(d) for d in draw.size(9, 6))
    logits, labels = draw.normal((n, classes)) * 2, draw.integers(classes, (n,))
    loss = cache(lambda: ps2.SoftmaxCrossEntropy())
    yield "forward", lambda: loss().forward(logits, labels)
    yield "backward", lambda: loss().backward()
    yield "backward, called twice", lambda: loss().backward()
    yield from extreme_logits(ps2, draw, n, classes)
    yield from second_loss(loss, draw, n, classes)
    one, its = draw.normal((1, classes)), draw.integers(classes, (1,))
    yield "forward, one sample", lambda: loss().forward(one, its)
    yield "backward, one sample", lambda: loss().backward()
    yield "conduct, logits", logits, unchanged("logits")
    yield "conduct, labels", labels, unchanged("labels")

    answers = draw.integers(classes, (n,))

    def build(logits: Any) -> Any:
        made = ps2.SoftmaxCrossEntropy()
        return made.forward(logits, answers.copy()), lambda u: {"logits": u * made.backward()}

    yield from gradient.gradient_check(build, draw, (), logits=draw.normal((n, classes)))


def least_two(size: int) -> int:
    """One class alone has probability 1 whatever the logits are, and one sample hides a missing mean."""
    return max(size, 2)


def extreme_logits(ps2: Any, draw: Draw, n: int, classes: int) -> Steps:
    """±1000 among ordinary logits; all of them shifted far up; the right class a thousand below the rest."""
    labels = draw.integers(classes, (n,))
    ordinary = draw.normal((n, classes))
    unlikely = ordinary.copy()
    unlikely[np.arange(n), labels] -= draw.integer(800, 1200)
    cases = {
        "large logits": draw.sprinkle(ordinary, (1000.0, -1000.0)),
        "shifted logits": ordinary + draw.integer(800, 1200),
        "the right class unlikely": unlikely,
    }
    for name, logits in cases.items():
        loss = cache(lambda: ps2.SoftmaxCrossEntropy())
        yield f"forward, {name}", lambda loss=loss, logits=logits: loss().forward(logits, labels)
        yield f"backward, {name}", lambda loss=loss: loss().backward(), each_entry()


def second_loss(loss: Make, draw: Draw, n: int, classes: int) -> Steps:
    """backward belongs to the latest forward, and an earlier gradient stays what it was."""
    first = draw.normal((n, classes)), draw.integers(classes, (n,))
    later, labels = draw.normal((n + 1, classes)), draw.integers(classes, (n + 1,))
    kept: list[Any] = []

    def twice() -> Any:
        loss().forward(*first)
        kept.append(loss().backward())
        loss().forward(later, labels)
        return loss().backward()

    yield "backward, after a second forward", twice
    yield "conduct, earlier gradient", lambda: kept[0], unchanged("the first backward's result")
