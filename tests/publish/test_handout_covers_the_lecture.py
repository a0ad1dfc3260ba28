"""Every heading of lecture 9, and the place in the handout that covers it: in the core edition too, whose handout is the shorter one.

A heading that the slides repeat stands here once for each idea under it. `None`: organization of the course, nothing to teach.
"""

from __future__ import annotations

import functools

import pytest

from autograder.course import this_course
from autograder.publish.handout import handout_text

PART_3 = "Part 3: weight initialization"

PLACES: list[tuple[str, str | None, list[str]]] = [
    # (heading of the lecture, section of the handout, what must be said there)
    ("Administrative", None, []),
    ("CNN Architectures: case studies", "Which networks", ["AlexNet", "VGG", "GoogLeNet", "ResNet"]),
    ("CNN Architectures: also", "Which networks", ["SENet", "wide ResNet", "ResNeXt", "DenseNet", "MobileNets", "NASNet", "EfficientNet"]),
    ("ILSVRC winners", "Why residual networks", ["16.4", "11.7", "6.7", "7.3", "3.57", "2.99", "2.25", "5.1"]),
    ("Case Study: ResNet: 152 layers", "Why residual networks", ["152", "3.57", "3.6 %"]),
    ("Case Study: ResNet: deeper plain networks", "Why residual networks", ["56 layers", "*training*", "not overfitting"]),
    ("Case Study: ResNet: hypothesis", "Why residual networks", ["optimization", "capacity"]),
    ("Case Study: ResNet: emulate a shallower model", "Why residual networks", ["**emulate**", "copy its layers", "identity"]),
    ("Case Study: ResNet: residual", "Part 5: residual networks", ["F(x) = H(x) - x", "$F = 0$"]),
    ("The Vanishing Gradient Problem", "Part 5: residual networks", ["W^\\top", "smaller still"]),
    ("Case Study: ResNet: direct gradient pathway", "5.2 Gradient pathways", ["direct gradient pathway"]),
    ("Case Study: ResNet: full architecture", "Why residual networks", ["two 3×3", "double the number of filters", "*stem*", "1000"]),
    ("Case Study: ResNet: bottleneck", "Why residual networks", ["*bottlenecks*", "GoogLeNet", "From 50 layers on"]),
    ("Case Study: ResNet: training in practice", "Why residual networks", ["10^{-5}", "10^{-4}", "*Kaiming*", "momentum", "no dropout"]),
    ("Case Study: ResNet: experimental results", "Why residual networks", ["1202", "without degrading"]),
    ("MSRA @ ILSVRC & COCO 2015 Competitions", "Why residual networks", ["16 %", "27 %", "11 %", "12 %", "five main tracks"]),
    ("Case Study: ResNet: human performance", "Why residual networks", ["a trained person", "Russakovsky"]),
    ("Comparing complexity...", "Comparing complexity", ["Canziani", "GoogLeNet", "AlexNet", "VGG", "Inception-v4", "complexity.png"]),
    ("Improving ResNets: Good Practices for Deep Feature Fusion", "Improving ResNets, and beyond", ["Shao", "2.99", "ensemble", "−0.6"]),
    ("ILSVRC: research is still flourishing", "Improving ResNets, and beyond", ["ended in 2017", "Research goes on"]),
    ("Improving ResNets: Identity Mappings", "Improving ResNets, and beyond", ["Identity mappings", "*before* each convolution"]),
    ("Improving ResNets: Wide Residual Networks", "Improving ResNets, and beyond", ["F\\cdot k", "50 layers", "parallel"]),
    ("Other ideas: DenseNet", "Improving ResNets, and beyond", ["concatenation", "shallow 50-layer network"]),
    ("Learning to search for network architectures", "Improving ResNets, and beyond", ["controller", "reward", "NASNet"]),
    ("Amount of compute required to reach AlexNet performance", "Improving ResNets, and beyond", ["one 44th", "16 months"]),
    ("This lecture / Transformer", "Improving ResNets, and beyond", ["transformers"]),
    ("What we have learned so far", "Where lecture 9 stands", ["biological inspiration", "chain rule", "convolutional"]),
    ("Next few lectures: Training Deep Neural Networks", "Where lecture 9 stands", ["regularization", "transfer learning"]),
    ("This lecture: Training Deep Neural Networks", "Where lecture 9 stands", ["activation functions", "initialization"]),
    ("Today: Training Deep NNs (Part 1)", "Where lecture 9 stands", ["first three"]),
    ("Activation Functions", "Which one to use", ["Sigmoid", "Tanh", "ReLU", "Leaky ReLU", "Maxout", "ELU"]),
    ("Activation Functions: sigmoid", "1.1 Sigmoid", ["firing rate", "saturates"]),
    ("What happens when x = -10, x = 10?", "1.1 Sigmoid", ["x = -10", "x = 10", "4.5\\cdot 10^{-5}"]),
    ("Non-zero but small (~0.269)", "1.1 Sigmoid", ["0.269", "1 - \\sigma(1)", "0.197", "0.25"]),
    ("Why is this a problem?", "1.1 Sigmoid", ["slowly or never", "vanishing gradient"]),
    ("exp() is a bit compute expensive", "Part 1: activation functions", ["**Cost.** $e^x$"]),
    ("Activation Functions: tanh", "1.2 Tanh", ["zero-centred", "kills the gradient", "LeCun"]),
    ("Activation Functions: ReLU", "1.3 ReLU", ["six times as fast", "no exponential"]),
    ("ReLU: an annoyance (dead ReLU)", "1.3 ReLU", ["**dead ReLU**", "no update"]),
    ("Leaky ReLU", "1.4 Leaky ReLU", ["no longer die", "0.01", "0.1"]),
    ("Parametric Rectifier (PReLU)", "Which one to use", ["PReLU", "backprop into $\\alpha$"]),
    ("Exponential Linear Units (ELU)", "1.5 ELU", ["-\\alpha", "no kink"]),
    ("Scaled Exponential Linear Units (SELU)", "Which one to use", ["1.0507", "1.6733", "mean 0 and variance 1"]),
    ("TLDR: In practice", "Which one to use", ["TLDR", "use ReLU", "learning rate", "GELU", "Do not use sigmoid or tanh"]),
    ("Data Preprocessing", "Part 2: data preprocessing", ["preprocessing.png", "an example is a row"]),
    ("Data Preprocessing: example in linear classifier", "Part 2: data preprocessing", ["very sensitive", "normalization.png"]),
    ("Many different reasons why we might normalize", "Part 2: data preprocessing", ["sets the magnitude of the gradient"]),
    ("Data Preprocessing: Gaussian normalization", "2.2 Standardizing", ["Gaussian normalization"]),
    ("Data Preprocessing: PCA and Whitening", "2.4 Whitening", ["uncorrelated", "images"]),
    ("Examples: images", "Part 2: data preprocessing", ["AlexNet", "VGG", "ResNet", "[32,32,3]"]),
    ("Examples: other domains", "Part 2: data preprocessing", ["GloVe", "degree", "frequency", "rewards"]),
    ("Next time", "Where lecture 9 stands", ["batch normalization", "next time"]),
    ("Weight Initialization: same value", PART_3, ["w_1^\\top x=w_2^\\top x", "same-value.png"]),
    ("Weight Initialization: w1 = 0, w2 = 100000", PART_3, ["100000", "two-weights.png", "vanish or explode"]),
    ("Weight initialization: goal", PART_3, ["*diversity* and *variance*"]),
    ("First idea: small random numbers", PART_3, ["small random numbers", "0.01"]),
    ("Weight Initialization: Activation statistics", PART_3, ["4096", "activations tend to zero", "histogram-grid.png"]),
    ("What do the gradients dL/dW look like?", PART_3, ["very small", "x^\\top"]),
    ("Increase std to 0.05", PART_3, ["saturate", "large value, small gradient", "gradient explosion"]),
    ("Xavier Initialization", "3.3 Xavier", ["\\frac1{\\sqrt{\\text{fan\\_in}}}", "Glorot"]),
    ("Xavier: conv layers", "3.1 Fan-in", ["filter\\_size}^2"]),
    ("Xavier: derivation", "3.3 Xavier", ["D\\operatorname{Var}(x_i)\\operatorname{Var}(w_i)", "1/D"]),
    ("What about ReLU?", PART_3, ["Xavier assumes a zero-centred activation"]),
    ("Kaiming / MSRA Initialization", "3.4 Kaiming", ["\\sqrt{2/D_{in}}", "twice the variance"]),
    ("Proper initialization is still an active area of research", "Still an active area of research", [
        "Glorot", "Saxe", "Sussillo", "He et al.", "Krähenbühl", "Mishkin", "Fixup", "lottery ticket",
    ]),
    ("Summary", "Where lecture 9 stands", ["activation functions", "data normalization", "weight initialization"]),
]  # fmt: skip


@functools.cache
def sections() -> dict[str, str]:
    """The handout as students of the core edition get it, by heading."""
    found: dict[str, str] = {}
    heading = ""
    for line in handout_text(this_course()).splitlines():
        if line.startswith(("# ", "## ")):
            heading = line.lstrip("#").strip()
        found[heading] = found.get(heading, "") + line + "\n"
    return found


@pytest.mark.parametrize(("heading", "section", "words"), PLACES, ids=[heading for heading, _, _ in PLACES])
def test_each_heading_of_the_lecture_has_its_place(heading: str, section: str | None, words: list[str]) -> None:
    if section is None:
        return
    text = sections().get(section)
    assert text is not None, f"the handout has no section {section}"
    missing = [word for word in words if word not in text]
    assert not missing, f"{heading}: section {section} does not say {missing}"


@pytest.mark.parametrize(
    ("section", "both"),
    [
        ("1.1 Sigmoid", ["0.269", "0.197"]),
        ("1.4 Leaky ReLU", ["0.01", "0.1"]),
        ("Why residual networks", ["10^{-5}", "10^{-4}"]),
        ("Why residual networks", ["Xavier initialization from He", "\\sqrt{2/\\text{fan-in}}"]),
        ("Why residual networks", ["3.57", "3.6 %"]),
        ("2.7 Mean and deviation a channel", ["3 numbers", "3 means and 3 deviations"]),
        ("3.3 Xavier", ["1/\\sqrt{\\text{fan\\_in}}", "\\text{fan\\_in}+\\text{fan\\_out}"]),
        ("Improving ResNets, and beyond", ["shallow 50-layer network", "201 layers"]),
        ("1.5 ELU", ["no kink", "jumps"]),
    ],
)
def test_where_the_lecture_slips_or_differs_both_values_are_named(section: str, both: list[str]) -> None:
    assert all(value in sections()[section] for value in both)
