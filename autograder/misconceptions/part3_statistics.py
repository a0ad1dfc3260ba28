"""Known mistakes of part 3: the statistics of deep stacks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake

# ---- 3.9 activation_statistics

STACKS = ("tanh", "ReLU", "SELU")


def statistics(row: Callable[[Any, Any, Any], list[Any]]) -> Callable[[Any], Any]:
    """A builder whose rows are row(z, y, slope)."""

    def build(right: Any) -> Any:
        def wrong(weights: Any, activation: Any, x: Any) -> Any:
            rows = []
            for weight in weights:
                z = x @ weight
                x = activation.forward(z)
                rows.append(row(z, x, activation.backward(np.ones_like(x))))
            return np.array(rows)

        return wrong

    return build


def dead(slope: Any) -> Any:
    return np.mean(np.all(slope == 0, axis=0))


def saturated(slope: Any) -> Any:
    return np.mean(np.abs(slope) < 0.01)


@mistake(
    "3.9",
    "activation_statistics",
    "mean and deviation are those of x·W, before the activation; asked are its outputs' (handout 3.9)",
    fails=(*STACKS, "raised ReLU"),
)
def statistics_before_activation(right: Any) -> Any:
    return statistics(lambda z, y, s: [z.mean(), z.std(), saturated(s), dead(s)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "every layer is fed with the input x; each gets the output of the one before (handout 3.9)",
    fails=(*STACKS, "raised ReLU"),
)
def statistics_always_input(right: Any) -> Any:
    def wrong(weights: Any, activation: Any, x: Any) -> Any:
        widths = [np.resize(x, (len(x), len(w))) for w in weights]
        return np.concatenate([right([w], activation, v) for w, v in zip(weights, widths, strict=True)])

    return wrong


@mistake(
    "3.9",
    "activation_statistics",
    "the activation is left out of the signal that is passed on (handout 3.9)",
    fails=(*STACKS, "raised ReLU"),
)
def statistics_linear_stack(right: Any) -> Any:
    def wrong(weights: Any, activation: Any, x: Any) -> Any:
        rows = []
        for weight in weights:
            rows.append(right([weight], activation, x)[0])
            x = x @ weight
        return np.array(rows)

    return wrong


@mistake(
    "3.9",
    "activation_statistics",
    "saturation is read from the output, |y| > 0.99, instead of the slope, |φ′| < 0.01, which is another set (handout 3.9)",
    fails=("ReLU", "SELU", "raised ReLU", "tanh"),
)
def statistics_saturated_outputs(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(), np.mean(np.abs(y) > 0.99), dead(s)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "dead *entries* are counted; a unit is dead only where φ′ = 0 on the whole batch (handout 3.9)",
    fails=("ReLU", "raised ReLU"),
)
def statistics_dead_entries(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(), saturated(s), np.mean(s == 0)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "units whose output is 0 on the whole batch are counted as dead; a unit is dead where φ′ = 0, whatever it gives (handout 3.9)",
    fails=("raised ReLU",),
)
def statistics_dead_by_output(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(), saturated(s), np.mean(np.all(y == 0, axis=0))])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "dead units are left out of the saturated fraction; |φ′| = 0 is below 0.01 too (handout 3.9)",
    fails=("ReLU", "raised ReLU"),
)
def statistics_saturated_without_dead(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(), np.mean((np.abs(s) < 0.01) & (s != 0)), dead(s)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "a dead unit is looked for along the wrong axis: an example whose units are all off (handout 3.9)",
    fails=("ReLU", "raised ReLU"),
)
def statistics_dead_examples(right: Any) -> Any:
    def row(z: Any, y: Any, s: Any) -> list[Any]:
        return [y.mean(), y.std(), saturated(s), np.mean(np.all(s == 0, axis=1))]

    return statistics(row)(right)


@mistake(
    "3.9", "activation_statistics", "the number of dead units is returned, not their fraction (handout 3.9)", fails=("ReLU", "raised ReLU")
)
def statistics_dead_count(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(), saturated(s), np.sum(np.all(s == 0, axis=0))])(right)


@mistake(
    "3.9", "activation_statistics", "the deviation divides by the count less one (ddof=1) (handout 3.9)", fails=(*STACKS, "raised ReLU")
)
def statistics_ddof_one(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(ddof=1), saturated(s), dead(s)])(right)


@mistake("3.9", "activation_statistics", "the variance is returned in place of the deviation (handout 3.9)", fails=(*STACKS, "raised ReLU"))
def statistics_variance(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.var(), saturated(s), dead(s)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "the deviation of each unit over the batch is averaged; it is that of all entries at once (handout 3.9)",
    fails=(*STACKS, "raised ReLU"),
)
def statistics_unit_deviations(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(axis=0).mean(), saturated(s), dead(s)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "the layers come last to first; they are wanted in forward order (handout 3.9)",
    fails=(*STACKS, "raised ReLU"),
)
def statistics_reversed(right: Any) -> Any:
    return lambda weights, activation, x: right(weights, activation, x)[::-1].copy()


@mistake(
    "3.9",
    "activation_statistics",
    "the slopes are all taken after the last forward: the one activation object then knows the last layer only (handout 3.9)",
    fails=(*STACKS, "raised ReLU"),
)
def statistics_slopes_at_the_end(right: Any) -> Any:
    def wrong(weights: Any, activation: Any, x: Any) -> Any:
        rows = right(weights, activation, x)
        rows[:, 2:] = rows[-1, 2:]
        return rows

    return wrong


# ---- 3.10 gradient_statistics


def gradients(pick: Callable[..., list[Any]], *, again: bool = True) -> Callable[[Any], Any]:
    """A builder whose rows are pick(x, grad of x·W, W, grad of x, grad of y); again: each layer's forward is run before its backward."""

    def build(right: Any) -> Any:
        def wrong(weights: Any, activation: Any, x: Any, grad_output: Any) -> Any:
            inputs = [x]
            for weight in weights:
                inputs.append(activation.forward(inputs[-1] @ weight))
            rows, g = [], grad_output
            for weight, value in zip(reversed(weights), reversed(inputs[:-1]), strict=True):
                if again:
                    activation.forward(value @ weight)
                before = np.resize(activation.backward(np.resize(g, np.shape(activation.x))), g.shape)
                rows.append(pick(value, before, weight, before @ weight.T, g))
                g = before @ weight.T
            return np.array(rows[::-1])

        return wrong

    return build


@mistake(
    "3.10",
    "gradient_statistics",
    "every backward belongs to the last layer's forward: there is one activation object, and it remembers one forward (handout 3.10)",
    fails=STACKS,
)
def gradients_of_last_forward(right: Any) -> Any:
    return gradients(lambda x, u, w, d, g: [np.std(x.T @ u), np.std(d)], again=False)(right)


@mistake(
    "3.10",
    "gradient_statistics",
    "the activation's derivative is left out: gradients pass as if the stack were linear (handout 3.10)",
    fails=STACKS,
)
def gradients_linear(right: Any) -> Any:
    def wrong(weights: Any, activation: Any, x: Any, grad_output: Any) -> Any:
        inputs = [x]
        for weight in weights:
            inputs.append(activation.forward(inputs[-1] @ weight))
        rows, g = [], grad_output
        for weight, value in zip(reversed(weights), reversed(inputs[:-1]), strict=True):
            rows.append([np.std(value.T @ g), np.std(g @ weight.T)])
            g = g @ weight.T
        return np.array(rows[::-1])

    return wrong


@mistake(
    "3.10",
    "gradient_statistics",
    "the rows run from the last layer to the first; they are wanted in forward order (handout 3.10)",
    fails=STACKS,
)
def gradients_reversed(right: Any) -> Any:
    return lambda weights, activation, x, g: right(weights, activation, x, g)[::-1].copy()


@mistake(
    "3.10",
    "gradient_statistics",
    "dL/dW is averaged over the batch; the loss's own 1/N, if it has one, is in grad_output already (handout 3.10)",
    fails=STACKS,
)
def gradients_averaged(right: Any) -> Any:
    return lambda weights, activation, x, g: right(weights, activation, x, g) * np.array([1 / len(x), 1.0])


@mistake(
    "3.10",
    "gradient_statistics",
    "the second column is the gradient of the layer's output; asked is that of its input (handout 3.10)",
    fails=STACKS,
)
def gradients_of_outputs(right: Any) -> Any:
    return gradients(lambda x, u, w, d, g: [np.std(x.T @ u), np.std(g)])(right)


@mistake(
    "3.10", "gradient_statistics", "the second column is the gradient of x·W, before the weights are passed (handout 3.10)", fails=STACKS
)
def gradients_of_products(right: Any) -> Any:
    return gradients(lambda x, u, w, d, g: [np.std(x.T @ u), np.std(u)])(right)


@mistake(
    "3.10", "gradient_statistics", "dL/dW uses the gradient after the activation instead of the one before it (handout 3.10)", fails=STACKS
)
def gradients_weight_skips_activation(right: Any) -> Any:
    return gradients(lambda x, u, w, d, g: [np.std(x.T @ g), np.std(d)])(right)


@mistake(
    "3.10", "gradient_statistics", "root mean squares are returned; the standard deviation takes the mean off (handout 3.10)", fails=STACKS
)
def gradients_rms(right: Any) -> Any:
    return gradients(lambda x, u, w, d, g: [np.sqrt(np.mean((x.T @ u) ** 2)), np.sqrt(np.mean(d**2))])(right)


@mistake("3.10", "gradient_statistics", "norms are returned instead of standard deviations (handout 3.10)", fails=STACKS)
def gradients_norms(right: Any) -> Any:
    return gradients(lambda x, u, w, d, g: [np.linalg.norm(x.T @ u), np.linalg.norm(d)])(right)


@mistake("3.10", "gradient_statistics", "the two columns are swapped: first the weight's, then the input's (handout 3.10)", fails=STACKS)
def gradients_swapped(right: Any) -> Any:
    return lambda weights, activation, x, g: right(weights, activation, x, g)[:, ::-1].copy()


@mistake("3.10", "gradient_statistics", "grad_output is multiplied in place on the way and so overwritten", fails=("conduct",))
def gradients_in_place(right: Any) -> Any:
    def wrong(weights: Any, activation: Any, x: Any, grad_output: Any) -> Any:
        result = right(weights, activation, x, copy.deepcopy(grad_output))
        grad_output *= 0.5
        return result

    return wrong
