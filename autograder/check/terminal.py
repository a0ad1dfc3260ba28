"""What `python -m ps2check` prints: plain lines of at most 80 columns, calls to paste apart."""

from __future__ import annotations

import itertools
import textwrap
from fractions import Fraction

from .contain import MOST_OUTPUT
from .explaining import explanations, smallest
from .kit import Asked, Kit
from .local import PYTHON, Home, Outcome, ask, requirement
from .scoring import GRADIENT_CHECK, groups_of
from .submit import Preflight

WIDTH = 79
MOST_LINES = 30  # of what the student's code printed


COMMAND = f"{PYTHON} -m ps2check"
CALL = "    "
"""What a line to paste begins with in an explanation."""


def wrapped(text: str, indent: str = "", hanging: str = "") -> str:
    """`text` in lines of WIDTH; words are never cut."""
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\u00a0", " ")


def listed(names: list[str]) -> str:
    """Names in a row; `wrapped` breaks the line between them alone."""
    return ", ".join(name.replace(" ", "\u00a0") for name in names)


def folded(explanation: str) -> str:
    """An explanation whose sentences are wrapped; its calls and arrays (indented lines) stay as they are."""
    return "\n".join(line if line.startswith(" ") else wrapped(line) for line in explanation.split("\n"))


def shown(outcome: Outcome, explanation: str) -> str:
    """An explanation as it is printed: its calls begin at the margin, since Python takes no indented line, between blank lines."""
    if outcome.fault:
        return folded(explanation)
    headline, *rest = explanation.split("\n")
    calls = list(itertools.takewhile(lambda line: line.startswith(CALL), rest))
    blocks = [folded(headline), textwrap.dedent("\n".join(calls)), folded("\n".join(rest[len(calls) :]))]
    return ("\n\n" if calls else "\n").join(block for block in blocks if block)


def points(value: Fraction) -> str:
    """ "2.5", rounded down, so that a part never reads as the whole."""
    return str(value.numerator) if value.denominator == 1 else f"{int(value * 100) / 100:.2f}".rstrip("0").rstrip(".")


def of(outcomes: list[Outcome]) -> str:
    earned, whole = sum((o.points for o in outcomes), Fraction(0)), sum((o.asked.points for o in outcomes), Fraction(0))
    return f"{points(earned)} of {points(whole)} points"


# Overview


def part_line(home: Home, number: int, outcomes: list[Outcome]) -> str:
    """ "  1  Activation functions  2 of 5 done      4 of 11 points  next: 1.3 ReLU"; without the name where the line would wrap."""
    kit = home.kit
    width = max(len(part.title) for part in kit.parts.values())
    done = f"{sum(o.passed for o in outcomes)} of {len(outcomes)} done"
    so_far = f"  {number}  {kit.parts[number].title:<{width}}  {done:>13} {of(outcomes):>18}  "
    left_over = next((o for o in outcomes if not o.passed), None)
    if left_over is None:
        return f"{so_far}complete"
    if package := home.waits_for(left_over):
        return f"{so_far}needs {package}"
    todo = left_over.asked
    full = f"{so_far}next: {todo.name}"
    return full if len(full) <= COLUMNS else f"{so_far}next: {todo.question.id}"


BAR = 16  # characters
COLUMNS = 80


def progress_lines(kit: Kit, outcomes: list[Outcome]) -> list[str]:
    """ "  1  Activation functions  [######----------]   4 of 11 points, 45 min left" for each part, and one for all of it."""
    parts = [(str(n), part.title, [o for o in outcomes if o.asked.question.part == n]) for n, part in kit.parts.items()]
    width = max(len(title) for _, title, _ in parts)
    rows = parts if len(parts) == 1 else [*parts, ("", "all", outcomes)]
    return [f"  {number:1}  {title:<{width}}  {bar(mine)} {of(mine):>18}{left(mine)}" for number, title, mine in rows]


def bar(outcomes: list[Outcome]) -> str:
    """Points earned of all, full only when every one is."""
    whole = sum((o.asked.points for o in outcomes), Fraction(0)) or Fraction(1)
    filled = int(BAR * sum((o.points for o in outcomes), Fraction(0)) / whole)
    return f"[{'#' * filled}{'-' * (BAR - filled)}]"


def left(outcomes: list[Outcome]) -> str:
    """What the questions that are not done would take, by their minutes and the shares that are missing."""
    minutes = round(sum(o.asked.minutes * (1 - o.share) for o in outcomes))
    if minutes < 90:
        return f", {minutes} min left" if minutes else ""
    return f", {minutes / 60:.0f} h left"


def what_next(home: Home, outcomes: list[Outcome]) -> list[str]:
    """The first failure explained, and the next question to do. A package that is not installed matters when nothing else is left."""
    empty = next((o for o in outcomes if o.empty), None)
    failures = [o for o in outcomes if not o.passed and not o.empty]
    mine = [o for o in failures if o.asked.question.file not in home.lacking]
    failing = next(iter(mine if mine or empty else failures), None)
    texts: list[str] = []
    if failing is not None and failing.fault in home.faults.values():
        waiting = sum(o.fault == failing.fault for o in outcomes)
        more = f"{waiting} questions wait for this." if waiting > 1 else f"{failing.asked.name} waits for this."
        texts.append(f"{folded(failing.fault)}\n{more}")
        empty = None
    elif failing is not None:
        texts += [shown(failing, text) for text in explanations(home, failing, most=1)]
        texts.append(f"All about it: {COMMAND} {short_name(failing.asked)}")
    if empty is not None:
        where = to_do(empty.asked, "Next" if failing is None else "Then")
        texts.append(f"{where}\nCheck it with: {COMMAND} {short_name(empty.asked)}")
    if not texts:
        texts.append(f"Everything passes. Hand it in: {COMMAND} submit")
    return texts


def to_do(asked: Asked, word: str) -> str:
    file = asked.question.file
    worth = f"{points(asked.points)} point{'s' * (asked.points != 1)}, about {asked.minutes} minutes"
    return wrapped(f'{word}: {asked.name} in ps2/{file} ({worth}). The handout explains it in section "{asked.section}".')


def short_name(asked: Asked) -> str:
    return asked.question.names[0].lower() if len(asked.question.names) == 1 else asked.question.id


# One question


def detail(home: Home, outcome: Outcome, timed: bool = True) -> str:
    """One question in full: every item, what the code printed, every explanation. timed: with the seconds it took."""
    size = "" if outcome.level is None else f"   small size {outcome.level}"
    seconds = f"   {outcome.seconds:.2f} s" if timed else ""
    title = f"{outcome.asked.name}   {points(outcome.points)} of {points(outcome.asked.points)} points{seconds}{size}"
    if outcome.empty:
        return f"{title}\n\n{to_do(outcome.asked, 'Not written yet')}"
    texts = [title, *([] if outcome.fault else [items(outcome), shares(outcome)])]
    texts += [shown(outcome, text) for text in explanations(home, outcome)] if not outcome.passed else []
    printed = shown_output(home, outcome)
    return "\n\n".join(text for text in [*texts, printed] if text)


def items(outcome: Outcome) -> str:
    lines = []
    for row in outcome.rows:
        verdict = row.verdict
        word = "ok" if verdict.passed else "-" if not row.reached else "?" if verdict.undecided else "fails"
        note = "  (not reached)" if not row.reached else f"  ({verdict.says})" if verdict.undecided else ""
        lines.append(f"  {word:<6} {row.item}{note}")
    return "\n".join(lines)


def shares(outcome: Outcome) -> str:
    """How the groups make the points: "forward 1.2 of 1.2, backward 0 of 1.2, conduct 0 of 0.6" ."""
    passed = groups_of(outcome.rows)
    weights = {group: outcome.asked.weights.get(group, Fraction(1)) for group in passed}
    unit = outcome.asked.points / (sum(weights.values()) or 1)
    texts = [f"{group} {points(unit * weights[group] * ok)} of {points(unit * weights[group])}" for group, ok in passed.items()]
    checked = any(row.group == GRADIENT_CHECK for row in outcome.rows)
    more = " (the gradient check earns nothing by itself)" if checked and not outcome.passed else ""
    return wrapped(f"Points: {', '.join(texts)}{more}.")


def shown_output(home: Home, outcome: Outcome) -> str:
    """What the student's code printed: in the small run that is explained, else in this one."""
    if not outcome.output.strip() or outcome.fault:
        return ""
    failed = next((row.group for row in outcome.rows if not row.verdict.passed and row.group != GRADIENT_CHECK), None)
    shown = smallest(home, outcome, failed) if failed else outcome
    lines = [f"{line[:200]}{f'   ({n} times)' if n > 1 else ''}" for line, n in runs_of(shown.output.rstrip().splitlines())]
    more = [f"  | ... and {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES or len(shown.output) >= MOST_OUTPUT else []
    title = "Your code printed" + (f" (at small size {shown.level}):" if shown.level is not None else ":")
    return "\n".join([title, *(f"  | {line}" for line in lines[:MOST_LINES]), *more])


def runs_of(lines: list[str]) -> list[tuple[str, int]]:
    """Equal lines in a row as one, with their number."""
    return [(line, len(list(group))) for line, group in itertools.groupby(lines)]


# Submission


def report_preflight(found: Preflight) -> list[str]:
    texts = []
    if found.problems:
        texts.append("\n".join(["Please look at this:", *(bullet(p) for p in found.problems)]))
    failing = [f"{o.asked.name} ({points(o.points)} of {points(o.asked.points)})" for o in found.outcomes if not o.passed and not o.empty]
    if found.empty:
        texts.append(wrapped(f"Not written yet: {listed(found.empty)}.", hanging="  "))
    if failing:
        texts.append(wrapped(f"Not complete: {listed(failing)}.", hanging="  "))
    for package, unchecked in found.unchecked.items():
        names = listed([o.asked.name for o in unchecked])
        need = "They need" if len(unchecked) > 1 else "It needs"
        says = f"Not checked here: {names}. {need} {package}, which this Python does not have"
        texts.append(f"{wrapped(says, hanging='  ')}:\n  {PYTHON} -m pip install {requirement(package)}")
    missing = sum((o.asked.points for unchecked in found.unchecked.values() for o in unchecked), Fraction(0))
    more = f", and {points(missing)} points that were not checked" if missing else ""
    texts.append(wrapped(f"Predicted score: {of(found.outcomes)}{more}. The grader asks the same with other numbers."))
    return texts


def bullet(says: str) -> str:
    first, *rest = says.split("\n")
    return "\n".join([wrapped(first, "  - ", "    "), *("    " + line for line in rest)])


def ask_all(home: Home, questions: list[Asked], level: int | None = None) -> list[Outcome]:
    return [ask(home, asked, level) for asked in questions]


def failure_text(home: Home, outcome: Outcome) -> str:
    """For a test explorer: the explanations alone."""
    texts = [shown(outcome, text) for text in explanations(home, outcome, most=3)]
    return "\n\n".join([*texts, f"All about it: {COMMAND} {short_name(outcome.asked)}"])
