"""Part 4, SoftmaxCrossEntropy."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from . import gradient
from .agreement import each_entry, unchanged
from .draw import Draw
from .part4_layers import Make, Steps, first_two, kept
from .question import question


@question("4.6", "SoftmaxCrossEntropy", stub="layers.SoftmaxCrossEntropy", core=True)
def softmax_cross_entropy(ps2: Any, draw: Draw) -> Steps:
    """Mean cross-entropy by log-sum-exp: logits of ±1000, and a right class whose probability is 0 in float64."""
    n, classes = (least_two(d) for d in draw.size(9, 6))
    logits, labels = draw.normal((n, classes)) * 2, draw.integers(classes, (n,))
    loss = cache(lambda: ps2.SoftmaxCrossEntropy())
    yield "forward", lambda: loss().forward(logits, labels)
    gradients: list[Any] = []
    yield "backward", lambda: kept(gradients, loss().backward())
    yield "backward, called twice", lambda: loss().backward()
    yield from extreme_logits(ps2, draw, n, classes)
    yield from second_loss(loss, ps2.SoftmaxCrossEntropy, draw, n, classes, gradients)
    one, its = draw.normal((1, classes)), draw.integers(classes, (1,))
    yield "forward, one sample", lambda: loss().forward(one, its)
    yield "backward, one sample", lambda: loss().backward()
    yield from many_classes(ps2, draw)
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
    large = draw.sprinkle(ordinary, (1000.0, -1000.0))
    row = draw.integer(0, n - 1)
    large[row] = ordinary[row]
    large[row, draw.integer(0, classes - 1)] = 1000.0  # alone in its row, whose mean it lies far above
    cases = {
        "large logits": large,
        "shifted logits": ordinary + draw.integer(800, 1200),
        "the right class unlikely": unlikely,
    }
    for name, logits in cases.items():
        loss = cache(lambda: ps2.SoftmaxCrossEntropy())
        yield f"forward, {name}", lambda loss=loss, logits=logits: loss().forward(logits, labels)
        yield f"backward, {name}", lambda loss=loss: loss().backward(), each_entry()


def many_classes(ps2: Any, draw: Draw) -> Steps:
    """More classes than ten, of which the last is nobody's."""
    classes = draw.integer(11, 14)
    n = draw.size(4)[0]
    logits, labels = draw.normal((n, classes)), draw.integers(classes - 1, (n,))
    loss = cache(lambda: ps2.SoftmaxCrossEntropy())
    yield "forward, more than ten classes", lambda: loss().forward(logits, labels)
    yield "backward, more than ten classes", lambda: loss().backward()


def second_loss(loss: Make, make_other: Make, draw: Draw, n: int, classes: int, gradients: list[Any]) -> Steps:
    """backward belongs to this loss's latest forward, and earlier gradients, of which there is one in the list, stay what they were."""
    first = draw.normal((n, classes)), draw.integers(classes, (n,))
    later, labels = draw.normal((n + 1, classes)), draw.integers(classes, (n + 1,))

    def twice() -> Any:
        loss().forward(*first)
        gradients.append(loss().backward())
        loss().forward(later, labels)
        return loss().backward()

    def between() -> Any:
        loss().forward(later, labels)
        make_other().forward(*first)
        return loss().backward()

    yield "backward, after a second forward", twice
    yield "conduct, earlier gradient", lambda: first_two(gradients), unchanged("an earlier backward's result")
    yield "backward, another loss in between", between
