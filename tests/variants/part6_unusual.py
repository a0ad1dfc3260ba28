"""Right answers of an unusual build in part 6: one long draw, closures for the optimizer, iterators, properties."""

from __future__ import annotations

import itertools
from typing import Any

from . import variant
from .part6_training import trainer


@variant("6.1", "he_initialize")
def he_by_one_long_draw(right: Any) -> Any:
    def he_initialize(model: Any, generator: Any = None) -> None:
        import torch

        weights = [p for p in model.parameters() if p.ndim > 1]
        drawn = torch.empty(sum(w.numel() for w in weights), dtype=torch.float64).normal_(generator=generator)
        with torch.no_grad():
            for w, values in zip(weights, drawn.split([w.numel() for w in weights]), strict=True):
                w.copy_(values.view_as(w).mul((2 / w[0].numel()) ** 0.5))
            for module in model.modules():
                for name, p in module.named_parameters(recurse=False):
                    if p.ndim == 1:
                        p.data = torch.full_like(p, float(name == "weight"))

    return he_initialize


@variant("6.3", "PlateauSchedule")
def plateau_by_slices_of_its_history(right: Any) -> Any:
    class PlateauSchedule:
        def __init__(self, optimizer: Any, factor: float = 0.1, patience: int = 5, min_delta: float = 0.0) -> None:
            self.optimizer, self.factor, self.patience, self.min_delta = optimizer, factor, patience, min_delta
            self.bests: list[float] = []
            self.since = itertools.count(1)

        def step(self, error: float) -> None:
            if error < (self.bests[-1] if self.bests else float("inf")) - self.min_delta:
                self.bests.append(float(error))
                self.since = itertools.count(1)
            elif next(self.since) > self.patience:
                self.since = itertools.count(1)
                for group in self.optimizer.param_groups:
                    group.update(lr=group["lr"] * self.factor)

    return PlateauSchedule


@variant("6.4", "evaluate")
def evaluate_in_inference_mode(right: Any) -> Any:
    def evaluate(model: Any, images: Any, labels: Any, batch_size: int = 500) -> float:
        import torch

        before = model.training
        hits = 0
        with torch.inference_mode():
            model.eval()
            for x, y in zip(*(torch.split(t, batch_size) for t in (images, labels)), strict=True):
                hits += int(torch.count_nonzero(model(x).topk(1).indices.flatten() == y))
        model.train(before)
        return hits / labels.numel()

    return evaluate


@variant("6.5", "train")
@trainer
def train_by_closures(module: Any) -> Any:
    def train(model, epochs, validate=None, lr=0.1, patience=5):
        import torch

        optimizer = module["make_optimizer"](model, lr)
        schedule = module["PlateauSchedule"](optimizer, patience=patience)

        def one(images, labels):
            def closure():
                optimizer.zero_grad()
                loss = -torch.distributions.Categorical(logits=model(images)).log_prob(labels).mean()
                loss.backward()
                return loss

            return optimizer.step(closure).item()

        def steps():
            for epoch in epochs:
                model.train()
                yield from itertools.starmap(one, epoch)
                if validate is not None:
                    schedule.step(validate())

        losses = list(steps())
        model.eval()
        return losses

    return train
