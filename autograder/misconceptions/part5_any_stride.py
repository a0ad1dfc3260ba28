"""Known mistakes in the blocks of part 5 that a stride of 2 and an ordinary image do not show, and wrong words to the networks.

Each sentence goes on after "This is what you get when …".
"""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited
from .part5_basic_blocks import SUM3

STRIDED = "x[:, :, :: self.stride, :: self.stride]"


def enter(question: str, name: str, id: str, says: str, fails: tuple[str, ...], *changes: tuple[str, str]) -> None:
    def build(right: Any) -> Any:
        return edited(right, *changes)

    build.__name__ = id
    mistake(question, name, says, fails=fails)(build)


# ---- any stride

TWO = "every stride but 1 is taken for 2; it is any positive number (handout, conventions of this part)"
FIRST = ("3, stride, padding=1", "3, 2 if stride > 1 else 1, padding=1")
PROJECTION = ("out_channels, 1, stride", "out_channels, 1, 2 if stride > 1 else 1")

for question, name, prefix, group, more in (
    (
        "5.4",
        "BasicBlock",
        "basic",
        ("stride alone", "option A"),
        (PROJECTION, (STRIDED, "x[:, :, :: min(self.stride, 2), :: min(self.stride, 2)]")),
    ),
    ("5.5", "PlainBlock", "plain", ("stride alone",), ()),
    ("5.6", "Bottleneck", "bottleneck", ("stride alone",), (PROJECTION,)),
    ("5.7", "PreActBlock", "preact", ("stride alone",), (PROJECTION,)),
    ("5.12", "DepthwiseSeparable", "separable", ("stride alone",), ()),
    ("5.13", "InvertedResidual", "inverted", ("stride",), ()),
):
    enter(question, name, f"{prefix}_stride_of_two", TWO, group, FIRST, *more)


@mistake("5.4", "BasicBlock", "option A takes every second row and column; it takes every stride-th (handout 5.4)", fails=("option A",))
def basic_option_a_of_two(right: Any) -> Any:
    return edited(right, (STRIDED, "(x if self.stride == 1 else x[:, :, ::2, ::2])"))


@mistake(
    "5.4",
    "BasicBlock",
    "option A interpolates, which takes other rows where the stride does not divide the size; it takes every stride-th (handout 5.4)",
    fails=("option A",),
)
def basic_option_a_by_interpolation(right: Any) -> Any:
    return edited(right, (STRIDED, "F.interpolate(x, size=residual.shape[2:])"))


@mistake(
    "5.4",
    "BasicBlock",
    "option A writes x into a tensor of torch.zeros, which is float32 unless x's dtype is asked for: float64 loses half its digits",
    fails=("option A",),
)
def basic_option_a_in_float32(right: Any) -> Any:
    copied = f"shortcut = torch.zeros(residual.shape)\n            shortcut[:, : x.shape[1]] = {STRIDED}"
    return edited(right, (f"shortcut = F.pad({STRIDED}, (0, 0, 0, 0, 0, self.new_channels))", copied))


# ---- the shortcut is decided when the block is made

RUNTIME = "the sizes of one image decide whether the shortcut projects; stride and channels do, since a small image keeps its size"
RUNTIME += " under a stride (handout 5.4)"

for question, name, prefix in (("5.6", "Bottleneck", "bottleneck"), ("5.11", "ResNeXtBlock", "resnext")):
    new = "return F.relu(residual + (self.shortcut(x) if x.shape != residual.shape else x))"
    enter(question, name, f"{prefix}_projects_by_size", RUNTIME, ("stride alone",), (SUM3, new))
enter(
    "5.4",
    "BasicBlock",
    "basic_projects_by_size",
    RUNTIME,
    ("stride alone",),
    ("if self.projects:\n            shortcut =", "if self.projects and x.shape != residual.shape:\n            shortcut ="),
)
enter(
    "5.7",
    "PreActBlock",
    "preact_projects_by_size",
    RUNTIME,
    ("stride alone",),
    ("        shortcut = self.shortcut(activated) if self.projects else x\n", ""),
    ("return residual + shortcut", "return residual + (x if x.shape == residual.shape else self.shortcut(activated))"),
)


@mistake(
    "5.13",
    "InvertedResidual",
    "x is added wherever the sizes happen to agree; at another stride it never is, however small the image (handout 5.13)",
    fails=("stride",),
)
def inverted_adds_by_size(right: Any) -> Any:
    return edited(right, ("x + y if self.adds else y", "x + y if x.shape == y.shape else y"))


# ---- expansion

EXPANSION = "expansion is not what the stub says: networks ask the class how many times the second argument come out"

for question, name, prefix, times, other in (
    ("5.4", "BasicBlock", "basic", 1, 4),
    ("5.5", "PlainBlock", "plain", 1, 2),
    ("5.6", "Bottleneck", "bottleneck", 4, 1),
    ("5.7", "PreActBlock", "preact", 1, 4),
    ("5.11", "ResNeXtBlock", "resnext", 2, 4),
):
    changes = ((f"expansion = {times}", f"expansion = {other}"), ("self.expansion * width", f"{times} * width"))
    enter(question, name, f"{prefix}_expansion", EXPANSION, ("conduct",), *(changes if times > 1 else changes[:1]))
