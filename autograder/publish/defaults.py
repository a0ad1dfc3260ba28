"""The default values of arguments, set in assignment.toml and written into the signatures of the solutions.

From there they come into stubs, golden recordings and the grader, all of which run or copy the solutions; the handout says
`{{activations.LeakyReLU.slope}}` where it names one.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ..assignment import Assignment, AssignmentError
from ..course import Course

PLACE = re.compile(r"\{\{([\w.]+)\}\}")
Files = dict[str, bytes]


def solutions(course: Course) -> Files:
    """The solution files with the defaults that assignment.toml sets. Raises AssignmentError where there is no such argument."""
    files: dict[str, str] = {}
    for name, default in course.assignment.defaults.items():
        path = course.reference / f"{name.split('.')[0]}.py"
        if not path.is_file():
            raise AssignmentError(f'{course.toml}: defaults."{name}" names no file of solutions/ps2; write "file.Class.argument".')
        source = files.get(path.name) or path.read_text(encoding="utf-8")
        files[path.name] = with_default(course, name, source, default.value)
    return {f"solutions/ps2/{file}": text.encode() for file, text in files.items()}


def with_default(course: Course, name: str, source: str, value: float) -> str:
    node = node_of(source, name)
    if node is None:
        raise AssignmentError(f'{course.toml}: defaults."{name}" is no argument with a default in the solutions; look at its spelling.')
    lines = source.splitlines(keepends=True)
    line = lines[node.lineno - 1].encode()
    assert node.end_col_offset is not None
    lines[node.lineno - 1] = (line[: node.col_offset] + repr(value).encode() + line[node.end_col_offset :]).decode()
    return source if same_number(node, value) else "".join(lines)


def same_number(node: ast.expr, value: float) -> bool:
    """1e-5 stays 1e-5."""
    return bool(ast.literal_eval(node) == value)


def node_of(source: str, name: str) -> ast.expr | None:
    """The expression behind `argument=` of "file.Class.argument" (its constructor) or "file.function.argument"."""
    _, *places, argument = name.split(".")
    body: list[ast.stmt] = ast.parse(source, f"{name.split('.')[0]}.py").body
    found = next((n for n in body if isinstance(n, ast.ClassDef | ast.FunctionDef) and [n.name] == places), None)
    if isinstance(found, ast.ClassDef):
        found = next((n for n in found.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if not isinstance(found, ast.FunctionDef):
        return None
    arguments = [*found.args.posonlyargs, *found.args.args]
    pairs = list(zip(reversed(arguments), reversed(found.args.defaults), strict=False))
    pairs += [(a, d) for a, d in zip(found.args.kwonlyargs, found.args.kw_defaults, strict=True) if d is not None]
    return next((default for a, default in pairs if a.arg == argument), None)


def fill(text: str, assignment: Assignment, place: Path) -> str:
    """The handout's text with each {{name}} replaced by its value. Raises AssignmentError where a name is not listed."""

    def value(match: re.Match[str]) -> str:
        default = assignment.defaults.get(match[1])
        if default is None:
            raise AssignmentError(f'{place} names {match[0]}, which assignment.toml does not list under [defaults."{match[1]}"].')
        return repr(default.value)

    return PLACE.sub(value, text)
