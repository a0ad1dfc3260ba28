"""Asking about torch modules: given weights in by name, outputs, gradients and running statistics out as numpy arrays.

torch is imported when a probe runs, never when this file is: the numpy parts work without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import numpy as np

from .agreement import unchanged
from .draw import Draw
from .module_state import Shapes, absent, draw_weights, fits, is_buffer, is_lazy, not_its_own, of_another_shape
from .recording import describe
from .tracing import bare
from .verdict import Array, Judge, Parts, Unfit, Verdict, within

Steps = Iterator[tuple[Any, ...]]
Make = Callable[[], Any]


# ---- torch as it is everywhere: whatever a student's file set at import


@contextmanager
def pinned() -> Iterator[None]:
    """CPU, float32 by default, one thread, gradients on; what was set before is back afterwards."""
    import torch

    before = torch.get_default_dtype(), torch.get_num_threads(), torch.is_grad_enabled()
    with nullcontext() if default_device() == "cpu" else torch.device("cpu"):
        set_to(torch.float32, 1, True)
        try:
            yield
        finally:
            set_to(*before)


def set_to(dtype: Any, threads: int, gradients: bool) -> None:
    """torch's default dtype, its threads, and whether it keeps what gradients need; what is so already is left alone, being slow to set."""
    import torch

    if torch.get_default_dtype() is not dtype:
        torch.set_default_dtype(dtype)
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    if torch.is_grad_enabled() != gradients:
        torch.set_grad_enabled(gradients)


def default_device() -> str:
    """The kind of device that new tensors go to."""
    import torch

    try:
        return str(torch.empty(0).device.type)
    except Exception:  # a device that this machine does not have
        return "another"


def settled(function: Callable[[], Any]) -> Callable[[], Any]:
    """`function`, run under `pinned`: for the values that a probe yields."""

    def run() -> Any:
        with pinned():
            return function()

    return run


def settings(ps2: Any, name: str) -> Steps:
    """The conduct item about what importing the file of `name` did to torch; asked once a file, first thing in its first question."""
    with suppress(BaseException):  # told by the items that need it
        getattr(ps2, name)
    yield "conduct, torch's defaults", current_settings, defaults_left()


def current_settings() -> dict[str, Array]:
    import torch

    size = torch.empty(0, device="cpu", dtype=torch.get_default_dtype()).element_size()
    values = {"dtype": size == 4, "device": default_device() == "cpu", "gradients": torch.is_grad_enabled()}
    return {name: np.array(value) for name, value in values.items()}


def defaults_left() -> Judge:
    told = {"dtype": "dtype (set_default_dtype)", "device": "device (set_default_device)", "gradients": "gradients (set_grad_enabled)"}

    def rule(got: Parts, _: Parts) -> Verdict:
        changed = [told[name] for name in told if name not in got or not np.all(got[name])]
        says = f"importing this file changes torch's default {' and '.join(changed)} for everybody; leave the defaults alone"
        return within(float("inf") if changed else 0.0, says)

    return Judge(rule, alone=True)


# ---- a module with given weights


def module_of(value: Any) -> Any:
    """What a constructor returned, as a module."""
    import torch

    value = bare(value)
    if not isinstance(value, torch.nn.Module):
        raise Unfit(f"is {describe(value)}, expected a torch.nn.Module")
    return value


def loaded(module: Any, weights: Mapping[str, Array]) -> Any:
    """The module, which is one of float64, with the given weights.

    A key too many does not stop it (conduct tells of it): such a bias is set to 0, such a weight to a constant.
    """
    import torch

    own = module.state_dict(keep_vars=True)
    for key in weights:
        if key not in own:
            raise Unfit(absent(key, set(own), set(weights)))
    if any(is_lazy(own[key]) for key in weights):
        take_shapes(module, weights)
    with torch.no_grad():
        for key, value in own.items():
            if key not in weights and not is_buffer(key) and (value.ndim > 1 or key.removesuffix("bias") + "weight" in weights):
                value.fill_(0.0 if value.ndim == 1 else 1.0 / value[0].numel())
        for key, given in weights.items():
            if tuple(own[key].shape) != given.shape:
                raise Unfit(of_another_shape(key, tuple(own[key].shape), given.shape))
            own[key].copy_(torch.from_numpy(given))
    own_parameters = dict(module.named_parameters())
    for key in weights:
        if not is_buffer(key) and key not in own_parameters:
            raise Unfit(not_its_own(key))
    return module


def take_shapes(module: Any, weights: Mapping[str, Array]) -> None:
    """Lazy parameters take their shapes from what is loaded. Raises RuntimeError where others have another shape."""
    module.load_state_dict({key: tensor(value) for key, value in weights.items()}, strict=False)


def described(module: Any, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Each key of the state: its shape, then 1 where it is a trainable parameter of its own (not tied, not frozen), else 0."""
    state = module.state_dict(keep_vars=True)
    if any(map(is_lazy, state.values())):
        with suppress(RuntimeError):
            take_shapes(module, weights)
    own = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    shapes = {key: () if is_lazy(value) else tuple(value.shape) for key, value in state.items()}
    return {key: np.array([*shape, int(key in own)]) for key, shape in shapes.items()}


# ---- what a module does


@contextmanager
def uninitialized() -> Iterator[None]:
    """torch's linear layers and convolutions are made without first values, for modules whose every weight is set at once: they are most
    of the time that it takes to make one."""
    from torch import nn

    kinds: tuple[Any, ...] = (nn.Linear, nn.modules.conv._ConvNd)
    before = [kind.reset_parameters for kind in kinds]
    try:
        for kind in kinds:
            kind.reset_parameters = lambda self: None
        yield
    finally:
        for kind, method in zip(kinds, before, strict=True):
            kind.reset_parameters = method


def tensor(array: Array) -> Any:
    import torch

    return torch.tensor(array)


def array(value: Any, what: str = "forward's result") -> Array:
    """A student's tensor as an array."""
    import torch

    if not isinstance(value, torch.Tensor):
        raise Unfit(f"{what} is {describe(value)}, expected a torch Tensor")
    result: Array = value.detach().cpu().numpy().copy()
    return result


def statistics(module: Any) -> dict[str, Array]:
    return {name: array(value) for name, value in module.named_buffers() if is_buffer(name)}


def parameter_gradients(module: Any, keys: Mapping[str, Array]) -> dict[str, Array]:
    """dL/d(parameter) of the contract's parameters after a backward."""
    found = {}
    named = dict(module.named_parameters())
    for key in keys:
        if is_buffer(key):
            continue
        gradient = named[key].grad if key in named else None
        if gradient is None:
            raise Unfit(f"{key} gets no gradient: is it used in forward, without .detach(), .data or no_grad?")
        found[key] = array(gradient)
    return found


THIRDS = 4 / 3
"""Drawn numbers are exact in float32; after this factor most are not, so that whatever goes through float32 on its way is told."""


def examine(
    draw: Draw,
    name: str,
    make: Make,
    shapes: Shapes,
    x: tuple[int, ...],
    y: tuple[int, ...],
    spread: float = 1.0,
    offset: float = 0.0,
    last: Callable[[Array], Array] | None = None,
) -> Steps:
    """What every module is asked, with weights loaded by key: output and gradients in train mode, the running statistics after one and two
    forwards, the output in eval mode for one image alone. Conduct: exactly the contract's parameters, and an input that is left alone.

    make() builds it. x, y: shapes of input and output. name: of the group; "" makes forward, gradients and eval groups of their own.
    spread, offset: the size of the normalizations' weights, and of the channels' means in the images.
    last: what eval mode is asked about in place of its image.
    """
    run = Run(make, draw_weights(draw, shapes, spread))
    n = x[0]
    images = THIRDS * draw.normal((2 * n + 1, *x[1:])) + (offset * draw.normal((2 * n + 1, x[1], 1, 1)) if offset else 0.0)
    first, second, third, g = images[:n], images[n:-1], images[-1:], draw.normal(y)
    third = third if last is None else last(third)
    label = f"{name}, " if name else ""
    yield f"{label}forward", settled(lambda: run.remembering(lambda: run.forward(first)))
    yield f"{label}gradients", settled(lambda: run.remembering(lambda: run.gradients(second, g)))
    if any(map(is_buffer, shapes)):
        yield f"{name or 'forward'}, running statistics", lambda: run.noted({**run.once, **run.twice})
    yield f"{label}eval", settled(lambda: run.evaluated(third))
    yield f"conduct, parameters of {name or 'the network'}", settled(lambda: described(run.built(), run.weights)), fits(shapes)
    yield f"conduct, input of {name or 'forward'}", lambda: run.noted(run.given), unchanged("the input tensor")


class Run:
    """One module through its life: a forward, a forward with backward, then from the same weights again in eval mode.

    once, twice: the running statistics after the first and after the second forward. given: what became of the first input.
    """

    def __init__(self, make: Make, weights: Mapping[str, Array]) -> None:
        self.make = make
        self.weights = weights
        self.module: Any = None
        self.once: dict[str, Array] = {}
        self.twice: dict[str, Array] = {}
        self.given: Any = None
        self.error: BaseException | None = None

    def remembering(self, value: Callable[[], Any]) -> Any:
        try:
            return value()
        except BaseException as error:
            self.error = self.error or error
            raise

    def noted(self, value: Any) -> Any:
        """What an earlier item left; or the error that it ended in."""
        if self.error is not None:
            raise self.error
        return value

    def built(self) -> Any:
        if self.module is None:
            with uninitialized():
                self.module = module_of(self.make()).double()
        return self.module

    def forward(self, x: Array) -> Array:
        module, given = loaded(self.built(), self.weights).train(), tensor(x)
        y = array(module(given))
        self.once = {f"{key} after one forward": value for key, value in statistics(module).items()}
        self.given = array(given)
        return y

    def gradients(self, x: Array, g: Array) -> dict[str, Array]:
        module = self.built() if self.once else loaded(self.built(), self.weights)
        module.train().zero_grad()
        given = tensor(x).requires_grad_()
        y = module(given)
        self.twice = {f"{key} after two": value for key, value in statistics(module).items()}
        if array(y).shape != g.shape:
            raise Unfit(f"forward's result has shape {array(y).shape}, expected {g.shape}")
        y.backward(tensor(g))
        if given.grad is None:
            raise Unfit("no gradient arrives at the input")
        return {"input": array(given.grad), **parameter_gradients(module, self.weights)}

    def evaluated(self, x: Array) -> dict[str, Array]:
        module = loaded(self.built(), self.weights).eval()
        y = array(module(tensor(x)))
        return {"": y, **statistics(module)} if any(map(is_buffer, self.weights)) else {"": y}
