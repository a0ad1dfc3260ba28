"""Honest other ways in part 6: torch's own helpers, explicit arithmetic, other control flow."""

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
                p.data = torch.randn(p.shape, generator=generator) * (2 / p[0].numel()) ** 0.5

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
            self.lowest, self.left = None, patience

        def step(self, error):
            if self.lowest is None or error < self.lowest - self.delta:
                self.lowest, self.left = error, self.patience
            elif self.left > 0:
                self.left -= 1
            else:
                self.left = self.patience
                for i in range(len(self.opt.param_groups)):
                    self.opt.param_groups[i]["lr"] = self.factor * self.opt.param_groups[i]["lr"]

    return PlateauSchedule


# ---- 6.4 evaluate


@variant("6.4", "evaluate")
def evaluate_by_index(right: Any) -> Any:
    def evaluate(model, images, labels, batch_size=500):
        import torch

        was_training = model.training
        model.eval()
        hits = []
        with torch.inference_mode():
            for start in range(0, len(images), batch_size):
                logits = model(images[start : start + batch_size])
                hits.append(logits.max(dim=1).indices.eq(labels[start : start + batch_size]))
        if was_training:
            model.train()
        return torch.cat(hits).double().mean().item()

    return evaluate


@variant("6.4", "evaluate")
def evaluate_by_a_loader(right: Any) -> Any:
    def evaluate(model, images, labels, batch_size=500):
        import torch

        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images, labels), batch_size=batch_size)
        mode = model.training
        model.train(False)
        correct = total = 0
        for x, y in loader:
            with torch.no_grad():
                correct += (torch.softmax(model(x), -1).argmax(-1) == y).sum().item()
            total += y.numel()
        model.train(mode)
        return correct / total

    return evaluate


@variant("6.4", "evaluate")
def evaluate_image_by_image(right: Any) -> Any:
    def evaluate(model, images, labels, batch_size=500):
        import torch

        mode, good = model.training, 0
        try:
            model.eval()
            torch.set_grad_enabled(False)
            for x, y in zip(torch.split(images, 1), labels.tolist(), strict=True):
                good += int(model(x)[0].argmax()) == y
        finally:
            torch.set_grad_enabled(True)
            model.train(mode)
        return good / labels.shape[0]

    return evaluate


# ---- 6.5 train


def trainer(body: Any) -> Any:
    """Builds `train` in the module of the right one, so that it finds make_optimizer and PlateauSchedule there."""

    def build(right: Any) -> Any:
        train = body(right.__globals__)
        train.__module__ = right.__module__
        return train

    build.__name__ = body.__name__
    return build


@variant("6.5", "train")
@trainer
def train_with_floats_at_once(module: Any) -> Any:
    def train(model, epochs, validate=None, lr=0.1, patience=5):
        import torch

        opt = module["make_optimizer"](model, lr=lr)
        plan = module["PlateauSchedule"](opt, patience=patience)
        criterion = torch.nn.CrossEntropyLoss()
        history = []
        for batches in epochs:
            model.train()
            for x, y in batches:
                opt.zero_grad(set_to_none=False)
                loss = criterion(model(x), y)
                history.append(loss.item())
                loss.backward()
                opt.step()
            if validate:
                plan.step(validate())
        model.eval()
        return history

    return train


@variant("6.5", "train")
@trainer
def train_with_whole_epochs_in_memory(module: Any) -> Any:
    def train(model, epochs, validate=None, lr=0.1, patience=5):
        import torch

        opt = module["make_optimizer"](model, lr)
        plan = module["PlateauSchedule"](opt, 0.1, patience) if validate is not None else None
        history = []
        for epoch in iter(epochs):
            pairs = list(epoch)
            model.train(True)
            for pair in pairs:
                logits = model(pair[0])
                loss = torch.nn.functional.nll_loss(logits.log_softmax(1), pair[1])
                loss.backward()
                opt.step()
                for p in model.parameters():
                    p.grad = None
                history.append(float(loss.detach()))
            if plan is not None:
                error = validate()
                plan.step(error)
        model.train(False)
        return history

    return train


@variant("6.5", "train")
@trainer
def train_by_a_step_of_its_own(module: Any) -> Any:
    def train(model, epochs, validate=None, lr=0.1, patience=5):
        import torch

        opt = module["make_optimizer"](model, lr)
        plan = module["PlateauSchedule"](opt, patience=patience)

        def step(x, y):
            logits = model(x)
            loss = (torch.logsumexp(logits, 1) - logits.gather(1, y[:, None])[:, 0]).mean()
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            for p, g in zip(model.parameters(), gradients, strict=True):
                p.grad = g
            opt.step()
            return loss.item()

        out = []
        for epoch in epochs:
            model.train()
            out += [step(x, y) for x, y in epoch]
            if validate is not None:
                plan.step(validate())
        model.eval()
        return out

    return train


# ---- 6.6 ensemble


@variant("6.6", "ensemble")
def ensemble_running_sum(right: Any) -> Any:
    def ensemble(models, images):
        import torch

        total = 0
        for m in models:
            mode = m.training
            m.eval()
            with torch.inference_mode():
                total = total + torch.softmax(m(images), dim=-1)
            m.train(mode)
        return total / len(models)

    return ensemble


@variant("6.6", "ensemble")
def ensemble_by_exponentials(right: Any) -> Any:
    def ensemble(models, images):
        import torch

        modes = [m.training for m in models]
        with torch.no_grad():
            out = [m.eval()(images).log_softmax(1).exp() for m in models]
        for m, mode in zip(models, modes, strict=True):
            m.train(mode)
        return sum(out) / len(out)

    return ensemble


@variant("6.6", "ensemble")
def ensemble_by_cat(right: Any) -> Any:
    def ensemble(models, images):
        import torch

        modes = [m.training for m in models]
        for m in models:
            m.eval()
        with torch.no_grad():
            stacked = torch.cat([torch.nn.functional.softmax(m(images), 1)[None] for m in models])
        for m, mode in zip(models, modes, strict=True):
            m.train(mode)
        return stacked.mean(0)

    return ensemble


# ---- 6.7 controller_gradient


@variant("6.7", "controller_gradient")
def controller_by_autograd(right: Any) -> Any:
    def controller_gradient(logits, choice, reward, baseline=0.0):
        import torch

        x = logits.detach().clone().requires_grad_()
        (torch.log_softmax(x, 0)[choice] * (reward - baseline)).backward()
        return x.grad

    return controller_gradient


@variant("6.7", "controller_gradient")
def controller_by_one_hot(right: Any) -> Any:
    def controller_gradient(logits, choice, reward, baseline=0.0):
        import torch

        hot = torch.nn.functional.one_hot(torch.tensor(choice), len(logits)).to(logits.dtype)
        return (hot - torch.softmax(logits, -1)) * (reward - baseline)

    return controller_gradient


@variant("6.7", "controller_gradient")
def controller_by_a_loop(right: Any) -> Any:
    def controller_gradient(logits, choice, reward, baseline=0.0):
        import torch

        top = logits.max()
        e = (logits - top).exp()
        total = e.sum()
        entries = [(float(i == choice) - e[i] / total) * (reward - baseline) for i in range(len(logits))]
        return torch.stack(entries)

    return controller_gradient
