"""Honest other ways in part 6, before the first step: torch's own helpers, explicit arithmetic, other control flow."""

from __future__ import annotations

import math
from typing import Any

from . import variant

# ---- 6.1 he_initialize


@variant("6.1", "he_initialize")
def he_by_torchs_helper(right: Any) -> Any:
    def he_initialize(model, generator=None):
        import torch

        for m in model.modules():
            if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear)):
                torch.nn.init.kaiming_normal_(m.weight, mode="fan_in", nonlinearity="relu", generator=generator)
                if m.bias is not None:
                    torch.nn.init.zeros_(m.bias)
            if isinstance(m, torch.nn.BatchNorm2d):
                torch.nn.init.ones_(m.weight)
                torch.nn.init.zeros_(m.bias)

    return he_initialize


@variant("6.1", "he_initialize")
def he_uniform_and_returned(right: Any) -> Any:
    def he_initialize(model, generator=None):
        import torch

        @torch.no_grad()
        def start(m):
            if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear)):
                fan = math.prod(m.weight.shape[1:])
                bound = math.sqrt(6.0 / fan)
                m.weight.copy_((2 * torch.rand(m.weight.shape, generator=generator) - 1) * bound)
            elif isinstance(m, torch.nn.BatchNorm2d):
                torch.nn.init.constant_(m.weight, 1)
            if getattr(m, "bias", None) is not None:
                torch.nn.init.constant_(m.bias, 0)

        return model.apply(start)

    return he_initialize


@variant("6.1", "he_initialize")
def he_by_names_and_data(right: Any) -> Any:
    def he_initialize(model, generator=None):
        import torch

        for name, p in model.named_parameters():
            if name.endswith("bias"):
                p.data = torch.zeros_like(p.data)
            elif p.ndim == 1:
                p.data = torch.ones_like(p.data)
            else:
                p.data = torch.randn(p.shape, generator=generator, dtype=p.dtype) * (2 / p[0].numel()) ** 0.5

    return he_initialize


# ---- 6.2 make_optimizer


@variant("6.2", "make_optimizer")
def optimizer_with_one_group(right: Any) -> Any:
    def make_optimizer(model, lr=0.1, momentum=0.9, weight_decay=1e-5):
        import torch

        return torch.optim.SGD([{"params": list(model.parameters()), "weight_decay": weight_decay}], lr, momentum)

    return make_optimizer


@variant("6.2", "make_optimizer")
def optimizer_with_a_group_for_each(right: Any) -> Any:
    def make_optimizer(model, lr=0.1, momentum=0.9, weight_decay=1e-5):
        import torch

        groups = [{"params": [p]} for p in model.parameters()]
        return torch.optim.SGD(groups, lr=lr, momentum=momentum, weight_decay=weight_decay, foreach=False)

    return make_optimizer


@variant("6.2", "make_optimizer")
def optimizer_of_ones_own(right: Any) -> Any:
    def make_optimizer(model, lr=0.1, momentum=0.9, weight_decay=1e-5):
        import torch

        class Descent(torch.optim.Optimizer):
            @torch.no_grad()
            def step(self, closure=None):
                for group in self.param_groups:
                    for p in group["params"]:
                        g = p.grad + group["weight_decay"] * p
                        v = self.state[p].get("v")
                        self.state[p]["v"] = g if v is None else group["momentum"] * v + g
                        p -= group["lr"] * self.state[p]["v"]

        return Descent(model.parameters(), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    return make_optimizer


# ---- 6.3 PlateauSchedule


@variant("6.3", "PlateauSchedule")
def plateau_by_torch(right: Any) -> Any:
    class PlateauSchedule:
        def __init__(self, optimizer, factor=0.1, patience=5, min_delta=0.0):
            import torch

            lowered = torch.optim.lr_scheduler.ReduceLROnPlateau
            self.inner = lowered(optimizer, factor=factor, patience=patience, threshold=min_delta, threshold_mode="abs")

        def step(self, error):
            self.inner.step(error)

    return PlateauSchedule


@variant("6.3", "PlateauSchedule")
def plateau_with_a_history(right: Any) -> Any:
    class PlateauSchedule(right):
        def step(self, error):
            self.history = [*getattr(self, "history", []), error]
            best, bad = math.inf, 0
            for e in self.history:
                if bad > self.patience:
                    bad = 0
                good = e < best - self.min_delta
                best, bad = (e, 0) if good else (best, bad + 1)
            if bad > self.patience:
                for group in self.optimizer.param_groups:
                    group["lr"] = group["lr"] * self.factor

    return PlateauSchedule


@variant("6.3", "PlateauSchedule")
def plateau_counting_down(right: Any) -> Any:
    class PlateauSchedule:
        def __init__(self, optimizer, factor=0.1, patience=5, min_delta=0.0):
            self.opt, self.factor, self.patience, self.delta = optimizer, factor, patience, min_delta
            self.lowest, self.left = math.inf, patience

        def step(self, error):
            if self.lowest - error > self.delta:
                self.lowest, self.left = error, self.patience
            elif self.left > 0:
                self.left -= 1
            else:
                self.left = self.patience
                for i in range(len(self.opt.param_groups)):
                    self.opt.param_groups[i]["lr"] = self.factor * self.opt.param_groups[i]["lr"]

    return PlateauSchedule
