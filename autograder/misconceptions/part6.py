"""Known mistakes in part 6. Each sentence goes on after "This is what you get when …"."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

# ---- 6.1 he_initialize

CONVOLUTIONS = ("convolution",)
WEIGHTS = ("convolution", "linear", "torch's own generator")
FAN = "module.weight[0].numel()"
DRAWN = "module.weight.normal_(0.0, (2.0 / fan_in) ** 0.5, generator=generator)"


@mistake("6.1", "he_initialize", "fan_out is taken for fan_in: it counts the inputs that one output sums over (handout 6.1)", fails=WEIGHTS)
def he_fan_out(right: Any) -> Any:
    return edited(right, (FAN, "module.weight[:, 0].numel()"))


@mistake("6.1", "he_initialize", "the standard deviation is 2 / fan_in; that is the variance, so its root is missing", fails=WEIGHTS)
def he_variance_as_std(right: Any) -> Any:
    return edited(right, ("(2.0 / fan_in) ** 0.5", "2.0 / fan_in"))


@mistake("6.1", "he_initialize", "the factor 2 is missing: ReLU throws away half of the second moment (handout 6.1)", fails=WEIGHTS)
def he_without_the_two(right: Any) -> Any:
    return edited(right, ("2.0 / fan_in", "1.0 / fan_in"))


@mistake(
    "6.1", "he_initialize", "a convolution's fan_in is its input channels alone: the size of the kernel counts too", fails=CONVOLUTIONS
)
def he_kernel_ignored(right: Any) -> Any:
    return edited(right, (FAN, "module.weight.shape[1]"))


@mistake("6.1", "he_initialize", "a convolution's fan_in is the size of its kernel alone: the input channels count too", fails=CONVOLUTIONS)
def he_channels_ignored(right: Any) -> Any:
    return edited(right, (FAN, "module.weight[0].numel() // (module.weight.shape[1] if module.weight.ndim == 4 else 1)"))


@mistake("6.1", "he_initialize", "the kernel counts as the square of one of its sides, and not every kernel is square", fails=CONVOLUTIONS)
def he_square_kernels(right: Any) -> Any:
    return edited(right, (FAN, "module.weight.shape[1] * (module.weight.shape[2] ** 2 if module.weight.ndim == 4 else 1)"))


@mistake(
    "6.1",
    "he_initialize",
    "in a convolution in groups all input channels are counted; an output sums over those of its own group (weight.shape[1])",
    fails=("convolution, in groups",),
)
def he_groups_ignored(right: Any) -> Any:
    return edited(right, (FAN, "module.weight[0].numel() * getattr(module, 'groups', 1)"))


@mistake(
    "6.1",
    "he_initialize",
    "√(2 / fan_in) is used as the bound of a uniform distribution, whose standard deviation is its bound / √3",
    fails=WEIGHTS,
)
def he_bound_as_std(right: Any) -> Any:
    return edited(right, (DRAWN, "module.weight.uniform_(-((2.0 / fan_in) ** 0.5), (2.0 / fan_in) ** 0.5, generator=generator)"))


@mistake("6.1", "he_initialize", "the weights have no negative numbers, so that their mean is not 0", fails=WEIGHTS)
def he_positive(right: Any) -> Any:
    return edited(right, (DRAWN, DRAWN + ".abs_()"))


@mistake("6.1", "he_initialize", "biases keep what they held; every bias starts at 0", fails=("ones and zeros",))
def he_biases_left(right: Any) -> Any:
    return edited(right, ("module.bias.zero_()", "pass"))


@mistake("6.1", "he_initialize", "linear layers are left out: fc has a starting value too", fails=("linear", "torch's own generator"))
def he_linear_left_out(right: Any) -> Any:
    return edited(right, ("(nn.Conv2d, nn.Linear)", "nn.Conv2d"))


@mistake("6.1", "he_initialize", "batch normalizations keep the weights they held; they start at 1", fails=("ones and zeros",))
def he_norms_left(right: Any) -> Any:
    return edited(right, ("module.weight.fill_(1.0)", "pass"))


@mistake("6.1", "he_initialize", "the weights of batch normalizations start at 0, so that nothing passes", fails=("ones and zeros",))
def he_norms_zero(right: Any) -> Any:
    return edited(right, ("module.weight.fill_(1.0)", "module.weight.fill_(0.0)"))


@mistake("6.1", "he_initialize", "the given generator is not used", fails=("convolution", "linear"))
def he_generator_ignored(right: Any) -> Any:
    return edited(right, (", generator=generator", ""))


@mistake(
    "6.1",
    "he_initialize",
    "a seed is set inside: every call gives the same weights, and layers of one shape are twins",
    fails=WEIGHTS,
)
def he_fixed_seed(right: Any) -> Any:
    return edited(right, (DRAWN, "module.weight.normal_(0.0, (2.0 / fan_in) ** 0.5, generator=torch.Generator().manual_seed(0))"))


@mistake(
    "6.1",
    "he_initialize",
    "only the children of the model are visited; layers inside a block are deeper (model.modules())",
    fails=("convolution", "ones and zeros"),
)
def he_children_only(right: Any) -> Any:
    return edited(right, ("model.modules()", "model.children()"))


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


# ---- 6.3 PlateauSchedule

BETTER = "error < self.best - self.min_delta"
LATE = "self.failures > self.patience"


@mistake(
    "6.3",
    "PlateauSchedule",
    "the rate falls with the patience-th failed call; it takes one more than `patience` of them (handout 6.3)",
    fails=("flat", "growing", "falling", "defaults"),
)
def plateau_one_early(right: Any) -> Any:
    return edited(right, (LATE, "self.failures >= self.patience"))


@mistake("6.3", "PlateauSchedule", "the rate falls one call too late", fails=("flat", "growing", "defaults"))
def plateau_one_late(right: Any) -> Any:
    return edited(right, (LATE, "self.failures > self.patience + 1"))


@mistake(
    "6.3",
    "PlateauSchedule",
    "an error is compared with the last one; it is compared with the best so far (handout 6.3)",
    fails=("zig-zag", "jump"),
)
def plateau_compares_with_the_last(right: Any) -> Any:
    old = "    self.failures += 1\n"
    return edited(right, (old, "    self.best = error\n        self.failures += 1\n"))


@mistake(
    "6.3",
    "PlateauSchedule",
    "failures are not counted anew after the rate fell, so that it falls at every call from then on",
    fails=("flat", "growing", "defaults"),
)
def plateau_never_counts_anew(right: Any) -> Any:
    return edited(right, ("            self.failures = 0\n            for group", "            for group"))


@mistake("6.3", "PlateauSchedule", "an improvement does not end the count: only failures in a row count", fails=("zig-zag", "falling"))
def plateau_counts_all_failures(right: Any) -> Any:
    return edited(right, ("            self.failures = 0\n            return", "            return"))


@mistake("6.3", "PlateauSchedule", "best is forgotten when the rate falls; it stays", fails=("jump", "growing"))
def plateau_forgets_the_best(right: Any) -> Any:
    return edited(
        right,
        (
            "            self.failures = 0\n            for group",
            "            self.failures, self.best = 0, float('inf')\n            for group",
        ),
    )


@mistake("6.3", "PlateauSchedule", "an equal error counts as an improvement; it must be below", fails=("flat", "min_delta", "defaults"))
def plateau_equal_is_better(right: Any) -> Any:
    return edited(right, (BETTER, "error <= self.best - self.min_delta"))


@mistake("6.3", "PlateauSchedule", "min_delta is ignored, and any smaller error counts as an improvement", fails=("min_delta",))
def plateau_without_min_delta(right: Any) -> Any:
    return edited(right, (BETTER, "error < self.best"))


@mistake(
    "6.3", "PlateauSchedule", "min_delta is taken as a fraction of the best error; it is a difference", fails=("min_delta, slow fall",)
)
def plateau_relative_min_delta(right: Any) -> Any:
    return edited(right, (BETTER, "error < self.best * (1 - self.min_delta) if self.best < float('inf') else True"))


@mistake(
    "6.3",
    "PlateauSchedule",
    "best follows every smaller error; one that does not fall by more than min_delta fails, and leaves best as it is",
    fails=("min_delta, slow fall",),
)
def plateau_best_creeps(right: Any) -> Any:
    return edited(right, ("        self.failures += 1\n", "        self.best = min(self.best, error)\n        self.failures += 1\n"))


@mistake("6.3", "PlateauSchedule", "only the first parameter group is slowed down", fails=("flat", "growing"))
def plateau_first_group_only(right: Any) -> Any:
    return edited(right, ("self.optimizer.param_groups:", "self.optimizer.param_groups[:1]:"))


@mistake("6.3", "PlateauSchedule", "the rate is divided by factor; it is multiplied by it", fails=("flat", "growing", "defaults"))
def plateau_divides(right: Any) -> Any:
    return edited(right, ('group["lr"] *=', 'group["lr"] /='))


@mistake(
    "6.3",
    "PlateauSchedule",
    "a higher number counts as better: `step` is told errors, not accuracies",
    fails=("growing", "zig-zag", "falling"),
)
def plateau_wants_accuracies(right: Any) -> Any:
    return edited(right, (BETTER, "error > (self.best if self.best < float('inf') else float('-inf')) + self.min_delta"))


# ---- 6.4 evaluate


@mistake(
    "6.4",
    "evaluate",
    "the model is asked in train mode: every image is then normalized by its batch (handout 6.4)",
    fails=("accuracy", "conduct, running statistics"),
)
def evaluate_in_train_mode(right: Any) -> Any:
    return edited(right, ("    model.eval()\n", ""))


@mistake(
    "6.4", "evaluate", "the accuracies of the batches are averaged although the last batch is smaller", fails=("accuracy, in batches",)
)
def evaluate_mean_of_batches(right: Any) -> Any:
    changes = (("correct += int((model(x).argmax(dim=1) == y).sum())", "correct += float((model(x).argmax(dim=1) == y).double().mean())"),)
    return edited(right, *changes, ("correct / len(images)", "correct / len(images.split(batch_size))"))


@mistake("6.4", "evaluate", "the images left over after the last whole batch are dropped", fails=("accuracy",))
def evaluate_drops_the_rest(right: Any) -> Any:
    return edited(right, ("        correct +=", "        if len(x) < batch_size: continue\n            correct +="))


@mistake(
    "6.4",
    "evaluate",
    "the correct answers are divided by a number of images that counts the last batch as whole",
    fails=("accuracy",),
)
def evaluate_divides_by_whole_batches(right: Any) -> Any:
    return edited(right, ("correct / len(images)", "correct / (len(images.split(batch_size)) * batch_size)"))


@mistake("6.4", "evaluate", "the result is a percentage; a fraction is asked for", fails=("accuracy",))
def evaluate_percentage(right: Any) -> Any:
    return edited(right, ("correct / len(images)", "100 * correct / len(images)"))


@mistake("6.4", "evaluate", "the result is the error; the accuracy is asked for", fails=("accuracy",))
def evaluate_error(right: Any) -> Any:
    return edited(right, ("correct / len(images)", "1 - correct / len(images)"))


@mistake("6.4", "evaluate", "only the first batch is looked at", fails=("accuracy, in batches",))
def evaluate_first_batch(right: Any) -> Any:
    return edited(
        right, ("    model.train(mode)", "            break\n    model.train(mode)"), ("correct / len(images)", "correct / len(x)")
    )


@mistake("6.4", "evaluate", "the smallest logit is taken for the answer", fails=("accuracy",))
def evaluate_argmin(right: Any) -> Any:
    return edited(right, ("argmax(dim=1)", "argmin(dim=1)"))


@mistake("6.4", "evaluate", "the model is left in eval mode, and the next epoch trains with running statistics", fails=("conduct, mode",))
def evaluate_leaves_eval(right: Any) -> Any:
    return edited(right, ("    model.train(mode)\n", ""))


@mistake("6.4", "evaluate", "the model is put into train mode afterwards, whatever it came in", fails=("conduct, mode",))
def evaluate_always_trains(right: Any) -> Any:
    return edited(right, ("model.train(mode)", "model.train()"))


@mistake(
    "6.4", "evaluate", "gradients are on: autograd keeps every activation of the whole set in memory", fails=("conduct, without gradients",)
)
def evaluate_with_gradients(right: Any) -> Any:
    return edited(right, ("torch.no_grad()", "torch.enable_grad()"))


@mistake(
    "6.4",
    "evaluate",
    "all images go through the model at once: a whole test set does not fit into memory",
    fails=("conduct, at most batch_size images at a time",),
)
def evaluate_all_at_once(right: Any) -> Any:
    return edited(right, (".split(batch_size)", ".split(len(images))"))


# ---- 6.5 train

LOSS = "F.cross_entropy(model(images), labels)"
AFTER = "        if validate is not None:\n            schedule.step(validate())\n"
VALUES = ("losses", "parameters", "with validation")


@mistake("6.5", "train", "gradients are never cleared, so that each step goes along the sum of all before it", fails=VALUES)
def train_never_clears(right: Any) -> Any:
    return edited(right, ("            optimizer.zero_grad()\n", ""))


@mistake("6.5", "train", "gradients are cleared between backward and step: nothing is ever learned", fails=VALUES)
def train_clears_too_late(right: Any) -> Any:
    return edited(right, ("optimizer.zero_grad()\n            loss.backward()", "loss.backward()\n            optimizer.zero_grad()"))


@mistake("6.5", "train", "a softmax goes into the cross-entropy, which takes logits and has one inside (handout 6.5)", fails=VALUES)
def train_softmax_first(right: Any) -> Any:
    return edited(right, (LOSS, "F.cross_entropy(model(images).softmax(dim=1), labels)"))


@mistake("6.5", "train", "the loss is the sum over the batch; it is the mean", fails=VALUES)
def train_sum_of_losses(right: Any) -> Any:
    return edited(right, ("(model(images), labels)", "(model(images), labels, reduction='sum')"))


@mistake("6.5", "train", "labels are shuffled apart from their images", fails=VALUES)
def train_labels_apart(right: Any) -> Any:
    return edited(right, ("(model(images), labels)", "(model(images), labels.roll(1))"))


@mistake(
    "6.5",
    "train",
    "train mode is set once before the first epoch; validation leaves the model in eval mode, and from the second epoch on the running "
    "statistics are used",
    fails=("with validation",),
)
def train_mode_once(right: Any) -> Any:
    return edited(right, ("    for epoch in epochs:\n        model.train()\n", "    model.train()\n    for epoch in epochs:\n"))


@mistake("6.5", "train", "the model is trained in the mode it came in", fails=VALUES)
def train_mode_never(right: Any) -> Any:
    return edited(right, ("        model.train()\n", ""))


@mistake("6.5", "train", "the schedule is stepped after each batch; it counts epochs", fails=("with validation",))
def train_schedule_per_batch(right: Any) -> Any:
    return edited(right, (AFTER, AFTER.replace("        if", "            if").replace("            schedule", "                schedule")))


@mistake("6.5", "train", "the schedule is told an accuracy, 1 − error; validate() returns the error", fails=("with validation",))
def train_tells_accuracies(right: Any) -> Any:
    return edited(right, ("schedule.step(validate())", "schedule.step(1.0 - validate())"))


@mistake("6.5", "train", "validate is called and its error is not passed to the schedule", fails=("with validation",))
def train_without_schedule(right: Any) -> Any:
    return edited(right, ("schedule.step(validate())", "validate()"))


@mistake("6.5", "train", "a new optimizer is made for each epoch: momentum and lowered rates are forgotten", fails=("with validation",))
def train_optimizer_each_epoch(right: Any) -> Any:
    return edited(
        right,
        ("    for epoch in epochs:\n", "    for epoch in epochs:\n        optimizer = make_optimizer(model, lr)\n"),
    )


@mistake("6.5", "train", "lr is not passed to make_optimizer", fails=("losses", "parameters", "with validation"))
def train_rate_ignored(right: Any) -> Any:
    return edited(right, ("make_optimizer(model, lr)", "make_optimizer(model)"))


@mistake("6.5", "train", "patience is not passed to the schedule", fails=("with validation, errors and patience",))
def train_patience_ignored(right: Any) -> Any:
    return edited(right, (", patience=patience)", ")"))


@mistake("6.5", "train", "patience is passed in the place of factor", fails=("with validation, errors and patience",))
def train_patience_as_factor(right: Any) -> Any:
    return edited(right, ("PlateauSchedule(optimizer, patience=patience)", "PlateauSchedule(optimizer, patience)"))


@mistake("6.5", "train", "one loss is returned for each epoch; one for each step is asked for", fails=("losses", "with validation, losses"))
def train_losses_of_epochs(right: Any) -> Any:
    return edited(right, ("            losses.append(loss.detach())", "        losses.append(loss.detach())"))


@mistake("6.5", "train", "the losses are computed after the update", fails=("losses", "with validation, losses"))
def train_losses_after(right: Any) -> Any:
    return edited(right, ("losses.append(loss.detach())", "losses.append(F.cross_entropy(model(images), labels).detach())"))


@mistake("6.5", "train", "the model is initialized inside; it is taken as it comes", fails=VALUES)
def train_starts_anew(right: Any) -> Any:
    return edited(right, ("    optimizer = make_optimizer", "    he_initialize(model)\n    optimizer = make_optimizer"))


@mistake("6.5", "train", "the last batch of each epoch is left out", fails=VALUES)
def train_last_batch_dropped(right: Any) -> Any:
    return edited(right, ("in epoch:", "in list(epoch)[:-1]:"))


@mistake("6.5", "train", "the model is left in train mode at the end", fails=("conduct, mode",))
def train_ends_in_train(right: Any) -> Any:
    return edited(right, ("    model.eval()\n", "    model.train()\n"))


# ---- 6.6 ensemble

SOFTMAX = "model(images).softmax(dim=1)"
MEAN = "torch.stack(probabilities).mean(dim=0)"


@mistake("6.6", "ensemble", "logits are averaged; probabilities are (handout 6.6)", fails=("several", "one"))
def ensemble_of_logits(right: Any) -> Any:
    return edited(right, (SOFTMAX, "model(images)"))


@mistake(
    "6.6", "ensemble", "the softmax is taken of the averaged logits: first the softmax of each model, then the mean", fails=("several",)
)
def ensemble_softmax_last(right: Any) -> Any:
    return edited(right, (SOFTMAX, "model(images)"), (MEAN, MEAN + ".softmax(dim=1)"))


@mistake("6.6", "ensemble", "the softmax runs over the images; it runs over the classes, dim=1", fails=("several", "one"))
def ensemble_softmax_over_images(right: Any) -> Any:
    return edited(right, ("softmax(dim=1)", "softmax(dim=0)"))


@mistake("6.6", "ensemble", "probabilities are added and not divided by the number of models", fails=("several",))
def ensemble_sum(right: Any) -> Any:
    return edited(right, (MEAN, "torch.stack(probabilities).sum(dim=0)"))


@mistake("6.6", "ensemble", "each model votes for one class; their probabilities are averaged", fails=("several", "one"))
def ensemble_votes(right: Any) -> Any:
    return edited(right, (SOFTMAX, "F.one_hot(model(images).argmax(dim=1), model(images).shape[1]).to(images.dtype)"))


@mistake("6.6", "ensemble", "the models are asked in train mode", fails=("several", "one", "conduct, running statistics"))
def ensemble_in_train_mode(right: Any) -> Any:
    return edited(right, ("model.eval()", "model.train()"))


@mistake("6.6", "ensemble", "log-probabilities are averaged, which gives their geometric mean", fails=("several", "one"))
def ensemble_of_logarithms(right: Any) -> Any:
    return edited(right, (SOFTMAX, "model(images).log_softmax(dim=1)"))


@mistake("6.6", "ensemble", "the models are left in eval mode", fails=("conduct, modes",))
def ensemble_leaves_eval(right: Any) -> Any:
    return edited(right, ("        model.train(mode)\n", ""))


# ---- 6.7 controller_gradient

RETURN = "return (reward - baseline) * direction"


@mistake("6.7", "controller_gradient", "the sign is that of a loss: the ascent direction of the reward is asked for", fails=("direction",))
def controller_descends(right: Any) -> Any:
    return edited(right, (RETURN, "return (baseline - reward) * direction"))


@mistake("6.7", "controller_gradient", "the baseline is ignored", fails=("direction",))
def controller_without_baseline(right: Any) -> Any:
    return edited(right, ("(reward - baseline)", "reward"))


@mistake("6.7", "controller_gradient", "the baseline is added to the reward; it is taken off", fails=("direction",))
def controller_baseline_added(right: Any) -> Any:
    return edited(right, ("(reward - baseline)", "(reward + baseline)"))


@mistake(
    "6.7", "controller_gradient", "the softmax is not taken off: the derivative of log p(choice) is onehot − softmax", fails=("direction",)
)
def controller_onehot_alone(right: Any) -> Any:
    return edited(right, ("-logits.softmax(dim=0)", "torch.zeros_like(logits)"))


@mistake("6.7", "controller_gradient", "p(choice) is differentiated; log p(choice) is asked for", fails=("direction",))
def controller_of_the_probability(right: Any) -> Any:
    return edited(right, (RETURN, "return (reward - baseline) * logits.softmax(dim=0)[choice] * direction"))


@mistake(
    "6.7",
    "controller_gradient",
    "exponentials of the logits overflow: take their maximum off first, or use softmax",
    fails=("large logits",),
)
def controller_naive_softmax(right: Any) -> Any:
    return edited(right, ("-logits.softmax(dim=0)", "-(logits.exp() / logits.exp().sum())"))


@mistake(
    "6.7", "controller_gradient", "the 1 is added at the most probable choice; it belongs to the one that was drawn", fails=("direction",)
)
def controller_most_probable(right: Any) -> Any:
    return edited(right, ("direction[choice]", "direction[int(logits.argmax())]"))
