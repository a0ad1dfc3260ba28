"""The audit as one HTML page without scripts or links: the counts, the findings, and a heat map of questions × misconceptions."""

from __future__ import annotations

from html import escape
from pathlib import Path

from ..check.question import REGISTRY
from ..misconceptions import CATALOG, Misconception
from .report import P_HEADER, Audit, Finding, Loss, counts, p_value_rows

STYLE = """\
:root {
  color-scheme: light dark;
  --ink: #1b1b1f; --paper: #ffffff; --line: #c9c9d1; --soft: #f1f1f5; --own: 25, 105, 200; --other: 200, 40, 30;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ee; --paper: #16161a; --line: #44444e; --soft: #24242b; --own: 55, 110, 200; --other: 255, 110, 90; }
}
body {
  color: var(--ink); background: var(--paper); font: 15px/1.45 system-ui, sans-serif;
  margin: 2rem auto; max-width: 90rem; padding: 0 1rem;
}
h1, h2 { line-height: 1.2; }
table { border-collapse: collapse; }
caption { text-align: left; padding: .4rem 0; }
p { max-width: 60rem; }
th, td { border: 1px solid var(--line); padding: .15rem .5rem; text-align: left; font-weight: normal; }
thead th { position: sticky; top: 0; z-index: 1; background: var(--soft); font-weight: 600; white-space: nowrap; }
.wide { overflow: auto; max-height: 85vh; width: fit-content; max-width: 100%; }
.seed { white-space: nowrap; }
.says { min-width: 16rem; }
.map td { text-align: right; font-variant-numeric: tabular-nums; min-width: 2.2rem; }
.map tbody th { position: sticky; left: 0; background: var(--soft); white-space: nowrap; font: 13px ui-monospace, monospace; }
.map thead th:first-child { left: 0; z-index: 2; }
@media (max-width: 40rem) { .map tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 8rem; font-size: 12px; } }
.own { background: rgba(var(--own), var(--much)); }
.other { background: rgba(var(--other), .55); font-weight: 700; }
.bad { font-weight: 700; }
.bad::before { content: "✗ "; }
.good, .bad { white-space: nowrap; }
.good::before { content: "✓ "; }
"""


def write_page(audit: Audit, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(audit), encoding="utf-8")


def page(audit: Audit) -> str:
    verdict = "clean" if audit.clean else "not clean"
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>PS2 audit: {verdict}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>",
            f"<h1>PS2 audit: {verdict}</h1>",
            summary(audit),
            findings(audit.findings),
            p_values(audit),
            heat_map(audit.losses),
            "</main>\n</body>\n</html>\n",
        ]
    )


def summary(audit: Audit) -> str:
    rows = [
        f'<tr><th scope="row">{escape(what)}</th><td>{escape(found)}</td><td>{escape(wanted)}</td><td>{mark(good)}</td></tr>'
        for what, found, wanted, good in counts(audit)
    ]
    head = header("what", "found", "must be", "so?")
    return f"<table>\n<caption>Counts</caption>\n{head}\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>"


def header(*names: str) -> str:
    return "<thead><tr>" + "".join(f'<th scope="col">{name}</th>' for name in names) + "</tr></thead>"


def mark(good: bool | None) -> str:
    return "" if good is None else '<span class="good">yes</span>' if good else '<span class="bad">no</span>'


def findings(found: tuple[Finding, ...]) -> str:
    rows = [
        f"<tr><td>{escape(f.kind)}</td><td>{escape(f.question)}</td><td>{escape(f.subject)}</td><td>{escape(f.item)}</td>"
        f'<td class="says">{escape(f.says)}</td><td class="seed">{escape(f.seed)}</td></tr>'
        for f in found
    ]
    if not rows:
        return "<h2>Findings</h2>\n<p>None.</p>"
    table = header("kind", "question", "subject", "item", "what", "seed") + "\n<tbody>\n" + "\n".join(rows) + "\n</tbody>"
    return f'<h2>Findings</h2>\n<div class="wide" tabindex="0" role="region" aria-label="Findings"><table>\n{table}</table></div>'


def p_values(audit: Audit) -> str:
    if not audit.p_values:
        return ""
    rows = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in p_value_rows(audit))
    about = (
        "The tail probabilities that random items are judged by, over the seeds. Law “uniform”: they are exact for normal draws. "
        "Law “bound”: they are upper bounds, which may be larger. The last column is the smallest result of Kolmogorov and Smirnov’s "
        "test of that law."
    )
    table = f"{header(*P_HEADER)}\n<tbody>\n{rows}\n</tbody>"
    region = f'<div class="wide" tabindex="0" role="region" aria-label="p-values"><table>\n{table}</table></div>'
    return f"<h2>p-values of random items</h2>\n<p>{about}</p>\n{region}"


def heat_map(losses: tuple[Loss, ...]) -> str:
    """A table a part: rows are mistakes, columns the questions that they reach."""
    about = (
        "Points lost, in per cent of the question (mean over the seeds), by mistake and question. Blank: the question does not reach what "
        "the mistake replaces. Only a mistake’s own question, in blue, may lose anything."
    )
    mistakes = [m for m in CATALOG.values() if any(loss.misconception == m.id for loss in losses)]
    order = {id: place for place, id in enumerate(REGISTRY)}
    parts: dict[str, list[Misconception]] = {}
    for m in sorted(mistakes, key=lambda m: order.get(m.question, -1)):
        parts.setdefault(m.question.split(".")[0], []).append(m)
    tables = [map_of(part, known, losses) for part, known in parts.items()]
    return "\n".join([f"<h2>Mistakes and questions</h2>\n<p>{about}</p>", *tables])


def map_of(part: str, mistakes: list[Misconception], losses: tuple[Loss, ...]) -> str:
    """A cell says what share of the question's points the mistake costs, in per cent."""
    ids = {m.id for m in mistakes}
    cells = {(loss.misconception, loss.question): loss.share for loss in losses if loss.misconception in ids}
    questions = [id for id in REGISTRY if any(question == id for _, question in cells)]
    head = "".join(f'<th scope="col" title="{escape(REGISTRY[id].title)}">{id}</th>' for id in questions)
    rows = []
    for m in mistakes:
        row = "".join(cell(cells.get((m.id, id)), m.question == id) for id in questions)
        rows.append(f'<tr><th scope="row" title="{escape(m.says)}">{escape(m.id)}</th>{row}</tr>')
    return (
        f'<h3>Part {escape(part)}</h3>\n<div class="wide" tabindex="0" role="region" aria-label="Heat map of part {escape(part)}">\n'
        f'<table class="map">\n<thead><tr><th scope="col">mistake</th>{head}</tr></thead>\n<tbody>\n'
        + "\n".join(rows)
        + "\n</tbody>\n</table>\n</div>"
    )


def cell(share: float | None, own: bool) -> str:
    if share is None:
        return "<td></td>"
    text = f"{100 * share:.0f}"
    if own:
        return f'<td class="own" style="--much: {0.15 + 0.6 * share:.2f}">{text}</td>'
    return f'<td class="other">{text}</td>' if share else "<td>0</td>"
