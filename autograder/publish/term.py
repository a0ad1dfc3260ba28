"""`autograder new term`: the same assignment for other students, so that last term's answers do not pass unread."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from ..assignment import Assignment, AssignmentError, load_assignment
from ..check.question import REGISTRY
from ..course import Course
from ..grading.result import write_atomically
from ..toml_edit import with_value

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}")


def new_term(course: Course, term: str, on: list[str], off: list[str]) -> list[str]:
    """Set the term, a new secret, a fresh public seed, other defaults, and parts ("2") or questions ("2.3") on and off.

    What is generated is stale then. The old secret is kept, for regrading. Says what was done, a sentence each. Raises AssignmentError
    before anything is written.
    """
    old = course.assignment
    if not NAME.fullmatch(term):
        raise AssignmentError(f"'{term}' is no name for a term; letters, digits, dots and hyphens, such as 2027-spring.")
    if term == old.term and (course.toml.parent / "secret").is_file():
        raise AssignmentError(f"{course.toml} is of {term} already; give the new term's name.")
    text = with_value(course.toml.read_text(encoding="utf-8"), "", "term", term)
    text = with_value(text, "", "public_seed", f"{term}-{secrets.token_hex(4)}")
    said = [f"term {term}: fresh public seed"]
    for name, default in old.defaults.items():
        value = secrets.choice([c for c in default.choices if c != default.value] or [default.value])
        text = with_value(text, f'defaults."{name}"', "value", value)
        said.append(f"{name} = {value!r} (was {default.value!r})")
    for switch, ids in ((True, on), (False, off)):
        for id in ids:
            text = with_value(text, table_of(id), "on", switch)
            said.append(f"{id} is {'on' if switch else 'off'}")
    new = check(course.toml, text)
    if new.total_points not in (None, new.total()):
        said.append(f"the questions are worth {new.total()} points now: set total_points (it is {new.total_points}), or other points")
    said.append(renew_secret(course.toml.parent, old.term))
    write_atomically(course.toml, text.encode())
    return said


def table_of(id: str) -> str:
    if id in REGISTRY:
        return f'questions."{id}"'
    if id in {str(question.part) for question in REGISTRY.values()}:
        return f"parts.{id}"
    raise AssignmentError(f"There is no part or question {id}; the questions are {', '.join(REGISTRY)}.")


def check(toml: Path, text: str) -> Assignment:
    """The new file is read before it takes the old one's place."""
    trial = toml.with_name(f".{toml.name}.trial")
    try:
        trial.write_text(text, encoding="utf-8")
        return load_assignment(trial)
    except AssignmentError as error:
        raise AssignmentError(str(error).replace(trial.name, toml.name)) from None
    finally:
        trial.unlink(missing_ok=True)


def renew_secret(folder: Path, old_term: str) -> str:
    """A new key that only its owner may read; the old one goes aside under its term's name and is never overwritten."""
    secret, said = folder / "secret", "a new secret"
    if secret.exists():
        kept = folder / f"secret-{old_term}"
        number = 2
        while kept.exists():
            kept, number = folder / f"secret-{old_term}-{number}", number + 1
        os.rename(secret, kept)
        said += f"; the old one is kept as {kept.name}, for regrading"
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
    return said


def new_term_command(course: Course, term: str, on: list[str], off: list[str]) -> int:
    print(*new_term(course, term, on, off), sep="\n")
    print("\nNow `make regenerate`, `make audit`, `make release`; commit assignment.toml with what was regenerated.")
    return 0
