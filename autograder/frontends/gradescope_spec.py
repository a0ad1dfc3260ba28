"""What Gradescope documents of results.json, as a table, and a check of a file against it.

Where the platform would take a file and then show something else than was meant (NaN, a score above its maximum, a misspelt field), that
is a fault too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeGuard, get_args

Visibility = Literal["visible", "after_due_date", "after_published", "hidden"]
Format = Literal["text", "html", "simple_format", "md", "ansi"]
Status = Literal["passed", "failed"]
Order = Literal["asc", "desc"]

Check = Callable[[Any], str]
"""What the value should have been; "" where it is that."""

SLACK = 1e-4
"""By which a test's points may have been rounded."""


def validate(data: bytes) -> list[str]:
    """What is wrong with this results.json, one sentence a fault; an empty list when Gradescope takes it as it was meant."""
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=without_duplicates, parse_constant=refuse)
    except UnicodeDecodeError:
        return ["results.json is not UTF-8."]
    except (ValueError, RecursionError) as error:
        return [f"results.json is not valid JSON: {error}."]
    if not isinstance(found, dict):
        return [f"results.json holds {kind(found)}, expected an object."]
    return [*fields(found, TOP, ""), *entries(found, "tests", TEST), *entries(found, "leaderboard", LEADERBOARD), *scores(found)]


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError(f"a key appears twice among {', '.join(sorted(made))}")
    return made


def refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def fields(found: dict[str, Any], allowed: dict[str, Check], place: str) -> Iterator[str]:
    for name, value in found.items():
        if name not in allowed:
            yield f'{place}"{name}" is no field that Gradescope documents.'
        elif expected := allowed[name](value):
            yield f"{place}{name} is {shown(value)}, expected {expected}."


def entries(found: dict[str, Any], key: str, allowed: dict[str, Check]) -> Iterator[str]:
    """The faults in a list of objects."""
    listed = found.get(key, [])
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        place = f"{key}[{index}]"
        if not isinstance(entry, dict):
            yield f"{place} is {shown(entry)}, expected an object."
            continue
        yield from fields(entry, allowed, f"{place}.")
        if key == "leaderboard":
            yield from (f"{place} lacks {name}." for name in ("name", "value") if name not in entry)


def scores(found: dict[str, Any]) -> Iterator[str]:
    """What single fields cannot show: a score somewhere, none above its maximum, and a total that is their sum."""
    listed = found.get("tests", [])
    tests = [t for t in listed if isinstance(t, dict)] if isinstance(listed, list) else []
    lacking = [index for index, test in enumerate(tests) if "score" not in test]
    if "score" not in found and (lacking or not tests):
        yield "There is no score, neither at the top nor in every test."
    for index, test in enumerate(tests):
        score, most = test.get("score"), test.get("max_score")
        if is_number(score) and is_number(most) and most > 0 and score > most:  # a maximum of 0 is extra credit
            yield f"tests[{index}].score is {score}, above its max_score {most}."
    if is_number(found.get("score")) and tests and not lacking and all(is_number(t["score"]) for t in tests):
        total = sum(t["score"] for t in tests)
        if abs(total - found["score"]) > SLACK * len(tests):
            yield f"score is {found['score']}, and the tests' scores add up to {total:g}."


def is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number(value: Any) -> str:
    return "" if is_number(value) and value >= 0 else "a finite number, not below 0"


def text(value: Any) -> str:
    if not isinstance(value, str):
        return "text"
    return "text without null characters and half surrogates" if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value) else ""


def table(value: Any) -> str:
    return "" if isinstance(value, dict) else "an object"


def array(value: Any) -> str:
    return "" if isinstance(value, list) else "a list"


def texts(value: Any) -> str:
    return "" if isinstance(value, list) and not any(text(v) for v in value) else "a list of texts"


def number_or_text(value: Any) -> str:
    return "" if is_number(value) or (isinstance(value, str) and not text(value)) else "a number or text"


def one_of(literal: Any) -> Check:
    allowed = get_args(literal)
    return lambda value: "" if isinstance(value, str) and value in allowed else f"one of {', '.join(allowed)}"


TOP: dict[str, Check] = {
    "score": number,
    "execution_time": number,
    "output": text,
    "output_format": one_of(Format),
    "test_output_format": one_of(Format),
    "test_name_format": one_of(Format),
    "visibility": one_of(Visibility),
    "stdout_visibility": one_of(Visibility),
    "extra_data": table,
    "tests": array,
    "leaderboard": array,
}
TEST: dict[str, Check] = {
    "score": number,
    "max_score": number,
    "status": one_of(Status),
    "name": text,
    "name_format": one_of(Format),
    "number": text,
    "output": text,
    "output_format": one_of(Format),
    "tags": texts,
    "visibility": one_of(Visibility),
    "extra_data": table,
}
LEADERBOARD: dict[str, Check] = {"name": text, "value": number_or_text, "order": one_of(Order)}


def kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "a truth value", int: "a number", float: "a number"}
    return kinds.get(type(value), "null")


def shown(value: Any) -> str:
    whole = json.dumps(value)
    return whole if len(whole) <= 60 else f"{whole[:57]}…"
