"""`python -m ps2check figures` in a kit: a student's functions beside the reference's recordings, a sentence for what is missing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import this_course
from autograder.publish.kit import kit_files

COURSE = this_course().only(1, 2, 3)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    for name, data in kit_files(COURSE).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def run(kit: Path, *words: str, without: str = "") -> subprocess.CompletedProcess[str]:
    hidden = f"import sys; sys.modules[{without!r}] = None; " if without else "import sys; "
    code = f"{hidden}from ps2check.__main__ import main; sys.exit(main({['figures', *words]!r}))"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=kit, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=120
    )


def solve(kit: Path, *files: str) -> None:
    for file in files:
        shutil.copy(COURSE.reference / file, kit / "ps2" / file)


def test_of_the_starter_each_figure_says_what_is_not_written_yet(kit: Path) -> None:
    pytest.importorskip("matplotlib")
    done = run(kit)
    assert done.returncode == 1 and not (kit / "figures").exists()
    assert (
        "preprocessing: not drawn: 2.2 Standardize" in done.stdout
        and "same-value: not drawn: 3.3 xavier is not written yet." in done.stdout
    )
    assert "Traceback" not in done.stdout and "gradient-norms" not in done.stdout  # its functions are of parts that are off


def test_written_functions_are_drawn_into_figures_and_the_others_are_skipped(kit: Path) -> None:
    pytest.importorskip("matplotlib")
    solve(kit, "preprocessing.py")
    done = run(kit, "preprocessing", "normalization", "same-value")
    assert done.returncode == 0 and "not written yet" in done.stdout
    assert sorted(p.name for p in (kit / "figures").iterdir()) == ["normalization.png", "preprocessing.png"]
    assert all(p.stat().st_size < 200_000 for p in (kit / "figures").iterdir())


def test_a_wrong_function_is_drawn_or_named_never_a_traceback(kit: Path) -> None:
    pytest.importorskip("matplotlib")
    (kit / "ps2/preprocessing.py").write_text(
        "class Standardize:\n    def fit(self, x):\n        return self\n    def transform(self, x):\n        return x * 0\n"
        "class PCA:\n    def __init__(self, k):\n        raise ValueError('mine')\nWhiten = PCA\n"
    )
    (kit / "ps2/initializers.py").write_text("def xavier(rng, shape):\n    print('hello')\n    return [1, 2]\n")
    done = run(kit, "preprocessing", "normalization", "same-value")
    assert "normalization: figures/normalization.png" in done.stdout and "hello" not in done.stdout
    assert "raised ValueError: mine (preprocessing.py, line 8" in done.stdout.replace("\n    ", " ")
    assert "same-value: not drawn: xavier has shape (2,), expected (3, 5)." in done.stdout.replace("\n    ", " ")


def test_without_matplotlib_and_for_an_unknown_name_there_is_one_sentence(kit: Path) -> None:
    done = run(kit, without="matplotlib")
    assert done.returncode == 2 and done.stdout == "ps2check: The figures need matplotlib: python -m pip install matplotlib\n"
    done = run(kit, "histogram")
    assert done.returncode == 2 and "there is no figure 'histogram'; did you mean histogram-grid?" in done.stdout


def test_the_kit_has_statistics_of_the_reference_for_its_own_figures_and_no_more(kit: Path) -> None:
    recorded = json.loads((kit / "ps2check/golden/figures.json").read_text(encoding="utf-8"))
    assert sorted(recorded) == ["histogram-grid", "normalization", "preprocessing", "same-value"]
    assert len(recorded["histogram-grid"]["rows"]) == 6
