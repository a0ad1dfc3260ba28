"""What a source file imports that the grader's machine does not have: found in its text, nothing is executed."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from .source import printable


@dataclass(frozen=True)
class Lacking:
    """One import that will fail in the grader. at_import: already when the file is imported, so that all its questions fail."""

    says: str
    at_import: bool


def lacking(file: str, data: bytes, offered: Collection[str], siblings: Collection[str], elsewhere: Collection[str] = ()) -> list[Lacking]:
    """The imports of `file` that the grader cannot satisfy, in order.

    offered: the packages there for this file, beside the standard library. siblings: the student's own files, such as "helpers.py".
    elsewhere: packages that the grader has for other files.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # source.examine words that
    known = {*offered, *sys.stdlib_module_names, "ps2"}
    found: list[Lacking] = []
    for name, line, at_import in imported(tree.body, True):
        if name not in known:
            known.add(name)
            found.append(
                Lacking(
                    f"{printable(file)}, line {line}: {against_the_rules(name, offered) if name in elsewhere else remedy(name, siblings)}",
                    at_import,
                )
            )
    return found


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
        elif not (isinstance(node, ast.Try) and caught(node)) and not (isinstance(node, ast.If) and never_true(node)):
            for inner in ("body", "orelse", "finalbody"):
                yield from imported(getattr(node, inner, []), at_import)


def caught(node: ast.Try) -> bool:
    """Whether the file itself provides for a failing import."""
    names = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    return any(h.type is None or names & {n.id for n in ast.walk(h.type) if isinstance(n, ast.Name)} for h in node.handlers)


def never_true(node: ast.If) -> bool:
    """`if TYPE_CHECKING:` and `if __name__ == "__main__":` hold code that the grader never runs."""
    test = ast.unparse(node.test)
    return test.endswith("TYPE_CHECKING") or "__main__" in test
