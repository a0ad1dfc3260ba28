"""The telling phrases of what staff have written in the notebook's story: model answers and rubrics. Students must see neither."""

from __future__ import annotations

import re

from ..course import Course
from .handout import handout_text
from .leaks import without_space
from .notebook import path_of, rubric_of, story

SHORTEST = 28
"""Characters of a phrase that stands nowhere by chance."""


def written(course: Course) -> dict[str, str]:
    """Phrase → where it is from, without what stands in a question or the handout anyway; {} for a course without a story.

    Raises ModuleNotFoundError without jupytext, which reads the story.
    """
    pieces: dict[str, str] = {}
    if not path_of(course).is_file():
        return pieces
    seen = handout_text(course)
    for cell in story(course):
        if "answer" in cell.metadata:
            pieces |= dict.fromkeys(phrases(cell.source), f"the answer to {cell.metadata.answer}")
            continue
        text, rubric = rubric_of(cell.source)
        seen += text
        pieces |= dict.fromkeys(phrases(rubric), f"the rubric of {cell.metadata.get('question', 'a question')}")
    bare = without_space(seen)
    return {piece: home for piece, home in pieces.items() if without_space(piece) not in bare}


def phrases(text: str) -> list[str]:
    """What stands between punctuation and formulas, where it is long enough to be telling."""
    pieces = [piece.strip() for piece in re.split(r"[.,;:$\n]", text)]
    return [piece for piece in pieces if len(piece) >= SHORTEST]
