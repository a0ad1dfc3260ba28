"""The zygote that has torch: honest training works confined, with threads of its own, and gives the same bits every time."""

from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox.client import Zygote
from autograder.sandbox.wire import Request, Run

pytest.importorskip("torch")
QUESTIONS = str(Path(__file__).parent / "sandbox_questions.py")

TRAIN = """
import torch
from torch import nn
torch.set_num_threads(2)
net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.1), nn.Linear(4 * 36, 2))
best = torch.optim.Adam(net.parameters())
for _ in range(3):
    best.zero_grad()
    nn.functional.cross_entropy(net(torch.randn(8, 1, 8, 8)), torch.arange(8) % 2).backward()
    best.step()
torch.save(net.state_dict(), "net.pt")
net.load_state_dict(torch.load("net.pt", weights_only=True))
return torch.cat([p.detach().flatten() for p in net.parameters()]).numpy()
"""


@pytest.fixture(scope="module")
def zygote():
    with Zygote("torch", questions=[QUESTIONS]) as z:
        yield z


def test_a_small_training_runs_confined_and_repeats_to_the_bit(zygote, submit):
    folder = submit(TRAIN.strip())
    answers = [zygote.ask(Request("9.2", folder, [Run(None, b"seed")])) for _ in range(3)]
    weights = [a.runs[0].items["value"] for a in answers]
    assert all(isinstance(w, dict) for w in weights), answers[0]
    assert all(np.array_equal(w[""], weights[0][""]) for w in weights) and np.isfinite(weights[0][""]).all()
    assert not any(a.retried or a.stopped for a in answers)


def test_a_tensor_is_told_apart_from_an_array(zygote, submit):
    answer = zygote.ask(Request("9.2", submit("import torch; return torch.ones(2)"), [Run(None, b"")]))
    assert "is a torch Tensor, expected a numpy array" in answer.runs[0].items["value"].says


def test_the_grader_is_not_importable_beside_torch(zygote, submit):
    answer = zygote.ask(Request("9.2", submit("import autograder.grading"), [Run(None, b"")]))
    assert "autograder is not available" in answer.runs[0].items["value"].says
