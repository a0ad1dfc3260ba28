"""Pairs as one page: a list, then each pair side by side with what they share marked. No script, nothing loaded."""

from __future__ import annotations

from html import escape

from ..frontends.text import plain
from ..report.html import page, percent, table, text
from .pairs import Pair, Slices

STYLE = """\
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
.pair > div { min-width: 0; }
.pair pre { max-height: 70vh; overflow: auto; }
mark { background: #ffe08a; color: #1b1b1f; }
@media (prefers-color-scheme: dark) { mark { background: #6b5200; color: #ffffff; } }
@media (max-width: 50rem) { .pair { grid-template-columns: 1fr; } }
"""
AROUND = 3
"""Lines of context."""
HOW = (
    "Code that the kit gave, and code that more than a few submissions share, does not count; names, comments and spaces make no "
    "difference. Two people may write the same by chance, from the same lecture or with the same assistant: a pair here is a reason to "
    "look, and to ask both, not a verdict."
)


def similar_page(title: str, pairs: list[Pair], compared: int) -> str:
    body = [f"<h1>{text(title)}: similar submissions</h1>", f"<p>{HOW}</p>"]
    if not pairs:
        return page(f"{title}: similar submissions", [*body, f"<p>Nothing unusual in {compared} files.</p>"], STYLE)
    rows = [
        [
            f'<a href="#pair-{n}">{text(p.first.owner)} and {text(p.second.owner)}</a>',
            text(p.file_name),
            str(p.shared),
            *map(percent, p.shares),
        ]
        for n, p in enumerate(pairs, 1)
    ]
    head = ["pair", "file", "rare fingerprints shared", "of the first", "of the second"]
    body.append(table(f"{len(pairs)} pairs among {compared} files, the most alike first", head, rows, numbers=(2, 3, 4), name="Pairs"))
    for number, pair in enumerate(pairs, 1):
        body += side_by_side(number, pair)
    return page(f"{title}: similar submissions", body, STYLE)


def side_by_side(number: int, pair: Pair) -> list[str]:
    sides = []
    for document, slices in zip((pair.first, pair.second), pair.slices, strict=True):
        label = f"{text(document.owner)}, {text(document.file)}"
        code = marked(document.text, slices)
        sides.append(f'<div><h3>{label}</h3>\n<pre tabindex="0" role="region" aria-label="Pair {number}: {label}">{code}</pre></div>')
    return [
        f'<h2 id="pair-{number}">{number}. {text(pair.first.owner)} and {text(pair.second.owner)}</h2>',
        f'<div class="pair">{"".join(sides)}</div>',
    ]


def marked(code: str, slices: Slices) -> str:
    """The code with its slices marked, and what is far from all of them left out."""
    lines, at, made, gap = [line + "\n" for line in code.split("\n")], 0, [], 0
    near = kept_lines(code, slices)
    for number, line in enumerate(lines):
        if number in near:
            made += [f'<span class="quiet">⋯ {gap} lines ⋯</span>\n'] if gap else []
            made.append(one_line(line, at, slices))
            gap = 0
        else:
            gap += 1
        at += len(line)
    return "".join([*made, f'<span class="quiet">⋯ {gap} lines ⋯</span>' if gap else ""])


def kept_lines(code: str, slices: Slices) -> set[int]:
    """Numbers of the lines of every slice, and of AROUND lines on both sides."""
    kept: set[int] = set()
    for begin, end in slices:
        kept.update(range(code.count("\n", 0, begin) - AROUND, code.count("\n", 0, end) + AROUND + 1))
    return kept


def one_line(line: str, at: int, slices: Slices) -> str:
    """A line that begins at character `at`."""
    made, here = [], 0
    for begin, end in slices:
        first, last = max(begin - at, here), min(end - at, len(line))
        if first < last:
            made += [clean(line[here:first]), f"<mark>{clean(line[first:last])}</mark>"]
            here = last
    return "".join([*made, clean(line[here:])])


def clean(code: str) -> str:
    return escape(plain(code))
