"""The seed of one run, from the seed of one submission (or the public one): a worker learns only its own question's."""

from __future__ import annotations

import hmac


def root_of(secret: bytes, digest: str) -> bytes:
    """The seed of a submission, from which all that is drawn for it follows. digest: of its files."""
    return hmac.digest(secret, digest.encode(), "sha256")


def question_seed(root: bytes, question_id: str, level: int | None) -> bytes:
    """HMAC-SHA256(root, question and size). level: None for the graded run, else an index into the ladder."""
    return hmac.digest(root, f"{question_id}|{level}".encode(), "sha256")
