"""Part 6: the reference passes by a margin, one mistake costs one question, and the run's own rules hold."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from autograder.audit import run as running  # noqa: E402
from autograder.audit import runs  # noqa: E402
from autograder.check import scoring  # noqa: E402
from autograder.check.draw import LADDER, Draw  # noqa: E402
from autograder.check.question import REGISTRY  # noqa: E402
from autograder.check.recording import record  # noqa: E402
from autograder.misconceptions.overlay import overlay  # noqa: E402

running.prepare()
PART = [q for q in REGISTRY.values() if q.part == 6]
STATISTICAL = ("6.1",)


def rows(question, package, number, level=None):
    draw = lambda: Draw(runs.seed_of(number), level)  # noqa: E731
    want = record(question, runs.reference(), draw(), trusted=True)
    got = record(question, package, draw())
    return scoring.judge(want, got.items, got.ended)


@pytest.mark.parametrize("question", PART, ids=lambda q: q.id)
def test_the_reference_passes_and_keeps_its_distance_from_the_tolerance(question):
    for number in runs.seeds(6):
        for level in (None, *range(len(LADDER))) if question.ladder and number < 2 else (None,):
            for row in rows(question, runs.reference(), number, level):
                assert row.verdict.passed, (number, level, row)
                assert row.verdict.ratio <= (1 if question.id in STATISTICAL else 0.1)


@pytest.mark.parametrize("question", PART, ids=lambda q: q.id)
def test_no_other_function_of_the_file_is_needed(question):
    """Everything else of training.py is a stub."""

    def stub(right):
        def missing(*_, **__):
            raise NotImplementedError

        return missing

    others = {name: stub for q in PART for name in q.names if q is not question and name != "PlateauSchedule"}
    package = overlay(runs.reference_folder(), others)
    assert all(row.verdict.passed for row in rows(question, package, 0))


def test_a_loop_that_trains_nothing_earns_nothing():
    def build(right):
        return lambda model, epochs, validate=None, lr=0.1, patience=5: [0.0 for epoch in epochs for _ in epoch]

    package = overlay(runs.reference_folder(), {"train": build})
    failed = {row.group for row in rows(REGISTRY["6.5"], package, 0) if not row.verdict.passed}
    assert {"losses", "parameters", "with validation", "defaults"} <= failed


def test_the_schedule_agrees_with_torchs_own_on_random_errors():
    schedule = runs.reference().PlateauSchedule
    for seed in range(30):
        random = np.random.default_rng(seed)
        rates, settings = [], {"factor": 0.5, "patience": int(random.integers(0, 5))}
        delta = float(random.choice([0.0, 0.1]))
        for make in (
            lambda o: schedule(o, **settings, min_delta=delta),  # noqa: B023
            lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, **settings, threshold=delta, threshold_mode="abs"),  # noqa: B023
        ):
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
            made, errors = make(optimizer), np.random.default_rng(seed + 100).random(25)
            rates.append([(made.step(float(e)), optimizer.param_groups[0]["lr"])[1] for e in errors])
        assert rates[0] == rates[1]
