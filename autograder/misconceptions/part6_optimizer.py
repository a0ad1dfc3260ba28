"""Known mistakes in 6.2, make_optimizer."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

# ---- 6.2 make_optimizer

SGD = "torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay)"


@mistake("6.2", "make_optimizer", "momentum is not passed on, so that there is none", fails=("momentum", "defaults"))
def optimizer_without_momentum(right: Any) -> Any:
    return edited(right, (", momentum=momentum", ""))


@mistake(
    "6.2",
    "make_optimizer",
    "the velocity is a mean, m·v + (1 − m)·g; here it is the sum m·v + g (handout 6.2)",
    fails=("momentum", "weight decay, with momentum", "defaults"),
)
def optimizer_dampened(right: Any) -> Any:
    return edited(right, ("momentum=momentum", "momentum=momentum, dampening=momentum"))


@mistake("6.2", "make_optimizer", "the momentum is Nesterov's; plain momentum is asked for", fails=("first step", "momentum", "defaults"))
def optimizer_nesterov(right: Any) -> Any:
    return edited(right, ("momentum=momentum", "momentum=momentum, nesterov=momentum > 0"))


@mistake("6.2", "make_optimizer", "weight_decay is not passed on, so that nothing decays", fails=("weight decay", "defaults"))
def optimizer_without_decay(right: Any) -> Any:
    return edited(right, (", weight_decay=weight_decay", ""))


@mistake(
    "6.2",
    "make_optimizer",
    "weights are decayed twice: 2·weight_decay·w is the gradient of weight_decay·‖w‖²",
    fails=("weight decay", "defaults"),
)
def optimizer_decay_twice(right: Any) -> Any:
    return edited(right, ("weight_decay=weight_decay", "weight_decay=2 * weight_decay"))


@mistake(
    "6.2",
    "make_optimizer",
    "weight_decay is multiplied by the rate before the optimizer gets it, which does that itself",
    fails=("weight decay", "defaults"),
)
def optimizer_decay_times_rate(right: Any) -> Any:
    return edited(right, ("weight_decay=weight_decay", "weight_decay=lr * weight_decay"))


@mistake(
    "6.2",
    "make_optimizer",
    "biases and normalizations are left out of the weight decay; here every parameter decays",
    fails=("weight decay", "defaults"),
)
def optimizer_decays_weights_only(right: Any) -> Any:
    groups = (
        "torch.optim.SGD([{'params': [p for p in model.parameters() if p.ndim > 1]}, "
        "{'params': [p for p in model.parameters() if p.ndim == 1], 'weight_decay': 0.0}], "
        "lr=lr, momentum=momentum, weight_decay=weight_decay)"
    )
    return edited(right, (SGD, groups))


@mistake(
    "6.2",
    "make_optimizer",
    "the optimizer is Adam; plain gradient descent with momentum is asked for",
    fails=("first step", "momentum", "defaults"),
)
def optimizer_adam(right: Any) -> Any:
    return edited(right, (SGD, "torch.optim.Adam(model.parameters(), lr=lr, betas=(momentum, 0.999), weight_decay=weight_decay)"))


@mistake("6.2", "make_optimizer", "the rate is not passed on", fails=("first step", "momentum"))
def optimizer_rate_fixed(right: Any) -> Any:
    return edited(right, ("lr=lr", "lr=0.1"))


@mistake("6.2", "make_optimizer", "the default of weight_decay is He et al.'s 1e-4; here it is the lecture's 1e-5", fails=("defaults",))
def optimizer_decay_of_the_paper(right: Any) -> Any:
    return edited(right, ("weight_decay: float = 1e-5", "weight_decay: float = 1e-4"))


@mistake("6.2", "make_optimizer", "only the last layer is trained", fails=("first step", "momentum", "defaults"))
def optimizer_last_layer_only(right: Any) -> Any:
    return edited(right, ("model.parameters()", "list(model.parameters())[-2:]"))


@mistake(
    "6.2",
    "make_optimizer",
    "the default is put in by `momentum or 0.9`: 0 counts as false, so that a momentum of 0 becomes the default",
    fails=("weight decay",),
)
def optimizer_default_for_zero(right: Any) -> Any:
    return edited(right, ("momentum=momentum", "momentum=momentum or 0.9"))


@mistake(
    "6.2",
    "make_optimizer",
    "the parameters are collected layer by layer, and one that belongs to no layer never moves (model.parameters() has all)",
    fails=("first step", "momentum", "weight decay", "defaults"),
)
def optimizer_of_layers_only(right: Any) -> Any:
    return edited(right, ("model.parameters()", "[p for layer in model.children() for p in layer.parameters()]"))


@mistake(
    "6.2",
    "make_optimizer",
    "the first velocity is the gradient itself and no copy of it: when the next gradient is written there, the velocity is lost",
    fails=("momentum",),
)
def optimizer_velocity_is_the_gradient(right: Any) -> Any:
    own = """    @torch.no_grad()
    def step(self):
        for group, p in ((group, p) for group in self.param_groups for p in group["params"]):
            g = p.grad + group["decay"] * p if group["decay"] else p.grad
            v = self.state[p]["v"] = self.state[p]["v"].mul_(momentum).add_(g) if "v" in self.state[p] else g
            p.sub_(group["lr"] * v)
    return type("Own", (torch.optim.Optimizer,), {"step": step})(model.parameters(), {"lr": lr, "decay": weight_decay})"""
    return edited(right, ("    return " + SGD, own))


@mistake("6.2", "make_optimizer", "frozen parameters train afterwards; what trains is the caller's business", fails=("conduct, the model",))
def optimizer_unfreezes(right: Any) -> Any:
    return edited(right, ("model.parameters()", "model.requires_grad_(True).parameters()"))
