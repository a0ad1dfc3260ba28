"""What a source file imports that the grader's machine does not have: found in its text, nothing is executed.

Standard library alone: like source.py, this file also runs apart from its package, in the process that compiles students' files.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from .source import printable

HARMLESS = frozenset(
    """
    matplotlib mpl_toolkits pylab seaborn plotly bokeh altair turtle tkinter visdom wandb tensorboard tensorboardX torchviz graphviz
    tqdm rich colorama termcolor tabulate prettytable icecream
    pandas polars pyarrow xarray h5py openpyxl networkx requests yaml
    PIL cv2 imageio skimage
    IPython ipywidgets ipykernel jupyter notebook nbformat google
    torch torchvision torchaudio torchinfo torchsummary tensorflow keras jax flax sklearn transformers lightning pytorch_lightning timm
    einops autograd numba sympy cupy numexpr joblib psutil line_profiler memory_profiler
    jaxtyping beartype typeguard nptyping typing_extensions pydantic attr pytest hypothesis ipdb pudb snoop
    """.split()  # noqa: SIM905
)
"""Packages whose import costs nothing as long as what is asked does not use it (idle.py): they are known, so that such an import is no
misspelt name of the student's own file. An instructor who wants one of them to work names it in `imports` of assignment.toml."""


@dataclass(frozen=True)
class Lacking:
    """One import that the grader cannot satisfy. at_import: it fails when the file is imported, so that all its questions fail.
    harmless: it costs nothing by itself, because an idle object takes its place."""

    says: str
    at_import: bool
    harmless: bool = False


def lacking(file: str, data: bytes, offered: Collection[str], siblings: Collection[str], elsewhere: Collection[str] = ()) -> list[Lacking]:
    """The imports of `file` that the grader cannot satisfy, in order.

    offered: the packages there for this file, beside the standard library. siblings: the student's own files, such as "helpers.py".
    elsewhere: packages that the grader has for other files.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            imports = list(imported(ast.parse(data).body, True))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # source.examine words that
    known = {*offered, *(sys.stdlib_module_names - HARMLESS), "ps2"}
    found: list[Lacking] = []
    for name, line, at_import in imports:
        if name not in known:
            known.add(name)
            says, harmless = about(name, offered, siblings, elsewhere, at_import)
            found.append(Lacking(f"{printable(file)}, line {line}: {says}", at_import and not harmless, harmless))
    return found


def about(name: str, offered: Collection[str], siblings: Collection[str], elsewhere: Collection[str], at_import: bool) -> tuple[str, bool]:
    """What to say of an import of `name`, and whether it costs nothing by itself."""
    if name in HARMLESS and at_import and name + ".py" not in siblings:
        return f"`{name}` is not there when this file is graded; that costs nothing as long as no question uses it.", True
    return against_the_rules(name, offered) if name in elsewhere else remedy(name, siblings), False


def remedy(name: str, siblings: Collection[str]) -> str:
    if name + ".py" in siblings:
        return f"`import {name}` does not find your own {name}.py; write `from .{name} import ...`."
    return f"the grader's machine has no package `{printable(name)}`; do without this import."


def against_the_rules(name: str, offered: Collection[str]) -> str:
    return f"`{name}` is not allowed in this file, whose questions allow {' and '.join(sorted(offered))} alone; do without this import."


def imported(body: list[ast.stmt], at_import: bool) -> Iterator[tuple[str, int, bool]]:
    """(top-level package, line, whether at import) of each import statement that can fail."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node.lineno, at_import) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0 and node.module:
                yield node.module.split(".")[0], node.lineno, at_import
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from imported(node.body, False)
        elif isinstance(node, ast.Match):
            yield from (found for case in node.cases for found in imported(case.body, at_import))
        elif not provided(node):
            for inner in ("body", "orelse", "finalbody"):
                yield from imported(getattr(node, inner, []), at_import)


def provided(node: ast.stmt) -> bool:
    """Whether the file itself provides for an import that fails inside of this statement, or never comes there."""
    if isinstance(node, ast.Try):
        return any(handler.type is None or names_failure(handler.type) for handler in node.handlers)
    if isinstance(node, (ast.With, ast.AsyncWith)):  # with contextlib.suppress(ImportError)
        return any(isinstance(item.context_expr, ast.Call) and names_failure(item.context_expr) for item in node.items)
    return isinstance(node, ast.If) and never_true(node)


def names_failure(expression: ast.expr) -> bool:
    failures = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    return bool(failures & {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)})


def never_true(node: ast.If) -> bool:
    """`if TYPE_CHECKING:` and `if __name__ == "__main__":` hold code that the grader never runs."""
    test = ast.unparse(node.test)
    return test.endswith("TYPE_CHECKING") or "__main__" in test
