"""Whatever one question's code does, it costs that question alone, with a sentence, and the grading goes on."""

import os
import re
import shutil

import pytest

from autograder.course import this_course
from autograder.grading.grade import Grader
from autograder.grading.oracle import Judged
from autograder.grading.result import decode, encode
from autograder.grading.room import Room
from autograder.sandbox.client import Zygote

COURSE = this_course()
REFERENCE = (COURSE.reference / "activations.py").read_text(encoding="utf-8")
RELU = REFERENCE[REFERENCE.index("class ReLU") : REFERENCE.index("class LeakyReLU")]
PART1 = {q.id for q in COURSE.assignment.asked() if q.part == 1}


def submit(folder, relu=RELU, before="", **files):
    """The reference with another ReLU, something before the first class, and other files."""
    package = folder / "ps2"
    shutil.copytree(COURSE.reference, package, ignore=shutil.ignore_patterns("__pycache__"))
    text = REFERENCE.replace(RELU, relu + "\n\n").replace("class Sigmoid", before + "\n\nclass Sigmoid", 1)
    (package / "activations.py").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (package / f"{name}.py").write_text(content, encoding="utf-8")
    return folder


def relu_with(forward="", backward="", before=""):
    """A ReLU whose forward or backward begins with other lines."""
    text = RELU
    for method, lines in (("forward(self, x: ndarray)", forward), ("backward(self, grad_output: ndarray)", backward)):
        head = f"def {method} -> ndarray:\n"
        text = text.replace(head, head + "".join(f"        {line}\n" for line in lines.splitlines()))
    return before + text


def by_id(result):
    return {q.id: q for q in result.questions}


@pytest.fixture(scope="module")
def graders():
    """One grader with the usual limits and one that does not make a test wait."""
    with Grader(COURSE, keep=True) as usual, Grader(shorter_limits(), keep=True) as quick:
        for one in (usual, quick):
            one.grade(COURSE.root / "solutions", only={"1.1"})  # starts all that is kept
        yield usual, quick


@pytest.fixture()
def grade(graders):
    return graders[0].grade


@pytest.fixture(autouse=True)
def as_it_was(graders):
    """No descriptor outlives a grading."""
    before = len(os.listdir("/proc/self/fd"))
    yield
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_reference_gets_every_point(tmp_path, grade):
    result = grade(submit(tmp_path), only=PART1)
    assert (result.total, result.finished) == (result.max_total, True)
    assert all(q.status == "passed" and not q.sentences for q in result.questions)
    assert decode(encode(result)) == result


def test_the_same_submission_is_graded_alike_as_zip_and_as_folder(tmp_path, grade):
    folder = submit(tmp_path / "folder")
    archive = shutil.make_archive(str(tmp_path / "upload"), "zip", folder)
    first, second = grade(folder, only={"1.1"}), grade(archive and (tmp_path / "upload.zip"), only={"1.1"})
    assert (first.submission_digest, first.seed_digest) == (second.submission_digest, second.seed_digest)
    assert [i.ratio for i in by_id(first)["1.1"].items] == [i.ratio for i in by_id(second)["1.1"].items]


HOSTILE = {
    "os._exit": ("import os; os._exit(0)", "ended its own process (exit status 0)"),
    "sys.exit": ("import sys; sys.exit(3)", "raised SystemExit: 3"),
    "an exception": ("raise ValueError('what now')", "raised ValueError: what now (activations.py, line"),
    "a segmentation fault": ("import ctypes; ctypes.string_at(0)", "crashed (SIGSEGV"),
    "recursion": ("return self.forward(x)", "calls itself without end"),
    "a huge allocation": ("return np.ones((1 << 20, 1 << 20))", "raised"),
    "a fork": ("import os\nwhile True: os.fork()", "raised"),
    "printing without end": ("while True: print('x' * 100000)", "printed more than"),
    "a loop without end": ("while True: pass", "and was stopped"),
    "a sleep": ("import time; time.sleep(1000)", "took longer than"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_it_costs_one_question_with_a_sentence(tmp_path, what, graders):
    lines, says = HOSTILE[what]
    result = graders[1].grade(submit(tmp_path, relu_with(forward=lines)), only=PART1)
    lost = by_id(result)["1.3"]
    assert lost.points == 0 and lost.status == "failed"
    assert says in lost.sentences[0], lost.sentences
    assert lost.sentences[0].startswith("1.3 ReLU, forward") and "Traceback" not in "".join(lost.sentences)
    assert [q.id for q in result.questions if q.status != "passed"] == ["1.3"]


@pytest.mark.parametrize("lines", ["return np.ones((1 << 20, 1 << 20))", "return [np.zeros(1 << 20) for _ in range(1000)]"])
def test_memory_that_runs_out_is_told_with_the_question_and_the_limit(tmp_path, lines, graders):
    lost = by_id(graders[1].grade(submit(tmp_path, relu_with(forward=lines)), only={"1.3"}))["1.3"]
    assert lost.sentences[0].startswith("1.3 ReLU, forward raised") and "MemoryError" in lost.sentences[0]
    assert lost.sentences[-1] == "A question may use 512 MB of memory."


def shorter_limits():
    """The course with limits that do not make a test wait."""
    import msgspec

    from autograder.assignment import Limits
    from autograder.course import Course

    course = Course(COURSE.root)
    limits = Limits(cpu_seconds=1.0, wall_seconds=2.0, memory_mb=512)
    course.__dict__["assignment"] = msgspec.structs.replace(COURSE.assignment, limits=limits)
    return course


def test_what_arrived_before_a_crash_counts(tmp_path, grade):
    result = grade(submit(tmp_path, relu_with(backward="import os; os._exit(1)")), only=PART1)
    items = {i.name: i.passed for i in by_id(result)["1.3"].items}
    assert items["forward"] and not items["backward"]


def test_printing_is_kept_and_shown_but_capped(tmp_path, grade):
    result = grade(submit(tmp_path, relu_with(forward="print('shape', x.shape)")), only={"1.3"})
    question = by_id(result)["1.3"]
    assert question.status == "passed" and "shape (" in question.output and len(question.output) < 5000


MISTAKES = {
    "gives (N, 1) for (N,)": ("return np.maximum(x, 0.0)[..., None]", "has shape"),
    "gives a number": ("return 0.5", "has shape (), expected"),
    "gives float32": ("return np.maximum(x, 0).astype(np.float32)", "has dtype float32, expected float64"),
    "gives None": ("return None", "is None (is a `return` missing?), expected a numpy array"),
    "gives a list": ("return np.maximum(x, 0).tolist()", "is a list, expected a numpy array"),
    "gives a tuple": ("return (np.maximum(x, 0),)", "is a tuple, expected a numpy array"),
    "gives NaN": ("return np.maximum(x, 0) * np.nan", "differ"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_result_of_the_wrong_form_is_told_in_one_sentence(tmp_path, what, grade):
    line, says = MISTAKES[what]
    relu = relu_with(forward=f"self.positive = x > 0\n{line}")
    result = grade(submit(tmp_path, relu), only={"1.3", "1.4"})
    lost = by_id(result)["1.3"]
    assert says in lost.sentences[0] and lost.sentences[0].startswith("1.3 ReLU, forward")
    assert "relu = ReLU()" in lost.sentences[0]  # something to paste
    assert by_id(result)["1.4"].status == "passed"


def test_a_wrong_signature_is_told_with_the_line_that_would_be_called(tmp_path, grade):
    relu = RELU.replace("forward(self, x: ndarray)", "forward(self)")
    lost = by_id(grade(submit(tmp_path, relu), only={"1.3"}))["1.3"]
    assert "raised TypeError: ReLU.forward() takes 1 positional argument but 2 were given" in lost.sentences[0]


def test_classes_whose_constructors_call_themselves_cost_a_short_sentence_each(tmp_path, grade):
    folder = submit(tmp_path)
    path = folder / "ps2/activations.py"
    endless = "\n\n    def __init__(self, *a, **k):\n        self.__init__(*a, **k)\n\n    def forward(self"
    path.write_text(re.sub(r"\n\n    def (__init__\(.*\n(        .*\n)+\n    def )?forward\(self", endless, REFERENCE), encoding="utf-8")
    result = grade(folder, only=PART1)
    assert result.total == 0 and len(encode(result)) < 64_000
    for question in result.questions:
        assert "calls itself without end (RecursionError) (activations.py, line" in question.sentences[0]
        assert len(question.sentences) == 1 and len(question.output) < 5_000


def test_a_missing_name_is_told(tmp_path, grade):
    lost = by_id(grade(submit(tmp_path, RELU.replace("class ReLU", "class Relu")), only={"1.3"}))["1.3"]
    assert "activations.py has no ReLU" in lost.sentences[0]


def test_a_stub_is_empty_not_wrong(tmp_path, grade):
    relu = relu_with(forward="raise NotImplementedError", backward="raise NotImplementedError")
    question = by_id(grade(submit(tmp_path, relu), only={"1.3"}))["1.3"]
    assert (question.status, question.points) == ("empty", 0)
    assert question.sentences == ["1.3 ReLU is not written yet: ReLU in activations.py."]


def test_a_wrong_forward_beside_a_stub_is_wrong_not_empty(tmp_path, grade):
    relu = relu_with(forward="return -x", backward="raise NotImplementedError")
    question = by_id(grade(submit(tmp_path, relu), only={"1.3"}))["1.3"]
    assert (question.status, question.points) == ("failed", 0)
    assert question.sentences[0].startswith("1.3 ReLU, forward")


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ("import nunpy", "nunpy"),
        ("n = int(input())", "input"),
        ("raise ValueError('at import')", "raised ValueError: at import (activations.py, line"),
        ("breakpoint()", "breakpoint"),
        ("this is no Python", "activations.py, line"),
    ],
)
def test_a_file_that_does_not_import_loses_its_questions_with_the_line(tmp_path, before, says, grade):
    result = grade(submit(tmp_path, before=before), only=PART1)
    assert result.total == 0
    for question in result.questions:
        assert says in question.sentences[0] and "activations.py" in question.sentences[0], question.sentences


def test_a_module_that_prints_and_plots_at_import_is_fine(tmp_path, grade):
    result = grade(submit(tmp_path, before="print('hello')\nimport warnings; warnings.warn('careful')"), only={"1.1"})
    assert by_id(result)["1.1"].status == "passed"


def test_a_changed_given_file_is_replaced_with_a_remark(tmp_path, grade):
    result = grade(submit(tmp_path, base="raise RuntimeError('mine')", __init__="import os; os._exit(7)"), only={"1.1"})
    assert by_id(result)["1.1"].status == "passed"
    assert any("base.py" in remark for remark in result.remarks)


def test_points_are_told_as_they_come(tmp_path, grade):
    seen = []
    grade(submit(tmp_path), on_result=lambda r: seen.append([q.status for q in r.questions]), only={"1.1", "1.2"})
    assert seen[0] == ["not reached", "not reached"] and seen[1] == ["passed", "not reached"] and seen[-1] == ["passed", "passed"]


def test_what_a_question_does_to_numpy_costs_no_other_its_points(grade, tmp_path):
    hurts = "np.tanh = np.exp = np.where = lambda *a: np.zeros(3)"
    rows = by_id(grade(submit(tmp_path, relu_with(forward=f"import numpy as np\n{hurts}")), only=PART1))
    assert all(q.status == "passed" for q in rows.values() if q.id != "1.3")


def test_what_is_right_only_after_another_question_earns_nothing(grade, tmp_path):
    """A first look asks the questions of a file in one process, each on an import of its own."""
    needs = relu_with(forward="if not LOG: raise ValueError('nobody called Sigmoid')", before="")
    text = submit(tmp_path, needs, before="LOG = []")
    file = text / "ps2" / "activations.py"
    source = file.read_text(encoding="utf-8")
    sigmoid = source[source.index("class Sigmoid") : source.index("class Tanh")]
    logs = sigmoid.replace(
        "def forward(self, x: ndarray) -> ndarray:\n", "def forward(self, x: ndarray) -> ndarray:\n        LOG.append(1)\n"
    )
    assert logs != sigmoid
    file.write_text(source.replace(sigmoid, logs), encoding="utf-8")
    rows = by_id(grade(text, only=PART1))
    assert rows["1.1"].status == "passed" and rows["1.3"].points == 0


def test_a_question_that_stops_the_first_look_costs_no_other_its_points(grade, tmp_path):
    """Of the other file's questions and of its own file's; asked in one worker they would be lost with it."""
    result = grade(submit(tmp_path, relu_with(forward="import os; os._exit(3)")), only={*PART1, "2.2", "2.3"})
    rows = by_id(result)
    assert "exit status 3" in rows["1.3"].sentences[0]
    assert all(q.status == "passed" for q in rows.values() if q.id != "1.3")


def test_a_hang_in_the_runs_that_explain_is_no_hang_of_the_question(graders, tmp_path):
    """Code that loops on the small sizes alone, and is wrong: its answer stands, it is asked once, and nobody calls it unsteady."""
    upload = submit(tmp_path, relu_with(forward="while x.size == 1: pass", backward="return grad_output"))
    row = by_id(graders[1].grade(upload, only=PART1))["1.3"]
    assert row.status == "partial" and row.sentences and "took longer" not in row.sentences[0] and row.unsteady == ""


def test_a_fault_in_judging_what_explains_costs_no_points(graders, tmp_path, monkeypatch):
    judge = Room.judge
    monkeypatch.setattr(Room, "judge", lambda self, ask: Judged(fault="no luck") if ask.again else judge(self, ask))
    result = graders[1].grade(submit(tmp_path, relu_with(backward="return grad_output")), only=PART1)
    row = by_id(result)["1.3"]
    assert row.status == "partial" and row.points > 0 and row.sentences and result.staff[-1] == "1.3: no luck"


def test_what_prints_is_shown_at_its_own_question_alone(grade, tmp_path):
    rows = by_id(grade(submit(tmp_path, relu_with(forward="print('here I am'); x = x + 0.0")), only={*PART1, "2.2", "2.3"}))
    assert {q.id for q in rows.values() if "here I am" in q.output} == {"1.3"}
    assert all(q.status == "passed" for q in rows.values())


@pytest.mark.parametrize(("prints", "looks"), [("print('here I am')", 1), ("import os; os.write(1, b'here I am')", 3)])
def test_what_python_prints_is_told_apart_in_one_look(graders, tmp_path, monkeypatch, prints, looks):
    """What goes around Python's streams is not counted: then each file is looked at by itself, and its own question alone."""
    requests = []
    ask = Zygote.ask
    monkeypatch.setattr(Zygote, "ask", lambda self, request, *more, **named: requests.append(request) or ask(self, request, *more, **named))
    upload = submit(tmp_path, relu_with(forward=f"{prints}; x = x + 0.0"), before="print('imported')")
    rows = by_id(graders[1].grade(upload, only={*PART1, "2.2", "2.3"}))
    assert all(q.status == "passed" for q in rows.values())
    assert {q.id for q in rows.values() if "here I am" in q.output} == {"1.3"}
    assert {q.id for q in rows.values() if "imported" in q.output} == PART1
    assert sum(len({run.question for run in r.runs}) > 1 for r in requests) == looks


def test_what_one_file_sets_in_a_library_makes_no_other_file_right(grade, tmp_path):
    """Alone, the second file never sees it."""
    source = (COURSE.reference / "preprocessing.py").read_text(encoding="utf-8")
    text = source.replace("import numpy as np\n", "import numpy as np\n\nnp.borrowed\n", 1)
    assert text != source
    upload = submit(tmp_path, before="import numpy\nnumpy.borrowed = 1\n", preprocessing=text)
    rows = by_id(grade(upload, only={*PART1, "2.2", "2.3"}))
    assert all(q.status == "passed" for q in rows.values() if q.part == 1)
    assert "borrowed" in rows["2.2"].sentences[0] and rows["2.2"].points == rows["2.3"].points == 0


def test_with_and_without_a_first_look_the_verdicts_are_the_same(grade, graders, tmp_path, monkeypatch):
    upload = submit(tmp_path, relu_with(forward="x = x + 0.0", backward="return grad_output"))
    first = by_id(grade(upload, only=PART1))
    monkeypatch.setattr("autograder.grading.asking.Asking.first_look", lambda self, questions, client: {})
    alone = by_id(grade(upload, only=PART1))
    assert {i: (q.points, q.status, q.sentences) for i, q in first.items()} == {
        i: (q.points, q.status, q.sentences) for i, q in alone.items()
    }
    assert first["1.3"].status in ("partial", "failed")
