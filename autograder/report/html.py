"""What every page shares: one file, no network, light and dark, text from strangers as text."""

from __future__ import annotations

from html import escape

from ..frontends.text import capped, collapsed, plain, without_machine

LONGEST = 8_000  # bytes of one text

STYLE = """\
:root {
  color-scheme: light dark;
  --ink: #1b1b1f; --paper: #ffffff; --line: #c9c9d1; --soft: #f2f2f6; --bar: #2f6fc4; --quiet: #57575f; --link: #1a56a8;
  --passed: #1c6b34; --partial: #805000; --failed: #b3261e; --empty: #57575f; --fault: #7b2fa8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8e8ee; --paper: #16161a; --line: #44444e; --soft: #24242b; --bar: #5b96e6; --quiet: #a8a8b3; --link: #8ab8ff;
    --passed: #7fd197; --partial: #f0c060; --failed: #ff9c93; --empty: #a8a8b3; --fault: #d7a6ff;
  }
}
body { color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem 1.2rem 3rem; }
h1, h2, h3 { line-height: 1.25; }
h2 { margin-top: 2.2rem; }
a { color: var(--link); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .4rem 0; color: var(--quiet); }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .6rem; text-align: left; vertical-align: top; }
thead th { background: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: normal; }
.n { text-align: right; }
.wide { overflow-x: auto; }
:focus-visible { outline: 3px solid var(--bar); outline-offset: 2px; }
pre { background: var(--soft); padding: .7rem .9rem; overflow-x: auto; font: 13px/1.45 ui-monospace, monospace; border-radius: 4px; }
.quiet { color: var(--quiet); }
.passed { color: var(--passed); } .partial { color: var(--partial); } .failed, .not { color: var(--failed); }
.empty { color: var(--empty); } .fault { color: var(--fault); }
.together { white-space: nowrap; }
.share { display: inline-block; width: 7rem; height: .7rem; background: var(--soft); border: 1px solid var(--line); }
.share span { display: block; height: 100%; background: var(--bar); }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .bar { fill: var(--bar); } svg .axis { stroke: var(--line); } svg .mark { stroke: var(--failed); stroke-width: 2; }
@media print { pre { white-space: pre-wrap; } .controls { display: none; } }
"""


def page(title: str, body: list[str], style: str = "", script: str = "") -> str:
    """A whole document. The policy in it lets nothing be loaded; scripts run only where the page brings one."""
    allowed = "default-src 'none'; style-src 'unsafe-inline'; img-src data:" + ("; script-src 'unsafe-inline'" if script else "")
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{allowed}">',
            f"<title>{text(title)}</title>\n<style>\n{STYLE}{style}</style>\n</head>\n<body>\n<main>",
            *body,
            "</main>",
            f"<script>\n{script}</script>" if script else "",
            "</body>\n</html>\n",
        ]
    )


def text(words: str) -> str:
    """One line of anybody's words."""
    return escape(" ".join(plain(words).split()))


def block(words: str) -> str:
    """Anybody's words in their own lines, bounded."""
    return escape(without_machine(plain(capped(collapsed(words), LONGEST))))


def number(value: float) -> str:
    """Points without needless zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def with_bar(share: float) -> str:
    """A share as a bar, and as a number for those who do not see it."""
    drawn = f'<span class="share" aria-hidden="true"><span style="width: {100 * min(max(share, 0), 1):.1f}%"></span></span>'
    return f'<span class="together">{drawn} {percent(share)}</span>'


def table(caption: str, head: list[str], rows: list[list[str]], numbers: tuple[int, ...] = (), name: str = "") -> str:
    """Cells are HTML; the first of a row is its header. numbers: columns set to the right."""

    def cell(index: int, content: str) -> str:
        right = ' class="n"' if index in numbers else ""
        return f'<th scope="row"{right}>{content}</th>' if index == 0 else f"<td{right}>{content}</td>"

    heads = "".join(f'<th scope="col"{" class=n" * (i in numbers)}>{text(title)}</th>' for i, title in enumerate(head))
    lines = ["<tr>" + "".join(cell(i, content) for i, content in enumerate(row)) + "</tr>" for row in rows]
    label = text(name or caption)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table>\n<caption>{caption}</caption>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table></div>"
    )
