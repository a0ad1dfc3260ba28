"""Known mistakes in part 6 that change something for whatever comes next. Each sentence goes on after "This is what you get when …"."""

from __future__ import annotations

from typing import Any

from . import mistake


@mistake(
    "6.4",
    "evaluate",
    "set_grad_enabled(False) switches gradients off and they stay off, so that training learns nothing after it; no_grad() ends by itself",
    fails=("conduct, gradients afterwards",),
)
def evaluate_leaves_gradients_off(right: Any) -> Any:
    def evaluate(*given: Any, **named: Any) -> Any:
        import torch

        accuracy = right(*given, **named)
        torch.set_grad_enabled(False)
        return accuracy

    return evaluate
