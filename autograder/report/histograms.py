"""Histograms of what failed, bars for the student's values and a line for what theory expects; the numbers stand in a table."""

from __future__ import annotations

from collections.abc import Sequence

from ..check.histogram import Histogram
from .html import number, table, text

WIDTH, HEIGHT, BASE, TOP = 230, 130, 104, 8
STYLE = """\
.panels { display: flex; flex-wrap: wrap; gap: .8rem; }
.panels figure { margin: 0; width: 230px; }
.panels figcaption { font-size: .85rem; color: var(--quiet); }
svg .theory { fill: none; stroke: var(--ink); stroke-width: 2; }
"""


def panels(histograms: Sequence[Histogram]) -> str:
    """A row of small pictures; "" where there are none."""
    if not histograms:
        return ""
    figures = "\n".join(panel(one) for one in histograms)
    rows = [row for one in histograms for row in numbers(one)]
    head = ["of what", "from", "to", "yours", "expected"]
    return (
        '<p class="quiet">Bars: what your code made. Line: what theory expects.</p>\n'
        f'<div class="panels">\n{figures}\n</div>\n<details><summary>The numbers</summary>'
        f"{table('Shares of all values', head, rows, numbers=(1, 2, 3, 4))}</details>"
    )


def panel(one: Histogram) -> str:
    tallest = max([*one.yours, *one.theory]) or 1.0
    step = WIDTH / len(one.yours)

    def up(share: float) -> float:
        return BASE - (BASE - TOP) * share / tallest

    bars = [
        f'<rect class="bar" x="{i * step + 0.5:.1f}" y="{up(share):.1f}" width="{step - 1:.1f}" height="{BASE - up(share):.1f}"/>'
        for i, share in enumerate(one.yours)
        if share
    ]
    line = " ".join(f"{i * step:.1f},{up(share):.1f} {(i + 1) * step:.1f},{up(share):.1f}" for i, share in enumerate(one.theory))
    ends = f'<text x="1" y="{BASE + 15}">{one.edges[0]:.3g}</text><text x="{WIDTH - 1}" y="{BASE + 15}" text-anchor="end">'
    drawn = "".join(bars) + f'<polyline class="theory" points="{line}"/><line class="axis" x1="0" x2="{WIDTH}" y1="{BASE}" y2="{BASE}"/>'
    label = text(f"Histogram: {one.title}; its numbers are in the table below")
    return (
        f'<figure><svg role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}">{drawn}{ends}'
        f"{one.edges[-1]:.3g}</text></svg><figcaption>{text(one.title)}</figcaption></figure>"
    )


def numbers(one: Histogram) -> list[list[str]]:
    bins = zip(one.edges, one.edges[1:], one.yours, one.theory, strict=False)
    return [[text(one.title), f"{low:.3g}", f"{high:.3g}", number(mine), number(theirs)] for low, high, mine, theirs in bins]
