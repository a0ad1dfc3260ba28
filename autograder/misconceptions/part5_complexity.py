"""Known mistakes of part 5: counts of parameters, multiply-adds and activations."""

from __future__ import annotations

from typing import Any

from . import mistake
from .edited import edited

# ---- 5.19 count_parameters


@mistake("5.19", "count_parameters", "frozen parameters are counted; training does not change them", fails=("frozen",))
def parameters_with_frozen(right: Any) -> Any:
    return edited(right, (" if p.requires_grad", ""))


@mistake("5.19", "count_parameters", "a shared parameter is counted once for every place where it is used", fails=("tied",))
def parameters_shared_twice(right: Any) -> Any:
    return edited(right, ("model.parameters()", "(p for m in model.modules() for p in m._parameters.values() if p is not None)"))


@mistake("5.19", "count_parameters", "the buffers are counted too: running statistics are not trained", fails=("plain", "linear head"))
def parameters_with_buffers(right: Any) -> Any:
    return edited(right, ("if p.requires_grad)", "if p.requires_grad) + sum(b.numel() for b in model.buffers())"))


@mistake(
    "5.19",
    "count_parameters",
    "the tensors are counted, not the numbers in them",
    fails=("plain", "grouped", "linear head", "tied", "frozen"),
)
def parameters_as_tensors(right: Any) -> Any:
    return edited(right, ("p.numel()", "1"))


@mistake(
    "5.19", "count_parameters", "only weights are counted: biases and batch normalizations are left out", fails=("plain", "linear head")
)
def parameters_of_matrices(right: Any) -> Any:
    return edited(right, ("if p.requires_grad", "if p.requires_grad and p.ndim > 1"))


@mistake(
    "5.19",
    "count_parameters",
    "the parameters of modules without modules inside are counted; any module may have some of its own (handout 5.19)",
    fails=("plain",),
)
def parameters_of_leaves(right: Any) -> Any:
    leaves = "{p: 0 for m in model.modules() if not list(m.children()) for p in m.parameters()}"
    return edited(right, ("model.parameters()", leaves))


@mistake(
    "5.19",
    "count_parameters",
    "parameters are counted where they are called weight or bias; they may have any name (handout 5.19)",
    fails=("plain",),
)
def parameters_called_weight_or_bias(right: Any) -> Any:
    return edited(
        right,
        ("for p in model.parameters()", "for k, p in model.named_parameters() if k.split('.')[-1] in ('weight', 'bias')"),
        (" if p.requires_grad", " and p.requires_grad"),
    )


@mistake("5.19", "count_parameters", "the model's parameters are set to train before they are counted", fails=("frozen", "conduct"))
def parameters_unfrozen(right: Any) -> Any:
    return edited(right, ("    return", "    model.requires_grad_(True)\n    return"))


# ---- 5.20 count_macs

MODELS = ("plain", "linear head", "grouped", "called twice", "tied", "frozen")
SUM_OF_MACS = "output.numel() * layer.weight[0].numel()"


@mistake(
    "5.20",
    "count_macs",
    "groups are forgotten: an output entry of a grouped convolution sums over in_channels / groups channels",
    fails=("grouped",),
)
def macs_without_groups(right: Any) -> Any:
    return edited(right, (SUM_OF_MACS, SUM_OF_MACS + " * getattr(layer, 'groups', 1)"))


@mistake("5.20", "count_macs", "a layer that is called twice is counted once", fails=("called twice",))
def macs_once_a_layer(right: Any) -> Any:
    return edited(right, ("layer_outputs(model, input_shape))", "{id(c[0]): c for c in layer_outputs(model, input_shape)}.values())"))


@mistake(
    "5.20", "count_macs", "multiplications and additions are counted one by one, twice as many; a multiply-add counts once", fails=MODELS
)
def macs_as_flops(right: Any) -> Any:
    return edited(right, (SUM_OF_MACS, "2 * " + SUM_OF_MACS))


@mistake("5.20", "count_macs", "the additions of the biases are counted", fails=("plain", "linear head"))
def macs_with_bias(right: Any) -> Any:
    return edited(right, (SUM_OF_MACS, "output.numel() * (layer.weight[0].numel() + (layer.bias is not None))"))


@mistake("5.20", "count_macs", "linear layers are left out", fails=("linear head",))
def macs_without_linear(right: Any) -> Any:
    return edited(right, ("layer_outputs(model, input_shape))", "layer_outputs(model, input_shape) if isinstance(layer, nn.Conv2d))"))


@mistake("5.20", "count_macs", "the size of the *input* image is taken; a stride makes the output smaller", fails=("plain",))
def macs_by_input_size(right: Any) -> Any:
    new = "(output.numel() if output.ndim < 4 else output.shape[1] * input_shape[1] * input_shape[2]) * layer.weight[0].numel()"
    return edited(right, (SUM_OF_MACS, new))


@mistake("5.20", "count_macs", "the kernel's area is left out", fails=("plain", "linear head", "grouped"))
def macs_without_kernel(right: Any) -> Any:
    return edited(right, (SUM_OF_MACS, "output.numel() * layer.weight.shape[1]"))


LEAVES = "    calls = []\n    hooks = [m.register_forward_hook(lambda layer, _, y: calls.append((layer, y))) for m in model.modules()"
LEAVES += " if isinstance(m, (nn.Conv2d, nn.Linear))]\n"


@mistake("5.20", "count_macs", "the sample runs through the model in train mode, which moves its running statistics", fails=("conduct",))
def macs_in_train_mode(right: Any) -> Any:
    run = LEAVES + "    with torch.no_grad():\n        model(torch.zeros(2, *input_shape))\n    [h.remove() for h in hooks]\n    return"
    return edited(right, ("    return", run), ("in layer_outputs(model, input_shape))", "in calls) // 2"))


@mistake("5.20", "count_macs", "the model is put into eval mode and left there", fails=("conduct",))
def macs_left_in_eval_mode(right: Any) -> Any:
    return edited(right, ("    return", "    model.eval()\n    return"))


@mistake("5.20", "count_macs", "the hooks are never removed: they run at every later forward", fails=("conduct",))
def macs_hooks_stay(right: Any) -> Any:
    return edited(right, ("    return", LEAVES + "    return"))


@mistake(
    "5.20", "count_macs", "a linear layer counts once, though it is applied to every row of an (N, T, F) tensor", fails=("linear head",)
)
def macs_of_one_row(right: Any) -> Any:
    return edited(right, (SUM_OF_MACS, "(output.numel() if output.ndim == 4 else output.shape[-1]) * layer.weight[0].numel()"))


TYPES = "a layer counts only where its type is exactly nn.Conv2d or nn.Linear; a subclass is such a layer too"
MODES = "one mode is put back for the whole model; each module had its own (handout 5.20)"


def enter(id: str, says: str, fails: tuple[str, ...], *changes: tuple[str, str]) -> None:
    """A mistake in what the two counts have in common."""
    for question, name, prefix in (("5.20", "count_macs", "macs"), ("5.21", "count_activations", "activations")):

        def build(right: Any) -> Any:
            return edited(right, *changes)

        build.__name__ = f"{prefix}_{id}"
        mistake(question, name, says, fails=fails)(build)


CALLS = "layer_outputs(model, input_shape)"
enter("of_exact_types", TYPES, ("called twice",), (CALLS, f"(c for c in {CALLS} if type(c[0]) in (nn.Conv2d, nn.Linear))"))
enter(
    "of_children",
    "the model itself is not looked at, which may be a single layer",
    ("plain",),
    (CALLS, f"({CALLS} if list(model.children()) else [])"),
)
enter("one_mode_put_back", MODES, ("conduct",), ("    return", "    model.train(model.training)\n    return"))
enter(
    "own_hooks_cleared",
    "all hooks are removed, also the model's own",
    ("conduct",),
    ("    return", "    [m._forward_hooks.clear() for m in model.modules()]\n    return"),
)
enter(
    "kept_in_the_model", "the count is left in the model as an attribute", ("conduct",), ("    return", "    model.total = 0\n    return")
)
enter(
    "without_gradients_for_good",
    "torch's gradients are switched off and never on again: nothing that comes later can train; torch.no_grad() ends by itself",
    ("conduct",),
    ("    return", "    torch.set_grad_enabled(False)\n    return"),
)
enter(
    "everything_unfrozen",
    "requires_grad is set to True everywhere afterwards, also where it was False",
    ("conduct",),
    ("    return", "    model.requires_grad_(True)\n    return"),
)
enter("gradients_cleared", "the model's gradients are cleared", ("conduct",), ("    return", "    model.zero_grad()\n    return"))


# ---- 5.21 count_activations


@mistake("5.21", "count_activations", "the inputs of the layers are counted; it is their outputs", fails=("plain", "linear head"))
def activations_of_inputs(right: Any) -> Any:
    new = "layer.in_channels * (output.shape[2] * output.shape[3]) if output.ndim == 4 else layer.in_features"
    return edited(right, ("output.numel() for _, output", f"{new} for layer, output"))


@mistake("5.21", "count_activations", "a layer that is called twice is counted once", fails=("called twice",))
def activations_once_a_layer(right: Any) -> Any:
    return edited(right, ("layer_outputs(model, input_shape))", "{id(c[0]): c for c in layer_outputs(model, input_shape)}.values())"))


@mistake("5.21", "count_activations", "linear layers are left out", fails=("linear head",))
def activations_without_linear(right: Any) -> Any:
    return edited(right, ("layer_outputs(model, input_shape))", "layer_outputs(model, input_shape) if output.ndim == 4)"))


@mistake("5.21", "count_activations", "the positions are counted without the channels", fails=MODELS)
def activations_without_channels(right: Any) -> Any:
    return edited(right, ("output.numel()", "output[0, 0].numel()"))


@mistake("5.21", "count_activations", "the sample itself is counted as well; it is an input, not the output of a layer", fails=MODELS)
def activations_with_the_sample(right: Any) -> Any:
    return edited(right, ("return sum(", "return input_shape[0] * input_shape[1] * input_shape[2] + sum("))


@mistake(
    "5.21",
    "count_activations",
    "every layer's output is counted; the contract counts those of convolutions and linear layers (handout 5.21)",
    fails=("plain",),
)
def activations_of_every_layer(right: Any) -> Any:
    new = (
        "    calls = []\n    twin = copy.deepcopy(model).to('meta').eval()\n"
        "    for m in twin.modules():\n        if not list(m.children()):\n"
        "            m.register_forward_hook(lambda layer, _, y: calls.append(y.numel()))\n"
        "    twin(torch.empty(1, *input_shape, device='meta'))\n    return sum(calls)\n"
    )
    return edited(right, ("    return sum(output.numel() for _, output in layer_outputs(model, input_shape))\n", new))


@mistake("5.21", "count_activations", "the model is put into eval mode and left there", fails=("conduct",))
def activations_left_in_eval_mode(right: Any) -> Any:
    return edited(right, ("    return", "    model.eval()\n    return"))
