"""What an audit found: one model, written as JSON and as a table in the terminal."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..check.scoring import Row
from .runs import seed_of

REFERENCE = "the reference"
MARGIN = 0.1
"""The largest error/tolerance that a right answer may come to."""
DIAGNOSED, PAIRS_NAMED, MUTANTS_KILLED = 0.95, 0.8, 0.99
"""Least shares of mistakes named first, of pairs with one named, of automatic mutants killed."""
GREY = 10.0
"""The smallest error/tolerance at which a known mistake counts as surely caught: as far above 1 as MARGIN is below."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it should be, with what is needed to see it again: `Draw(seed)` on that question.

    kind: survived, cascade, false failure, unearned, margin, grey, seed-free, never varies, misdiagnosed, not monotone, mutant,
    not uniform.
    """

    kind: str
    question: str
    subject: str
    seed: str
    item: str
    says: str


class Loss(msgspec.Struct, frozen=True):
    """What a mistake costs on a question: the mean share over the seeds. A cell of the heat map."""

    misconception: str
    question: str
    share: float


class PValues(msgspec.Struct, frozen=True):
    """One statistic of a random item over many seeds: is its tail probability uniform?

    subject: whose answer. exact: the probability is exact, else an upper bound that need only not be too small. least: the smallest seen.
    p: Kolmogorov and Smirnov's for "uniform" (of a bound, for "not smaller than uniform").
    """

    question: str
    subject: str
    item: str
    statistic: str
    seeds: int
    exact: bool
    least: float
    p: float


class Audit(msgspec.Struct, frozen=True):
    """The result of an audit, or of a piece of one; pieces add up.

    questions: audited. misconceptions: that must be caught (equivalent ones are counted apart). killed: of these, caught on every seed
    in every item they name. cascades: points (shares of a question) that mistakes lost on other questions. false_failures: right answers
    that lost something. unearned: lazy answers that earned something. margin: largest error/tolerance of right answers. grey: mistakes
    caught by less than GREY times the tolerance, and right answers that could not be decided. diagnosed_first: mistakes whose cause the
    grader names first (on 95 % of the runs at least). pairs, pairs_named: pairs of mistakes, and those of which it names at least one.
    automatic_mutants: of the sample, without the equivalent ones. automatic_killed: of these, those that lose points.
    p_values: of random items, in a thorough audit.
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
    diagnosed_first: int = 0
    pairs: int = 0
    pairs_named: int = 0
    automatic_mutants: int = 0
    automatic_killed: int = 0
    losses: tuple[Loss, ...] = ()
    p_values: tuple[PValues, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __add__(self, other: Audit) -> Audit:
        sums = {name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__ if name != "margin"}
        return Audit(**sums, margin=max(self.margin, other.margin))

    @property
    def clean(self) -> bool:
        lost = self.cascades + self.false_failures + self.unearned + self.grey + len(self.serious)
        return self.killed == self.misconceptions and self.mutants_killed and lost == 0 and self.margin <= MARGIN and self.diagnosed

    @property
    def serious(self) -> list[Finding]:
        """Single misdiagnoses and surviving mutants are told, but count by their share."""
        return [f for f in self.findings if f.kind not in ("misdiagnosed", "mutant")]

    @property
    def diagnosed(self) -> bool:
        return self.diagnosed_first >= DIAGNOSED * self.single and self.pairs_named >= PAIRS_NAMED * self.pairs

    @property
    def mutants_killed(self) -> bool:
        return self.automatic_killed >= MUTANTS_KILLED * self.automatic_mutants

    @property
    def single(self) -> int:
        """The mistakes that were diagnosed: folders of wrong answers are no catalogued mistakes."""
        return len({loss.misconception for loss in self.losses})


def finding(kind: str, question: str, subject: str, number: int | None, row: Row | None, says: str) -> Finding:
    seed = "" if number is None else seed_of(number).decode()
    told = f"{says}: {row.verdict.says}" if row is not None and row.verdict.says else says
    return Finding(kind, question, subject, seed, row.item if row else "", told)


def write_json(audit: Audit, path: Path) -> None:
    shown = {name: getattr(audit, name) for name in audit.__struct_fields__ if name != "losses"}  # those are the page's
    path.write_bytes(msgspec.json.format(msgspec.json.encode(shown)) + b"\n")


def counts(audit: Audit) -> list[tuple[str, str, str, bool | None]]:
    """(what, found, what it must be, whether it is so; None where there is nothing to be)."""
    a, singles = audit, audit.single
    return [
        ("questions", str(a.questions), "", None),
        ("misconceptions caught", str(a.killed), f"all {a.misconceptions}", a.killed == a.misconceptions),
        ("equivalent ones", str(a.equivalent), "", None),
        ("points lost on other questions", f"{a.cascades:g}", "0", a.cascades == 0),
        ("false failures", str(a.false_failures), "0", a.false_failures == 0),
        ("unearned points", str(a.unearned), "0", a.unearned == 0),
        ("largest error / tolerance of right answers", f"{a.margin:.2g}", f"≤ {MARGIN}", a.margin <= MARGIN),
        ("caught too narrowly, or undecided", str(a.grey), "0", a.grey == 0),
        ("causes named first", str(a.diagnosed_first), f"≥ {DIAGNOSED:.0%} of {singles}", a.diagnosed_first >= DIAGNOSED * singles),
        ("pairs with a cause named", str(a.pairs_named), f"≥ {PAIRS_NAMED:.0%} of {a.pairs}", a.pairs_named >= PAIRS_NAMED * a.pairs),
        ("automatic mutants killed", str(a.automatic_killed), f"≥ {MUTANTS_KILLED:.0%} of {a.automatic_mutants}", a.mutants_killed),
        *uniform_count(a),
        ("findings beyond these shares", str(len(a.serious)), "0", not a.serious),
    ]


def uniform_count(audit: Audit) -> list[tuple[str, str, str, bool | None]]:
    doubted = sum(f.kind == "not uniform" for f in audit.findings)
    total = len(audit.p_values)
    return [("statistics with sound p-values", str(total - doubted), f"all {total}", not doubted)] if total else []


P_HEADER = ("question", "answers", "statistic", "law", "p-values", "least", "test of the law")


def p_value_rows(audit: Audit) -> list[tuple[str, ...]]:
    """The p-values by question, statistic and law; the right answers of many together. The last column is the smallest p of its tests."""
    together: dict[tuple[str, str, str, str], list[PValues]] = {}
    for row in audit.p_values:
        who = row.subject if row.subject == REFERENCE else "variants"
        together.setdefault((row.question, who, row.statistic, "uniform" if row.exact else "bound"), []).append(row)
    return [
        (*key, f"{sum(r.seeds for r in rows):,}", f"{min(r.least for r in rows):.2g}", f"{min(r.p for r in rows):.2g}")
        for key, rows in together.items()
    ]


def show(audit: Audit, console: Console) -> None:
    """The counts, each with what it should be, and the findings."""
    table = Table("", "found", "must be", title="audit")
    for what, found, wanted, good in counts(audit):
        table.add_row(what, found, wanted, style="bold red" if good is False else None)
    console.print(table)
    if audit.p_values:
        tails = Table(*P_HEADER, title="p-values of random items")
        for row in p_value_rows(audit):
            tails.add_row(*row)
        console.print(tails)
    for f in audit.findings:
        place = " ".join(part for part in (f.question, f.subject, f.item and f'"{f.item}"', f.seed) if part)
        console.print(f"[bold]{f.kind}[/bold] {escape(place)}: {escape(f.says)}", highlight=False, soft_wrap=True)
