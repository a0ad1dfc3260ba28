"""Known mistakes in 6.6 and 6.7: ensembles and a controller."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

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


@mistake(
    "6.6",
    "ensemble",
    "each model is asked about the images and about flipped ones (augmentation at test time); only the images as they are count",
    fails=("several", "one"),
)
def ensemble_augments(right: Any) -> Any:
    return edited(right, (SOFTMAX, f"(({SOFTMAX} + {SOFTMAX.replace('images', 'images.flip(3)')}) / 2)"))


@mistake(
    "6.6",
    "ensemble",
    "exponentials of the logits overflow: take their maximum off first, or use softmax",
    fails=("one",),
)
def ensemble_naive_softmax(right: Any) -> Any:
    return edited(right, (SOFTMAX, "model(images).exp() / model(images).exp().sum(dim=1, keepdim=True)"))


@mistake("6.6", "ensemble", "a model that is in the list twice counts once", fails=("several",))
def ensemble_without_repeats(right: Any) -> Any:
    return edited(right, ("for model in models:", "for model in dict.fromkeys(models):"))


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
