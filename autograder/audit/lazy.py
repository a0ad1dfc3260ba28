"""Answers that must earn nothing, made from the right ones.

Each is given as much as could be had without solving the question: the constructor, the parameters and the shapes of every result.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..check.draw import Draw
from ..check.question import Question
from ..check.recording import Item, Recording, record
from ..check.scoring import CONDUCT, GRADIENT_CHECK
from ..check.verdict import Failure
from .runs import unchecked

Build = Callable[[Any], Any]
Change = Callable[[Any, Any], Any]
"""(the right array, the first array the call was given) -> the lazy array."""

PUBLIC_SEED = b"a seed that everybody knows"


def methods_of(right: Any) -> dict[str, Any]:
    """The public methods that a class defines itself."""
    return {name: m for name, m in vars(right).items() if inspect.isfunction(m) and not name.startswith("_")}


def instead(right: Any, calls: Callable[[str, Any], Any]) -> Any:
    """`right` with every public method, or the function itself, replaced by calls(name, original)."""
    if not inspect.isclass(right):
        return calls(right.__name__, right)
    return type(right.__name__, (right,), {"__module__": right.__module__, **{n: calls(n, m) for n, m in methods_of(right).items()}})


def changing(*changes: Change) -> Build:
    """Every result is changed, running statistics too; a second change is for `backward` and what it leaves in `gradients`."""

    def calls(name: str, original: Any) -> Any:
        change = changes[-1] if name == "backward" else changes[0]

        def lazy(*arguments: Any) -> Any:
            arrays = [np.array(a) for a in map(as_array, arguments) if isinstance(a, np.ndarray)]
            given = arrays[0] if arrays else np.zeros(1)
            result = original(*arguments)
            if name == "backward" and hasattr(arguments[0], "gradients"):
                arguments[0].gradients = changed(arguments[0].gradients, change, given)
            for kept in ("running_mean", "running_var"):
                if hasattr(arguments[0], kept):
                    setattr(arguments[0], kept, changed(getattr(arguments[0], kept), change, given))
            if result is None:
                overwrite(arguments, change, given)
            return changed(result, change, given)

        return lazy

    return lambda right: instead(right, calls)


def overwrite(arguments: tuple[Any, ...], change: Change, given: Any) -> None:
    """For what works in place: the networks among the arguments, and the rates of an optimizer that the object holds, are changed."""
    for value in arguments:
        if is_torch(value) and hasattr(value, "parameters"):
            changed_in_torch(value, change, given)
    for group in getattr(getattr(arguments[0], "optimizer", None), "param_groups", ()):
        group["lr"] = float(np.ravel(change(np.float64(group["lr"]), given))[0])


def changed(value: Any, change: Change, given: Any) -> Any:
    """`change` applied to every array and number in `value`."""
    if isinstance(value, dict):
        return {name: changed(entry, change, given) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(changed(entry, change, given) for entry in value)
    if isinstance(value, int) and not isinstance(value, bool):  # a count
        count = int(np.ravel(change(np.float64(value), given))[0])
        return count if count != value else value + 1
    if is_torch(value):
        return changed_in_torch(value, change, given)
    return change(value, given) if isinstance(value, (np.ndarray, float, np.floating)) else value


def is_torch(value: Any) -> bool:
    return type(value).__module__.split(".")[0] == "torch" or hasattr(value, "state_dict")


def as_array(value: Any) -> Any:
    """A tensor as an array; anything else as it is."""
    return value.detach().numpy() if is_torch(value) and hasattr(value, "detach") else value


def changed_in_torch(value: Any, change: Change, given: Any) -> Any:
    """A tensor that is no longer part of any graph; a network with every parameter changed."""
    import torch

    if isinstance(value, torch.Tensor):
        return torch.tensor(np.array(change(value.detach().numpy(), given)))
    with torch.no_grad():
        for parameter in value.parameters():
            parameter.copy_(torch.tensor(np.resize(change(parameter.numpy(), given), parameter.shape)))
    return value


def starter(right: Any) -> Any:
    """The untouched stub."""

    def calls(name: str, original: Any) -> Any:
        def stub(*arguments: Any, **named: Any) -> Any:
            raise NotImplementedError

        return stub

    blank = instead(right, calls)
    if inspect.isclass(right) and hasattr(right, "state_dict"):  # of a torch module the constructor is the student's too
        blank.__init__ = calls("__init__", None)
    return blank


def echo(right: Any) -> Any:
    """Every method answers with the first array it was ever given."""

    def calls(name: str, original: Any) -> Any:
        def first(self: Any, *arguments: Any) -> Any:
            self.first = getattr(self, "first", arguments[0] if arguments else np.zeros(1))
            return np.array(self.first)

        return first

    return instead(right, calls) if inspect.isclass(right) else lambda *arguments: arguments[0]


def hard_coded(right: Any) -> Any:
    """Right for the default arguments, or for arrays of ones, whatever is passed; None where none of these is passed.

    Nothing is left in `gradients`: weights that are written into the code are not trained.
    """
    if not inspect.isclass(right) or hasattr(right, "state_dict"):  # the sizes of a torch module are what it is
        return None
    parameters = inspect.signature(right).parameters
    if not any(p.default is not inspect.Parameter.empty or "ndarray" in str(p.annotation) for p in parameters.values()):
        return None

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        bound = inspect.signature(right).bind(*arguments, **named).arguments
        free = {
            n: np.ones_like(v) if isinstance(v, np.ndarray) else v
            for n, v in bound.items()
            if parameters[n].default is inspect.Parameter.empty
        }
        right.__init__(self, **free)

    original = getattr(right, "backward", None)

    def backward(self: Any, *arguments: Any) -> Any:
        grad = original(self, *arguments) if original else None
        self.gradients = {}
        return grad

    methods = {"__init__": init, **({"backward": backward} if original else {})}
    return type(right.__name__, (right,), {"__module__": right.__module__, **methods})


def as_float32(a: Any, _: Any) -> Any:
    """What float32 arithmetic would have left of it: wrong in the eighth digit, also where the digits are few."""
    return np.float64(np.pi) * np.asarray(np.asarray(a) / np.pi, dtype=np.float32)


def zeros(a: Any, _: Any) -> Any:
    return np.zeros_like(a)


def identity(_: Any, given: Any) -> Any:
    return given


def noise(a: Any, _: Any) -> Any:
    return np.random.default_rng(7).normal(size=np.shape(a))


def mean_only(a: Any, given: Any) -> Any:
    return np.full_like(a, np.mean(a)) if np.ptp(a) > 0 else noise(a, given)  # a constant is its own mean


def right_moments(a: Any, given: Any) -> Any:
    return np.mean(a) + np.std(a) * noise(a, given) if np.ptp(a) > 0 else noise(a, given)


LAZY: dict[str, Build] = {
    "starter": starter,
    "identity": changing(identity),
    "zeros": changing(zeros),
    "ones": changing(lambda a, _: np.ones_like(a)),
    "constants": changing(lambda a, _: np.full_like(a, 0.5)),
    "identity, ones": changing(identity, lambda a, _: np.ones_like(a)),
    "echo": echo,
    "index": changing(lambda a, _: np.arange(np.size(a), dtype=np.float64).reshape(np.shape(a))),
    "random": changing(noise),
    "mean": changing(mean_only),
    "mean and deviation": changing(right_moments),
    "rough, zeros": changing(as_float32, zeros),
    "rough, identity": changing(as_float32, identity),
    "rough, rough": changing(as_float32),
    "hard-coded arguments": hard_coded,
}
"""Lazy answers as code: name -> build(right), None where it does not apply."""


KEEP_THE_LAW = ("rough, zeros", "rough, identity", "rough, rough")
"""Lazy answers that leave random draws what they should be: the seventh digit of a random number means nothing."""


def forgeries(question: Question, reference: Any, want: Recording, right: dict[str, Item]) -> dict[str, dict[str, Item]]:
    """Lazy answers as recordings, as if the student's process had written whatever it likes.

    right: what the reference answers. The golden files hold what the trusted run recorded for a seed that everybody knows.
    """
    public = recorded(question, reference, PUBLIC_SEED, golden=True)
    rng = np.random.default_rng(11)
    form = {name: value for name, value in right.items() if isinstance(value, dict)}
    values = list(form.values())
    return {
        "golden files replayed": dict(public),
        "golden files resized": {n: resized(public.get(n), v) for n, v in form.items()},
        "random items": {n: {p: rng.normal(size=a.shape) for p, a in v.items()} for n, v in form.items()},
        "a table of ten earlier runs": tabled(question, reference, want),
        "items under each other's names": {n: values[(i + 1) % len(values)] for i, n in enumerate(form)},
        "an item too many": {**right, "bonus": {"": np.ones(1)}},
        "nothing": {},
        "conduct alone": {n: v for n, v in right.items() if n.split(",")[0] in (CONDUCT, GRADIENT_CHECK)},
    }


@functools.lru_cache(maxsize=16)
def recorded(question: Question, reference: Any, seed: bytes, golden: bool = False) -> dict[str, Item]:
    """The right answers for another seed, with what the golden files leave out or without."""
    return record(unchecked(question), reference, Draw(seed), trusted=golden).items


def tabled(question: Question, reference: Any, want: Recording) -> dict[str, Item]:
    """For each item the answer of one of ten earlier runs that is right now, where there is one: nothing may be drawn from so few."""
    earlier = [recorded(question, reference, b"earlier-%d" % number) for number in range(10)]
    found: dict[str, Item] = {}
    for name, right in want.items.items():
        answers = [items[name] for items in earlier if name in items]
        assert not isinstance(right, Failure)
        found[name] = next((a for a in answers if want.judges[name](a, right).passed), answers[0] if answers else {})
    return found


def resized(old: Item | None, form: dict[str, Any]) -> Item:
    """The arrays of `old`, repeated or cut to the shapes of `form`."""
    known = old if isinstance(old, dict) else {}
    return {p: np.resize(known.get(p, np.zeros(1)), a.shape).astype(a.dtype) for p, a in form.items()}
