"""The figures: the same bytes twice, unfinished functions said or left out, one sentence where matplotlib is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.check import figures
from tests.check.catalog_runs import REFERENCE


class Unfinished:
    """A kit where nothing is written yet."""

    def __getattr__(self, name: str):
        def stub(*arguments: object, **named: object) -> None:
            raise NotImplementedError

        return stub


def test_a_figure_is_the_same_bytes_twice(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    stacks = figures.lecture_stacks(REFERENCE)[2:5:2]
    first, second = (figures.save(figures.histogram_grid(stacks, width=32, depth=2), tmp_path / name) for name in ("a.svg", "b.svg"))
    assert first.read_bytes() == second.read_bytes()


def test_every_figure_of_the_reference_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    drawn = figures.draw_figures(tmp_path, REFERENCE, width=32)
    assert [p.name for p in drawn] == ["histogram-grid.svg", "normalization.svg", "same-value.svg", "two-weights.svg"]


def test_unfinished_functions_leave_the_other_figures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    drawn = figures.draw_figures(tmp_path, Unfinished(), width=16)
    assert [p.name for p in drawn] == ["histogram-grid.svg", "two-weights.svg"]


def test_without_matplotlib_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(figures.FiguresUnavailable, match="pip install matplotlib"):
        figures.draw_figures(tmp_path, REFERENCE, width=16)


def test_theory_of_the_grid_is_the_lectures_table() -> None:
    stacks = figures.lecture_stacks(REFERENCE)
    found = [[round(std, 3) for _, std in figures.moments(stack, 4096, 6)] for stack in stacks]
    assert found[0] == [0.492, 0.289, 0.179, 0.113, 0.072, 0.046]
    assert found[1] == [0.872, 0.853, 0.850, 0.849, 0.849, 0.849]
    assert found[2] == [0.628, 0.486, 0.408, 0.358, 0.322, 0.294]
    assert found[3] == [0.584, 0.413, 0.292, 0.206, 0.146, 0.103]
    assert np.allclose(found[4], np.sqrt(1 - 1 / np.pi), atol=0.001)
    assert np.allclose(found[5], 1.0, atol=0.002)
