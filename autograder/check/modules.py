"""Asking about torch modules: given weights in by name, outputs, gradients and running statistics out as numpy arrays.

torch is imported when a probe runs, never when this file is: the numpy parts work without it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import numpy as np

from .agreement import unchanged
from .draw import Draw
from .recording import describe
from .tracing import bare
from .verdict import Array, Judge, Parts, Unfit, Verdict, within

Steps = Iterator[tuple[Any, ...]]
Shapes = dict[str, tuple[int, ...]]
Make = Callable[[], Any]


# ---- torch as it is everywhere: whatever a student's file set at import


@contextmanager
def pinned() -> Iterator[None]:
    """CPU, float32 by default, one thread, gradients on; what was set before is back afterwards."""
    import torch

    dtype, threads, gradients = torch.get_default_dtype(), torch.get_num_threads(), torch.is_grad_enabled()
    with ExitStack() as stack:
        if default_device() != "cpu":
            stack.enter_context(torch.device("cpu"))
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        if threads != 1:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(gradients)
            if threads != 1:
                torch.set_num_threads(threads)


def default_device() -> str:
    """The kind of device that new tensors go to."""
    import torch

    try:
        return str(torch.get_default_device().type)
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


# ---- shapes by key


def conv(name: str, out_channels: int, in_channels: int, size: int) -> Shapes:
    return {f"{name}.weight": (out_channels, in_channels, size, size)}


def norm(name: str, channels: int) -> Shapes:
    per_channel: Shapes = {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}
    return per_channel | {f"{name}.num_batches_tracked": ()}


def linear(name: str, out_features: int, in_features: int) -> Shapes:
    return {f"{name}.weight": (out_features, in_features), f"{name}.bias": (out_features,)}


def is_buffer(key: str) -> bool:
    return key.endswith(("running_mean", "running_var", "num_batches_tracked"))


def draw_weights(draw: Draw, shapes: Shapes, spread: float = 1.0) -> dict[str, Array]:
    """A value for every key, everything away from its default. spread: how large the batch normalizations' outputs are."""
    return {key: draw_one(draw, key, shape, spread) for key, shape in shapes.items()}


def draw_one(draw: Draw, key: str, shape: tuple[int, ...], spread: float) -> Array:
    if key.endswith("num_batches_tracked"):
        return np.array(draw.integer(1, 9))
    if key.endswith("running_var"):
        return draw.uniform(0.5, 2.0, shape)
    values = draw.normal(shape)
    if key.endswith(("running_mean", "bias")):
        return spread * values / 2
    if len(shape) == 1:
        return spread * (1 + values / 4)
    scaled: Array = values / np.sqrt(np.prod(shape[1:]))
    return scaled


# ---- a module with given weights


def module_of(value: Any) -> Any:
    """What a constructor returned, as a module."""
    import torch

    value = bare(value)
    if not isinstance(value, torch.nn.Module):
        raise Unfit(f"is {describe(value)}, expected a torch.nn.Module")
    return value


def loaded(made: Any, weights: Mapping[str, Array]) -> Any:
    """The module in float64 with the given weights.

    A key too many does not stop it (conduct tells of it): such a bias is set to 0, such a weight to a constant.
    """
    import torch

    module = module_of(made).double()
    own = module.state_dict()
    for key in weights:
        if key not in own:
            raise Unfit(absent(key, set(own), set(weights)))
    for key, value in own.items():
        if key not in weights and not is_buffer(key) and (value.ndim > 1 or key.removesuffix("bias") + "weight" in weights):
            torch.nn.init.constant_(value, 0.0 if value.ndim == 1 else 1.0 / value[0].numel())
    if any(is_lazy(own[key]) for key in weights):  # takes its shapes from what is loaded
        module.load_state_dict({key: torch.tensor(value) for key, value in weights.items()}, strict=False)
        own = module.state_dict()
    for key, value in weights.items():
        if tuple(own[key].shape) != value.shape:
            raise Unfit(of_another_shape(key, tuple(own[key].shape), value.shape))
        own[key].copy_(torch.tensor(value))
    own_parameters = dict(module.named_parameters())
    for key in weights:
        if not is_buffer(key) and key not in own_parameters:
            raise Unfit(not_its_own(key))
    return module


def not_its_own(key: str) -> str:
    return f"has no {key} of its own that trains: is it a parameter, not frozen, and not the same tensor as another one?"


def described(made: Any, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Each key of the state: its shape, then 1 where it is a trainable parameter of its own (not tied, not frozen), else 0."""
    import torch

    module = module_of(made)
    if any(map(is_lazy, module.state_dict().values())):
        with suppress(RuntimeError):  # gets its shapes from what is loaded
            module.load_state_dict({key: torch.tensor(value) for key, value in weights.items()}, strict=False)
    own = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    shapes = {key: () if is_lazy(value) else tuple(value.shape) for key, value in module.state_dict(keep_vars=True).items()}
    return {key: np.array([*shape, int(key in own)]) for key, shape in shapes.items()}


def is_lazy(value: Any) -> bool:
    """Whether a parameter or buffer has no shape yet."""
    return type(value).__name__.startswith("Uninitialized")


def fits(shapes: Shapes) -> Judge:
    """The state has exactly these keys and shapes, and all that is no statistic is a parameter of its own that trains."""

    def rule(got: Parts, _: Parts) -> Verdict:
        complaints = [*missing(got, shapes), *misshapen(got, shapes), *unexpected(got, shapes)]
        return within(float("inf") if complaints else 0.0, "; ".join(complaints[:2]))

    return Judge(rule, alone=True)


def missing(got: Parts, shapes: Shapes) -> list[str]:
    return [absent(key, set(got), set(shapes)) for key in shapes if key not in got]


def misshapen(got: Parts, shapes: Shapes) -> list[str]:
    complaints = []
    for key, shape in shapes.items():
        found = tuple(int(n) for n in got[key].ravel()) if key in got and got[key].dtype.kind == "i" else None
        if found is not None and found[:-1] != shape:
            complaints.append(of_another_shape(key, found[:-1], shape))
        elif found is not None and found[-1] != (not is_buffer(key)):
            complaints.append(not_its_own(key))
    return complaints


def unexpected(got: Parts, shapes: Shapes) -> list[str]:
    return [f'has "{key}", which is not in the contract: {why_not(key, shapes)}' for key in got if key not in shapes]


def absent(key: str, got: set[str], want: set[str]) -> str:
    kind = "statistic" if is_buffer(key) else "parameter"
    return f'has no {kind} "{key}": {why(key, got, want)}'


def of_another_shape(key: str, got: tuple[int, ...], want: tuple[int, ...]) -> str:
    return f"{key} has shape {got}, expected {want}"


def why(key: str, got: set[str], want: set[str]) -> str:
    """Why the contract needs a key that is not there."""
    if "shortcut." in key:
        if "shortcut.1" in key and any("shortcut.0" in k for k in got):
            return "the 1×1 convolution of a projection is followed by a batch normalization of its own"
        return "the shape changes here (stride or channels, one of them is enough), so the shortcut must change it too"
    stem = key.split(".")[0]
    if stem in ("stages", "layers", "blocks", "transitions") and not any(k.startswith(f"{stem}.") for k in got):
        return f"{stem} must be an nn.ModuleList or nn.Sequential; a plain Python list hides its modules from parameters()"
    if not any(k.startswith(key.rsplit(".", 1)[0] + ".") for k in got):
        return f"weights are exchanged by these names, and no {key.rsplit('.', 1)[0]} is registered (yours: {some(got)})"
    return f"weights are exchanged by these names (yours: {some(got)})"


def why_not(key: str, shapes: Shapes) -> str:
    """Why a key that is there should not be."""
    weight = shapes.get(key.removesuffix("bias") + "weight", ())
    if key.endswith(".bias") and len(weight) == 4:
        return "convolutions have no bias here, since the batch normalization subtracts every mean again"
    if key.startswith("shortcut.") and not any(k.startswith("shortcut.") for k in shapes):
        return "this shortcut has no parameters (the shape stays, or the kind of block has none)"
    if key.startswith("shortcut."):
        return "this projection is a 1×1 convolution alone"
    return "each name stands for one module that the docstring lists"


def some(keys: set[str]) -> str:
    tops = sorted({k.rsplit(".", 1)[0] for k in keys})
    return ", ".join(tops[:6]) + (", …" if len(tops) > 6 else "") if tops else "nothing"


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


def examine(
    draw: Draw, name: str, make: Make, shapes: Shapes, x: tuple[int, ...], y: tuple[int, ...], spread: float = 1.0, offset: float = 0.0
) -> Steps:
    """What every module is asked, with weights loaded by key: output and gradients in train mode, the running statistics after one and two
    forwards, the output in eval mode. Conduct: exactly the contract's parameters, and an input that is left alone.

    make() builds it. x, y: shapes of input and output. name: of the group; "" makes forward, gradients and eval groups of their own.
    spread, offset: the size of the normalizations' weights, and of the channels' means in the images.
    """
    run = Run(make, draw_weights(draw, shapes, spread))
    first, second, third = (draw.normal(x) + offset * draw.normal((*x[:2], 1, 1)) for _ in range(3))
    g = draw.normal(y)
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
                self.module = module_of(self.make())
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


# ---- other blocks in place of the student's


@contextmanager
def acting(ps2: Any, **others: type) -> Iterator[None]:
    """Let instances of the student's classes be made and run as those of `others`, while a probe asks about something else.

    The class itself is lent other methods, so that whatever refers to it (a partial, a default argument, a subclass) is served too.
    """
    with ExitStack() as stack:
        for name, other in others.items():
            real = found(ps2, name)
            stack.enter_context(lent(real, other) if isinstance(real, type) else ps2.standing_in(**{name: other}))
        yield


def found(ps2: Any, name: str) -> Any:
    """The student's class or function; None where there is none or its file cannot be imported."""
    try:
        return bare(getattr(ps2, name))
    except (Exception, SystemExit):
        return None


@contextmanager
def lent(real: type, other: type) -> Iterator[None]:
    names = ("__init__", "forward", "expansion")
    before = {name: vars(real)[name] for name in names if name in vars(real)}
    try:
        for name in names:
            if hasattr(other, name):
                setattr(real, name, getattr(other, name))
        yield
    finally:
        for name in names:
            if name in before:
                setattr(real, name, before[name])
            elif name in vars(real):
                delattr(real, name)


@functools.cache
def stand_in(times: int = 1, kind: int = 0) -> Any:
    """A block class of its own: channels repeated in a circle, every stride-th row and column, each channel scaled, tanh.

    Called as block(in_channels, width, stride); times · width channels come out, with as many parameters. `asked` is what it was called
    with, `seen` the shapes that came in.
    """
    import torch

    class StandInBlock(torch.nn.Module):
        expansion = times

        def __init__(self, in_channels: int, width: int, stride: int = 1, *more: Any, **named: Any) -> None:
            torch.nn.Module.__init__(self)
            option = [*more, *named.values(), "B"][0]
            self.asked = (in_channels, width, stride, kind, int(option == "A"))
            self.in_channels, self.stride = in_channels, stride
            self.source = torch.arange(times * width) % in_channels
            self.scale = torch.nn.Parameter(torch.ones(times * width))
            self.seen: list[tuple[int, ...]] = []

        def forward(self, x: Any) -> Any:
            self.seen.append(tuple(x.shape[1:]))
            if x.ndim != 4 or x.shape[1] != self.in_channels:
                raise Unfit(f"gives a block that was made for {self.in_channels} channels an input of shape {tuple(x.shape)}")
            x = x[:, :, :: self.stride, :: self.stride]
            repeated = x if len(self.source) == self.in_channels else x[:, self.source]
            return torch.tanh(repeated * self.scale[:, None, None])

    return StandInBlock
