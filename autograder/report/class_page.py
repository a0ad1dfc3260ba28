"""A class as one page for staff: distribution, questions, mistakes, what to look at, and a table that sorts and filters.

The table's rows are data; class_page.js makes the fifty that are seen, so that thousands of students open at once.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from ..classroom.index import Entry
from ..grading.result import Result
from . import summary, training
from .html import number, page, percent, table, text, with_bar
from .summary import ClassSummary, QuestionSummary, histogram

SCRIPT = Path(__file__).with_name("class_page.js")
STYLE = """\
body { max-width: 92rem; }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 2rem; padding: 0; list-style: none; }
.facts strong { display: block; font-size: 1.4rem; }
.controls { display: flex; flex-wrap: wrap; gap: .6rem 1.4rem; align-items: end; margin: .6rem 0; }
.controls label { display: block; color: var(--quiet); font-size: .85rem; }
input, select, button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--quiet); border-radius: 4px; padding: .2rem .5rem; }
thead button { border: 0; background: none; padding: 0; font-weight: 600; cursor: pointer; text-align: inherit; white-space: nowrap; }
thead button:hover { text-decoration: underline; }
th[aria-sort="ascending"] button::after { content: " ▲"; }
th[aria-sort="descending"] button::after { content: " ▼"; }
#students td, #students tbody th { white-space: nowrap; }
#students tbody tr:nth-child(even) { background: var(--soft); }
.lost { color: var(--failed); }
"""  # noqa: E501
NARROW = 26  # letters of a name in the table


def class_page(
    found: ClassSummary, says: Mapping[str, tuple[str, str]], links: bool = True, trained: Sequence[training.Trained] = ()
) -> str:
    """says: known mistake → its question and sentence. links: whether students/ID.html lie beside this page. trained: stored runs."""
    body = [f"<h1>{text(found.assignment or 'Class')}</h1>", facts(found)]
    body += ["<h2>Points</h2>", distribution(found)] if found.totals else []
    body += ["<h2>Questions</h2>", questions(found.questions)]
    body += ["<h2>Known mistakes</h2>", mistakes(found, says)]
    body += ["<h2>Training runs</h2>", *training.accuracies(trained)] if trained else []
    body += ["<h2>To look at</h2>", attention(found)]
    body += ["<h2 id=students-title>Submissions</h2>", *students(found, links)]
    return page(f"{len(found.graded)} submissions: {found.assignment or 'class'}", body, STYLE, SCRIPT.read_text(encoding="utf-8"))


def facts(found: ClassSummary) -> str:
    listed = [("students", str(found.students)), ("graded", str(len(found.graded))), ("not graded", str(len(found.troubles)))]
    if found.totals:
        listed += [
            ("median", number(round(statistics.median(found.totals), 2))),
            ("mean", number(round(statistics.fmean(found.totals), 2))),
        ]
        listed += [("full marks", str(sum(total >= found.max_total for total in found.totals))), ("of points", number(found.max_total))]
    return '<ul class="facts">' + "".join(f"<li><strong>{value}</strong>{name}</li>" for name, value in listed) + "</ul>"


def distribution(found: ClassSummary) -> str:
    """Bars, and the same numbers as a table."""
    counts = histogram(found.totals, found.max_total)
    width, height, left, base = 640, 228, 40, 190
    step, tallest = (width - left - 10) / len(counts), max(counts)
    bars = []
    for index, count in enumerate(counts):
        tall = 160 * count / tallest
        x = left + index * step
        bars.append(f'<rect class="bar" x="{x + 1:.1f}" y="{base - tall:.1f}" width="{step - 2:.1f}" height="{tall:.1f}"/>')
        if count:
            bars.append(f'<text x="{x + step / 2:.1f}" y="{base - tall - 4:.1f}" text-anchor="middle">{count}</text>')
    across = width - left - 10
    ticks = [
        f'<text x="{left + share * across:.1f}" y="{base + 16}" text-anchor="middle">{number(round(share * found.max_total, 1))}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    edges = [
        f"{number(round(i * found.max_total / len(counts), 2))} to {number(round((i + 1) * found.max_total / len(counts), 2))}"
        for i in range(len(counts))
    ]
    rows = [[edge, str(count)] for edge, count in zip(edges, counts, strict=True)]
    return (
        f'<svg role="img" aria-label="Histogram of points; its numbers are in the table below" viewBox="0 0 {width} {height}" '
        f'style="width: 100%; max-width: {width}px">\n'
        + "\n".join([*bars, *ticks])
        + f'\n<line class="axis" x1="{left}" x2="{width - 10}" '
        f'y1="{base}" y2="{base}"/>\n<text x="{(width + left) / 2}" y="{height - 2}" text-anchor="middle">points</text>\n</svg>\n'
        "<details><summary>The numbers</summary>"
        + table("Submissions by points", ["points", "submissions"], rows, numbers=(1,))
        + "</details>"
    )


def questions(listed: list[QuestionSummary]) -> str:
    rows = []
    for q in listed:
        counts = [str(q.counts[status] or "") for status in ("passed", "partial", "failed", "empty")]
        share = with_bar(q.share)
        rows.append([f"{text(q.id)} {text(q.title)}", number(q.max_points), share, *counts, f"{q.median:.2f}", f"{q.slowest:.2f}"])
    head = ["question", "points", "earned on average", "passed", "partial", "failed", "empty", "seconds, median", "seconds, 95 %"]
    return table("How each question went, and what it costs to grade", head, rows, numbers=(1, 3, 4, 5, 6, 7, 8))


def mistakes(found: ClassSummary, says: Mapping[str, tuple[str, str]]) -> str:
    if not found.causes:
        return "<p>None was recognized.</p>"
    rows = []
    for cause, count in found.causes.most_common():
        question, sentence = says.get(cause, ("", "(not in this catalog)"))
        rows.append([text(cause), text(question), str(count), percent(count / max(1, len(found.graded))), text(sentence)])
    return table(
        "Mistakes of the catalog that explain a failure", ["mistake", "question", "submissions", "share", "what it is"], rows, (2, 3)
    )


def attention(found: ClassSummary) -> str:
    """What staff should not overlook."""
    lines = [f"{text(who)}: {text(what)}" for who, what in summary.attention(found)]
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>" if lines else "<p>Nothing.</p>"


def students(found: ClassSummary, links: bool) -> list[str]:
    """Controls, an empty table, its data."""
    ids = [q.id for q in found.questions]
    data = {
        "columns": columns(found),
        "rows": [row(entry, result, ids) for entry, result in found.graded],
        "questions": ids,
        "links": links,
    }
    safe = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    options = "".join(f'<option value="{text(q.id)}">{text(q.id)} {text(q.title)}</option>' for q in found.questions)
    return [
        '<div class="controls">',
        '<div><label for="filter">Name, number or address</label><input id="filter" type="search" autocomplete="off"></div>',
        '<div><label for="lost">Lost points in</label><select id="lost"><option value="">anything or nothing</option>',
        f"{options}</select></div>",
        '<div><button id="back" type="button">Previous</button> <button id="on" type="button">Next</button></div>',
        '<p id="shown" role="status" aria-live="polite"></p>',
        "</div>",
        '<div class="wide" tabindex="0" role="region" aria-labelledby="students-title"><table id="students">'
        "<caption>A column's title sorts by it; a name opens the report</caption><thead></thead><tbody></tbody></table></div>",
        "<noscript><p>The table needs JavaScript; <code>autograder grades export</code> writes the same as CSV.</p></noscript>",
        f'<script type="application/json" id="data">{safe}</script>',
    ]


def columns(found: ClassSummary) -> list[list[str]]:
    """Title and long title."""
    parts = [part for part, _ in groupby(q.id.partition(".")[0] for q in found.questions)]
    fixed = [["name", "name"], ["number", "student number or name"], ["points", f"points of {number(found.max_total)}"]]
    return [*fixed, *([f"part {p}", f"points in part {p}"] for p in parts), *([q.id, f"{q.id} {q.title}"] for q in found.questions)]


def row(entry: Entry, result: Result, ids: list[str]) -> list[object]:
    """id, what the filter looks in, indices of questions that lost points, then a cell for each column."""
    names = entry.who
    numbers = "; ".join(m.sid or m.id for m in entry.members)
    points = {q.id: q.points for q in result.questions}
    parts: dict[str, float] = {}
    for id in ids:
        part = id.partition(".")[0]
        parts[part] = round(parts.get(part, 0.0) + points.get(id, 0.0), 4)
    lost = [index for index, q in enumerate(ids) if next((r.points < r.max_points for r in result.questions if r.id == q), True)]
    emails = " ".join(m.email for m in entry.members)
    search = f"{entry.id} {names} {numbers} {emails}".casefold()
    return [entry.id, search, lost, names, numbers, result.total, *parts.values(), *(points.get(id) for id in ids)]
