"""Our steps in nbgrader's own commands, named in nbgrader_config.py: none of them executes anything."""

from __future__ import annotations

from typing import Any

from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum

from ...publish.notebook import question_of
from .awaiting import sentences_on_awaiting, why_awaiting
from .cells import known_cells, put_in_order

Step = tuple[Any, Any]


class PutInOrder(NbGraderPreprocessor):  # type: ignore[misc]
    """In `nbgrader autograde`, in place of DeduplicateIds and OverwriteCells, which stop at a deleted or forged cell."""

    def preprocess(self, nb: Any, resources: Any) -> Step:
        told = resources["nbgrader"]
        with Gradebook(told["db_url"]) as gradebook:
            known = known_cells(gradebook.find_notebook(told["notebook"], told["assignment"]))
        for odd in put_in_order(nb, known):
            self.log.warning("%s: %s", told["student"], odd)
        return nb, resources


class AwaitScores(NbGraderPreprocessor):  # type: ignore[misc]
    """In `nbgrader autograde`, in place of Execute and SaveAutoGrades: every check has 0 points until the grader's scores are imported."""

    def preprocess(self, nb: Any, resources: Any) -> Step:
        told = resources["nbgrader"]
        key = told["notebook"], told["assignment"], told["student"]
        sources = {cell.metadata.nbgrader.grade_id: cell for cell in nb.cells if "nbgrader" in cell.metadata}
        with Gradebook(told["db_url"]) as gradebook:
            for grade in gradebook.find_submission_notebook(*key).grades:
                if question_of(grade.name):
                    grade.auto_score, grade.needs_manual_grade = 0.0, True
                    continue
                cell = sources[grade.name]
                unanswered = cell.metadata.nbgrader.checksum == compute_checksum(cell)
                gradebook.find_comment(grade.name, *key).auto_comment = "No response." if unanswered else None
                grade.auto_score = 0.0 if unanswered else None
                if grade.manual_score is None:  # else what a grader said, or the last import, still holds
                    grade.needs_manual_grade = not unanswered
            gradebook.db.commit()
        return nb, resources


class RefuseAwaiting(NbGraderPreprocessor):  # type: ignore[misc]
    """In `nbgrader generate_feedback`: nobody is told a score that the grader did not give."""

    def preprocess(self, nb: Any, resources: Any) -> Step:
        told = resources["nbgrader"]
        with Gradebook(told["db_url"]) as gradebook:
            why = why_awaiting(gradebook, self.parent.parent.coursedir, told["assignment"], told["student"])
        if why:
            raise RuntimeError(why)
        return nb, resources


class ExportScores(CsvExportPlugin):  # type: ignore[misc]
    """`nbgrader export` as it is, but never while a submission awaits its import."""

    def export(self, gradebook: Any) -> None:
        sentences = sentences_on_awaiting(gradebook, self.parent.coursedir)
        if sentences:
            raise SystemExit("\n".join([*sentences, "Nothing was exported."]))
        super().export(gradebook)
