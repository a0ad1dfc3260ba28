"""Known mistakes in part 3: orthogonal, lsuv, fixup_scale and the statistics of deep stacks. Each sentence goes on after
"This is what you get when …".
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import mistake
from .part3 import FIXED, RESEEDED, reseeded, with_generator

# ---- 3.5 orthogonal

MATRICES = ("matrix, square", "matrix, tall", "matrix, wide")
FILTERS = ("convolution, more inputs", "convolution, more outputs")
LIKELY = "all equally likely"


def sizes(shape: Any) -> tuple[int, int]:
    return int(shape[0]), int(np.prod(shape[1:]))


@mistake(
    "3.5",
    "orthogonal",
    "the signs of R's diagonal are not given back to Q: LAPACK fixes them, so that some matrices never occur (handout 3.5)",
    fails=(LIKELY,),
)
def orthogonal_without_signs(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = sizes(shape)
        q = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))[0]
        return gain * (q if rows >= columns else q.T).reshape(shape)

    return wrong


@mistake(
    "3.5",
    "orthogonal",
    "uniform numbers are decomposed instead of normal ones: their directions favour the corners (handout 3.5)",
    fails=(LIKELY,),
)
def orthogonal_of_positive(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = sizes(shape)
        q, r = np.linalg.qr(rng.random((max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))
        return gain * (q if rows >= columns else q.T).reshape(shape)

    return wrong


@mistake("3.5", "orthogonal", "the gain is ignored (handout 3.5)", fails=MATRICES)
def orthogonal_without_gain(right: Any) -> Any:
    return lambda rng, shape, gain=1.0: right(rng, shape)


@mistake(
    "3.5", "orthogonal", "the gain is squared or its root is taken; the matrix is simply multiplied by it (handout 3.5)", fails=MATRICES
)
def orthogonal_root_of_gain(right: Any) -> Any:
    return lambda rng, shape, gain=1.0: right(rng, shape, gain * gain)


@mistake(
    "3.5",
    "orthogonal",
    "a wide matrix comes back transposed: (columns, rows) instead of (rows, columns) (handout 3.5)",
    fails=("matrix, wide",),
)
def orthogonal_transposed(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        w = right(rng, shape, gain)
        return w.T if len(shape) == 2 and shape[0] < shape[1] else w

    return wrong


@mistake(
    "3.5",
    "orthogonal",
    "convolution weights are not flattened to (out, in·kh·kw): each kernel is made orthogonal by itself (handout 3.5)",
    fails=FILTERS,
)
def orthogonal_each_kernel(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        if len(shape) == 2:
            return right(rng, shape, gain)
        return np.stack([[right(rng, shape[2:], gain) for _ in range(shape[1])] for _ in range(shape[0])])

    return wrong


@mistake(
    "3.5", "orthogonal", "convolution weights are flattened to (out·in, kh·kw), which joins the wrong axes (handout 3.5)", fails=FILTERS
)
def orthogonal_wrong_flattening(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        if len(shape) == 2:
            return right(rng, shape, gain)
        return right(rng, (shape[0] * shape[1], shape[2] * shape[3]), gain).reshape(shape)

    return wrong


@mistake(
    "3.5",
    "orthogonal",
    "columns are only scaled to norm 1; orthogonal ones are perpendicular too (handout 3.5)",
    fails=(*MATRICES, *FILTERS),
)
def orthogonal_unit_columns(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        w = rng.standard_normal(sizes(shape))
        return gain * (w / np.linalg.norm(w, axis=0)).reshape(shape)

    return wrong


@mistake(
    "3.5",
    "orthogonal",
    "a large square matrix is cut to shape: of orthonormal rows, pieces are not orthonormal (handout 3.5)",
    fails=("matrix, tall", "matrix, wide"),
)
def orthogonal_cut(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = sizes(shape)
        side = max(rows, columns) + (rows != columns)
        return right(rng, (side, side), gain)[:rows, :columns].reshape(shape)

    return wrong


@mistake("3.5", "orthogonal", FIXED + " (handout 3.5)", fails=MATRICES)
def orthogonal_fixed_seed(right: Any) -> Any:
    return with_generator(lambda rng: np.random.default_rng(0))(right)


@mistake("3.5", "orthogonal", RESEEDED, fails=("conduct, global generator",))
def orthogonal_reseeded(right: Any) -> Any:
    return with_generator(reseeded)(right)


# ---- 3.7 lsuv

Rescale = Callable[[Any, Any], None]


def rescaling(divide: Rescale, measured: Callable[[Any], float] = lambda y: abs(float(np.var(y)) - 1)) -> Callable[[Any], Any]:
    """A builder of the usual loop with another division: divide(parameters, output)."""

    def build(right: Any) -> Any:
        def wrong(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> None:
            x = batch
            for layer in layers:
                y = layer.forward(x)
                for _ in range(max_iterations if "weight" in layer.parameters else 0):
                    if measured(y) < tolerance:
                        break
                    divide(layer.parameters, y)
                    y = layer.forward(x)
                x = y

        return wrong

    return build


def by(divisor: Callable[[Any], Any]) -> Rescale:
    def divide(parameters: Any, y: Any) -> None:
        parameters["weight"] /= divisor(y)

    return divide


@mistake(
    "3.7",
    "lsuv",
    "the weight is divided by the variance; to bring the variance to 1 it is divided by its root (handout 3.7)",
    fails=("weights",),
)
def lsuv_by_variance(right: Any) -> Any:
    return rescaling(by(np.var))(right)


@mistake(
    "3.7",
    "lsuv",
    "all layers are rescaled from one forward pass; once a layer changes, all later outputs do (handout 3.7)",
    fails=("weights",),
)
def lsuv_one_pass(right: Any) -> Any:
    def wrong(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> None:
        x, spreads = batch, []
        for layer in layers:
            x = layer.forward(x)
            spreads.append(np.std(x))
        for layer, spread in zip(layers, spreads, strict=True):
            if "weight" in layer.parameters and abs(spread**2 - 1) >= tolerance:
                layer.parameters["weight"] /= spread

    return wrong


@mistake(
    "3.7",
    "lsuv",
    "the variance is measured after the activation; it is that of the weight layer's own output (handout 3.7)",
    fails=("weights",),
)
def lsuv_after_activation(right: Any) -> Any:
    def wrong(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> None:
        x = batch
        for layer, after in zip(layers, [*layers[1:], None], strict=True):
            chain = [layer, after] if after is not None and "weight" not in after.parameters else [layer]
            for _ in range(max_iterations if "weight" in layer.parameters else 0):
                y = functools.reduce(lambda h, part: part.forward(h), chain, x)
                if abs(np.var(y) - 1) < tolerance:
                    break
                layer.parameters["weight"] /= np.std(y)
            x = layer.forward(x)

    return wrong


@mistake(
    "3.7",
    "lsuv",
    "each unit gets variance 1 by itself; one number, the deviation of all entries, divides the whole weight (handout 3.7)",
    fails=("weights",),
)
def lsuv_per_unit(right: Any) -> Any:
    return rescaling(by(lambda y: np.std(y, axis=0) + 1e-12))(right)


@mistake(
    "3.7",
    "lsuv",
    "a new array is put in the weight's place; it must be changed in place, so that the layer and its optimizer see it (handout 3.7)",
    fails=("weights, in place",),
)
def lsuv_new_array(right: Any) -> Any:
    def divide(parameters: Any, y: Any) -> None:
        parameters["weight"] = parameters["weight"] / np.std(y)

    return rescaling(divide)(right)


@mistake(
    "3.7",
    "lsuv",
    "there is one division a layer and no second look; where the output is not proportional to the weight one is not enough (handout 3.7)",
    fails=("weights, several divisions",),
)
def lsuv_once(right: Any) -> Any:
    return lambda layers, batch, tolerance=0.01, max_iterations=10: right(layers, batch, tolerance, min(max_iterations, 1))


@mistake(
    "3.7",
    "lsuv",
    "the tolerance is ignored, and weights that are near enough are changed too (handout 3.7)",
    fails=("weights, near enough",),
)
def lsuv_ignores_tolerance(right: Any) -> Any:
    return lambda layers, batch, tolerance=0.01, max_iterations=10: right(layers, batch, 1e-9, max_iterations)


@mistake(
    "3.7",
    "lsuv",
    "max_iterations is ignored, so that the loop goes on until the tolerance is met (handout 3.7)",
    fails=("weights, few divisions",),
)
def lsuv_ignores_iterations(right: Any) -> Any:
    return lambda layers, batch, tolerance=0.01, max_iterations=10: right(layers, batch, tolerance, 200)


@mistake(
    "3.7", "lsuv", "every layer is fed with the batch itself; each gets the output of the one before (handout 3.7)", fails=("weights",)
)
def lsuv_always_batch(right: Any) -> Any:
    def wrong(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> None:
        for layer in layers:
            right([layer], batch, tolerance, max_iterations)

    return wrong


@mistake("3.7", "lsuv", "the next layer is fed with the output from before the last division (handout 3.7)", fails=("weights",))
def lsuv_stale_output(right: Any) -> Any:
    def wrong(layers: Any, batch: Any, tolerance: float = 0.01, max_iterations: int = 10) -> None:
        x = batch
        for layer in layers:
            y = layer.forward(x)
            right([layer], x, tolerance, max_iterations)
            x = y

    return wrong


@mistake("3.7", "lsuv", "activations are skipped: layers without a weight still pass the signal on (handout 3.7)", fails=("weights",))
def lsuv_skips_activations(right: Any) -> Any:
    return lambda layers, batch, tolerance=0.01, max_iterations=10: right(
        [layer for layer in layers if "weight" in layer.parameters], batch, tolerance, max_iterations
    )


@mistake(
    "3.7", "lsuv", "the mean square is brought to 1 instead of the variance, which leaves the mean out (handout 3.7)", fails=("weights",)
)
def lsuv_mean_square(right: Any) -> Any:
    return rescaling(by(lambda y: np.sqrt(np.mean(y**2))), lambda y: abs(float(np.mean(y**2)) - 1))(right)


# ---- 3.8 fixup_scale


@mistake("3.8", "fixup_scale", "the exponent is −1/m; it is −1/(2m − 2) (handout 3.8)", fails=("scale, one", "scale, two"))
def fixup_one_over_m(right: Any) -> Any:
    return lambda blocks, layers: float(blocks) ** (-1 / layers)


@mistake("3.8", "fixup_scale", "the minus sign is missing: the scale grows with the number of blocks (handout 3.8)", fails=("scale",))
def fixup_positive(right: Any) -> Any:
    return lambda blocks, layers: 1 / right(blocks, layers)


@mistake(
    "3.8",
    "fixup_scale",
    "the exponent is −1/(2m); only the m − 1 layers before the last are scaled: −1/(2m − 2) (handout 3.8)",
    fails=("scale",),
)
def fixup_two_m(right: Any) -> Any:
    return lambda blocks, layers: float(blocks) ** (-1 / (2 * layers))


@mistake(
    "3.8",
    "fixup_scale",
    "the number of layers is raised to a power of the number of blocks: the arguments are mixed up (handout 3.8)",
    fails=("scale, one", "scale, two"),
)
def fixup_swapped(right: Any) -> Any:
    return lambda blocks, layers: float(layers) ** (-1 / max(2 * blocks - 2, 1))


@mistake(
    "3.8",
    "fixup_scale",
    "L counts all layers, blocks times layers a block; L is the number of residual blocks (handout 3.8)",
    fails=("scale",),
)
def fixup_all_layers(right: Any) -> Any:
    return lambda blocks, layers: right(blocks * layers, layers)


@mistake("3.8", "fixup_scale", "the exponent is −1/(m − 1): a factor ½ is missing (handout 3.8)", fails=("scale",))
def fixup_without_half(right: Any) -> Any:
    return lambda blocks, layers: float(blocks) ** (-1 / (layers - 1))


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
    fails=STACKS,
)
def statistics_before_activation(right: Any) -> Any:
    return statistics(lambda z, y, s: [z.mean(), z.std(), saturated(s), dead(s)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "every layer is fed with the input x; each gets the output of the one before (handout 3.9)",
    fails=STACKS,
)
def statistics_always_input(right: Any) -> Any:
    def wrong(weights: Any, activation: Any, x: Any) -> Any:
        widths = [np.resize(x, (len(x), len(w))) for w in weights]
        return np.concatenate([right([w], activation, v) for w, v in zip(weights, widths, strict=True)])

    return wrong


@mistake("3.9", "activation_statistics", "the activation is left out of the signal that is passed on (handout 3.9)", fails=STACKS)
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
    fails=("ReLU",),
)
def statistics_saturated_outputs(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(), np.mean(np.abs(y) > 0.99), dead(s)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "dead *entries* are counted; a unit is dead only where φ′ = 0 on the whole batch (handout 3.9)",
    fails=("ReLU",),
)
def statistics_dead_entries(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(), saturated(s), np.mean(s == 0)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "dead units are left out of the saturated fraction; |φ′| = 0 is below 0.01 too (handout 3.9)",
    fails=("ReLU",),
)
def statistics_saturated_without_dead(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(), np.mean((np.abs(s) < 0.01) & (s != 0)), dead(s)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "a dead unit is looked for along the wrong axis: an example whose units are all off (handout 3.9)",
    fails=("ReLU",),
)
def statistics_dead_examples(right: Any) -> Any:
    def row(z: Any, y: Any, s: Any) -> list[Any]:
        return [y.mean(), y.std(), saturated(s), np.mean(np.all(s == 0, axis=1))]

    return statistics(row)(right)


@mistake("3.9", "activation_statistics", "the number of dead units is returned, not their fraction (handout 3.9)", fails=("ReLU",))
def statistics_dead_count(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(), saturated(s), np.sum(np.all(s == 0, axis=0))])(right)


@mistake("3.9", "activation_statistics", "the deviation divides by the count less one (ddof=1) (handout 3.9)", fails=STACKS)
def statistics_ddof_one(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(ddof=1), saturated(s), dead(s)])(right)


@mistake("3.9", "activation_statistics", "the variance is returned in place of the deviation (handout 3.9)", fails=STACKS)
def statistics_variance(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.var(), saturated(s), dead(s)])(right)


@mistake(
    "3.9",
    "activation_statistics",
    "the deviation of each unit over the batch is averaged; it is that of all entries at once (handout 3.9)",
    fails=STACKS,
)
def statistics_unit_deviations(right: Any) -> Any:
    return statistics(lambda z, y, s: [y.mean(), y.std(axis=0).mean(), saturated(s), dead(s)])(right)


@mistake("3.9", "activation_statistics", "the layers come last to first; they are wanted in forward order (handout 3.9)", fails=STACKS)
def statistics_reversed(right: Any) -> Any:
    return lambda weights, activation, x: right(weights, activation, x)[::-1].copy()


@mistake(
    "3.9",
    "activation_statistics",
    "the slopes are all taken after the last forward: the one activation object then knows the last layer only (handout 3.9)",
    fails=STACKS,
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
