"""Honest other ways in part 6, from training on: explicit arithmetic, other control flow."""

from __future__ import annotations

from typing import Any

from . import variant

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

        mode, good, before = model.training, 0, torch.is_grad_enabled()
        try:
            model.eval()
            torch.set_grad_enabled(False)
            for x, y in zip(torch.split(images, 1), labels.tolist(), strict=True):
                good += int(model(x)[0].argmax()) == y
        finally:
            torch.set_grad_enabled(before)
            model.train(mode)
        return good / labels.shape[0]

    return evaluate


# ---- 6.4 in float32, as torch's own idioms have it


def in_eval_mode(model: Any, ask: Any) -> Any:
    """What `ask` returns, without gradients."""
    import torch

    mode = model.training
    model.eval()
    with torch.no_grad():
        answer = ask()
    model.train(mode)
    return answer


@variant("6.4", "evaluate")
def evaluate_by_a_mean_in_float32(right: Any) -> Any:
    def evaluate(model, images, labels, batch_size=500):
        import torch

        predictions = in_eval_mode(model, lambda: torch.cat([model(x).argmax(1) for x in images.split(batch_size)]))
        return (predictions == labels).float().mean().item()

    return evaluate


def evaluate_by(count: Any, fraction: Any) -> Any:
    """evaluate by count(right answers) of each batch, and fraction(the sum of them, images)."""

    def build(right: Any) -> Any:
        def evaluate(model, images, labels, batch_size=500):
            batches = list(zip(images.split(batch_size), labels.split(batch_size), strict=True))
            return fraction(in_eval_mode(model, lambda: sum(count(model(x).argmax(1) == y) for x, y in batches)), len(images))

        return evaluate

    return build


COUNTS = {
    "a_tensor_divided": (lambda right: right.sum(), lambda total, n: (total / n).item()),
    "a_tensor_divided_as_it_is": (lambda right: right.sum(), lambda total, n: total / n),
    "float_of_a_tensor_divided": (lambda right: right.sum(), lambda total, n: float(total / n)),
    "a_sum_in_float32": (lambda right: right.float().sum(), lambda total, n: (total / n).item()),
    "weighted_means": (lambda right: right.float().mean().item() * len(right), lambda total, n: total / n),
    "weighted_means_in_float32": (lambda right: right.float().mean() * len(right), lambda total, n: (total / n).item()),
}
for way, (count, fraction) in COUNTS.items():
    build = evaluate_by(count, fraction)
    build.__name__ = f"evaluate_by_{way}"
    variant("6.4", "evaluate")(build)


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
        model.zero_grad()
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
            trained = [p for p in model.parameters() if p.requires_grad]
            for p, g in zip(trained, torch.autograd.grad(loss, trained), strict=True):
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


@variant("6.5", "train")
@trainer
def train_with_everything_named_and_noted(module: Any) -> Any:
    def train(model, epochs, validate=None, lr=0.1, patience=5):
        import torch

        optimizer = module["make_optimizer"](model, lr, 0.9, 1e-5)
        schedule = module["PlateauSchedule"](optimizer, 0.1, patience, 0.0)
        losses, notes = [], []
        for epoch in epochs:
            model.train()
            for images, labels in epoch:
                with torch.enable_grad():
                    loss = torch.nn.functional.cross_entropy(model(images), labels)
                for parameter in model.parameters():
                    parameter.grad = None
                loss.backward()
                optimizer.step()
                losses.append(loss)
            if validate is not None:
                schedule.step(validate())
                group = schedule.optimizer.param_groups[0]
                notes.append((group["lr"], group["momentum"], group["weight_decay"], group["nesterov"], schedule.best))
                notes.append((schedule.factor, schedule.patience, schedule.min_delta, schedule.failures))
        model.eval()
        return [loss.item() for loss in losses]

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
