"""At home: how a failed result relates to the right one, where a simple relation holds at full size and at a small one."""

from __future__ import annotations

from .arguments import Arguments, arguments_of
from .draw import LADDER, Draw
from .local import Home, Outcome, ask
from .seeds import question_seed
from .transformations import Evidence, recognised


def relations(home: Home, outcome: Outcome) -> dict[str, str]:
    """Failed group → sentence. Nothing where the question has no small sizes: one set of inputs proves no relation."""
    if outcome.overran or not outcome.asked.question.ladder:
        return {}
    full = outcome if outcome.level is None else ask(home, outcome.asked)
    return recognised([evidence(home, run) for run in (full, ask(home, outcome.asked, len(LADDER) - 1))])


def evidence(home: Home, outcome: Outcome) -> Evidence:
    return Evidence(outcome.rows, outcome.mine.items, outcome.want.items, given(home, outcome))


def given(home: Home, outcome: Outcome) -> dict[str, Arguments]:
    """What the calls were given, from another run of the student's code; nothing where that takes too long."""
    question = outcome.asked.question
    draw = Draw(question_seed(home.kit.public_seed.encode(), question.id, outcome.level), outcome.level)
    try:
        with home.contained(outcome.asked.wall_seconds, outcome.asked.question.file) as happened:
            return arguments_of(question, home.ps2, draw)
    except KeyboardInterrupt:
        if not happened.overran:
            raise
    return {}
