"""A network's forward and backward pass recorded once as CUDA graphs, so that a step is no longer hundreds of kernel launches.

Small networks keep a GPU waiting for Python: a ResNet for 32×32 images spends most of a step on launches. Recording works for every network
that asks for the same kernels at every call; where it does not, the network stays as it was.
"""

from __future__ import annotations

from typing import Any

WORST = 0.05
"""The largest relative difference between recorded and plain gradients, most of it bfloat16's; a wrong recording differs by far more."""


def record(net: Any, images: Any) -> bool:
    """Let `net` (in train mode, on a GPU) replay its training step for batches of the shape of `images`. Whether that could be done.

    Parameters and buffers are as before afterwards. Every other call (eval mode, other shapes) runs as it is written.
    """
    import torch

    before = {name: value.clone() for name, value in net.state_dict().items()}
    plain, hooks = net.forward, list[Any]()
    accept_streams()
    try:
        expected = gradients(net, images)
        restore(net, before)
        torch.cuda.make_graphed_callables(net, (images,), allow_unused_input=True)
        restore(net, before)
        recorded = net.forward
        net.forward = lambda x: recorded(x) if x.shape == images.shape and x.dtype == images.dtype else plain(x)
        for parameter in net.parameters():  # the recording writes each gradient to one place, which a step must not hold on to
            hooks.append(parameter.register_hook(torch.clone))
        right = close(gradients(net, images), expected)
    except (RuntimeError, AssertionError) as error:  # the latter from a torch without CUDA
        if "out of memory" in str(error):
            raise
        right = False
    restore(net, before)
    if not right:
        net.__dict__.pop("forward", None)
        for hook in hooks:
            hook.remove()
    return right


def accept_streams() -> None:
    """No warning (of torch 2.10 and newer) that gradients arrive from another stream than the recording's: it is meant, and torch waits."""
    import torch

    warn = getattr(torch.autograd.graph, "set_warn_on_accumulate_grad_stream_mismatch", None)
    if warn is not None:
        warn(False)


def restore(net: Any, state: dict[str, Any]) -> None:
    """In place: the recording keeps the addresses."""
    import torch

    with torch.no_grad():
        for name, value in net.state_dict().items():
            value.copy_(state[name])
    for parameter in net.parameters():
        parameter.grad = None


def gradients(net: Any, images: Any) -> list[Any]:
    """Of the sum of squares of the logits, each cloned."""
    net(images).float().square().sum().backward()
    return [None if p.grad is None else p.grad.detach().clone() for p in net.parameters()]


def close(found: list[Any], expected: list[Any]) -> bool:
    if [g is None for g in found] != [g is None for g in expected]:
        return False
    pairs = [(f.double(), e.double()) for f, e in zip(found, expected, strict=True) if e is not None]
    size = sum(float(e.square().sum()) for _, e in pairs)
    error = sum(float((f - e).square().sum()) for f, e in pairs)
    return error <= WORST**2 * size
