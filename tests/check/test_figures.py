"""The figures: measured and drawn apart, the same bytes twice, close to theory; what is unfinished or wrong is said."""

from __future__ import annotations

import io
import json
import sys

import numpy as np
import pytest

from autograder.check import figure_complexity, figure_stacks, figures
from autograder.check.figure_canvas import Figure, FiguresUnavailable, Undrawable, canvas, png, usable
from autograder.check.figure_data import CLOUDS, LOSS
from autograder.check.figure_gradients import GRADIENTS
from autograder.check.figure_initial import SAME_VALUE
from tests.check.catalog_runs import REFERENCE

QUICK = [f for f in figures.FIGURES if f.name not in ("histogram-grid", "complexity")]


class Changed:
    """The reference with some of its names replaced."""

    def __init__(self, **others: object) -> None:
        self.others = others

    def __getattr__(self, name: str) -> object:
        return self.others[name] if name in self.others else getattr(REFERENCE, name)


def unwritten(*arguments: object, **named: object) -> None:
    raise NotImplementedError("3.4 kaiming")


@pytest.mark.parametrize("figure", QUICK, ids=lambda f: f.name)
def test_what_a_figure_shows_is_json_and_can_be_drawn_alone_or_with_the_reference_beside(figure: Figure) -> None:
    pytest.importorskip("matplotlib")
    data = json.loads(json.dumps(figure.measure(REFERENCE)))
    alone, beside = png(figure.draw(data, None)), png(figure.draw(data, data))
    assert alone.startswith(b"\x89PNG") and len(alone) < 200_000
    assert (alone == beside) == (figure.name in ("same-value", "two-weights"))  # the same bytes where there is nothing to add


def test_theory_of_the_grid_is_the_handouts_table() -> None:
    stacks = figure_stacks.lecture_stacks(REFERENCE)
    found = [[round(std, 3) for _, std in figure_stacks.moments(stack, 4096, 6)] for stack in stacks]
    assert found[0] == [0.492, 0.289, 0.179, 0.113, 0.072, 0.046]
    assert found[1] == [0.872, 0.853, 0.850, 0.849, 0.849, 0.849]
    assert found[2] == [0.628, 0.486, 0.408, 0.358, 0.322, 0.294]
    assert found[3] == [0.584, 0.413, 0.292, 0.206, 0.146, 0.103]
    assert np.allclose(found[4], np.sqrt(1 - 1 / np.pi), atol=0.001)
    assert np.allclose(found[5], 1.0, atol=0.002)


def test_the_experiment_agrees_with_its_theory() -> None:
    data = figure_stacks.measure(REFERENCE, width=1024)
    for row in data["rows"]:
        assert not row["problem"] and len(row["layers"]) == 6
        for layer in row["layers"]:
            assert layer["theory"][1] / 1.2 < layer["std"] < layer["theory"][1] * 1.2, row["title"]


def test_gradients_agree_with_their_theory() -> None:
    data = GRADIENTS.measure(REFERENCE)
    for panel, curves in data.items():
        for name, curve in curves.items():
            far = np.abs(np.array(curve["measured"]) - np.array(curve["theory"]))
            assert np.max(far) < 0.4, (panel, name)  # of 12 and 25 decades
    assert data["depths"]["plain"]["measured"][-1] < -20 < 0 < data["depths"]["residual"]["measured"][-1] < 2
    assert np.max(np.abs(data["blocks"]["residual, Fixup"]["measured"])) < 1e-12  # nothing is lost but to rounding


def test_gradient_norms_by_meters_are_those_of_the_function_asked() -> None:
    without = {"gradient_norms": None}
    assert GRADIENTS.measure(Changed(**without))["layers"] == GRADIENTS.measure(REFERENCE)["layers"]


def test_the_loss_is_worse_before_and_the_clouds_end_white() -> None:
    conditions = LOSS.measure(REFERENCE)["conditions"]
    assert conditions["raw"][0] > 1000 > 10 > conditions["standardized"][0] > conditions["whitened"][0] >= 0.999
    clouds = {name: np.array(points) for name, points in CLOUDS.measure(REFERENCE).items()}
    assert np.allclose(np.cov(clouds["whitened"].T, bias=True), np.eye(2), atol=1e-3)
    assert abs(np.corrcoef(clouds["decorrelated"].T)[0, 1]) < 1e-4 < 0.9 < np.corrcoef(clouds["normalised"].T)[0, 1]


def test_equal_units_stay_equal_and_random_ones_part() -> None:
    data = SAME_VALUE.measure(REFERENCE)
    equal, random = np.array(data["equal"]), np.array(data["random"])
    assert np.ptp(equal, axis=1).max() == 0 and np.ptp(equal[:, 0]) > 0.05
    assert np.ptp(random[-1]) > np.ptp(random[0])


def test_networks_cost_what_their_papers_say() -> None:
    pytest.importorskip("torch")
    data = figure_complexity.measure(REFERENCE)
    assert data["networks"]["resnet50"][0] == 25_557_032 and round(data["networks"]["resnet152"][1] / 1e9, 2) == 11.51
    assert data["cifar"]["plain"] == data["cifar"]["residual"] and data["blocks"]["plain, two 3×3"] == data["blocks"]["residual, two 3×3"]
    pytest.importorskip("matplotlib")
    assert len(png(figure_complexity.draw(data, data))) < 200_000


def test_a_row_that_cannot_be_drawn_says_why_and_leaves_the_others() -> None:
    pytest.importorskip("matplotlib")
    data = figure_stacks.measure(Changed(kaiming=unwritten, xavier=lambda rng, shape: None), width=32)
    problems = {row["title"]: row["problem"] for row in data["rows"]}
    assert problems["ReLU, Kaiming"] == "3.4 kaiming is not written yet"
    assert problems["tanh, Xavier"] == "the array from xavier is None, expected an array of shape (32, 32)"
    assert problems["tanh, weights 0.01 · normal"] == "" and len(data["rows"][0]["layers"]) == 6
    whole = figure_stacks.measure(REFERENCE, width=32)
    assert png(figure_stacks.draw(data, whole)) and png(figure_stacks.draw(data, None))


@pytest.mark.parametrize("wrong", [0.0, 1e3, float("nan")])
def test_wrong_weights_are_drawn_or_said_to_be_undrawable(wrong: float) -> None:
    pytest.importorskip("matplotlib")
    data = figure_stacks.measure(Changed(xavier=lambda rng, shape: np.full(shape, wrong)), width=32)
    assert png(figure_stacks.draw(data, figure_stacks.measure(REFERENCE, width=32)))
    assert bool(data["rows"][2]["problem"]) == (not np.isfinite(wrong))


def test_where_no_row_can_be_had_the_first_reason_is_raised() -> None:
    with pytest.raises(NotImplementedError):
        figure_stacks.measure(Changed(Tanh=unwritten, ReLU=unwritten, SELU=unwritten), width=16)


def test_what_cannot_be_drawn_is_a_sentence() -> None:
    for value, says in (
        (None, "x is None, expected an array of shape (2,)"),
        ("a", "x is a str, expected an array of shape (2,)"),
        ([1.0], "x has shape (1,), expected (2,)"),
        ([1.0, np.nan], "x has entries that are nan or infinite"),
    ):
        with pytest.raises(Undrawable) as error:
            usable("x", value, (2,))
        assert str(error.value) == says


def test_a_loss_without_whitening_is_drawn_all_the_same() -> None:
    pytest.importorskip("matplotlib")
    data = LOSS.measure(Changed(Whiten=unwritten, hessian_condition=unwritten))
    assert list(data["versions"]) == ["raw", "standardized"] and not data["conditions"]
    assert png(LOSS.draw(data, LOSS.measure(REFERENCE)))


def test_without_matplotlib_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(FiguresUnavailable, match="pip install matplotlib"):
        canvas(1, 1)


def test_pictures_are_drawn_without_a_window_or_pyplot() -> None:
    pytest.importorskip("matplotlib")
    from PIL import Image

    image = Image.open(io.BytesIO(png(canvas(2, 1))))
    assert image.size == (280, 140) and "matplotlib.pyplot" not in vars(figures)
