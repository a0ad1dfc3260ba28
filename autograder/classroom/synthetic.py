"""Classes made up: submissions as a class of students would hand them in, from the reference, its stubs, known mistakes and some attacks.

For benchmarks, demonstrations and tests; the same seed and number give the same class.
"""

from __future__ import annotations

import ast
import io
import random
import zipfile
from pathlib import Path

from ..check.layout import GIVEN
from ..course import Course

MISTAKES = (
    ("activations.py", "Sigmoid", "self.y * (1.0 - self.y)", "self.y"),
    ("activations.py", "Tanh", "1.0 - self.y**2", "1.0 - self.y"),
    ("activations.py", "ReLU", "np.where(self.positive, grad_output, 0.0)", "grad_output.copy()"),
    ("activations.py", "LeakyReLU", "np.where(x > 0, 1.0, self.slope)", "np.where(x >= 0, 1.0, self.slope)"),
    ("activations.py", "ELU", "np.where(x > 0, 1.0, negative + self.alpha)", "np.where(x > 0, 1.0, self.alpha)"),
    ("preprocessing.py", "Standardize", "train.std(axis=0)", "train.std(axis=0, ddof=1)"),
    ("preprocessing.py", "Standardize", "np.where(deviation < 1e-12, 1.0, deviation)", "deviation"),
    ("preprocessing.py", "PCA", "np.linalg.svd(train - self.mean,", "np.linalg.svd(train,"),
    ("preprocessing.py", "Whiten", "** 2 / len(train)", "** 2"),
    ("initializers.py", "xavier", "np.sqrt(fan_in(shape))", "fan_in(shape)"),
    ("initializers.py", "kaiming", "np.sqrt(2.0 /", "np.sqrt(1.0 /"),
    ("initializers.py", "fan_in", "shape[0]", "shape[1]"),
    ("layers.py", "Linear", "grad_output.sum(axis=0)", "grad_output.mean(axis=0)"),
    ("layers.py", "Conv2d", "+ self.parameters[\"bias\"][:, None, None]", ""),
    ("layers.py", "BatchNorm2d", "variance * (count / (count - 1))", "variance"),
    ("layers.py", "BatchNorm2d", " - self.normalized * per_channel(along)", ""),
    ("residual.py", "gradient_pathways", "return ", "return (grad_output, grad_output) or "),
)  # fmt: skip
"""(file, class or function, what stands in the reference, what the student wrote)."""

ATTACKS = (
    ("activations.py", "ReLU", "self.positive = x > 0", "import os; os._exit(0)"),
    ("activations.py", "Tanh", "self.y = np.tanh(x)", "open('/etc/shadow').read()"),
    ("activations.py", "ELU", "negative = ", "raise SystemExit; negative = "),
)

VARIANTS = (
    ("activations.py", "Tanh", "np.tanh(x)", "2.0 / (1.0 + np.exp(-2.0 * np.clip(x, -300, 300))) - 1.0"),
    ("activations.py", "ReLU", "np.where(self.positive, x, 0.0)", "np.maximum(x, 0.0)"),
    ("layers.py", "Linear", "self.x.T @ grad_output", 'np.einsum("nd,nm->dm", self.x, grad_output)'),
)
"""Honest other ways."""


class Writer:
    """Writes submissions: each name of each file right, wrong, in another way, or still a stub."""

    def __init__(self, course: Course) -> None:
        files = [name for name in course.assignment.files() if (course.reference / name).is_file()]
        extra = [path.name for path in sorted(course.reference.glob("*.py")) if path.name not in (*files, *GIVEN)]
        self.reference = {name: (course.reference / name).read_text(encoding="utf-8") for name in [*files, *extra]}
        starter = course.root / "starter_code" / "ps2"
        self.stubs = {name: (starter / name).read_text(encoding="utf-8") for name in self.reference if (starter / name).is_file()}

    def files(self, number: int, seed: int = 0) -> dict[str, str]:
        """One student's files, by name. Some have nearly everything right, some have hardly begun."""
        luck = random.Random(f"{seed}-{number}")
        skill = luck.betavariate(4, 1.3)
        texts = dict(self.reference)
        for changes, chance in ((VARIANTS, 0.3), (MISTAKES, 0.35 * (1.2 - skill)), (ATTACKS, 0.01)):
            for file, name, old, new in changes:
                if file in texts and luck.random() < chance:
                    texts[file] = changed(texts[file], name, old, new)
        for file, stub in self.stubs.items():
            for name in segments(stub):
                if luck.random() < 0.5 * (1 - skill) ** 2:
                    texts[file] = replaced(texts[file], name, stub)
        return {file: f"{text}\n# {number}\n" for file, text in texts.items()}


def segments(text: str) -> dict[str, tuple[int, int]]:
    """Top-level class or function → its first and last line, counted from 0, the last left out."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    return {node.name: (node.lineno - 1, node.end_lineno or 0) for node in ast.parse(text).body if isinstance(node, kinds)}


def changed(text: str, name: str, old: str, new: str) -> str:
    """`text` with `old` replaced inside one class or function, where it stands there."""
    lines, place = text.splitlines(), segments(text).get(name)
    if place is None:
        return text
    begin, end = place
    body = "\n".join(lines[begin:end]).replace(old, new, 1)
    return "\n".join([*lines[:begin], body, *lines[end:], ""])


def replaced(text: str, name: str, by: str) -> str:
    """`text` with one class or function as it stands in `by`."""
    ours, theirs = segments(text), segments(by)
    if name not in ours or name not in theirs:
        return text
    lines, (begin, end), (first, last) = text.splitlines(), ours[name], theirs[name]
    return "\n".join([*lines[:begin], *by.splitlines()[first:last], *lines[end:], ""])


def zipped(files: dict[str, str]) -> bytes:
    """A submission.zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"ps2/{name}", text)
    return data.getvalue()


def write_class(folder: Path, course: Course, count: int, seed: int = 0) -> Path:
    """A folder of zips, s0001.zip and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(course)
    for number in range(1, count + 1):
        (folder / f"s{number:04}.zip").write_bytes(zipped(writer.files(number, seed)))
    return folder


def write_export(folder: Path, course: Course, groups: list[tuple[list[tuple[str, str, str]], str]], seed: int = 0) -> Path:
    """An unzipped export of Gradescope. groups: the members (name, email, sid) and the time of each submission."""
    folder.mkdir(parents=True, exist_ok=True)
    writer, lines = Writer(course), ["---"]
    for number, (members, created) in enumerate(groups, 1):
        place = folder / f"submission_{1000 + number}"
        (place / "ps2").mkdir(parents=True, exist_ok=True)
        for name, text in writer.files(number, seed).items():
            (place / "ps2" / name).write_text(text, encoding="utf-8")
        lines += [f"submission_{1000 + number}:", "  :submitters:"]
        for name, email, sid in members:
            lines += [f"  - :name: {name}", f"    :sid: '{sid}'", f"    :email: {email}"]
        lines += [f"  :created_at: {created}", "  :score: 0.0", "  :status: processed"]
    (folder / "submission_metadata.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
