"""What a file imports, or waits for, costs the same at home and in the grader: nothing, one question, or the file's questions."""

import sys

import pytest

from autograder.check.explaining import explanations
from autograder.check.kit import load_kit
from autograder.check.local import Home, ask
from autograder.course import this_course
from autograder.grading.grade import Grader
from autograder.publish.kit import kit_files

COURSE = this_course()
KIT = kit_files(COURSE.only(1))
REFERENCE = (COURSE.reference / "activations.py").read_text(encoding="utf-8")
FORWARD = "        self.positive = x > 0"
ASKED = {"1.2", "1.3"}  # Tanh, which nothing is done to, and ReLU
assert REFERENCE.count(FORWARD) == 1

NOTHING = {
    "a plot left over": (
        "import matplotlib.pyplot as plt\nfig, (a, b) = plt.subplots(1, 2)\na.plot([1, 2])\n"
        "plt.rcParams['font.size'] = 12\nwith plt.style.context('x'):\n    plt.show()"
    ),
    "a progress bar": "from tqdm.auto import tqdm",
    "what an editor imports for forward and Y": "from turtle import forward, backward\nfrom tkinter import Y, TOP\nfrom pylab import *",
    "torch in a numpy file": (
        "import torch, torch.nn.functional as F\nprint(torch.__version__, torch.cuda.is_available() or 'cpu')\n\n\n"
        "class Net(torch.nn.Module):\n    pass\n\n\ndef look(x: torch.Tensor | None) -> 'list[torch.Tensor]':\n    return F.relu(x)"
    ),
    "a decorator of what is not asked": "from numba import njit\n\n\n@njit(cache=True)\ndef look(x):\n    return x",
    "an import that the file provides for": "try:\n    import seaborn\nexcept ImportError:\n    seaborn = None\nassert seaborn is None",
    "an import whose failure is suppressed": (
        "import contextlib\nseaborn = None\nwith contextlib.suppress(ImportError):\n    from seaborn import axes as seaborn\n"
        "assert seaborn is None"
    ),
    "a helper that the file can do without": (
        "try:\n    from .draw_helpers import look\n    FAST = True\nexcept ImportError:\n    FAST = False\nassert FAST is False"
    ),
    "an import by its keywords": "numpy = __import__('numpy.linalg', globals=globals(), locals=None, fromlist=['svd'], level=0)",
    "a helper that plots": "from .draw_helpers import look",
}
ONE_QUESTION = {
    "a plot": ("import matplotlib.pyplot as plt", "plt.plot(x)", "matplotlib is not available in the grader"),
    "a loop": ("from tqdm import tqdm", "for _ in tqdm(range(3)): pass", "tqdm is not available in the grader"),
    "another library": ("import torch", "return torch.relu(torch.from_numpy(x)).numpy()", "torch is not available in the grader"),
    "a type": ("from torch import Tensor", "assert not isinstance(x, Tensor)", "torch is not available in the grader"),
    "a base class": ("import torch\nclass Net(torch.nn.Module): pass", "Net()", "torch is not available in the grader"),
    "a copy": ("import copy, torch\nCELL = [torch.nn]", "copy.deepcopy(CELL)", "torch is not available in the grader"),
    "torch in a helper": ("from .torch_helpers import look", "return look(x)", "torch is not available in the grader"),
    "a decorated helper": ("import numba\n@numba.njit\ndef own(x): return x", "return own(x)", "numba is not available in the grader"),
    "an import in place": ("", "import pandas", "pandas is not available in the grader"),
    "a question": ("", "input('x? ')", "nobody is there: remove it before you submit (activations.py, line"),
    "a break point": ("", "breakpoint()", "a breakpoint stops here: remove it before you submit (activations.py, line"),
}
THE_FILE = {
    "a value of what is not there": ("import torch\nZERO = float(torch.zeros(()))", "torch is not available in the grader"),
    "a loop over nothing": ("from tqdm import tqdm\nfor i in tqdm(range(3)): pass", "tqdm is not available in the grader"),
    "a misspelt package": ("import nunpy", "nunpy"),
    "an own file without its dot": ("import requests", "write `from"),
    "a question": ("n = int(input())", "nobody is there: remove it before you submit (activations.py, line"),
    "a break point": ("breakpoint()", "a breakpoint stops here: remove it before you submit (activations.py, line"),
}


@pytest.fixture(scope="module")
def grader():
    with Grader(COURSE, keep=True) as grader:
        yield grader


@pytest.fixture
def both(tmp_path, grader):
    """both(top, forward, end): the share of 1.2 and of 1.3, their sentences, and the remarks, at home and in the grader."""
    for name, data in KIT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)

    def run(top="", forward="", end=""):
        text = REFERENCE.replace("class Sigmoid", f"{top}\n\n\nclass Sigmoid", 1)
        text = text.replace(FORWARD, f"        {forward}\n{FORWARD}") if forward else text
        (tmp_path / "ps2/activations.py").write_text(f"{text}\n{end}", encoding="utf-8")
        (tmp_path / "ps2/draw_helpers.py").write_text("import matplotlib.pyplot as plt\n\n\ndef look(x):\n    plt.plot(x)\n")
        (tmp_path / "ps2/torch_helpers.py").write_text(
            "import torch\n\n\ndef look(x):\n    return torch.relu(torch.from_numpy(x)).numpy()\n"
        )
        (tmp_path / "ps2/requests.py").write_text("")
        home = Home(load_kit(tmp_path / "ps2check"))
        outcomes = [ask(home, asked) for asked in home.kit.questions if asked.question.id in ASKED]
        there = grader.grade(tmp_path, only=ASKED)
        return [
            ([o.share for o in outcomes], "\n".join(t for o in outcomes if not o.passed for t in explanations(home, o)), home.warnings),
            ([q.points / q.max_points for q in there.questions], "\n".join(s for q in there.questions for s in q.sentences), there.remarks),
        ]

    yield run
    for name in [m for m in sys.modules if m.split(".")[0] == "ps2"]:
        del sys.modules[name]


@pytest.mark.parametrize("what", NOTHING)
def test_a_package_that_nobody_asks_anything_of_costs_nothing_and_is_remarked(both, what):
    for shares, says, remarks in both(NOTHING[what]):
        assert (shares, says) == ([1, 1], "")
        named = [name for name in ("matplotlib", "turtle", "pylab", "torch", "numba") if f"import {name}" in NOTHING[what]]
        assert all(any(f"`{name}` is not there" in remark for remark in remarks) for name in named), remarks


@pytest.mark.parametrize("what", ONE_QUESTION)
def test_what_a_question_needs_and_has_not_costs_that_question_with_a_sentence(both, what):
    top, forward, expected = ONE_QUESTION[what]
    for shares, says, _ in both(top, forward):
        assert shares[0] == 1 and shares[1] < 1
        assert expected in says and "1.3 ReLU, forward raised" in says and "Traceback" not in says


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("what", THE_FILE)
def test_what_stops_an_import_costs_the_file_with_its_line(both, what, place):
    code, expected = THE_FILE[what]
    for shares, says, _ in both(code) if place == "first" else both(end=code):
        assert shares == [0, 0] and expected in says and "activations.py, line" in says


def test_the_remarks_are_the_same_on_both_sides(both):
    home, there = both("import seaborn as sns\nimport torch\nfrom tqdm import tqdm")
    mine = [remark for remark in home[2] if "torch_helpers" not in remark]  # this kit has no part with torch, the grader's course has
    assert mine == [remark for remark in there[2] if "is not there" in remark] and len(mine) == 4  # with the helper's


def test_a_package_installed_at_home_is_loaded_for_nobody(both):
    pytest.importorskip("matplotlib")
    before = set(sys.modules)
    both("import matplotlib.sphinxext, seaborn, matplotlib.pyplot as plt\nplt.plot([1])")
    assert not {name for name in set(sys.modules) - before if name.split(".")[0] in ("matplotlib", "seaborn")}
