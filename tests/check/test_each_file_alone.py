"""Where each file of a student stands on its own, and what the recorded answers are made of (what users of other graders met)."""

import shutil

import numpy as np
import pytest

from autograder.check.kit import load_kit
from autograder.check.local import Home, ask, golden_run
from autograder.check.verdict import Failure
from autograder.course import this_course
from autograder.publish.kit import kit_files

COURSE = this_course()
FILES = kit_files(COURSE)
TORCH = ("blocks", "resnet", "training")
NUMPY = ("activations", "preprocessing", "initializers", "deep_stacks", "layers", "residual")


@pytest.fixture(scope="module")
def kit_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kit")
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("file", [*NUMPY, *TORCH])
def test_a_file_alone_earns_its_points_while_all_others_are_as_they_were_given(kit_folder, file):
    if file in TORCH:
        pytest.importorskip("torch")
    given = (kit_folder / "ps2" / f"{file}.py").read_bytes()
    shutil.copy(COURSE.reference / f"{file}.py", kit_folder / "ps2")
    try:
        home = Home(load_kit(kit_folder / "ps2check"))
        mine = [asked for asked in home.kit.questions if asked.question.stubs[0].startswith(f"{file}.")]
        outcomes = [ask(home, asked) for asked in mine]
        assert mine and [o.asked.name for o in outcomes if not o.passed] == []
    finally:
        (kit_folder / "ps2" / f"{file}.py").write_bytes(given)


def test_what_is_recorded_is_float64_so_that_another_cpu_or_blas_agrees(kit_folder):
    kit = load_kit(kit_folder / "ps2check")
    for asked in kit.questions:
        if asked.question.id == "6.1":  # a float32 network, whose recorded values are given ones, nothing computed
            continue
        for item, parts in golden_run(kit, asked.question, None).items.items():
            assert not isinstance(parts, Failure), item
            assert all(a.dtype == np.float64 or a.dtype.kind in "iub" for a in parts.values()), (asked.name, item)
