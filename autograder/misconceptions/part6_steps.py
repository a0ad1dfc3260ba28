"""Known mistakes in 6.5, train, that only some models, batches or errors show."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited
from .part6_loop import LOSS, RISING, VALUES

CLEAR = "            optimizer.zero_grad()\n"
STEP = "            optimizer.step()\n"
TELL = "schedule.step(validate())"
EMPTY = ("conduct, no epochs",)


@mistake(
    "6.5",
    "train",
    "torch.optim.SGD is made inside; make_optimizer(model, lr) makes the optimizer, and a check puts its own there (handout 6.5)",
    fails=(*VALUES, "defaults"),
)
def train_without_make_optimizer(right: Any) -> Any:
    sgd = "torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=1e-5)"
    return edited(right, ("make_optimizer(model, lr)", sgd))


@mistake(
    "6.5",
    "train",
    "make_optimizer is given another weight decay than its default, 1e-5",
    fails=("with validation, errors and patience", "defaults"),
)
def train_decay_of_the_paper(right: Any) -> Any:
    return edited(right, ("make_optimizer(model, lr)", "make_optimizer(model, lr, weight_decay=1e-4)"))


@mistake(
    "6.5",
    "train",
    "gradients are cleared after the step only: those that the model came with are part of the first one",
    fails=VALUES,
)
def train_clears_after_the_step(right: Any) -> Any:
    return edited(right, (CLEAR, ""), (STEP, STEP + CLEAR))


@mistake("6.5", "train", "batches of one image are skipped", fails=VALUES)
def train_skips_single_images(right: Any) -> Any:
    return edited(right, (f"            loss = {LOSS}", f"            if len(images) == 1: continue\n            loss = {LOSS}"))


@mistake(
    "6.5",
    "train",
    "the logarithm of the softmax is that of 0 where logits are large, and the loss is infinite; cross_entropy takes both at once",
    fails=("losses", "parameters"),
)
def train_logarithm_of_softmax(right: Any) -> Any:
    return edited(right, (LOSS, "F.nll_loss(model(images).softmax(dim=1).log(), labels)"))


@mistake("6.5", "train", "gradients are clipped; the steps are those of the gradients as they are", fails=("parameters",))
def train_clips_gradients(right: Any) -> Any:
    return edited(right, (STEP, "            nn.utils.clip_grad_norm_(model.parameters(), 5.0)\n" + STEP))


@mistake("6.5", "train", "losses are stacked at the end, which fails where there are none; of no epochs the list is empty", fails=EMPTY)
def train_stacks_losses(right: Any) -> Any:
    return edited(right, ("[loss.item() for loss in losses]", "torch.stack(losses).tolist()"))


@mistake("6.5", "train", "eval mode is set at the end of each epoch: where there is none, the model stays in train mode", fails=EMPTY)
def train_ends_epochs_in_eval(right: Any) -> Any:
    return edited(right, ("    model.eval()\n", "        model.eval()\n"))


@mistake("6.5", "train", "training stops at an error that is NaN; whatever validate returns, every epoch is trained", fails=(RISING,))
def train_stops_at_nan(right: Any) -> Any:
    return edited(
        right, (TELL, f"error = validate()\n            if error != error: break\n            {TELL.replace('validate()', 'error')}")
    )


@mistake("6.5", "train", "training stops at an error of 0; whatever validate returns, every epoch is trained", fails=(RISING,))
def train_stops_at_zero(right: Any) -> Any:
    return edited(right, (TELL, f"error = validate()\n            {TELL.replace('validate()', 'error')}\n            if error == 0: break"))


@mistake("6.5", "train", "training stops where the rate is small; nothing ends it early, and every epoch is trained", fails=(RISING,))
def train_stops_at_a_small_rate(right: Any) -> Any:
    return edited(right, (TELL, TELL + "\n            if optimizer.param_groups[0]['lr'] < 1e-6: break"))
