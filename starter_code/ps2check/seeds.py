"""The seed of one run, from the seed of one submission (or the public one): a worker learns only its own question's."""

from __future__ import annotations

import hmac


def question_seed(root: bytes, question_id: str, level: int | None) -> bytes:
    """HMAC-SHA256(root, question and size). level: None for the graded run, else an index into the ladder."""
    return hmac.digest(root, f"{question_id}|{level}".encode(), "sha256")
