"""Recorded steps: what holds where there is no GPU. On one, a wrong recording is found by comparing gradients, as here."""

import pytest

torch = pytest.importorskip("torch")

from autograder.check import graphing  # noqa: E402


def net_of(seed):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Linear(4 * 36, 10))


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU can record")
def test_a_network_that_cannot_be_recorded_stays_as_it_was():
    net, images = net_of(0), torch.randn(5, 3, 8, 8)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    assert graphing.record(net, images) is False
    assert "forward" not in vars(net)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())


def test_a_refused_recording_leaves_nothing_on_the_network(monkeypatch):
    def wrong(net, *_, **__):
        plain = net.forward
        net.forward = lambda x: 2 * plain(x)

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", wrong)
    net, images = net_of(0), torch.randn(5, 3, 8, 8)
    assert graphing.record(net, images) is False
    assert "forward" not in vars(net)
    assert not any(p._backward_hooks for p in net.parameters())


def test_a_recording_that_computes_something_else_is_seen():
    images = torch.randn(5, 3, 8, 8)
    right, wrong = graphing.gradients(net_of(0), images), graphing.gradients(net_of(1), images)
    assert graphing.close(right, right)
    assert not graphing.close(wrong, right)
    assert not graphing.close([None, *right[1:]], right)
