"""Automatic mutants that are no mistakes: key (of file, name and changed lines) → why no value can tell it from the reference."""

EQUIVALENT: dict[str, str] = {}
