"""Known mistakes in 6.1, he_initialize: parameters that are left out, treated by name or replaced."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited
from .part6 import DRAWN

OWN = ("conduct, the model's own parameters",)
LOOP = "for module in model.modules():"
NAMED = "for name, module in model.named_modules():"


@mistake(
    "6.1",
    "he_initialize",
    "the model itself is not visited, only what is inside it: a single layer is a model too (model.modules() begins with it)",
    fails=("torch's own generator",),
)
def he_root_left_out(right: Any) -> Any:
    return edited(right, ("model.modules()", "list(model.modules())[1:]"))


@mistake("6.1", "he_initialize", "frozen weights are left out; every parameter starts anew", fails=("convolution",))
def he_frozen_left_out(right: Any) -> Any:
    return edited(
        right, ("isinstance(module, (nn.Conv2d, nn.Linear))", "isinstance(module, (nn.Conv2d, nn.Linear)) and module.weight.requires_grad")
    )


@mistake(
    "6.1",
    "he_initialize",
    "the last normalization of a block, by its name bn2, starts at 0; here all of them start at 1 (handout 6.1)",
    fails=("conduct, ones and zeros",),
)
def he_last_norms_zero(right: Any) -> Any:
    return edited(right, (LOOP, NAMED), ("fill_(1.0)", "fill_(float(not name.endswith('bn2')))"))


@mistake(
    "6.1",
    "he_initialize",
    "the last layer, by its name fc, starts with deviation 0.01; no name is an exception (handout 6.1)",
    fails=("linear",),
)
def he_small_last_layer(right: Any) -> Any:
    return edited(right, (LOOP, NAMED), ("(2.0 / fan_in) ** 0.5", "(0.01 if name == 'fc' else (2.0 / fan_in) ** 0.5)"))


@mistake(
    "6.1",
    "he_initialize",
    "new parameters are put in the place of the model's, whose optimizer goes on with the old ones; fill them in place",
    fails=OWN,
)
def he_new_parameters(right: Any) -> Any:
    return edited(right, (DRAWN, "module.weight = nn.Parameter(torch.empty_like(module.weight))\n                " + DRAWN))


@mistake(
    "6.1",
    "he_initialize",
    "torch.randn makes float32 and .data takes it over: the weights of a model in float64 are float32 afterwards",
    fails=OWN,
)
def he_changes_the_dtype(right: Any) -> Any:
    drawn = "module.weight.data = torch.randn(module.weight.shape, generator=generator) * (2.0 / fan_in) ** 0.5"
    return edited(right, (DRAWN, drawn))


@mistake("6.1", "he_initialize", "frozen weights train afterwards; what trains is the caller's business", fails=OWN)
def he_unfreezes(right: Any) -> Any:
    return edited(right, (DRAWN, DRAWN + ".requires_grad_(True)"))


@mistake(
    "6.1",
    "he_initialize",
    "the sample of each layer is shifted and scaled to fit, so that its numbers depend on one another; only the formula scales them",
    fails=("convolution", "linear"),
)
def he_samples_made_to_fit(right: Any) -> Any:
    fitted = "module.weight.sub_(module.weight.mean()).mul_((2.0 / fan_in) ** 0.5 / module.weight.std())"
    return edited(right, (DRAWN, f"{DRAWN}\n                {fitted}"))
