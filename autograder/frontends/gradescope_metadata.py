"""What submission_metadata.json says of a submission: whether the deadline is past, how many came before it that day, the points.

The file is Gradescope's; wherever it says something odd, it counts as not said.
"""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from ..assignment import Stage


def read_metadata(path: Path) -> dict[str, Any]:
    """The file's table; {} where there is none."""
    try:
        said = msgspec.json.decode(path.read_bytes())
    except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return {}
    return said if isinstance(said, dict) else {}


def stage_of(said: dict[str, Any]) -> Stage:
    """When a submission was made. A student's own extension counts; without dates it is before the deadline."""
    now = moment(said.get("created_at"))
    due = max((d for d in deadlines(said)), default=None)
    if now is None:
        return Stage()
    previous = said.get("previous_submissions")
    times = [moment(p.get("submission_time")) for p in previous if counts(p)] if isinstance(previous, list) else []
    today = sum(t is not None and t.astimezone(now.tzinfo).date() == now.date() for t in times)
    return Stage(late=due is not None and now > due, earlier_today=today)


def counts(submission: Any) -> bool:
    """An earlier submission that the grader failed on does not use up anything."""
    return isinstance(submission, dict) and not submission.get("autograder_error")


def deadlines(said: dict[str, Any]) -> list[datetime]:
    """The assignment's deadline, and the submitters' own."""
    users = said.get("users")
    tables = [said.get("assignment"), *(u.get("assignment") for u in users or [] if isinstance(u, dict))] if isinstance(users, list) else []
    tables = tables or [said.get("assignment")]
    found = [moment(table.get("due_date")) for table in tables if isinstance(table, dict)]
    return [due for due in found if due is not None]


def moment(text: Any) -> datetime | None:
    """A time with its zone, such as "2026-11-25T14:22:32.365935-08:00"."""
    try:
        time = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


def total_points(said: dict[str, Any]) -> float | None:
    """`assignment.total_points` (a text such as "20.0"); None where the file says no such thing."""
    try:
        points = float(said["assignment"]["total_points"])
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    return points if math.isfinite(points) else None
