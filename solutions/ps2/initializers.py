"""Part 3: weight initialization (handout, section 3).

`shape` is that of the weights: (fan_in, fan_out) of a linear layer, (out, in, kh, kw) of a convolution.
`rng` is a `numpy.random.Generator` and the only source of
randomness: the same state gives the same array, and numpy's global generator is neither used nor seeded. How many numbers are drawn and in
which order is free. Every result is a new float64 array.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from .base import Layer

Shape = tuple[int, ...]


def fan_in(shape: Shape) -> int:
    """The number of inputs that are summed for one output: D_in for (D_in, D_out), in·kh·kw for (out, in, kh, kw)."""
    ### BEGIN SOLUTION
    if len(shape) == 2:
        return int(shape[0])
    _, inputs, height, width = shape
    return int(inputs * height * width)
    ### END SOLUTION


def constant(shape: Shape, value: float) -> ndarray:
    """The same value everywhere, as a new float64 array. All units of such a layer stay equal for ever: handout 3.2."""
    ### BEGIN SOLUTION
    return np.full(shape, value, dtype=np.float64)
    ### END SOLUTION


def gaussian(rng: np.random.Generator, shape: Shape, std: float) -> ndarray:
    """Independent normal numbers of mean 0 and standard deviation `std` ≥ 0 (the lecture's first idea has std 0.01)."""
    ### BEGIN SOLUTION
    return std * rng.standard_normal(shape)
    ### END SOLUTION


def xavier(rng: np.random.Generator, shape: Shape) -> ndarray:
    """Independent, mean 0, standard deviation 1/√fan_in: then Var(y) = Var(x) for y = x·W.

    Normal, uniform, or truncated normal with corrected deviation. (The lecture's form; Glorot & Bengio's own is √(2/(fan_in + fan_out)).)
    """
    ### BEGIN SOLUTION
    return rng.standard_normal(shape) / np.sqrt(fan_in(shape))
    ### END SOLUTION


def kaiming(rng: np.random.Generator, shape: Shape, negative_slope: float = 0.0) -> ndarray:
    """Independent, mean 0, standard deviation √(2 / ((1 + a²)·fan_in)), a = negative_slope (He et al. 2015).

    A ReLU halves the second moment, a leaky one keeps (1 + a²)/2 of it; this makes up for it, whatever the sign and the size of a. Any of
    the distributions of `xavier`.
    """
    ### BEGIN SOLUTION
    return rng.standard_normal(shape) * np.sqrt(2.0 / ((1.0 + negative_slope**2) * fan_in(shape)))
    ### END SOLUTION


def orthogonal(rng: np.random.Generator, shape: Shape, gain: float = 1.0) -> ndarray:
    """gain times a random orthogonal matrix, every one as likely as every other (Haar measure; Saxe et al. 2014).

    Not square: orthonormal rows or columns, whichever are fewer. Convolution weights are such a matrix of shape (out, in·kh·kw), reshaped.

    QR of a normal matrix is not enough: LAPACK fixes the signs of R's diagonal. Multiply the columns of Q by them.
    """
    ### BEGIN SOLUTION
    rows, columns = shape[0], int(np.prod(shape[1:]))
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return gain * (q if rows >= columns else q.T).reshape(shape)
    ### END SOLUTION


def random_walk(rng: np.random.Generator, shape: Shape, activation: str) -> ndarray:
    """Independent normal numbers of mean 0 and standard deviation g/√N, N = fan_in (Sussillo & Abbott 2014).

    activation "linear": g = exp(1/(2N)); "relu": g = √2·exp(1.2/(max(N, 6) − 2.4)). With it the *logarithm* of a gradient's norm takes an
    unbiased random walk through the layers.
    """
    ### BEGIN SOLUTION
    n = fan_in(shape)
    gain = np.exp(1 / (2 * n)) if activation == "linear" else np.sqrt(2) * np.exp(1.2 / (max(n, 6) - 2.4))
    return rng.standard_normal(shape) * gain / np.sqrt(n)
    ### END SOLUTION


def lsuv(layers: list[Layer], batch: ndarray, tolerance: float = 0.01, max_iterations: int = 10) -> None:
    """Layer-sequential unit variance (Mishkin & Matas 2016): scale each weight until its layer's output has variance 1 on this batch.

    The layers are taken in order, each fed with the output of the one before. One that has parameters["weight"]: run it forward; if the
    variance of all entries of its output is within `tolerance` of 1, go on, else divide the weight *in place* by the output's standard
    deviation, and again, `max_iterations` divisions at most. Other layers just pass on. Weights arrive orthonormal; biases
    and training flags stay as they are.
    """
    ### BEGIN SOLUTION
    x = batch
    for layer in layers:
        y = layer.forward(x)
        if "weight" in layer.parameters:
            for _ in range(max_iterations):
                if abs(np.var(y) - 1.0) < tolerance:
                    break
                layer.parameters["weight"] /= np.std(y)
                y = layer.forward(x)
        x = y
    ### END SOLUTION


def fixup_scale(num_blocks: int, layers_per_block: int) -> float:
    """L^(−1/(2m − 2)) for L = num_blocks residual blocks of m = layers_per_block ≥ 2 weight layers (Fixup, Zhang et al. 2019).

    All but the last layer of each block are scaled by it, the last starts at 0: then L blocks together move the output by Θ(1) a step.
    """
    ### BEGIN SOLUTION
    return float(num_blocks) ** (-1.0 / (2 * layers_per_block - 2))
    ### END SOLUTION
