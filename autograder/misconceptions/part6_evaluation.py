"""Known mistakes in 6.4, evaluate."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

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


@mistake(
    "6.4",
    "evaluate",
    "the images are flipped first, as augmentation does in training; a test asks about them as they are",
    fails=("accuracy",),
)
def evaluate_augments(right: Any) -> Any:
    return edited(right, ("model(x)", "model(x.flip(3))"))


@mistake(
    "6.4",
    "evaluate",
    "a last batch of one image is left out: the starts of the batches go up to the number of images, not to one less",
    fails=("accuracy, in batches",),
)
def evaluate_drops_a_single_image(right: Any) -> Any:
    return edited(right, (".split(batch_size)", ".split(batch_size)[: -(-(len(images) - 1) // batch_size)]"))


@mistake(
    "6.4",
    "evaluate",
    "an image counts as right where no logit is above its label's: a network that says the same about every class then has 100 %",
    fails=("accuracy, equal logits",),
)
def evaluate_ties_are_right(right: Any) -> Any:
    return edited(right, ("(model(x).argmax(dim=1) == y)", "(model(x).gather(1, y[:, None])[:, 0] >= model(x).amax(dim=1))"))


@mistake(
    "6.4",
    "evaluate",
    "a sigmoid is taken of the logits first, which makes all large ones 1; compare the logits themselves",
    fails=("accuracy, default batch size",),
)
def evaluate_sigmoids(right: Any) -> Any:
    return edited(right, ("model(x)", "model(x).sigmoid()"))
