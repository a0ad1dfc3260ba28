"""Known mistakes in part 3: orthogonal, lsuv, fixup_scale and the statistics of deep stacks. Each sentence goes on after
"This is what you get when …".
"""

from __future__ import annotations

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


def decomposed(numbers: Callable[[Any, tuple[int, int]], Any]) -> Callable[[Any], Any]:
    """A builder of the right decomposition, of numbers(rng, shape) in place of normal ones."""

    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = sizes(shape)
        q, r = np.linalg.qr(numbers(rng, (max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))
        return gain * (q if rows >= columns else q.T).reshape(shape)

    return lambda right: wrong


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
    "positive numbers are decomposed instead of normal ones: all entries of the first column have one sign (handout 3.5)",
    fails=(LIKELY,),
)
def orthogonal_of_positive(right: Any) -> Any:
    return decomposed(lambda rng, shape: rng.random(shape))(right)


@mistake(
    "3.5",
    "orthogonal",
    "uniform numbers are decomposed instead of normal ones: directions towards the corners of a cube are likelier (handout 3.5)",
    fails=("all equally likely, one column",),
)
def orthogonal_of_uniform(right: Any) -> Any:
    return decomposed(lambda rng, shape: rng.uniform(-1.0, 1.0, shape))(right)


@mistake("3.5", "orthogonal", "the gain is ignored (handout 3.5)", fails=(*MATRICES, "all equally likely", "convolution"))
def orthogonal_without_gain(right: Any) -> Any:
    return lambda rng, shape, gain=1.0: right(rng, shape)


@mistake(
    "3.5",
    "orthogonal",
    "the gain is squared or its root is taken; the matrix is simply multiplied by it (handout 3.5)",
    fails=(*MATRICES, "all equally likely", "convolution"),
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
    fails=(*MATRICES, *FILTERS, "all equally likely"),
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
    fails=("matrix, tall", "matrix, wide", "convolution"),
)
def orthogonal_cut(right: Any) -> Any:
    def wrong(rng: Any, shape: Any, gain: float = 1.0) -> Any:
        rows, columns = sizes(shape)
        side = max(rows, columns) + (rows != columns)
        return right(rng, (side, side), gain)[:rows, :columns].reshape(shape)

    return wrong


@mistake("3.5", "orthogonal", FIXED + " (handout 3.5)", fails=(*MATRICES, "all equally likely", "convolution"))
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
