"""Part 5 in torch: the reference has the published sizes, right answers pass, mistakes are caught, and sentences say what to do."""

import shutil
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from autograder.audit import run as running  # noqa: E402
from autograder.audit import runs, wrong  # noqa: E402
from autograder.check import scoring  # noqa: E402
from autograder.check.draw import LADDER, Draw  # noqa: E402
from autograder.check.module_state import conv, fits, norm  # noqa: E402
from autograder.check.package import Package  # noqa: E402
from autograder.check.question import REGISTRY  # noqa: E402
from autograder.check.recording import record  # noqa: E402
from autograder.check.verdict import Failure  # noqa: E402
from autograder.course import this_course  # noqa: E402
from autograder.misconceptions import CATALOG  # noqa: E402
from autograder.misconceptions.edited import edited  # noqa: E402
from autograder.misconceptions.overlay import overlay  # noqa: E402

running.prepare()
torch.set_num_threads(1)
MINE = [id for id, q in REGISTRY.items() if q.part == 5 and q.needs_torch]
MISTAKES = [m.id for m in CATALOG.values() if m.question in MINE]
CIFAR = {
    20: (269_722, 272_474),
    32: (464_154, 466_906),
    44: (658_586, 661_338),
    56: (853_018, 855_770),
    110: (1_727_962, 1_730_714),
}
IMAGENET = {
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet34": (21_797_672, 3_663_761_408),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet101": (44_549_160, 7_801_405_440),
    "resnet152": (60_192_808, 11_513_626_624),
}


@pytest.fixture(scope="module")
def ps2():
    return runs.reference()


# ---- the reference against the papers


@pytest.mark.parametrize("depth", CIFAR)
def test_cifar_networks_have_the_published_parameters(ps2, depth):
    with torch.device("meta"):
        nets = [ps2.CifarResNet(depth), ps2.CifarResNet(depth, block=ps2.BasicBlock)]
    assert tuple(ps2.count_parameters(net) for net in nets) == CIFAR[depth]


@pytest.mark.parametrize("name", IMAGENET)
def test_imagenet_networks_have_the_published_parameters_and_multiply_adds(ps2, name):
    with torch.device("meta"):
        net = getattr(ps2, name)()
    assert (ps2.count_parameters(net), ps2.count_macs(net, (3, 224, 224))) == IMAGENET[name]


def test_resnet_50_with_the_stride_on_the_first_convolution_is_cheaper(ps2):
    package = overlay(runs.reference_folder(), {"Bottleneck": CATALOG["bottleneck-stride-on-the-first"].build})
    with torch.device("meta"):
        net = package.resnet50()
    assert ps2.count_macs(net, (3, 224, 224)) == 3_857_973_248


def test_wide_and_dense_networks_have_the_published_parameters(ps2):
    with torch.device("meta"):
        wide, dense = ps2.WideResNet(28, 10), ps2.DenseNet(32, [6, 12, 24, 16])
    assert (ps2.count_parameters(wide), ps2.count_parameters(dense)) == (36_479_194, 7_978_856)


def test_squeeze_and_excitation_adds_what_it_adds_to_resnet_50(ps2):
    with torch.device("meta"):
        gates = [ps2.SqueezeExcite(256 * 2**s) for s, n in enumerate((3, 4, 6, 3)) for _ in range(n)]
    assert 25_557_032 + sum(map(ps2.count_parameters, gates)) == 28_088_024


@pytest.mark.parametrize(("block", "shape"), [("BasicBlock", (16, 32, 2)), ("PlainBlock", (16, 16, 1))])
@pytest.mark.parametrize("training", [True, False])
def test_gradients_of_the_reference_are_those_of_finite_differences(ps2, block, shape, training):
    torch.manual_seed(0)
    module = getattr(ps2, block)(*shape).double().train(training)
    x = torch.randn(2, 16, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, x, fast_mode=True)


def test_a_real_network_is_deepened_exactly(ps2):
    torch.manual_seed(0)
    net = ps2.CifarResNet(14).double()
    deeper, x = ps2.deepen(net, 2), torch.randn(3, 3, 12, 11, dtype=torch.float64)
    for training in (True, False):
        assert torch.equal(net.train(training)(x), deeper.train(training)(x))
    assert [len(stage) for stage in deeper.stages] == [4, 4, 4]


# ---- right and wrong answers


@pytest.mark.parametrize("id", MINE)
def test_the_reference_passes(ps2, id):
    assert running.audit_right(REGISTRY[id], ps2, "the reference", 2).findings == ()


@pytest.mark.slow
@pytest.mark.parametrize("id", MINE)
def test_everything_that_is_asked_is_drawn(id):
    assert running.audit_question(id, 1).findings == ()


@pytest.mark.parametrize("level", (0, len(LADDER) - 1))
@pytest.mark.parametrize("id", MINE)
def test_the_reference_answers_at_every_small_size(ps2, id, level):
    recording = record(REGISTRY[id], ps2, Draw(b"small", level))
    assert recording.ended is None
    assert [name for name, item in recording.items.items() if isinstance(item, Failure)] == []


@pytest.mark.parametrize("id", MISTAKES)
def test_a_known_mistake_fails_what_it_names(id):
    mistake = CATALOG[id]
    package = overlay(runs.reference_folder(), {mistake.name: mistake.build})
    rows = runs.judged(REGISTRY[mistake.question], package, 0)
    if mistake.equivalent:
        assert scoring.share(rows, {}) == 1
    else:
        assert list(wrong.escapes(mistake, rows, 0)) == []


@pytest.mark.slow
@pytest.mark.parametrize("id", MINE)
def test_lazy_answers_earn_nothing(id):
    assert running.audit_lazy(id, 1).unearned == 0


# ---- sentences


def sentence(question, name, *changes):
    """The first failure's sentence of a reference with changed text."""
    package = overlay(runs.reference_folder(), {name: lambda right: edited(right, *changes)})
    rows = runs.judged(REGISTRY[question], package, 0)
    row = scoring.first_failure(rows)
    return row.verdict.says if row else ""


def test_a_missing_key_is_named_with_the_reason():
    says = sentence("5.4", "BasicBlock", ("nn.Sequential(projection, nn.BatchNorm2d(out_channels))", "nn.Sequential(projection)"))
    assert says.startswith('has no parameter "shortcut.1.weight": the 1×1 convolution of a projection is followed by a batch')


def test_blocks_in_a_python_list_are_named_as_such():
    says = sentence("5.14", "CifarResNet", ("self.stages = nn.ModuleList()", "self.stages = []"))
    assert "a plain Python list hides its modules" in says


def test_a_bias_before_normalization_costs_conduct_alone_and_is_named():
    package = overlay(runs.reference_folder(), {"BasicBlock": CATALOG["basic-bias-before-norm"].build})
    rows = runs.judged(REGISTRY["5.4"], package, 0)
    assert {r.group for r in rows if not r.verdict.passed} == {"conduct"}
    assert "convolutions have no bias here" in scoring.first_failure(rows).verdict.says


def test_a_numpy_result_is_named():
    says = sentence(
        "5.5", "PlainBlock", ("return F.relu(self.bn2(self.conv2(x)))", "return F.relu(self.bn2(self.conv2(x))).detach().numpy()")
    )
    assert says == "forward's result is a numpy ndarray, expected a torch Tensor"


def test_a_count_that_is_no_int_is_named():
    assert sentence("5.19", "count_parameters", ("return sum(", "return 1.0 * sum(")) == "is a float, expected an int"


def test_an_unused_parameter_is_named():
    says = sentence("5.5", "PlainBlock", ("self.bn1(self.conv1(x))", "self.bn1(self.conv1(x).detach())"))
    assert says == "no gradient arrives at the input"


def test_shapes_are_compared_key_by_key():
    want = conv("conv1", 4, 3, 3) | norm("bn1", 4)
    got = {key: np.array([*shape, int("running" not in key and "num" not in key)]) for key, shape in want.items()}
    assert fits(want)(got, {}).passed
    got["conv1.weight"] = np.array([4, 3, 1, 1, 1])
    assert fits(want)(got, {}).says == "conv1.weight has shape (4, 3, 1, 1), expected (4, 3, 3, 3)"


# ---- torch's own settings


@pytest.mark.parametrize(
    "setting", ["torch.set_default_dtype(torch.float64)", "torch.set_default_device('meta')", "torch.set_grad_enabled(False)"]
)
def test_what_a_file_does_to_torch_at_import_costs_conduct_and_no_other_question(tmp_path, setting):
    import shutil

    from autograder.check.package import Package

    folder = tmp_path / "ps2"
    shutil.copytree(runs.reference_folder(), folder)
    blocks = folder / "blocks.py"
    blocks.write_text(blocks.read_text().replace("\n\nclass BasicBlock", f"\n{setting}\n\nclass BasicBlock", 1))
    try:
        package = Package(folder, "ps2_setting")
        rows = {id: runs.judged(REGISTRY[id], package, 0) for id in ("5.4", "5.5")}
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
        torch.set_grad_enabled(True)
        for name in [n for n in sys.modules if n.startswith("ps2_setting")]:
            del sys.modules[name]
    assert [r.item for r in rows["5.4"] if not r.verdict.passed] == ["conduct, torch's defaults"]
    assert "leave the defaults alone" in scoring.first_failure(rows["5.4"]).verdict.says
    assert scoring.share(rows["5.5"], {}) == Fraction(1)


@pytest.mark.parametrize("id", ["5.14", "5.15", "5.16", "5.17", "5.18"])
def test_a_blocks_file_that_cannot_be_imported_costs_the_networks_nothing(id: str, tmp_path: Path) -> None:
    folder = tmp_path / "ps2"
    shutil.copytree(this_course().reference, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "blocks.py").write_text("raise RuntimeError('broken')\n", encoding="utf-8")
    question, draw = REGISTRY[id], lambda: Draw(b"broken blocks")
    want = record(question, Package(this_course().reference, "ps2_reference"), draw(), trusted=True)
    got = record(question, Package(folder, "ps2"), draw())
    assert scoring.share(scoring.judge(want, got.items, got.ended), {}) == 1
