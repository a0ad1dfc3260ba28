"""The last step of the Gradescope front end: our report, told once more through gradescope-utils.

One TestCase method a question, with the package's decorators, reads our result and always calls set_score; JSONTestRunner writes the file,
and its post_processor puts back the fields that the package does not know. The package is known to lose tests, to give full marks where no
score was set and to write NaN; so its own words are compared with ours first, and where the two disagree, ours stand.
"""

from __future__ import annotations

import io
import unittest
from collections.abc import Callable
from typing import Any

import msgspec

COMPARED = ("name", "number", "score", "max_score", "status", "visibility")


class BridgeError(Exception):
    """gradescope-utils is missing, failed, or says something else than we do; the text is one sentence for staff."""


def through_gradescope_utils(ours: bytes) -> bytes:
    """The results.json `ours` as JSONTestRunner writes it: equal in every field. Raises BridgeError."""
    report = msgspec.json.decode(ours)
    stream = io.StringIO()
    differences: list[str] = []

    def put_back(theirs: dict[str, Any]) -> None:
        differences.extend(compared(theirs, report))
        theirs.clear()
        theirs.update(report)

    try:
        from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

        suite = unittest.TestSuite(case_of(report))
        JSONTestRunner(stream=stream, visibility=report.get("visibility"), post_processor=put_back).run(suite)
        written = stream.getvalue().encode()
        same = msgspec.json.decode(written) == report
    except Exception as error:
        raise BridgeError(f"gradescope-utils failed ({type(error).__name__}: {error}); our own results.json stands.") from error
    if differences or not same:
        what = differences[0] if differences else "the file it wrote is another"
        raise BridgeError(f"gradescope-utils disagrees ({what}); our own results.json stands.")
    return written


def case_of(report: dict[str, Any]) -> list[unittest.TestCase]:
    """A fresh TestCase with one method a question, in order: a score sticks to its function, so that none may serve twice."""
    names = [f"test_{index}" for index in range(len(report["tests"]))]
    methods = {name: method(name, test) for name, test in zip(names, report["tests"], strict=True)}
    case = type("Questions", (unittest.TestCase,), methods)
    return [case(name) for name in names]


def method(called: str, test: dict[str, Any]) -> Callable[..., None]:
    """One question as a test method: it prints the sentences and sets the score. No assertion: partial credit is no failure."""
    from gradescope_utils.autograder_utils.decorators import number, partial_credit, visibility

    def ask(self: unittest.TestCase, set_score: Callable[[float], None]) -> None:
        set_score(test["score"])
        print(test.get("output", ""), end="")

    ask.__name__ = called
    ask.__doc__ = test["name"]
    decorated = number(test["number"])(partial_credit(test["max_score"])(ask))
    return visibility(test["visibility"])(decorated) if "visibility" in test else decorated  # type: ignore[no-any-return]


def compared(theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Where the package's own data, before anything is put back, differs from ours in what both know."""
    if len(theirs["tests"]) != len(ours["tests"]):
        return [f"it has {len(theirs['tests'])} tests of {len(ours['tests'])}"]
    return [
        f"{mine['name']}: {field} is {other.get(field)!r}, ours {mine.get(field)!r}"
        for other, mine in zip(theirs["tests"], ours["tests"], strict=True)
        for field in COMPARED
        if other.get(field) != mine.get(field)
    ]
