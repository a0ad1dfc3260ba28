"""From a solution file to the file that students get: marked bodies become stubs, what is not asked disappears."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
MARK = "SOLUTION"
Definition = ast.FunctionDef | ast.ClassDef


class MarkerError(ValueError):
    """A solution file from which no safe stub can be made: file, line and what is wrong."""


def starter(file: str, source: str, asked: Mapping[str, str], off: Collection[str]) -> str:
    """The stub file of `source`.

    asked: top-level names that are asked, with the id of their question. off: top-level names that must not appear.
    Raises MarkerError where markers do not pair up, or an asked name has no marked body and would be given away.
    """
    tree = ast.parse(source, file)
    lines = source.splitlines()
    regions = find_regions(file, lines)
    tops = {node.name: node for node in tree.body if isinstance(node, Definition)}
    check_names(file, tops, asked, regions)
    off_lines = {n for name in off if name in tops for n in whole_extent(lines, tops[name])}
    solved = {n for begin, end in regions for n in range(begin, end + 1)}
    stubs = {begin: stub(lines[begin - 1], tree, begin, asked) for begin, _ in regions}
    kept: list[str] = []
    for n, line in enumerate(lines, 1):
        if n not in off_lines:
            kept += stubs.get(n, []) if n in solved else [line]
    text = tidy("\n".join(kept)).rstrip() + "\n"
    ast.parse(text, file)
    if MARK in text:
        raise MarkerError(f"{file}: the word {MARK} is left in the stub file; markers stand alone on their lines.")
    return text


def tidy(text: str) -> str:
    """What was cut out leaves no gaps: at most two blank lines, one before an indented line."""
    return re.sub(r"\n{3,}(?=[ ])", "\n\n", re.sub(r"\n{4,}", "\n\n\n", text))


def find_regions(file: str, lines: list[str]) -> list[tuple[int, int]]:
    """(first, last) line of each marked region, counted from 1, markers included."""
    regions: list[tuple[int, int]] = []
    opened = 0
    for n, line in enumerate(lines, 1):
        text = line.strip()
        if text == BEGIN and not opened:
            opened = n
        elif text == END and opened:
            regions.append((opened, n))
            opened = 0
        elif text in (BEGIN, END):
            raise MarkerError(f"{file}, line {n}: `{text}` without its partner.")
    if opened:
        raise MarkerError(f"{file}, line {opened}: `{BEGIN}` is never closed.")
    return regions


def check_names(file: str, tops: Mapping[str, Definition], asked: Collection[str], regions: list[tuple[int, int]]) -> None:
    for name in asked:
        node = tops.get(name)
        if node is None:
            raise MarkerError(f"{file}: {name} is asked and not defined at the top level.")
        if not any(node.lineno <= begin <= (node.end_lineno or 0) for begin, _ in regions):
            raise MarkerError(f"{file}, line {node.lineno}: {name} has no `{BEGIN}`; students would get its solution.")


def whole_extent(lines: list[str], node: Definition) -> range:
    """The lines of a definition with its decorators, the comment above it and the blank lines after it."""
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    last = node.end_lineno or node.lineno
    while last < len(lines) and not lines[last].strip():
        last += 1
    return range(first, last + 1)


def stub(begin: str, tree: ast.Module, line: int, asked: Mapping[str, str]) -> list[str]:
    """What stands in place of a region: a raise inside a function, nothing elsewhere."""
    path = enclosing(tree, line)
    if not path or not isinstance(path[-1], ast.FunctionDef):
        return []
    indent = begin[: len(begin) - len(begin.lstrip())]
    name = ".".join(node.name for node in path)
    id = asked.get(path[0].name, "")
    return [f'{indent}raise NotImplementedError("{(id + " " + name).strip()}")']


def enclosing(tree: ast.Module, line: int) -> list[Definition]:
    """The definitions around a line, outermost first."""
    path: list[Definition] = []
    body: list[ast.stmt] = tree.body
    while True:
        inner = next((n for n in body if isinstance(n, Definition) and n.lineno <= line <= (n.end_lineno or 0)), None)
        if inner is None:
            return path
        path.append(inner)
        body = inner.body
