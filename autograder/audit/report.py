"""What an audit found: one model, written as JSON and as a table in the terminal."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

MARGIN = 0.1
"""The largest error/tolerance that a right answer may come to."""
GREY = 10.0
"""The smallest error/tolerance at which a known mistake counts as surely caught: as far above 1 as MARGIN is below."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it should be, with what is needed to see it again: `Draw(seed)` on that question.

    kind: survived, cascade, false failure, unearned, margin, grey, seed-free, never varies, or broken.
    """

    kind: str
    question: str
    subject: str
    seed: str
    item: str
    says: str


class Audit(msgspec.Struct, frozen=True):
    """The result of an audit, or of a piece of one; pieces add up.

    questions: audited. misconceptions: that must be caught (equivalent ones are counted apart). killed: of these, caught on every seed
    in every item they name. cascades: points (shares of a question) that mistakes lost on other questions. false_failures: right answers
    that lost something. unearned: lazy answers that earned something. margin: largest error/tolerance of right answers. grey: mistakes
    caught by less than GREY times the tolerance, and right answers that could not be decided.
    """

    questions: int = 0
    misconceptions: int = 0
    equivalent: int = 0
    killed: int = 0
    cascades: float = 0.0
    false_failures: int = 0
    unearned: int = 0
    margin: float = 0.0
    grey: int = 0
    findings: tuple[Finding, ...] = ()

    def __add__(self, other: Audit) -> Audit:
        sums = {name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__ if name != "margin"}
        return Audit(**sums, margin=max(self.margin, other.margin))

    @property
    def clean(self) -> bool:
        lost = self.cascades + self.false_failures + self.unearned + self.grey + len(self.findings)
        return self.killed == self.misconceptions and lost == 0 and self.margin <= MARGIN


def write_json(audit: Audit, path: Path) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(audit)) + b"\n")


def show(audit: Audit, console: Console) -> None:
    """The counts, each with what it should be, and the findings."""
    table = Table("", "found", "must be", title="audit")
    caught = f"all {audit.misconceptions}"
    rows = [
        ("questions", audit.questions, ""),
        ("misconceptions caught", audit.killed, caught),
        ("equivalent ones", audit.equivalent, ""),
        ("points lost on other questions", f"{audit.cascades:g}", "0"),
        ("false failures", audit.false_failures, "0"),
        ("unearned points", audit.unearned, "0"),
        ("largest error / tolerance of right answers", f"{audit.margin:.2g}", f"≤ {MARGIN}"),
        ("caught too narrowly, or undecided", audit.grey, "0"),
        ("findings", len(audit.findings), "0"),
    ]
    for what, found, wanted in rows:
        table.add_row(what, str(found), wanted)
    console.print(table)
    for f in audit.findings:
        place = " ".join(part for part in (f.question, f.subject, f.item and f'"{f.item}"', f.seed) if part)
        console.print(f"[bold]{f.kind}[/bold] {escape(place)}: {escape(f.says)}", highlight=False, soft_wrap=True)
