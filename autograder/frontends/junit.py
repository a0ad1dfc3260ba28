"""A result as JUnit XML, which GitHub, GitLab, Jenkins and editors show as a list of tests: one case a question."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ..grading.result import QuestionResult, Result
from .text import plain, without_machine


def render(result: Result) -> bytes:
    """A question that has not all its points is a failure; one that could not be judged, an error; one not reached, skipped."""
    suite = ET.Element("testsuite", name=fit(result.assignment or "ps2"), tests=str(len(result.questions)), time=f"{result.seconds:.3f}")
    properties = ET.SubElement(suite, "properties")
    for name, value in (("points", result.total), ("max_points", result.max_total), ("kit_version", result.kit_version)):
        ET.SubElement(properties, "property", name=name, value=fit(str(value)))
    counts = {"failure": 0, "error": 0, "skipped": 0}
    for question in result.questions:
        kind = case(suite, question)
        counts[kind] = counts.get(kind, 0) + 1
    suite.attrib |= {"failures": str(counts["failure"]), "errors": str(counts["error"]), "skipped": str(counts["skipped"])}
    if result.remarks:
        ET.SubElement(suite, "system-out").text = fit("\n".join(result.remarks))
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + bytes(ET.tostring(suites, encoding="utf-8")) + b"\n"


def case(suite: ET.Element, question: QuestionResult) -> str:
    made = ET.SubElement(
        suite, "testcase", classname=f"part{question.part}", name=fit(f"{question.id} {question.title}"), time=f"{question.seconds:.3f}"
    )
    kind = case_kind(question)
    if kind:
        points = f"{question.points:g} of {question.max_points:g} points"
        ET.SubElement(made, kind, message=points).text = fit("\n\n".join(question.sentences))
    if question.output:
        ET.SubElement(made, "system-out").text = fit(question.output)
    return kind


def case_kind(question: QuestionResult) -> str:
    return {"passed": "", "fault": "error", "not reached": "skipped"}.get(question.status, "failure")


def fit(text: str) -> str:
    """Characters that XML can hold, without the grader's folders."""
    return without_machine(plain(text))
