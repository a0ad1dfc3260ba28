"""A student's own run: the grader's verdict at home, whatever their code does."""

import json
import shutil
import signal
import subprocess
import sys

import pytest

from autograder.check import __main__ as command
from autograder.check.explaining import explanations
from autograder.check.imports import lacking
from autograder.check.kit import KitError, load_kit
from autograder.check.local import PYTHON, Home, ask
from autograder.check.terminal import detail, folded, what_next
from autograder.course import this_course
from autograder.publish.kit import kit_files

COURSE = this_course().only(1)
FILES = kit_files(COURSE)
REFERENCE = (this_course().reference / "activations.py").read_text(encoding="utf-8")


@pytest.fixture
def kit_folder(tmp_path):
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.fixture
def student(kit_folder):
    """student(old, new, …): the kit with the reference, changed; its Home."""

    def make(*changes, data=None, seconds=None):
        text = REFERENCE
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        (kit_folder / "ps2/activations.py").write_bytes(text.encode() if data is None else data)
        if seconds:
            settings = json.loads((kit_folder / "kit.json").read_text())
            for question in settings["questions"]:
                question["wall_seconds"] = seconds
            (kit_folder / "kit.json").write_text(json.dumps(settings))
        return Home(load_kit(kit_folder / "ps2check"))

    yield make
    for name in [m for m in sys.modules if m.split(".")[0] == "ps2"]:
        del sys.modules[name]


def asked(home, name):
    return next(a for a in home.kit.questions if a.question.title == name)


def outcome(home, name, level=None):
    return ask(home, asked(home, name), level)


def test_the_reference_passes_every_question_at_every_size(student):
    home = student()
    for question in home.kit.questions:
        for level in (None, 0, 1, 2, 3):
            assert ask(home, question, level).passed


def test_the_starter_earns_nothing_and_counts_as_empty(kit_folder):
    home = Home(load_kit(kit_folder / "ps2check"))
    for question in home.kit.questions:
        found = ask(home, question)
        assert found.points == 0 and found.empty


def test_a_half_written_question_is_not_empty(student):
    home = student("return grad_output * (1.0 - self.y**2)", "raise NotImplementedError")
    assert not outcome(home, "Tanh").empty and 0 < outcome(home, "Tanh").share < 1


def test_shares_use_the_weights_of_the_assignment(student):
    home = student("return grad_output * (1.0 - self.y**2)", "return grad_output")
    assert str(outcome(home, "Tanh").points) == "4/5"  # forward 1, backward 1, conduct 1/2 of 2 points


def test_a_failure_is_explained_by_calls_that_can_be_pasted(student):
    home = student("return grad_output * (1.0 - self.y**2)", "return grad_output * (1.0 - self.y)")
    first, *rest = explanations(home, outcome(home, "Tanh"))
    assert len(rest) == 1, rest
    consistency = rest[0]
    lines = first.splitlines()
    assert lines[0] == "1.2 Tanh, backward: the value differs."
    pasted = [line.strip() for line in lines if line.startswith("    ")]
    scope = {}
    exec("\n".join(pasted[:-1]), scope)
    shown = next(line for line in lines if "your result" in line).split()[-1].strip("[]")
    assert f"{eval(pasted[-1], scope).item():.4g}" == shown
    assert consistency.startswith("Your backward does not match your own forward")


def test_what_is_printed_of_a_failure_pastes_into_a_terminal_and_fits_80_columns(student):
    home = student("return grad_output * (1.0 - self.y**2)", "return 1.5 * grad_output * (1.0 - self.y**2)")
    text = detail(home, outcome(home, "Tanh", 3))
    assert max(map(len, text.splitlines())) <= 80
    headline = text.index("1.2 Tanh, backward: ")
    calls = text[text.index("import numpy", headline) : text.index("  your result", headline)]
    assert "\n    " in calls  # a call that is too long for one line
    done = subprocess.run([sys.executable, "-i", "-c", ""], input=calls, cwd=home.kit.root, capture_output=True, text=True)
    assert "Error" not in done.stderr and done.stdout.startswith("array(")


def test_a_right_backward_of_a_wrong_forward_is_told_so(student):
    home = student(
        "negative = self.alpha * np.expm1(np.minimum(x, 0.0))\n        self.derivative = np.where",
        "negative = 2 * self.alpha * np.expm1(np.minimum(x, 0.0))\n        self.derivative = np.where",
        "np.where(x > 0, 1.0, negative + self.alpha)\n        return np.where(x > 0, x, negative)",
        "np.where(x > 0, 1.0, negative + 2 * self.alpha)\n        return np.where(x > 0, x, negative)",
    )
    assert "Your backward is right for the forward that you have" in explanations(home, outcome(home, "ELU"))[-1]


def test_shown_numbers_differ_and_a_wrong_type_is_told_as_one(student):
    home = student("self.y = np.tanh(x)", "self.y = np.tanh(x) * (1 + 3e-8)")
    text = explanations(home, outcome(home, "Tanh"))[0]
    yours, theirs = (next(line for line in text.splitlines() if word in line).split()[-1] for word in ("your result", "expected"))
    assert yours != theirs and "allowed difference: 1e-09" in text
    home = student("self.y = np.tanh(x)", "self.y = np.tanh(x.astype(np.float32))")
    assert "1.2 Tanh, forward has dtype float32, expected float64." in explanations(home, outcome(home, "Tanh"))[0]


def test_a_changed_argument_is_shown_before_and_after(student):
    home = student("return grad_output * (1.0 - self.y**2)", "grad_output *= 1.0 - self.y**2\n        return grad_output")
    text = "\n".join(explanations(home, outcome(home, "Tanh")))
    assert "grad_output was changed" in text and "before " in text and "after your code" in text


HARMLESS = {
    "prints": "print('x' * 10**6)",
    "closes the output": "import sys\nsys.stdout.close()",
    "shows a figure": "try:\n    import matplotlib.pyplot as plt\n    plt.plot([1]); plt.show()\nexcept ImportError: pass",
    "raises warnings": "import warnings\nwarnings.warn('look')\nnp.log(-1)",
    "sets numpy's error state": "np.seterr(all='ignore')",
    "moves away": "import os\nos.chdir('/')",
    "byte order mark": None,
    "Windows line ends": None,
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_harmless_code_at_import_costs_nothing(student, kind):
    code = HARMLESS[kind]
    data = b"\xef\xbb\xbf" + REFERENCE.encode() if kind == "byte order mark" else REFERENCE.replace("\n", "\r\n").encode()
    home = student(data=data) if code is None else student("class Sigmoid", f"{code}\n\n\nclass Sigmoid")
    assert home.faults == {} and outcome(home, "ReLU").passed


AT_IMPORT = {
    "class Tanh(Layer)": "activations.py, line 36: SyntaxError",
    "n = int(input())": "nobody is there: remove it before you submit (activations.py, line 36: `n = int(input())`)",
    "breakpoint()": "raised RuntimeError: a breakpoint stops here: remove it before you submit (activations.py, line 36: `breakpoint()`)",
    "import sys; sys.exit(0)": "raised SystemExit: 0 (activations.py, line 36:",
    "1 / 0": "raised ZeroDivisionError: division by zero (activations.py, line 36: `1 / 0`)",
    "raise KeyboardInterrupt2": "raised NameError",
    "import nunpy": "activations.py, line 36: the grader's machine has no package `nunpy`; do without this import.",
    "import base": "activations.py, line 36: `import base` does not find your own base.py; write `from .base import ...`.",
    "from .nothing import x": "raised ModuleNotFoundError: No module named 'ps2.nothing' (activations.py, line 36:",
}


@pytest.mark.parametrize("code", AT_IMPORT)
def test_what_stops_an_import_is_one_sentence_for_the_file(student, code):
    home = student("class Tanh(Layer):", f"{code}\n\n\nclass Tanh(Layer):")
    assert AT_IMPORT[code] in home.faults["activations.py"]
    outcomes = [ask(home, a) for a in home.kit.questions]
    assert all(o.points == 0 and not o.empty for o in outcomes)
    assert what_next(home, outcomes) == [f"{folded(home.faults['activations.py'])}\n5 questions wait for this."]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (REFERENCE.encode() + b"# caf\xe9\n", "not UTF-8 (byte 0xe9); save the file as UTF-8."),
        (REFERENCE.encode("utf-16"), "saved as UTF-16"),
        (REFERENCE.replace("    def forward", "\u00a0   def forward", 1).encode(), "no-break space (U+00A0)"),
        (REFERENCE.replace("np.tanh(x)", "“x”", 1).encode(), "curly quotation mark"),
    ],
)
def test_encoding_faults_are_named_with_file_and_remedy(student, data, says):
    assert says in student(data=data).faults["activations.py"]


def test_a_missing_file_or_folder_or_name_is_said(student, kit_folder):
    home = student("class Tanh(", "class Tahn(")
    assert explanations(home, outcome(home, "Tanh")) == ["1.2 Tanh: activations.py has no Tanh; was it renamed or deleted?"]
    assert outcome(home, "ReLU").passed
    (kit_folder / "ps2/activations.py").rename(kit_folder / "ps2/activations (1).py")
    assert "is it 'activations (1).py'? then rename it" in Home(home.kit).faults["activations.py"]
    shutil.rmtree(kit_folder / "ps2")
    assert "there is no folder ps2/" in Home(home.kit).faults["activations.py"]


def test_the_given_files_are_the_kits_own(student, kit_folder):
    (kit_folder / "ps2/base.py").write_text("raise RuntimeError")
    (kit_folder / "ps2/__init__.py").write_text("from .activations import *\nraise RuntimeError")
    assert outcome(student(), "ReLU").passed


def test_an_endless_loop_ends_where_ctrl_c_is_ignored(student):
    """As in a background job of a shell."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        home = student("return grad_output * (1.0 - self.y**2)", "while True: pass", seconds=0.3)
        assert outcome(home, "Tanh").overran
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_endless_loop_costs_its_own_item_and_what_came_before_counts(student):
    home = student("return grad_output * (1.0 - self.y**2)", "while True: pass", seconds=0.3)
    found = outcome(home, "Tanh")
    assert found.overran and found.points == 0  # forward has further items that were not reached
    assert [row.item for row in found.rows if row.verdict.passed] == ["forward"]
    assert "1.2 Tanh, backward took longer than 0 s" in explanations(home, found)[0]
    assert outcome(home, "ReLU").passed


def test_ctrl_c_stops_the_checks(student):
    home = student("return grad_output * (1.0 - self.y**2)", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        outcome(home, "Tanh")


@pytest.mark.parametrize("code", ["import sys; sys.exit(0)", "quit()", "raise SystemExit", "return input()", "raise BaseException"])
def test_exits_and_questions_inside_a_layer_cost_their_item(student, code):
    home = student("return grad_output * (1.0 - self.y**2)", code)
    assert str(outcome(home, "Tanh").points) == "4/5"


def test_what_the_code_prints_is_shown_with_one_question(student):
    home = student("self.y = np.tanh(x)", "print('shape', x.shape)\n        self.y = 0.9 * np.tanh(x)")
    text = detail(home, outcome(home, "Tanh"))
    assert "Your code printed (at small size 0):\n  | shape (1, 1)" in text


def test_an_import_that_the_file_provides_for_is_no_fault(student):
    home = student(
        "class Sigmoid",
        "try:\n    import seaborn\nexcept ImportError:\n    pass\nif __name__ == '__main__':\n    import pandas\n\n\nclass Sigmoid",
    )
    assert home.faults == {} and home.warnings == []
    home = student("self.y = np.tanh(x)", "import pandas\n        self.y = np.tanh(x)")
    assert "pandas" in home.warnings[0]


def test_a_package_that_the_grader_has_and_this_machine_lacks_comes_with_the_install_line(student, kit_folder):
    settings = (kit_folder / "kit.json").read_text(encoding="utf-8")
    (kit_folder / "kit.json").write_text(settings.replace('"scipy"', '"scipy", "ps2_absent"'), encoding="utf-8")
    home = student("class Sigmoid", "import ps2_absent\n\n\nclass Sigmoid")
    says = f"activations.py needs ps2_absent, which this Python does not have:\n    {PYTHON} -m pip install ps2_absent"
    assert home.faults["activations.py"] == says


@pytest.mark.parametrize("word", ["relu", "1.3", "ReLU", "activations.ReLU", "ACTIVATIONS.RELU", "1.3 relu"])
def test_a_question_has_many_names(student, word):
    assert [a.question.id for a in command.named(student().kit, [word])] == ["1.3"]


def test_files_and_parts_are_names_too_and_a_typo_gets_suggestions(student):
    kit = student().kit
    for word in ("activations", "activations.py", "1", "part1"):
        assert command.named(kit, [word]) == kit.questions
    with pytest.raises(KitError, match="no question 'rellu'; did you mean relu"):
        command.named(kit, ["rellu"])
    with pytest.raises(KitError, match=r"there are 1\.1 Sigmoid"):
        command.named(kit, ["xyz"])


def test_a_damaged_kit_is_one_sentence(student, kit_folder):
    home = student()
    (kit_folder / "ps2check/golden/1.3.npz").write_bytes(b"")
    with pytest.raises(KitError, match="unzip the kit again"):
        outcome(home, "ReLU")
    (kit_folder / "kit.json").write_text("{}")
    with pytest.raises(KitError, match=r"kit\.json is damaged"):
        load_kit(kit_folder / "ps2check")


def test_a_package_that_only_other_parts_may_use_is_not_called_missing():
    (found,) = lacking("layers.py", b"import special\n", {"numpy", "scipy"}, set(), {"numpy", "scipy", "special"})
    assert found.says.startswith("layers.py, line 1: `special` is not allowed in this file, whose questions allow numpy and scipy alone")


def test_a_reader_that_has_read_enough_gets_no_trace(kit_folder):
    command = [sys.executable, "-m", "ps2check", "1"]
    with subprocess.Popen(command, cwd=kit_folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_package_that_takes_longer_to_load_than_the_limit_costs_nothing(kit_folder, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("site")
    (folder / "slowpackage.py").write_text("import time\ntime.sleep(2)\nready = True\n")
    monkeypatch.syspath_prepend(folder)
    settings = json.loads((kit_folder / "kit.json").read_text(encoding="utf-8"))
    settings["parts"][0]["imports"].append("slowpackage")
    for question in settings["questions"]:
        question["wall_seconds"] = 1.0
    (kit_folder / "kit.json").write_text(json.dumps(settings), encoding="utf-8")
    (kit_folder / "ps2/activations.py").write_text(f"{REFERENCE}\nfrom slowpackage import ready\n", encoding="utf-8")
    assert Home(load_kit(kit_folder / "ps2check")).faults == {}
