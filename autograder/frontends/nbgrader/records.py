"""What was imported, in a table of our own in nbgrader's database, written in the same transaction as the scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sql

TABLE = sql.Table(
    "ps2_import",
    sql.MetaData(),
    sql.Column("assignment", sql.String(128), primary_key=True),
    sql.Column("student", sql.String(128), primary_key=True),
    sql.Column("digest", sql.String(64), nullable=False),
    sql.Column("scores", sql.Text, nullable=False),
    sql.Column("answers", sql.Text, nullable=False),
)


@dataclass(frozen=True)
class Record:
    """One import. digest: of the folder that was graded. scores: check cell → points. answers: answer cell → digest of its text."""

    digest: str
    scores: dict[str, float]
    answers: dict[str, str]


def read(gradebook: Any, assignment: str, student: str) -> Record | None:
    """The latest import of a student; None where there is none."""
    TABLE.create(gradebook.db.connection(), checkfirst=True)
    found = gradebook.db.execute(sql.select(TABLE).where(same(assignment, student))).first()
    if found is None:
        return None
    scores = msgspec.json.decode(found.scores, type=dict[str, float])
    return Record(found.digest, scores, msgspec.json.decode(found.answers, type=dict[str, str]))


def write(gradebook: Any, assignment: str, student: str, record: Record) -> None:
    """Replace a student's record; the caller commits."""
    TABLE.create(gradebook.db.connection(), checkfirst=True)
    gradebook.db.execute(sql.delete(TABLE).where(same(assignment, student)))
    scores, answers = (msgspec.json.encode(told).decode() for told in (record.scores, record.answers))
    row = {"assignment": assignment, "student": student, "digest": record.digest, "scores": scores, "answers": answers}
    gradebook.db.execute(sql.insert(TABLE).values(row))


def same(assignment: str, student: str) -> Any:
    return sql.and_(TABLE.c.assignment == assignment, TABLE.c.student == student)
