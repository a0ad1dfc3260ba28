"""The accuracies that grade the training run: students are told a safer figure, and must see neither the ramp nor the distance.

Each is an everyday number, such as 0.85, so it counts only where the words around it say what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..course import Course

NUMBER = re.compile(r"(?<![\w.])(\d*\.?\d+(?:[eE][-+]?\d+)?)(?:\s*(%|\\%|per ?cent\b))?(?!\.?\w)")
NEAR = 70
"""Characters before and after a number that say what it is."""
ABOUT_RAMP = re.compile(
    r"thresholds?|accura|correct(?:ly)?\b|full (?:points|marks|credit)|all (?:the )?points|no points|\bramp|graded|cut-?off|\bpass mark"
    r"|\b(?:full|zero)[\"'`]*\s*[=:|]",
    re.IGNORECASE,
)
ABOUT_SAFER = re.compile(r"safer|above (?:the )?(?:graded|threshold)|margin", re.IGNORECASE)


class Thresholds:
    """Of every profile that has them: the accuracies that earn nothing and everything, and what the published figure adds to the latter.

    A number that some profile's students are told is not looked for.
    """

    def __init__(self, course: Course) -> None:
        training = course.assignment.training
        ramps = [(name, profile) for name, profile in training.profiles.items() if profile.full is not None and profile.zero is not None]
        told = {round((profile.full or 0.0) + training.safer, 6) for _, profile in ramps}
        self.hidden: dict[float, str] = {}
        for name, profile in ramps:
            for what, value in (("full", profile.full), ("zero", profile.zero)):
                if value not in told and value not in (0.0, 1.0):
                    self.hidden.setdefault(round(value or 0.0, 6), f"training.profiles.{name}.{what}")
        self.safer = round(training.safer, 6) if ramps and training.safer else None

    def found(self, text: str) -> Iterator[str]:
        for match in NUMBER.finditer(text):
            value = round(float(match[1]) / (100 if match[2] else 1), 6)
            if value not in self.hidden and value != self.safer:
                continue
            around = neighbourhood(text, match)
            if value in self.hidden and ABOUT_RAMP.search(around):
                yield f"a threshold, {self.hidden[value]}: `{' '.join(around.split())}`"
            elif value == self.safer and ABOUT_SAFER.search(around):
                yield f"what training.safer adds to a threshold: `{' '.join(around.split())}`"


def neighbourhood(text: str, match: re.Match[str]) -> str:
    """The words around, and the heading row of a table that a number stands in."""
    begin, end = max(0, match.start() - NEAR), match.end() + NEAR
    line = text.rfind("\n", 0, match.start()) + 1
    heading = ""
    if text[line:].lstrip().startswith("|"):
        above = text[:line].splitlines()
        while above and above[-1].lstrip().startswith("|"):
            heading = above.pop()
        line_end = text.find("\n", match.end())
        begin, end = max(begin, line), min(end, line_end if line_end >= 0 else len(text))
    return f"{heading} {text[begin:end]}"
